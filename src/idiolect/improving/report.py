"""What rounds of self-training bought."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from idiolect.evaluation import Comparison
from idiolect.improving.threshold import Threshold
from idiolect.units import show_duration


@dataclass(frozen=True, slots=True)
class Round:
    """One round: a teacher labelled, a student learned.

    teacher: engine and version. threshold: which of its labels were taken.
    taken: train clips with such a label, of `clips`; seconds: how long they last.
    before, after: share of dev clips understood by the student that the round began with, and by its own.
    comparison: of the two on the same dev clips. kept: whether the round's student is the better one.
    """

    number: int
    teacher: str
    threshold: Threshold
    taken: int
    clips: int
    seconds: float
    dataset: str
    model: Path
    before: float
    after: float
    comparison: Comparison
    kept: bool

    def text(self) -> str:
        """Two lines for people."""
        low, high = self.comparison.interval.low, self.comparison.interval.high
        return (
            f"round {self.number}: {self.taken} of {self.clips} clips taught ({show_duration(self.seconds)}), by "
            f"{self.teacher}; {self.threshold.text()}\n"
            f"  dev understood {self.before:.1%} → {self.after:.1%} ({100 * self.comparison.difference:+.1f} points "
            f"[{100 * low:+.1f}, {100 * high:+.1f}]): {self.comparison.verdict}; {'kept' if self.kept else 'not kept'}"
        )


@dataclass(frozen=True, slots=True)
class Improvement:
    """All rounds. `model` is the best student: the one to go on with; it may be the one that was there before.

    judged_by: ``people`` where dev clips have a person's claim, else the first teacher: a share is agreement with it.
    comparison: the best student against the one at the start, on the same dev clips.
    """

    rounds: tuple[Round, ...]
    model: Path
    judged_by: str
    dev_clips: int
    comparison: Comparison

    def text(self) -> str:
        """For people."""
        by = "people's claims" if self.judged_by == "people" else f"agreement with {self.judged_by}, not accuracy"
        low, high = self.comparison.interval.low, self.comparison.interval.high
        verdict = (
            f"after {len(self.rounds)} rounds, on {self.dev_clips} dev clips ({by}): "
            f"{100 * self.comparison.difference:+.1f} points [{100 * low:+.1f}, {100 * high:+.1f}], "
            f"{self.comparison.verdict}"
        )
        return "\n".join([*(one.text() for one in self.rounds), verdict, f"model: {self.model}"])

    def as_dict(self) -> dict[str, Any]:
        """JSON values."""
        return {
            "model": str(self.model),
            "judged_by": self.judged_by,
            "dev_clips": self.dev_clips,
            "verdict": self.comparison.verdict,
            "difference": self.comparison.difference,
            "interval": [self.comparison.interval.low, self.comparison.interval.high],
            "rounds": [
                {
                    "round": one.number,
                    "teacher": one.teacher,
                    "threshold": one.threshold.value,
                    "precision": one.threshold.precision,
                    "precision_measured": one.threshold.measured,
                    "taken": one.taken,
                    "clips": one.clips,
                    "seconds": round(one.seconds, 1),
                    "dataset": one.dataset,
                    "model": str(one.model),
                    "before": one.before,
                    "after": one.after,
                    "verdict": one.comparison.verdict,
                    "kept": one.kept,
                }
                for one in self.rounds
            ],
        }
