"""Where the marks of a chart stand, in percent of its length: so an SVG is as wide as its place."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from idiolect.evaluation.board import Board, Sliced
from idiolect.evaluation.bootstrap import Interval
from idiolect.evaluation.comparison import Comparison
from idiolect.evaluation.page import scores_in_order
from idiolect.evaluation.pareto import AXES, Axis, Candidate, Front, Point, front
from idiolect.evaluation.scores import BY_NAME, Measure, Score, show

COLORS = 6
"""How many systems get a color and a shape of their own; after these they repeat."""

_LOGARITHMIC = 20
"""Where the most is so many times the least, an axis counts in powers of ten."""
_EDGE = 6.0
"""Percent that an axis keeps free at both ends, so that no mark is cut off."""

Ticks = tuple[tuple[float, str], ...]
"""(where, what stands there)."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A value with its interval. `low` and `high` are None where there is no interval."""

    name: str
    color: int
    value: str
    interval: str
    at: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """Marks over each other: one score of each system. verdicts: of the later systems against the first."""

    label: str
    marks: tuple[Mark, ...]
    clips: int = 0
    verdicts: tuple[Comparison, ...] = ()
    small: str = ""
    groups: int = 0
    grouped_by: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """Lines on one axis."""

    title: str
    measure: Measure
    ticks: Ticks
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Drawn:
    """A difference on an axis with 0 in its middle; to the right `a` is better, whatever is measured."""

    comparison: Comparison
    measure: Measure
    mark: Mark
    ticks: Ticks


@dataclass(frozen=True, slots=True)
class Placed:
    """A system in a plane: `x` and `y` in percent, y downwards. `low` and `high`: its interval.

    left: its number stands to the left, since another one is close on the right.
    """

    number: int
    point: Point
    takes: str
    x: float
    y: float
    low: float | None
    high: float | None
    left: bool = False


@dataclass(frozen=True, slots=True)
class Plane:
    """Error against what it takes. steps: the front as lines (x1, y1, x2, y2)."""

    front: Front
    placed: tuple[Placed, ...]
    x_ticks: Ticks
    y_ticks: Ticks
    steps: tuple[tuple[float, float, float, float], ...] = field(default=())


def measure_charts(board: Board) -> list[Chart]:
    """A chart for each measure, with a line for each system."""
    out = []
    for name, scores in scores_in_order(board):
        measure = BY_NAME[name]
        axis = _axis(measure, scores)
        lines = [
            Line(system, (_mark(system, number, score, axis),))
            for number, (system, score) in enumerate(zip(board.systems, scores, strict=True))
            if score is not None and not math.isnan(score.value)
        ]
        out.append(Chart(measure.title, measure, _share_ticks(axis), tuple(lines)))
    return out


def slice_charts(board: Board) -> list[Chart]:
    """A chart for each way to cut the clips, with a line for each slice."""
    measure, out = BY_NAME[board.measure], []
    for by in dict.fromkeys(part.by for part in board.slices):
        parts = [part for part in board.slices if part.by == by]
        axis = _axis(measure, [score for part in parts for score in part.scores.values()])
        lines = tuple(_slice_line(part, axis) for part in parts)
        out.append(Chart(by, measure, _share_ticks(axis), lines))
    return out


def differences(board: Board) -> list[Drawn]:
    """The verdicts of the board's measure."""
    measure = BY_NAME[board.measure]
    found = [one for one in board.verdicts() if not math.isnan(one.difference)]
    ends = [abs(end) for one in found for end in (one.interval.low, one.interval.high, one.difference)]
    reach = _round_up(max((0.01, *(end for end in ends if not math.isnan(end)))))
    ticks = tuple((50 + 50 * part, f"{abs(100 * part * reach):.3g}") for part in (-1, -0.5, 0, 0.5, 1))
    return [Drawn(one, measure, _difference_mark(one, measure, reach), ticks) for one in found]


def planes(candidates: Sequence[Candidate]) -> list[Plane]:
    """Error against each thing that is known of two systems or more."""
    found = [(axis, front(candidates, axis)) for axis in AXES]
    return [_plane(axis, one) for axis, one in found if len(one.points) > 1 and any(point.at for point in one.points)]


def takes(axis: Axis, value: float) -> str:
    """``0.031``, ``12.5 MB``, ``$0.36``."""
    if axis == "size":
        return f"{value / 1e6:,.1f} MB"
    if axis == "price":
        return f"${value:.2f}"
    return f"{value:.3g}" if value >= 0.001 or not value else f"{value:.6f}".rstrip("0")


def _slice_line(part: Sliced, axis: float) -> Line:
    known = [(place, name, score) for place, (name, score) in enumerate(part.scores.items())]
    marks = tuple(_mark(name, place, score, axis) for place, name, score in known if not math.isnan(score.value))
    return Line(part.value, marks, part.clips, part.comparisons, part.small, part.groups, part.grouped_by)


def _mark(name: str, number: int, score: Score, axis: float) -> Mark:
    low, high = score.interval.low, score.interval.high
    known = not math.isnan(low)
    return Mark(
        name,
        number % COLORS + 1,
        show(score.value),
        _between(score.interval),
        _place(score.value, axis),
        _place(low, axis) if known else None,
        _place(high, axis) if known else None,
    )


