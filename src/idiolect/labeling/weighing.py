"""What a teacher's word is worth, from the clips that people reviewed.

Weights are the log odds of being right among many words (the exponent of SAMME: Zhu, Zou, Rosset and Hastie,
"Multi-class AdaBoost", 2009), and confidences become the precision that words of such confidence had, made monotone by
pooling adjacent violators. Counts are pooled over all reviewed clips. With few of them both stay near what holds for
all teachers; with none all weigh the same, and a confidence is believed as it is. `tuning` then mends the weights of
teachers that err alike.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from idiolect.labeling.hearing import Teacher, Token, right_words
from idiolect.labeling.tuning import tune
from idiolect.text import basic_v1

PRIOR_WORDS = 50
"""Words of the average teacher that are counted beside each teacher's own."""
PRIOR_STEP = 20
"""Words of a teacher's mean precision that are counted beside those of each step of its confidence."""
STEPS = 5
"""Steps of confidence, each with about as many words."""
CHOICES = 20
"""Words that a wrong teacher may choose from: how unlikely it is that two are wrong alike."""
UNKNOWN = 0.5
"""The confidence of a word whose teacher says none, before anything is reviewed."""


@dataclass(frozen=True, slots=True)
class Trust:
    """What the vote knows of one teacher.

    weight: 1 is the mean of the teachers. precision: share of its words that are right; None while none is reviewed.
    steps: (confidence from which it holds, precision), upwards. words: reviewed words that it heard. errors: wrong and
    missing ones.
    """

    weight: float = 1.0
    precision: float | None = None
    steps: tuple[tuple[float, float], ...] = ()
    words: int = 0
    errors: int = 0

    def sure(self, confidence: float | None) -> float:
        """The precision of words of that confidence."""
        if self.precision is None:
            return UNKNOWN if confidence is None else confidence
        if confidence is None or not self.steps:
            return self.precision
        fitting = [precision for least, precision in self.steps if confidence >= least]
        return fitting[-1] if fitting else self.steps[0][1]

    def as_dict(self) -> dict[str, Any]:
        """What a label keeps of it, as JSON values."""
        return {"weight": self.weight, "precision": self.precision, "steps": [list(step) for step in self.steps]}


@dataclass(frozen=True, slots=True)
class Reviewed:
    """One clip with a person's text and what each teacher heard in it."""

    clip_id: str
    reference: str
    heard: Mapping[Teacher, Sequence[Token]]


@dataclass(frozen=True, slots=True)
class _Counted:
    """Words of one teacher over the reviewed clips: (confidence, right), and how many words it lacks."""

    words: tuple[tuple[float | None, bool], ...]
    missing: int

    @property
    def right(self) -> int:
        return sum(right for _, right in self.words)

    @property
    def total(self) -> int:
        return len(self.words) + self.missing


def learn(clips: Iterable[Reviewed]) -> dict[Teacher, Trust]:
    """Weights and calibrated confidences of the teachers that some reviewed clip has."""
    clips = list(clips)
    counted = _count(clips)
    total = sum(one.total for one in counted.values())
    if not total:
        return {}
    mean = sum(one.right for one in counted.values()) / total
    odds = {
        teacher: _log_odds((one.right + PRIOR_WORDS * mean) / (one.total + PRIOR_WORDS))
        for teacher, one in counted.items()
    }
    middle = sum(odds.values()) / len(odds)
    return tune(clips, {teacher: _trust(one, mean, odds[teacher] / middle) for teacher, one in counted.items()})


def _count(clips: Sequence[Reviewed]) -> dict[Teacher, _Counted]:
    words: dict[Teacher, list[tuple[float | None, bool]]] = {}
    missing: dict[Teacher, int] = {}
    for clip in clips:
        reference = basic_v1(clip.reference).split()
        for teacher, tokens in clip.heard.items():
            right, lacking = right_words(reference, [token.word for token in tokens])
            heard = zip((token.confidence for token in tokens), right, strict=True)
            words.setdefault(teacher, []).extend(heard)
            missing[teacher] = missing.get(teacher, 0) + lacking
    return {teacher: _Counted(tuple(words[teacher]), missing[teacher]) for teacher in sorted(words, key=_key)}


def _key(teacher: Teacher) -> str:
    return teacher.key


def _log_odds(share: float) -> float:
    """At least .1: a teacher that is mostly wrong still has a say where all others heard nothing."""
    held = min(0.99, max(0.01, share))
    return max(0.1, math.log(held / (1 - held)) + math.log(CHOICES - 1))


def _trust(counted: _Counted, mean: float, weight: float) -> Trust:
    precision = (counted.right + PRIOR_WORDS * mean) / (len(counted.words) + PRIOR_WORDS)
    return Trust(
        weight=round(weight, 3),
        precision=round(precision, 3),
        steps=_steps(counted.words, precision),
        words=len(counted.words),
        errors=counted.total - counted.right,
    )


def _steps(words: Sequence[tuple[float | None, bool]], precision: float) -> tuple[tuple[float, float], ...]:
    known = sorted((sure, right) for sure, right in words if sure is not None)
    size = max(PRIOR_STEP, math.ceil(len(known) / STEPS))
    held: list[tuple[float, float, int]] = []
    at = 0
    while at < len(known):
        end = min(len(known), at + size)
        while end < len(known) and known[end][0] == known[end - 1][0]:
            end += 1
        right = sum(one for _, one in known[at:end]) + PRIOR_STEP * precision
        held.append((known[at][0], right, end - at + PRIOR_STEP))
        at = end
    return tuple((round(least, 4), round(right / count, 3)) for least, right, count in _monotone(held))


def _monotone(held: Sequence[tuple[float, float, int]]) -> list[tuple[float, float, int]]:
    """Neighbours that fall instead of rising become one step."""
    pooled: list[tuple[float, float, int]] = []
    for least, right, count in held:
        pooled.append((least, right, count))
        while len(pooled) > 1 and pooled[-2][1] * pooled[-1][2] >= pooled[-1][1] * pooled[-2][2]:
            (least_before, right_before, count_before), (_, last, counted) = pooled[-2:]
            pooled[-2:] = [(least_before, right_before + last, count_before + counted)]
    return pooled
