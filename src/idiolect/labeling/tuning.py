"""Weights that make the vote right on what people reviewed: two teachers that err alike must not outvote a better one.

Log odds believe that teachers err each for itself. Where they do not, doubling or halving a weight makes fewer errors
on the reviewed clips; it is done for as long as it saves more words than `PRICE` for each doubling away from the odds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import log2
from typing import TYPE_CHECKING

from idiolect.labeling.hearing import Teacher, right_words
from idiolect.labeling.rover import ALPHA, NULL, Voter, in_order, network
from idiolect.text import basic_v1

if TYPE_CHECKING:
    from idiolect.labeling.weighing import Reviewed, Trust

FACTORS = (0.25, 0.5, 1.0, 2.0, 4.0)
PRICE = 1.0
"""Words that must be saved for each doubling or halving: with few reviews the weights stay what the odds say."""
ROUNDS = 3
MOST_CLIPS = 200
"""The first so many reviewed clips by id (a hash) are voted over and over; more would not move a factor of two."""


@dataclass(frozen=True, slots=True)
class _Slot:
    """arcs: (word, index of the teacher, what its vote is worth at weight 1), in the order of the network."""

    arcs: tuple[tuple[str, int, float], ...]

    def winner(self, weights: Sequence[float]) -> str:
        score: dict[str, float] = {}
        for word, index, worth in self.arcs:
            score[word] = score.get(word, 0.0) + weights[index] * worth
        return max(score, key=lambda word: (round(score[word], 9), word != ""))


@dataclass(frozen=True, slots=True)
class _Clip:
    reference: tuple[str, ...]
    slots: tuple[_Slot, ...]

    def errors(self, weights: Sequence[float]) -> int:
        heard = [word for slot in self.slots if (word := slot.winner(weights))]
        right, missing = right_words(self.reference, heard)
        return len(right) - sum(right) + missing


def tune(clips: Sequence[Reviewed], trust: Mapping[Teacher, Trust]) -> dict[Teacher, Trust]:
    """The same with weights that err less together; their mean stays 1."""
    teachers = sorted(trust, key=lambda teacher: teacher.key)
    prepared = [_prepare(clip, teachers, trust) for clip in sorted(clips, key=lambda one: one.clip_id)[:MOST_CLIPS]]
    start = [trust[teacher].weight for teacher in teachers]
    factors = [1.0] * len(teachers)

    def cost(tried: Sequence[float]) -> float:
        weights = [weight * factor for weight, factor in zip(start, tried, strict=True)]
        middle = sum(map(log2, tried)) / len(tried)  # all of them doubled is no change
        moved = PRICE * sum(abs(log2(factor) - middle) for factor in tried)
        return sum(clip.errors(weights) for clip in prepared) + moved

    best = cost(factors)
    for _ in range(ROUNDS):
        before = best
        for index in range(len(teachers)):
            for factor in FACTORS:
                tried = [*factors[:index], factor, *factors[index + 1 :]]
                found = cost(tried)
                if found < best - 1e-9:
                    best, factors = found, tried
        if best == before:
            break
    weights = [weight * factor for weight, factor in zip(start, factors, strict=True)]
    middle = sum(weights) / len(weights)
    return {
        teacher: replace(trust[teacher], weight=round(weight / middle, 3))
        for teacher, weight in zip(teachers, weights, strict=True)
    }


def _prepare(clip: Reviewed, teachers: Sequence[Teacher], trust: Mapping[Teacher, Trust]) -> _Clip:
    index = {teacher.key: place for place, teacher in enumerate(teachers)}
    voters = [Voter(teacher.key, 1.0, tuple(tokens)) for teacher, tokens in clip.heard.items()]
    sure = {teacher.key: trust[teacher] for teacher in clip.heard}
    ranked = in_order(voters)
    slots = []
    for slot in network([voter.tokens for voter in ranked]):
        arcs = []
        for place, voter in enumerate(ranked):
            token = slot.get(place)
            confidence = NULL if token is None else sure[voter.key].sure(token.confidence)
            arcs.append(("" if token is None else token.word, index[voter.key], ALPHA + (1 - ALPHA) * confidence))
        slots.append(_Slot(tuple(arcs)))
    return _Clip(tuple(basic_v1(clip.reference).split()), tuple(slots))
