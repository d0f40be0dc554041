"""What an evaluation found, as values; the pictures of it are in `views` and `html`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from idiolect.corpus.values import Clip
from idiolect.errors import EvaluationError
from idiolect.evaluation.acceptance import SlotScore
from idiolect.evaluation.comparison import Comparison
from idiolect.evaluation.counts import Counts
from idiolect.evaluation.scores import Score

if TYPE_CHECKING:
    from idiolect.corpus.models import EvaluationRecord


@dataclass(frozen=True, slots=True)
class Example:
    """One clip that a system got wrong. `picture` is REF over HYP; `expected` and `heard` are commands in words."""

    clip_id: str
    errors: int
    picture: str = ""
    silver: bool = False
    expected: str = ""
    heard: str = ""


@dataclass(frozen=True, slots=True)
class Failure:
    """A clip that gave an error instead of a hypothesis; it is scored as one in which nothing was heard."""

    clip_id: str
    error: str


@dataclass(frozen=True, slots=True)
class SystemReport:
    """One system over all clips.

    rtf: processing time by audio time, one clip at a time, without the first clip (it warms up).
    peak_bytes: of the engine's own process with everything it loads; None where it ran in ours.
    """

    name: str
    engine: str
    version: str
    parameters: Mapping[str, Any]
    scores: tuple[Score, ...]
    counts: Counts
    slots: tuple[SlotScore, ...]
    rtf: float
    load_seconds: float
    peak_bytes: int | None
    size_bytes: int | None
    worst: tuple[Example, ...]
    rejected: tuple[Example, ...]
    failures: tuple[Failure, ...]

    def score(self, measure: str) -> Score | None:
        """The score of that name: ``wer``, ``cer``, ``acceptance``, ``silver_wer``, ``silver_cer``."""
        return next((score for score in self.scores if score.measure == measure), None)


@dataclass(frozen=True, slots=True)
class SliceReport:
    """Some of the clips through every system: `scores` by the system's name."""

    by: str
    value: str
    clips: int
    seconds: float
    scores: Mapping[str, tuple[Score, ...]]


@dataclass(frozen=True, slots=True)
class Heard:
    """One clip through one system. `counts`: errors and words of each measure that the clip has a reference for."""

    clip_id: str
    system: str
    text: str
    seconds: float
    counts: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Spoken:
    """One clip and what is true of it. `reference` is the text of a person, or silver; `command` is shown in words."""

    clip: Clip
    reference: str | None = None
    silver: bool = False
    command: str = ""


@dataclass(frozen=True, slots=True)
class Conditions:
    """All that a number depends on."""

    normalizer: str
    scorer: str
    seed: int
    draws: int
    grouped_by: str
    groups: int
    clips: int
    seconds: float
    without_reference: int
    unreadable: tuple[Failure, ...]
    created_at: datetime
    machine: Mapping[str, str]
    versions: Mapping[str, str]
    about: Mapping[str, str] = field(default_factory=dict)
    """What the caller says of it: dataset, split, project."""


@dataclass(frozen=True, slots=True)
class Report:
    """The same clips through some systems."""

    systems: tuple[SystemReport, ...]
    comparisons: tuple[Comparison, ...]
    slices: tuple[SliceReport, ...]
    conditions: Conditions
    heard: tuple[Heard, ...] = ()
    """Every clip through every system."""
    spoken: tuple[Spoken, ...] = ()
    """The clips themselves, for pages; they stay out of JSON and of the store, which has them."""

    def system(self, name: str) -> SystemReport:
        """The system of that name; raises `EvaluationError` with the known names."""
        for system in self.systems:
            if system.name == name:
                return system
        raise EvaluationError(f"no system {name!r} was evaluated", hint=", ".join(item.name for item in self.systems))

    def as_dict(self) -> dict[str, Any]:
        """JSON values; nan is null."""
        found: dict[str, Any] = _json(asdict(replace(self, spoken=())))
        del found["spoken"]
        return found

    def as_record(self, dataset_id: str | None, split: str | None) -> EvaluationRecord:
        """The rows that the corpus keeps: the report, and what was heard in each clip."""
        from idiolect.corpus.models import EvaluationItem, EvaluationRecord

        report = self.as_dict()
        del report["heard"]
        return EvaluationRecord(
            dataset_id=dataset_id,
            split=split,
            report=report,
            systems=tuple(system.name for system in self.systems),
            items=tuple(EvaluationItem(heard.clip_id, heard.system, heard.text, heard.counts) for heard in self.heard),
        )

    def text(self) -> str:
        """For a terminal."""
        from idiolect.evaluation.views import text

        return text(self)

    def markdown(self) -> str:
        """For a README or an issue."""
        from idiolect.evaluation.views import markdown

        return markdown(self)

    def html(self, *, audio: Mapping[str, str] | None = None) -> str:
        """One page with everything in it: no request leaves it. `audio`: addresses of clips' sounds, by their ids."""
        from idiolect.evaluation.html import report_html
        from idiolect.evaluation.page import page_of_report

        known = audio or {}
        return report_html(page_of_report(self), audio=lambda clip_id: known.get(clip_id, ""))

    def __str__(self) -> str:
        return self.text()


def _json(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_json(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, datetime):
        return value.isoformat()
    return value if isinstance(value, str | int | float | bool | None) else str(value)
