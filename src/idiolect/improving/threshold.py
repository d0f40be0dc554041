"""From which confidence on a teacher's labels may teach: as precise as was asked for, on dev."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

FEWEST = 10
"""Judged clips below which a precision is not measured but estimated."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """Labels at least this confident are taken.

    precision: share of right ones among those taken; measured on `clips` dev clips that people judged, or (`measured`
    False) the mean of the confidences themselves, which is as good as their calibration.
    reached: whether the wanted precision is met; else this is the most precise that was found.
    """

    value: float
    precision: float
    clips: int
    measured: bool
    reached: bool

    def text(self) -> str:
        """For people."""
        how = f"measured on {self.clips} dev clips" if self.measured else f"estimated from {self.clips} confidences"
        return f"confidence {self.value:.3f}: precision {self.precision:.1%}, {how}" + (
            "" if self.reached else ", less than was wanted"
        )


def choose_threshold(
    judged: Sequence[tuple[float, bool]], confidences: Sequence[float], wanted: float, *, fewest: int = FEWEST
) -> Threshold:
    """The lowest threshold whose labels are right as often as `wanted` (0 to 1).

    judged: (confidence, right) of dev clips with a person's claim. confidences: of all clips that might teach; used
    where fewer than `fewest` are judged. At least `fewest` clips (or all, where there are fewer) stay above.
    """
    measured = len(judged) >= fewest
    rows = [(sure, float(right)) for sure, right in judged] if measured else [(sure, sure) for sure in confidences]
    if not rows:
        return Threshold(0.0, 0.0, 0, measured=False, reached=False)
    rows.sort(reverse=True)
    best: tuple[float, float] = (-1.0, 1.0)
    chosen: tuple[float, float] | None = None
    total = 0.0
    for count, (sure, right) in enumerate(rows, start=1):
        total += right
        same = count < len(rows) and rows[count][0] == sure
        if same or count < min(fewest, len(rows)):
            continue
        precision = total / count
        if precision >= wanted:
            chosen = (precision, sure)
        best = max(best, (precision, sure))
    precision, value = chosen or best
    return Threshold(value, precision, len(rows), measured, reached=chosen is not None)
