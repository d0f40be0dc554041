"""Before a model answers for an alias: is it there, does it load, and what do the evaluations say of it?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from idiolect.errors import AliasError, EngineError, UserError
from idiolect.files import read_json
from idiolect.serving.registry import Target

if TYPE_CHECKING:
    from idiolect.corpus.models import EvaluationRecord
    from idiolect.evaluation.system import Ready
    from idiolect.serving.registry import Change, Registry

Says = Literal["better", "worse", "cannot tell", "untested", "first"]

_BEST_FIRST = ("acceptance", "wer", "cer", "silver_wer", "silver_cer")
"""What counts where an evaluation has several measures: what the task is for comes first."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A model's newest score. measure: ``wer`` and others; interval: its ends; on: the dataset's name and split."""

    measure: str
    value: float
    interval: tuple[float, float] | None
    on: str
    system: str

    def text(self) -> str:
        """``WER 12.3 % on first, test``."""
        return f"{_shown(self.measure)} {100 * self.value:.1f} % on {self.on}"


@dataclass(frozen=True, slots=True)
class Judged:
    """What is known of a model that is to answer, against the one that does.

    says: a verdict of the newest evaluation with both; ``untested`` where there is none, ``first`` where nothing
    answers yet. new, old: their newest scores, where they have any.
    """

    says: Says
    new: Standing | None = None
    old: Standing | None = None
    difference: float | None = None
    on: str = ""

    @property
    def warning(self) -> str:
        """Why one might not want this; empty where there is no reason."""
        if self.says == "worse":
            return f"it is worse than what answers now ({self.text()})"
        if self.new is None:
            return "it was never evaluated"
        if self.says == "untested":
            return "the two were never evaluated on the same clips"
        return ""

    def text(self) -> str:
        """One line: the verdict with its numbers."""
        scores = " against ".join(one.text() for one in (self.new, self.old) if one is not None)
        difference = f", {100 * self.difference:+.1f} points on {self.on}" if self.difference is not None else ""
        return f"{self.says}{difference}" + (f"; {scores}" if scores else "")


@dataclass(frozen=True, slots=True)
class Promotion:
    """What `promote` did. loaded: what its engine said of itself."""

    change: Change
    judged: Judged
    loaded: Ready


def promote(
    registry: Registry,
    name: str,
    target: Target,
    evaluations: Sequence[EvaluationRecord],
    *,
    by: str,
    note: str = "",
    accept_worse: bool = True,
) -> Promotion:
    """Let `target` answer for `name`, if it is there and loads; with what the evaluations say of it.

    accept_worse: False: what is known to be worse than what answers now is refused.

    Raises `AliasError` for the latter, and whatever keeps the model from loading: `EngineError`, `TaskError`,
    `MissingExtraError`. Nothing has changed then.
    """
    loaded = try_loading(registry, target)
    judged = judge(registry, name, target, evaluations)
    if judged.says == "worse" and not accept_worse:
        raise AliasError(
            f"{target.name} was not promoted: {judged.warning}", hint="without --unless-worse it is, with a warning"
        )
    change = registry.promote(name, target, by=by, version=loaded.version, judged=judged.text(), note=note)
    return Promotion(change, judged, loaded)


def roll_back(registry: Registry, name: str, *, by: str, to: int | None = None, note: str = "") -> Change:
    """What answered for `name` before does so again, if it still loads. Raises as `promote` and the registry do."""
    earlier = registry.earlier(name, to)
    try_loading(registry, earlier.target or Target())
    # That one and no other: where somebody else went back meanwhile, "the one before" is one that nobody meant.
    return registry.roll_back(name, by=by, to=earlier.number, note=note)


def try_loading(registry: Registry, target: Target) -> Ready:
    """Make the engine in a process of its own and let it hear a second of faint noise.

    Raises what keeps it from that: `EngineError`, `TaskError`, `MissingExtraError`.
    """
    import numpy as np

    from idiolect.evaluation import System

    if not target.model and not target.engine:
        raise AliasError("an alias needs a model or an engine", hint="idiolect alias promote NAME MODEL")
    if target.model and not target.engine and not (registry.folder / target.model).is_dir():
        raise AliasError(f"there is no model in {registry.folder / target.model}")
    choice = target.choice(registry.folder)
    if choice.task is not None and not choice.task.is_file():
        raise AliasError(f"there is no task file {choice.task}")
    noise = np.random.default_rng(0).normal(0, 1e-3, 16_000).astype(np.float32)
    with System.of(*choice.options(choice.load_task())).run() as runner:
        answer = runner.hear(noise)
    if answer.error is not None:
        raise EngineError(f"{target.name} loads, and then fails: {answer.error}")
    return runner.ready


