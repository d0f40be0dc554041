"""What a run of a language model over labels did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from idiolect.gateway.values import FREE, Forecast, Money
from idiolect.labeling.correcting.guard import Edit
from idiolect.labeling.report import Failure
from idiolect.units import Seconds

_NO_TIME = Seconds(0.0)


@dataclass(frozen=True, slots=True)
class Corrected:
    """What came of one clip. `improved`: other words stand there now."""

    clip_id: str
    old: str
    text: str
    wanted: str
    edits: tuple[Edit, ...]
    improved: bool


@dataclass(frozen=True, slots=True)
class CorrectReport:
    """What `correct` did, or with `dry_run` would do.

    corrected: clips that got a label now. already: clips that had this very label. pending: clips that `dry_run` would
    ask of. without: clips with no transcript of a machine, or with one of a person.
    improved: labels with other words than before. suggestions: clips with something for a person to decide.
    clips: each of them. cost: what was booked. forecast: the most it could cost; None where nothing is left to ask.
    """

    model: str
    mode: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    corrected: int = 0
    already: int = 0
    pending: int = 0
    without: int = 0
    improved: int = 0
    suggestions: int = 0
    masked: int = 0
    failed: tuple[Failure, ...] = ()
    clips: tuple[Corrected, ...] = ()
    cost: Money = FREE
    forecast: Forecast | None = None
    wall: Seconds = _NO_TIME
    dry_run: bool = False

    @property
    def taken(self) -> int:
        """Changes that stand in a label."""
        return sum(edit.taken for clip in self.clips for edit in clip.edits)

    @property
    def refused(self) -> int:
        """Changes that wait for a person."""
        return sum(not edit.taken for clip in self.clips for edit in clip.edits)

    def as_dict(self) -> dict[str, Any]:
        """The same, as JSON values; each changed clip with its edits and their reasons."""
        return {
            "model": self.model,
            "mode": self.mode,
            "parameters": dict(self.parameters),
            "corrected": self.corrected,
            "already": self.already,
            "pending": self.pending,
            "without": self.without,
            "improved": self.improved,
            "edits_taken": self.taken,
            "edits_refused": self.refused,
            "suggestions": self.suggestions,
            "masked": self.masked,
            "failed": [{"clip": one.clip_id, "where": one.where, "reason": one.reason} for one in self.failed],
            "clips": [_clip(one) for one in self.clips if one.edits],
            "cost": self.cost.dollars,
            "forecast": None if self.forecast is None else self.forecast.money.dollars,
            "wall_seconds": round(self.wall, 3),
            "dry_run": self.dry_run,
        }

    def text(self) -> str:
        """For a person: counts, why changes were refused, what failed."""
        if self.dry_run:
            cost = self.forecast.text() if self.forecast is not None else "nothing to ask"
            return f"{self.pending} clips would be asked of {self.model}, {self.already} are done\n{cost}"
        lines = [
            f"{self.corrected} clips read by {self.model} ({self.mode}), {self.already} were done before; {self.cost}",
            f"{self.taken} changes taken, {self.improved} labels with other words",
            f"{self.refused} changes refused, {self.suggestions} suggestions for a person",
        ]
        reasons = Counter(_kind(edit.why) for clip in self.clips for edit in clip.edits if not edit.taken)
        lines += [f"  refused {count}: {why}" for why, count in reasons.most_common(8)]
        lines += [f"  failed {one.where}: {one.reason}" for one in self.failed[:10]]
        if self.failed:
            lines.append(f"{len(self.failed)} clips failed; the same command again asks for them once more")
        return "\n".join(lines)


def _clip(one: Corrected) -> dict[str, Any]:
    edits = [
        {"at": edit.at, "old": edit.old, "new": edit.new, "taken": edit.taken, "why": edit.why} for edit in one.edits
    ]
    return {"clip": one.clip_id, "old": one.old, "text": one.text, "wanted": one.wanted, "edits": edits}


def _kind(why: str) -> str:
    """A reason without its words and numbers, for counting."""
    for known in ("is a negation", "is a number", "is a spelled letter", "are opposites", "words changed"):
        if known in why:
            return (
                "too many words changed" if known == "words changed" else known.removeprefix("is ").removeprefix("are ")
            )
    return why.partition(" (")[0]
