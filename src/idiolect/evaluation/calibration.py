"""Whether a confidence of 0.8 is right four times in five.

Expected calibration error: the answers are sorted into bins of equal width by their confidence; in each, the share that
is right is held against the mean confidence, and the distances are weighed by how many answers there are:
ECE = Σ |B| / n · |accuracy(B) - confidence(B)| (Naeini, Cooper and Hauskrecht, "Obtaining well calibrated probabilities
using Bayesian binning", 2015; Guo et al., "On calibration of modern neural networks", 2017, equation 3).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from idiolect.errors import EvaluationError

BINS = 10


@dataclass(frozen=True, slots=True)
class Bin:
    """Answers whose confidence lies above `low` up to `high` (0 belongs to the first)."""

    low: float
    high: float
    count: int
    confidence: float
    right: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """error: the expected calibration error, 0 (calibrated) to 1; nan without answers. bins: those with answers."""

    error: float
    count: int
    bins: tuple[Bin, ...]


def calibration_of(confidences: Sequence[float], right: Sequence[bool], *, bins: int = BINS) -> Calibration:
    """Of answers with a confidence in [0, 1] each, and whether each was right.

    Raises `EvaluationError` for lists of different lengths, or a confidence that is none.
    """
    if len(confidences) != len(right):
        raise EvaluationError(f"{len(confidences)} confidences and {len(right)} verdicts do not belong together")
    held: dict[int, list[tuple[float, bool]]] = {}
    for confidence, truth in zip(confidences, right, strict=True):
        if not 0 <= confidence <= 1:
            raise EvaluationError(f"{confidence!r} is no confidence", hint="a number from 0 to 1")
        held.setdefault(max(0, math.ceil(confidence * bins) - 1), []).append((confidence, truth))
    found = tuple(_bin(at, rows, bins) for at, rows in sorted(held.items()))
    total = len(confidences)
    gaps = math.fsum(one.count * abs(one.right - one.confidence) for one in found)
    return Calibration(gaps / total if total else math.nan, total, found)


def _bin(at: int, rows: Sequence[tuple[float, bool]], bins: int) -> Bin:
    return Bin(
        low=at / bins,
        high=(at + 1) / bins,
        count=len(rows),
        confidence=math.fsum(confidence for confidence, _ in rows) / len(rows),
        right=sum(truth for _, truth in rows) / len(rows),
    )