def judge(registry: Registry, name: str, target: Target, evaluations: Sequence[EvaluationRecord]) -> Judged:
    """What `evaluations` (oldest first) say of `target` against what answers for `name` now."""
    new = names_of(registry.folder, target)
    try:
        now = registry.alias(name).target
    except AliasError:
        return Judged("first", standing(new, evaluations))
    old = names_of(registry.folder, now)
    said = Judged("untested", standing(new, evaluations), standing(old, evaluations))
    for record in reversed(evaluations):
        found = _verdict(record.report, new, old)
        if found is not None:
            says, difference = found
            return Judged(says, said.new, said.old, difference, _place(record.report))
    return said


def names_of(folder: Path, target: Target) -> list[str]:
    """Ids and names under which evaluations may know a target: its own, then those of the checkpoint it was made from.

    A bundle is as good as its checkpoint within the tolerance of its parity gate, so the checkpoint's score stands for
    one that was not evaluated itself.
    """
    if not target.model:
        return [target.engine]
    whole = folder / target.model
    found = []
    for file in ("bundle.json", "checkpoint.json"):
        if (whole / file).is_file():
            try:
                about = read_json(whole / file)
            except (OSError, ValueError):
                continue
            found += [str(about.get("id", "")), whole.name, str(about.get("lineage", {}).get("id", ""))]
    return list(dict.fromkeys(name for name in found or [whole.name] if name))


def standing(names: Sequence[str], evaluations: Sequence[EvaluationRecord]) -> Standing | None:
    """The newest score of a model of these names; of the first of them that has one."""
    for name in names:
        for record in reversed(evaluations):
            for system in record.report.get("systems", ()):
                if name in {system.get("version"), system.get("name")} and (found := _score(system["scores"])):
                    place = _place(record.report)
                    return Standing(found["measure"], found["value"], _ends(found), place, system["name"])
    return None


def _score(scores: Iterable[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    by_name = {score["measure"]: score for score in scores if score.get("value") is not None}
    return next((by_name[name] for name in _BEST_FIRST if name in by_name), None)


def _ends(score: Mapping[str, Any]) -> tuple[float, float] | None:
    interval = score.get("interval") or {}
    low, high = interval.get("low"), interval.get("high")
    return None if low is None or high is None else (low, high)


def _verdict(report: Mapping[str, Any], new: Sequence[str], old: Sequence[str]) -> tuple[Says, float] | None:
    """What a report says of the one against the other, by the measure that counts most."""
    names: dict[str, str] = {}
    for system in report.get("systems", ()):
        for side, known in (("new", new), ("old", old)):
            if system.get("version") in known or system.get("name") in known:
                names.setdefault(side, system["name"])
    if len(names) < 2 or names["new"] == names["old"]:
        return None
    turned: dict[str, Says] = {"better": "worse", "worse": "better"}
    for measure in _BEST_FIRST:
        for one in report.get("comparisons", ()):
            if one["measure"] != measure or {one["a"], one["b"]} != set(names.values()) or one["difference"] is None:
                continue
            if one["a"] == names["new"]:
                return one["verdict"], one["difference"]
            return turned.get(one["verdict"], one["verdict"]), -one["difference"]
    return None


def _place(report: Mapping[str, Any]) -> str:
    about = report.get("conditions", {}).get("about", {})
    return ", ".join(part for part in (about.get("dataset_name", ""), about.get("split", "")) if part) or "some clips"


def _shown(measure: str) -> str:
    return measure.upper() if measure in {"wer", "cer"} else measure.replace("_", " ")


def target_of(
    registry: Registry,
    name: str,
    *,
    model: Path | None = None,
    engine: str = "",
    task: Path | str | None = None,
    language: str = "",
    extra: Mapping[str, Any] | None = None,
) -> Target:
    """A target for `name`; what is not said stays as what answers now has it. task: ``""`` takes the task away.

    `extra` stays only with the engine that it was made for.

    Raises `UserError` for a task file outside of everything.
    """
    now = next((one.target for one in registry.aliases() if one.name == name), Target())
    kept = now.task if task is None else ""
    if task:
        path = Path(task).expanduser()
        path = registry.folder / path if not path.exists() and (registry.folder / path).exists() else path
        if not path.is_file():
            raise UserError(f"there is no task file {path}")
        kept = registry.inside(path)
    return Target(
        model="" if model is None else registry.inside(model),
        engine=engine,
        task=kept,
        language=language or now.language,
        extra=dict(extra if extra is not None else now.extra if engine == now.engine else {}),
    )
