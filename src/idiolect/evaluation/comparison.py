"""Is one system better than another on the same clips? Three answers: better, worse, cannot tell."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from idiolect.errors import EvaluationError
from idiolect.evaluation.bootstrap import (
    DRAWS,
    FEWEST_GROUPS,
    LEVEL,
    Interval,
    Tally,
    differences,
    percentile,
)

Verdict = Literal["better", "worse", "cannot tell"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """One measure of `a` less that of `b` on the same clips.

    difference: ``a - b``; interval: where it probably lies; p: two-sided, of the paired bootstrap; exact: two-sided, of
    McNemar's exact test, for shares only; verdict: what `a` is, against `b`.
    """

    difference: float
    interval: Interval
    p: float
    verdict: Verdict
    exact: float | None = None
    a: str = ""
    b: str = ""
    measure: str = ""


def compare(
    a: Tally, b: Tally, *, seed: int, lower_is_better: bool = True, share: bool = False, draws: int = DRAWS
) -> Comparison:
    """Compare two tallies over the same clips by a paired bootstrap over their groups.

    share: each clip counts 0 or 1 out of 1; the verdict then also needs McNemar's exact test below 5 %, because a
    bootstrap of few clips that all agree has no width.

    Raises `EvaluationError` if the tallies are not of the same clips.
    """
    if not np.array_equal(a.groups, b.groups) or not np.array_equal(a.denominators, b.denominators):
        raise EvaluationError("two systems were not scored on the same clips", hint="evaluate them together")
    drawn = differences(a, b, seed=seed, draws=draws)
    groups = len(a.sums())
    found = percentile(drawn, groups)
    exact = mcnemar(a.numerators, b.numerators) if share else None
    sure = groups >= FEWEST_GROUPS and (exact is None or exact < 1 - LEVEL)
    return Comparison(
        difference=a.value - b.value,
        interval=found,
        p=_p(drawn),
        verdict=verdict(found, lower_is_better=lower_is_better) if sure else "cannot tell",
        exact=exact,
    )


def verdict(difference: Interval, *, lower_is_better: bool = True) -> Verdict:
    """What the interval of a difference says; it must exclude 0."""
    if difference.high < 0:
        return "better" if lower_is_better else "worse"
    if difference.low > 0:
        return "worse" if lower_is_better else "better"
    return "cannot tell"


def mcnemar(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Two-sided p of McNemar's exact test (a sign test of the clips on which the two differ).

    a, b: ``(clips,)`` of 0 and 1.
    """
    only_a, only_b = int(np.sum(a > b)), int(np.sum(b > a))
    differing = only_a + only_b
    below = sum(math.comb(differing, k) for k in range(min(only_a, only_b) + 1))
    return min(1.0, float(2 * below / 2**differing))


def _p(drawn: NDArray[np.float64]) -> float:
    """Two-sided, with the observed sample counted among the draws (Davison and Hinkley 1997, 4.2): never 0."""
    known = drawn[~np.isnan(drawn)]
    if not len(known):
        return math.nan
    rarer = min(int(np.sum(known <= 0)), int(np.sum(known >= 0)))
    return min(1.0, 2 * (rarer + 1) / (len(known) + 1))
