"""Teachers together: which of their labels to take so that they are as right as was asked for, and at what price.

Every number is held out: thresholds and weights are fitted on four fifths of the speakers (else sessions, recordings,
clips), and what they take is judged on the fifth.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, permutations

import numpy as np

from idiolect.corpus.values import Clip, Label
from idiolect.evaluation.bootstrap import Groups, Interval, Tally, interval
from idiolect.labeling import (
    Reviewed,
    Teacher,
    learn,
    person_seconds,
    right_words,
    tokens_of,
    vote_of,
)
from idiolect.text import basic_v1

FOLDS = 5
FEWEST = 10
"""Labels that a threshold must take where it is fitted: a precision of fewer says little."""
MOST_TEACHERS = 5
"""Beyond it the mixes are too many to be judged in a minute; the first by price are mixed."""


@dataclass(frozen=True, slots=True)
class Case:
    """A clip with a person's text, and what teachers heard in it."""

    clip: Clip
    reference: str
    heard: Mapping[Teacher, Label]


@dataclass(frozen=True, slots=True)
class Row:
    """One label of one clip, judged. right of: words (hits, of hits and all errors) or clips (0 or 1, of 1)."""

    confidence: float
    right: float
    of: float


@dataclass(frozen=True, slots=True)
class Price:
    """What an hour of audio costs: money, and hours of this machine (None: not known)."""

    money: float | None
    hours: float | None


@dataclass(frozen=True, slots=True)
class Terms:
    """What is wanted, 0 to 1, in ``words`` or ``clips``; and dollars for an hour of a person and of this machine."""

    wanted: float
    unit: str
    person_hour: float
    machine_hour: float
    seed: int


@dataclass(frozen=True, slots=True)
class Taken:
    """What a mix does with one held-out clip: the row it takes (None: a person is asked), and who was asked."""

    row: Row | None
    asked: tuple[Teacher, ...]


@dataclass(frozen=True, slots=True)
class Spent:
    """On an hour of audio: dollars, hours of this machine, hours of a person; None: not known."""

    money: float | None
    hours: float | None
    person: float


@dataclass(frozen=True, slots=True)
class Mix:
    """One way to label.

    how: in words. taken: share of the clips whose label is taken; the rest is for a person.
    precision: share that is right of what is taken; interval: where it probably lies; reaches: it is as wanted; sure:
    even the interval is.
    money, hours, person: what an hour of audio costs: dollars, hours of this machine and of a person. total: dollars.
    """

    how: str
    taken: float
    precision: float
    interval: Interval
    reaches: bool
    sure: bool
    money: float | None
    hours: float | None
    person: float
    total: float | None


Way = Callable[[Sequence[Case], Sequence[Case]], list[Taken]]
"""Fitted on the first cases, used on the second."""


def judge_row(reference: str, text: str, confidence: float | None, unit: str) -> Row:
    """A label held against a person's text; without a confidence it counts as 0, as a freeze counts it."""
    wanted, heard = basic_v1(reference).split(), basic_v1(text).split()
    sure = 0.0 if confidence is None else confidence
    if unit == "clips":
        return Row(sure, float(wanted == heard), 1.0)
    right, missing = right_words(wanted, heard)
    return Row(sure, float(sum(right)), float(len(right) + missing))


def threshold_for(rows: Sequence[Row], wanted: float) -> float:
    """The lowest confidence from which rows are as right as wanted; infinite where none is."""
    best = math.inf
    right = of = 0.0
    ranked = sorted(rows, key=lambda row: -row.confidence)
    for count, row in enumerate(ranked, start=1):
        right, of = right + row.right, of + row.of
        same = count < len(ranked) and ranked[count].confidence == row.confidence
        if not same and count >= FEWEST and of and right / of >= wanted:
            best = row.confidence
    return best


def ways(
    teachers: Sequence[Teacher], names: Mapping[Teacher, str], wanted: float, unit: str
) -> Iterator[tuple[str, Way]]:
    """Each teacher alone, each cascade of two, each vote of two or more."""
    for teacher in teachers:
        yield f"{names[teacher]} alone", _cascade((teacher,), wanted, unit)
    for pair in permutations(teachers, 2):
        yield f"{names[pair[0]]} where it is sure, else {names[pair[1]]}", _cascade(pair, wanted, unit)
    for size in range(2, len(teachers) + 1):
        for some in combinations(teachers, size):
            yield f"vote of {', '.join(names[one] for one in some)}", _vote(some, wanted, unit)


def judge_mixes(
    cases: Sequence[Case],
    groups: Groups,
    prices: Mapping[Teacher, Price],
    names: Mapping[Teacher, str],
    terms: Terms,
) -> list[Mix]:
    """Every way to mix the teachers of `prices`, which all cases have; what is as precise as wanted, cheapest first."""
    found = []

    def dear(teacher: Teacher) -> tuple[float, float, str]:
        price = prices[teacher]
        return math.inf if price.money is None else price.money, price.hours or 0.0, teacher.key

    ranked = sorted(prices, key=dear)
    for how, way in ways(ranked[:MOST_TEACHERS], names, terms.wanted, terms.unit):
        taken = held_out(cases, groups, way)
        spent = _spent(cases, taken, prices)
        found.append(_mix(how, taken, groups, spent, terms))
    return sorted(found, key=_order)


