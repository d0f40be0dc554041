"""Which claim a clip learns from, and which ones it is scored by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from idiolect.corpus.values import Label, Purpose, SourceKind


@dataclass(frozen=True, slots=True)
class Trust:
    """Which machines may teach.

    min_confidence: an engine's label needs this much; one without confidence counts as 0.
    thresholds: the same for single engines, by name.
    engines: only these, the most trusted first; None: all alike, the most confident label first.
    versions: only labels of these versions of an engine; None: of any.
    include_silver: texts that people published and a machine had a hand in may train.
    """

    min_confidence: float = 0.0
    thresholds: Mapping[str, float] = field(default_factory=dict)
    engines: tuple[str, ...] | None = None
    versions: tuple[str, ...] | None = None
    include_silver: bool = False


def training_label(labels: Sequence[Label], trust: Trust) -> Label | None:
    """What the clip teaches: the newest text of a person, else of its synthesis, else of an engine that is sure.

    Only labels for training teach: none that scores, is cleaned or is a suggestion.
    Where a person says that nobody speaks, no machine is asked.
    """
    usable = [label for label in labels if label.purpose is Purpose.TRAINING and label.text is not None]
    people = [label for label in usable if label.kind is SourceKind.HUMAN and not label.silver]
    if people:
        return _spoken(_newest(people))
    silver = [label for label in usable if label.kind is SourceKind.HUMAN and label.silver]
    if silver and trust.include_silver:
        return _spoken(_newest(silver))
    synthesis = [label for label in usable if label.kind is SourceKind.SYNTHESIS]
    if synthesis:
        return _spoken(_newest(synthesis))
    return _engine_label((label for label in usable if label.kind is SourceKind.ENGINE and label.text), trust)


def references(labels: Sequence[Label]) -> tuple[Label, ...]:
    """What the clip is scored by: the newest text and the newest intent that people claim, and silver texts marked.

    An engine's text is never among them.
    """
    people = [label for label in labels if label.kind is SourceKind.HUMAN]
    wanted = (
        [label for label in people if label.text is not None and not label.silver],
        [label for label in people if label.intent is not None and not label.silver],
        [label for label in people if label.silver],
    )
    found = {_newest(some).id: _newest(some) for some in wanted if some}
    return tuple(found[number] for number in sorted(found))


def _engine_label(labels: Iterable[Label], trust: Trust) -> Label | None:
    sure = [
        label
        for label in labels
        if not _rejected(label)
        and (label.confidence or 0.0) >= trust.thresholds.get(label.source, trust.min_confidence)
        and (trust.engines is None or label.source in trust.engines)
        and (trust.versions is None or label.version in trust.versions)
    ]
    order = {name: -place for place, name in enumerate(trust.engines or ())}
    return max(sure, key=lambda label: (order.get(label.source, 0), label.confidence or 0.0, label.id), default=None)


def _rejected(label: Label) -> bool:
    """True for speech that an engine heard over a task and found to be none of it: its text is a guess."""
    return label.intent is None and label.parameters.get("task") is not None


def _newest(labels: Iterable[Label]) -> Label:
    return max(labels, key=lambda label: label.id)


def _spoken(label: Label) -> Label | None:
    return label if label.text else None
