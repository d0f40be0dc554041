"""What a better score costs: the systems that no other one beats in both error and price, size or time."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from idiolect.evaluation.bootstrap import Interval
from idiolect.evaluation.scores import BY_NAME, Score

Axis = Literal["rtf", "size", "price"]
AXES: tuple[Axis, ...] = ("rtf", "size", "price")

PriceOf = Callable[[str, Mapping[str, Any]], float | None]
"""(engine, its parameters) → dollars for an hour of audio; None: not known."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One system: its score, and what it takes.

    rtf: processing time by audio time; size: bytes of its weights; price: dollars for an hour of audio.
    """

    name: str
    score: Score
    rtf: float | None = None
    size: float | None = None
    price: float | None = None

    @property
    def error(self) -> float:
        """The score where lower is better, else 1 less it: 0 is perfect."""
        return self.score.value if BY_NAME[self.score.measure].lower_is_better else 1 - self.score.value

    @property
    def interval(self) -> Interval:
        """Of `error`."""
        found = self.score.interval
        return found if BY_NAME[self.score.measure].lower_is_better else Interval(1 - found.high, 1 - found.low)

    def takes(self, axis: Axis) -> float | None:
        """What it takes on that axis."""
        known: dict[Axis, float | None] = {"rtf": self.rtf, "size": self.size, "price": self.price}
        return known[axis]


@dataclass(frozen=True, slots=True)
class Point:
    """A system on one axis; `best` where no other takes less (or as much) and errs less (or as much)."""

    candidate: Candidate
    at: float
    best: bool


@dataclass(frozen=True, slots=True)
class Front:
    """All systems on one axis, cheapest first. unknown: those of whom it is not known what they take."""

    axis: Axis
    points: tuple[Point, ...]
    unknown: tuple[str, ...]


def price_here(engine: str, _: Mapping[str, Any]) -> float | None:
    """What an engine of this machine costs: nothing. None for one that is behind a server."""
    from idiolect.engines.table import ENGINES

    return None if engine in ENGINES and ENGINES[engine].remote else 0.0


def front(candidates: Sequence[Candidate], axis: Axis) -> Front:
    """The systems on one axis, and which of them are on the Pareto front."""
    known = [
        (one, float(at)) for one in candidates if (at := one.takes(axis)) is not None and not math.isnan(one.error)
    ]
    best = undominated([(at, one.error) for one, at in known])
    points = [Point(one, at, place in best) for place, (one, at) in enumerate(known)]
    points.sort(key=lambda point: (point.at, point.candidate.error, point.candidate.name))
    there = {one.name for one, _ in known}
    return Front(axis, tuple(points), tuple(one.name for one in candidates if one.name not in there))


def undominated(points: Iterable[tuple[float, float]]) -> set[int]:
    """The places of the points that no other one equals or beats in both, with one of the two better."""
    order = sorted(enumerate(points), key=lambda pair: pair[1])
    out: set[int] = set()
    least, last = math.inf, (math.nan, math.nan)
    for place, point in order:
        if point[1] < least or point == last:
            out.add(place)
            least, last = point[1], point
    return out