def held_out(cases: Sequence[Case], groups: Groups, way: Way) -> list[Taken]:
    """What a way does with each case when it was fitted on cases of other groups."""
    result: dict[int, Taken] = {}
    for fold in range(FOLDS):
        inside = [place for place in range(len(cases)) if groups.index[place] % FOLDS == fold]
        rest = [cases[place] for place in range(len(cases)) if groups.index[place] % FOLDS != fold]
        result |= dict(zip(inside, way(rest, [cases[place] for place in inside]), strict=True))
    return [result[place] for place in range(len(cases))]


def votes(fit: Sequence[Case], use: Sequence[Case], some: Sequence[Teacher], unit: str) -> list[Row]:
    """The votes of some teachers on `use`, with what is learned of them from `fit`."""
    known = [Reviewed(case.clip.id, case.reference, {one: tokens_of(case.heard[one]) for one in some}) for case in fit]
    trust = learn(known)
    outcomes = [vote_of({one: case.heard[one] for one in some}, trust) for case in use]
    return [
        judge_row(case.reference, outcome.text, outcome.confidence, unit)
        for case, outcome in zip(use, outcomes, strict=True)
    ]


def _cascade(teachers: Sequence[Teacher], wanted: float, unit: str) -> Way:
    def way(fit: Sequence[Case], use: Sequence[Case]) -> list[Taken]:
        left = list(fit)
        least = []
        for teacher in teachers:
            rows = [_row(case, teacher, unit) for case in left]
            least.append(threshold_for(rows, wanted))
            left = [case for case, row in zip(left, rows, strict=True) if row.confidence < least[-1]]
        return [_ask(case, teachers, least, unit) for case in use]

    return way


def _ask(case: Case, teachers: Sequence[Teacher], least: Sequence[float], unit: str) -> Taken:
    for count, (teacher, threshold) in enumerate(zip(teachers, least, strict=True), start=1):
        row = _row(case, teacher, unit)
        if row.confidence >= threshold:
            return Taken(row, tuple(teachers[:count]))
    return Taken(None, tuple(teachers))


def _vote(teachers: Sequence[Teacher], wanted: float, unit: str) -> Way:
    def way(fit: Sequence[Case], use: Sequence[Case]) -> list[Taken]:
        rows = votes(fit, [*fit, *use], teachers, unit)
        threshold = threshold_for(rows[: len(fit)], wanted)
        rows = rows[len(fit) :]
        return [Taken(row if row.confidence >= threshold else None, tuple(teachers)) for row in rows]

    return way


def _row(case: Case, teacher: Teacher, unit: str) -> Row:
    label = case.heard[teacher]
    return judge_row(case.reference, label.text or "", label.confidence, unit)


def _mix(how: str, taken: Sequence[Taken], groups: Groups, spent: Spent, terms: Terms) -> Mix:
    counts = Tally(
        np.array([one.row.right if one.row else 0.0 for one in taken]),
        np.array([one.row.of if one.row else 0.0 for one in taken]),
        groups.index,
    )
    where = interval(counts, seed=terms.seed)
    dollars = None
    if spent.money is not None:
        dollars = spent.money + spent.person * terms.person_hour + (spent.hours or 0.0) * terms.machine_hour
    return Mix(
        how=how,
        taken=sum(one.row is not None for one in taken) / len(taken),
        precision=counts.value,
        interval=where,
        reaches=counts.value >= terms.wanted,
        sure=where.low >= terms.wanted,
        money=spent.money,
        hours=spent.hours,
        person=spent.person,
        total=dollars,
    )


def _spent(cases: Sequence[Case], taken: Sequence[Taken], prices: Mapping[Teacher, Price]) -> Spent:
    """Of an hour of audio; None where a rate of somebody who is asked is not known."""
    audio = sum(case.clip.duration for case in cases)
    left = sum(person_seconds(case.clip.duration) for case, one in zip(cases, taken, strict=True) if one.row is None)
    sent: dict[Teacher, float] = {}
    for case, one in zip(cases, taken, strict=True):
        for teacher in one.asked:
            sent[teacher] = sent.get(teacher, 0.0) + case.clip.duration
    money = [None if (rate := prices[one].money) is None else rate * share / audio for one, share in sent.items()]
    hours = [None if (rate := prices[one].hours) is None else rate * share / audio for one, share in sent.items()]
    return Spent(total(money), total(hours), left / audio)


def total(values: Sequence[float | None]) -> float | None:
    """Their sum; None where one is not known."""
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None


def _order(mix: Mix) -> tuple[bool, float, float]:
    """Of equals the simpler one stays first, as `ways` gives them: measured hours are too shaky to choose by."""
    # To a thousandth of a cent: money is a sum of floats.
    return not mix.reaches, math.inf if mix.total is None else round(mix.total, 5), -mix.taken
