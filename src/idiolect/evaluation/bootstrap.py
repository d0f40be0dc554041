"""How sure a score is: a bootstrap over the groups that speech comes in.

Clips of one speaker or one session fail together, so they are drawn together (Bisani and Ney 2004, "Bootstrap
estimates for confidence intervals in ASR performance evaluation"; Liu and Peng 2020 for blocks). The percentile is
moved outwards for few groups as Hesterberg 2015 does ("What teachers should know about the bootstrap", section 5:
the expanded percentile interval).
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from idiolect.corpus.values import Clip

DRAWS = 10_000
LEVEL = 0.95

FEWEST_GROUPS = 6
"""Below this no exact paired test can reach 5 % (2 / 2**5 = 0.0625): no verdict is given; groups are cut finer."""

FEW_GROUPS = 20
"""Below this a share is shown with Wilson's interval around the bootstrap's."""

_BLOCK = 1 << 20
"""Draws are made in blocks of about so many numbers: 8 MiB."""


@dataclass(frozen=True, slots=True)
class Interval:
    """Where the true value probably lies. nan where nothing can be said."""

    low: float
    high: float

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high

    @property
    def width(self) -> float:
        """High less low."""
        return self.high - self.low


UNKNOWN = Interval(math.nan, math.nan)


@dataclass(frozen=True, slots=True)
class Groups:
    """What is drawn together: `by` is ``speaker``, ``session``, ``recording`` or ``clip``."""

    by: str
    index: NDArray[np.int64]
    """The group of each clip, ``(clips,)``, from 0."""

    @property
    def count(self) -> int:
        """How many groups there are."""
        return int(self.index.max()) + 1 if len(self.index) else 0


@dataclass(frozen=True, slots=True, eq=False)
class Tally:
    """What is counted, clip by clip: errors out of words, or accepted out of asked.

    numerators, denominators: float64 ``(clips,)``; groups: int64 ``(clips,)`` from 0.
    """

    numerators: NDArray[np.float64]
    denominators: NDArray[np.float64]
    groups: NDArray[np.int64]

    @property
    def value(self) -> float:
        """The pooled ratio; nan without a denominator."""
        total = float(self.denominators.sum())
        return float(self.numerators.sum()) / total if total else math.nan

    def sums(self) -> NDArray[np.float64]:
        """Numerator and denominator of each group, ``(groups, 2)``; groups without a clip are left out."""
        there, index = np.unique(self.groups, return_inverse=True)
        columns = [np.bincount(index, part, len(there)) for part in (self.numerators, self.denominators)]
        return np.stack(columns, axis=1)


def group(clips: Sequence[Clip]) -> Groups:
    """Group by speaker, else session, else recording, else clip: the first that every clip has, with enough groups."""
    levels: list[tuple[str, list[Hashable]]] = [
        ("speaker", [clip.recording.speaker for clip in clips]),
        ("session", [clip.recording.session for clip in clips]),
        ("recording", [clip.recording.id for clip in clips]),
    ]
    for by, keys in levels:
        different = len(set(keys))
        one_each = by == "recording" and different == len(keys)
        if None not in keys and different >= FEWEST_GROUPS and not one_each:
            return Groups(by, _number(keys))
    return Groups("clip", np.arange(len(clips), dtype=np.int64))


def interval(tally: Tally, *, seed: int, draws: int = DRAWS, level: float = LEVEL) -> Interval:
    """The interval of a pooled ratio."""
    sums = tally.sums()
    drawn = resample(sums, seed=seed, draws=draws)
    return percentile(_ratio(drawn[:, 0], drawn[:, 1]), len(sums), level)


def share_interval(tally: Tally, *, seed: int, draws: int = DRAWS, level: float = LEVEL) -> Interval:
    """The interval of a share (0 to 1). Where groups are few or all agree, Wilson's interval widens it."""
    drawn = interval(tally, seed=seed, draws=draws, level=level)
    counted = wilson(float(tally.numerators.sum()), float(tally.denominators.sum()), level)
    if math.isnan(drawn.low):
        return counted
    if len(tally.sums()) >= FEW_GROUPS and drawn.width > 0:
        return drawn
    return Interval(min(drawn.low, counted.low), max(drawn.high, counted.high))


def differences(a: Tally, b: Tally, *, seed: int, draws: int = DRAWS) -> NDArray[np.float64]:
    """``a - b`` in each draw, ``(draws,)``: both are scored on the same drawn groups."""
    drawn = resample(np.concatenate([a.sums(), b.sums()], axis=1), seed=seed, draws=draws)
    return _ratio(drawn[:, 0], drawn[:, 1]) - _ratio(drawn[:, 2], drawn[:, 3])


def resample(sums: NDArray[np.float64], *, seed: int, draws: int = DRAWS) -> NDArray[np.float64]:
    """Draw as many groups as there are, with replacement, `draws` times: ``(groups, k)`` → ``(draws, k)`` of sums."""
    groups = len(sums)
    if not groups:
        return np.full((draws, sums.shape[1]), np.nan)
    rng = np.random.default_rng(seed)
    rows = max(1, _BLOCK // groups)
    out = [_draw(sums, min(rows, draws - first), rng) for first in range(0, draws, rows)]
    return np.concatenate(out)


def percentile(values: NDArray[np.float64], groups: int, level: float = LEVEL) -> Interval:
    """The middle `level` of the drawn values, moved outwards for few groups; unknown with fewer than two."""
    known = values[~np.isnan(values)]
    if groups < 2 or not len(known):
        return UNKNOWN
    tail = _tail(level, groups)
    low, high = np.quantile(known, [tail, 1 - tail])
    return Interval(float(low), float(high))


def wilson(successes: float, total: float, level: float = LEVEL) -> Interval:
    """Wilson's score interval of a share (Wilson 1927). Unknown without trials."""
    if total <= 0:
        return UNKNOWN
    z = NormalDist().inv_cdf((1 + level) / 2)
    share = successes / total
    middle = (share + z * z / (2 * total)) / (1 + z * z / total)
    half = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total)) / (1 + z * z / total)
    return Interval(max(0.0, middle - half), min(1.0, middle + half))


def _number(keys: Sequence[Hashable]) -> NDArray[np.int64]:
    numbers: dict[Hashable, int] = {}
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.int64)


def _draw(sums: NDArray[np.float64], rows: int, rng: np.random.Generator) -> NDArray[np.float64]:
    groups = len(sums)
    drawn = rng.integers(0, groups, (rows, groups)) + groups * np.arange(rows)[:, None]
    weights = np.bincount(drawn.ravel(), minlength=rows * groups).reshape(rows, groups)
    result: NDArray[np.float64] = weights @ sums
    return result


def _ratio(numerators: NDArray[np.float64], denominators: NDArray[np.float64]) -> NDArray[np.float64]:
    out = np.full(len(numerators), np.nan)
    np.divide(numerators, denominators, out=out, where=denominators > 0)
    return out


def _tail(level: float, groups: int) -> float:
    """How much of the draws is cut off at each end."""
    normal = NormalDist()
    reach = _student_quantile(normal.inv_cdf((1 + level) / 2), groups - 1) * math.sqrt(groups / (groups - 1))
    return normal.cdf(-reach)


def _student_quantile(z: float, freedom: int) -> float:
    """Student's quantile from the normal one (Cornish-Fisher; Abramowitz and Stegun 26.7.5).

    Within 0.5 % from four degrees of freedom.
    """
    return (
        z
        + (z**3 + z) / (4 * freedom)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * freedom**3)
        + (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / (92160 * freedom**4)
    )