def _difference_mark(found: Comparison, measure: Measure, reach: float) -> Mark:
    sign = -1.0 if measure.lower_is_better else 1.0
    ends = sorted(sign * end for end in (found.interval.low, found.interval.high))
    known = not math.isnan(found.interval.low)
    low, high = (round(50 + 50 * end / reach, 2) if known else None for end in ends)
    at = round(50 + 50 * sign * found.difference / reach, 2)
    return Mark(found.a, 1, signed(found.difference), _between(found.interval, sign=True), at, low, high)


def _between(interval: Interval, *, sign: bool = False) -> str:
    if math.isnan(interval.low):
        return ""
    low, high = (signed(end) if sign else f"{100 * end:.1f}" for end in (interval.low, interval.high))
    return f"[{low}, {high}]"


def _place(value: float, axis: float) -> float:
    return round(100 * min(value, axis) / axis, 2)


def _axis(measure: Measure, scores: Sequence[Score | None]) -> float:
    """Where the axis ends: 1 for shares, else the next multiple of 20 % (of 4 % for small rates)."""
    if measure.share:
        return 1.0
    ends = [end for score in scores if score for end in (score.value, score.interval.high) if not math.isnan(end)]
    most = max(ends, default=1.0)
    step = 0.04 if most <= 0.2 else 0.2
    return max(step, step * math.ceil(round(most / step, 6)))


def _share_ticks(axis: float) -> Ticks:
    return tuple((25.0 * step, f"{25 * step * axis:.0f} %") for step in range(5))


def _round_up(reach: float) -> float:
    """1, 2, 4, 10, 20, 40, 100 … points: halves of it are short numbers."""
    power = 10.0 ** math.floor(math.log10(max(reach, 0.001)))
    return next(power * times for times in (1, 2, 4, 10) if power * times >= reach * 0.999)


def signed(value: float) -> str:
    """A difference in points, with a sign: ``+3.2``."""
    rounded = round(100 * value, 1) or 0.0
    return f"{rounded:+.1f}".replace("-", "−") if rounded else "0.0"  # noqa: RUF001 - a minus is as wide as a plus


def _plane(axis: Axis, found: Front) -> Plane:
    across = [point.at for point in found.points]
    x_of, x_ticks = _log_axis(axis, across) if _is_wide(across) else _plain_axis(across, lambda at: takes(axis, at))
    ends = [point.candidate.interval.high for point in found.points]
    errors = [*(point.candidate.error for point in found.points), *(end for end in ends if not math.isnan(end))]
    y_of, y_ticks = _plain_axis(errors, lambda at: f"{100 * at:.0f} %")
    placed = tuple(
        Placed(
            number,
            point,
            takes(axis, point.at),
            x_of(point.at),
            100 - y_of(point.candidate.error),
            *_edges(point.candidate.interval, y_of),
        )
        for number, point in enumerate(found.points, start=1)
    )
    placed = tuple(replace(one, left=_crowded(one, placed)) for one in placed)
    return Plane(found, placed, x_ticks, tuple((100 - at, label) for at, label in y_ticks), _steps(placed))


def _crowded(one: Placed, placed: Sequence[Placed]) -> bool:
    """Whether a mark stands where the number would: within 6 % to the right and 8 % above or below."""
    return any(one != other and 0 <= other.x - one.x < 6 and abs(other.y - one.y) < 8 for other in placed)


def _edges(interval: Interval, y_of: Callable[[float], float]) -> tuple[float | None, float | None]:
    if math.isnan(interval.low):
        return None, None
    return 100 - y_of(interval.low), 100 - y_of(interval.high)


def _is_wide(values: Sequence[float]) -> bool:
    return min(values) > 0 and max(values) / min(values) >= _LOGARITHMIC


def _log_axis(axis: Axis, values: Sequence[float]) -> tuple[Callable[[float], float], Ticks]:
    first, last = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))

    def place(value: float) -> float:
        return round(_EDGE + (100 - 2 * _EDGE) * (math.log10(value) - first) / (last - first), 2)

    return place, tuple((place(10.0**power), takes(axis, 10.0**power)) for power in range(first, last + 1))


def _plain_axis(values: Sequence[float], told: Callable[[float], str]) -> tuple[Callable[[float], float], Ticks]:
    reach = _round_up(max(*values, 0.001))

    def place(value: float) -> float:
        return round(_EDGE + (100 - 2 * _EDGE) * value / reach, 2)

    return place, tuple((place(reach * part), told(reach * part)) for part in (0, 0.25, 0.5, 0.75, 1))


def _steps(placed: Sequence[Placed]) -> tuple[tuple[float, float, float, float], ...]:
    """From one of the best to the next: first to the right, then down."""
    best = sorted((one for one in placed if one.point.best), key=lambda one: one.x)
    out: list[tuple[float, float, float, float]] = []
    for left, right in pairwise(best):
        out += [(left.x, left.y, right.x, left.y), (right.x, left.y, right.x, right.y)]
    return tuple(out)
