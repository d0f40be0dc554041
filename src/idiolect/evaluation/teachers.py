"""Teachers judged on what people reviewed: how wrong, how sure, how dear, how quick; and the cheapest mix of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np

from idiolect.corpus.values import Clip, Label
from idiolect.errors import EvaluationError
from idiolect.evaluation.bootstrap import Groups, Interval, Tally, group, interval
from idiolect.evaluation.mixes import (
    FEWEST,
    Case,
    Mix,
    Price,
    Row,
    Taken,
    Terms,
    held_out,
    judge_mixes,
    judge_row,
    total,
    votes,
)
from idiolect.evaluation.scores import show
from idiolect.labeling import Teacher, by_clip, heard_by, names_of, reviewed
from idiolect.text import basic_v1

if TYPE_CHECKING:
    from idiolect.corpus import Corpus

THRESHOLDS = (0.0, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99)
UNITS = ("words", "clips")

_BATCHES = 16
"""Of so many gaps between labels at least one is between two batches: the rest are within a commit."""
_FAR = 10
"""A gap of so many times the usual one between batches is a pause, one of a tenth is within a batch."""

_COMMIT = 0.02
"""Seconds; less is the writing itself, and says nothing of the engine."""
_FEWEST_BATCHES = 3

PriceOf = Callable[[Teacher], float | None]
"""Dollars for an hour of audio; None: not known."""


@dataclass(frozen=True, slots=True)
class JudgeOptions:
    """wanted: the share that should be right, 0 to 1; unit: of ``words`` or ``clips``.

    teachers: only these, by name or ``name@version``. person_hour, machine_hour: dollars.
    only_random: judge on those reviews only that the queue drew at random: the others were chosen for being doubtful.
    """

    wanted: float = 0.95
    unit: str = "words"
    teachers: tuple[str, ...] = ()
    person_hour: float = 20.0
    machine_hour: float = 0.0
    only_random: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 < self.wanted <= 1:
            raise EvaluationError(f"a precision of {self.wanted} cannot be reached", hint="above 0, up to 1")
        if self.unit not in UNITS:
            raise EvaluationError(f"nothing is counted in {self.unit!r}", hint=f"known: {', '.join(UNITS)}")


@dataclass(frozen=True, slots=True)
class PrecisionAt:
    """Labels of at least this confidence: share of the clips that are taken, and share of them that is right."""

    threshold: float
    taken: float
    precision: float
    interval: Interval


@dataclass(frozen=True, slots=True)
class JudgedTeacher:
    """One teacher on the reviewed clips that it labelled.

    wer: pooled, with its interval. price: dollars for an hour of audio. speed: seconds that a second of audio took
    when these labels were made, with as many processes as ran; None where that cannot be told.
    """

    name: str
    clips: int
    wer: float
    interval: Interval
    precisions: tuple[PrecisionAt, ...]
    price: float | None
    speed: float | None


@dataclass(frozen=True, slots=True)
class TeachersReport:
    """What `judge_teachers` found.

    reviewed: clips with a person's text; together: those of them that every mixed teacher labelled.
    teachers: the best first. vote: all of them together, held out.
    mixes: what is as precise as wanted, the cheapest first, then the others.
    """

    options: JudgeOptions
    reviewed: int
    teachers: tuple[JudgedTeacher, ...]
    vote: JudgedTeacher | None
    together: int
    mixes: tuple[Mix, ...]

    @property
    def suggestion(self) -> Mix | None:
        """The cheapest mix that is as precise as wanted on held-out clips; None where none is."""
        return next((mix for mix in self.mixes if mix.reaches), None)

    def as_dict(self) -> dict[str, Any]:
        """The same, as JSON values."""
        from dataclasses import asdict

        suggested = self.suggestion
        return {
            "wanted": self.options.wanted,
            "unit": self.options.unit,
            "person_hour": self.options.person_hour,
            "machine_hour": self.options.machine_hour,
            "only_random": self.options.only_random,
            "reviewed": self.reviewed,
            "teachers": [asdict(one) for one in self.teachers],
            "vote": None if self.vote is None else asdict(self.vote),
            "together": self.together,
            "mixes": [asdict(mix) for mix in self.mixes],
            "suggestion": None if suggested is None else asdict(suggested),
        }

    def text(self) -> str:
        """For people."""
        chosen = "drawn at random" if self.options.only_random else "that people reviewed"
        lines = [f"{self.reviewed} clips {chosen}"]
        for one in (*self.teachers, *([self.vote] if self.vote else [])):
            lines += _teacher_lines(one, self.options.unit)
        lines.append(
            f"\nas right as {self.options.wanted:.0%} of {self.options.unit}, on {self.together} held-out clips:"
        )
        if not self.mixes:
            lines.append(f"  nothing to mix: fewer than {FEWEST} reviewed clips have labels of every teacher")
        lines += [_mix_line(mix) for mix in self.mixes if mix.reaches][:5]
        if self.mixes and self.suggestion is None:
            if self.together < 3 * FEWEST:
                lines.append(f"  {self.together} clips are few to fit on and to judge by: review more of them")
            best = max(self.mixes, key=lambda mix: (mix.precision == mix.precision, mix.precision, mix.taken))
            lines += ["  no mix reaches it; the most precise:", _mix_line(best)]
        return "\n".join(lines)


def judge_teachers(
    corpus: Corpus, options: JudgeOptions | None = None, *, price_of: PriceOf | None = None
) -> TeachersReport:
    """Judge every teacher on the clips with a person's text.

    price_of: what an hour of audio costs; None: what their labels cost (local engines: nothing).

    Raises:
        EvaluationError: no reviewed clip has a teacher's label.
    """
    options = options or JudgeOptions()
    clips = {clip.id: clip for clip in corpus.clips() if not clip.recording.synthetic}
    labels = by_clip(corpus.labels())
    cases = _cases(clips, labels, options)
    if not cases:
        raise EvaluationError(
            "no clip has both a teacher's label and a text of a person",
            hint="idiolect label, then idiolect review" + (" --queue" if options.only_random else ""),
        )
    by_teacher: dict[Teacher, list[Case]] = {}
    for case in cases:
        for teacher in case.heard:
            by_teacher.setdefault(teacher, []).append(case)
    prices = _prices(clips, labels, by_teacher, price_of)
    names = names_of(by_teacher)
    judged = [
        _judge(
            names[teacher],
            some,
            (_rows(some, teacher, "words"), _rows(some, teacher, options.unit)),
            prices[teacher],
            options,
        )
        for teacher, some in by_teacher.items()
    ]
    together, mixed = _together(cases, by_teacher)
    mixes: Sequence[Mix] = ()
    vote = None
    if mixed:
        groups = group([case.clip for case in together])
        terms = Terms(options.wanted, options.unit, options.person_hour, options.machine_hour, options.seed)
        mixes = judge_mixes(together, groups, {teacher: prices[teacher] for teacher in mixed}, names, terms)
        vote = _judge_vote(together, groups, mixed, prices, options) if len(mixed) > 1 else None
    return TeachersReport(
        options,
        len(cases),
        tuple(sorted(judged, key=lambda one: (one.wer, one.name))),
        vote,
        len(together),
        tuple(mixes),
    )


def speed_of(labels: Sequence[Label], seconds: Mapping[str, float]) -> float | None:
    """Seconds of work for each second of audio, from when the labels were committed, batch by batch.

    labels: of one teacher, oldest first. seconds: of audio, by clip id. None where fewer than three batches tell.
    """
    known = [label for label in labels if label.created_at is not None and label.clip_id in seconds]
    moments = [label.created_at for label in known if label.created_at is not None]
    gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(moments)]
    if not gaps:
        return None
    usual = median(sorted(gaps, reverse=True)[: max(3, len(gaps) // _BATCHES)])
    if usual < _COMMIT:
        return None
    batches: list[tuple[float, float]] = [(0.0, seconds[known[0].clip_id])]
    for gap, label in zip(gaps, known[1:], strict=True):
        waited, audio = (gap, 0.0) if gap * _FAR >= usual else batches.pop()
        batches.append((waited, audio + seconds[label.clip_id]))
    # Of the first batch it is not known when it began, nor of one after a pause.
    timed = [(gap, audio) for gap, audio in batches[1:] if gap <= _FAR * usual]
    heard = sum(audio for _, audio in timed)
    return sum(gap for gap, _ in timed) / heard if len(timed) >= _FEWEST_BATCHES and heard else None


def _cases(clips: Mapping[str, Clip], labels: Mapping[str, Sequence[Label]], options: JudgeOptions) -> list[Case]:
    found = []
    for clip_id, clip in clips.items():
        known = labels.get(clip_id, [])
        person = reviewed(known, scoring=True)
        if person is None or (options.only_random and not any(_random(label) for label in known)):
            continue
        heard = {teacher: label for teacher, label in heard_by(known).items() if teacher.fits(options.teachers)}
        if heard:
            found.append(Case(clip, person.text or "", heard))
    return found


def _random(label: Label) -> bool:
    return label.parameters.get("queue") == "random"


def _prices(
    clips: Mapping[str, Clip],
    labels: Mapping[str, Sequence[Label]],
    teachers: Mapping[Teacher, object],
    price_of: PriceOf | None,
) -> dict[Teacher, Price]:
    made: dict[Teacher, list[Label]] = {teacher: [] for teacher in teachers}
    for known in labels.values():
        for teacher, label in heard_by(known).items():
            if teacher in made:
                made[teacher].append(label)
    seconds = {clip_id: float(clip.duration) for clip_id, clip in clips.items()}
    found = {}
    for teacher, some in made.items():
        audio = sum(seconds.get(label.clip_id, 0.0) for label in some)
        paid = 3600 * sum(label.cost for label in some) / audio if audio else None
        speed = speed_of(sorted(some, key=lambda label: label.id), seconds)
        found[teacher] = Price(paid if price_of is None else price_of(teacher), speed)
    return found


def _together(
    cases: Sequence[Case], by_teacher: Mapping[Teacher, Sequence[Case]]
) -> tuple[list[Case], tuple[Teacher, ...]]:
    """The cases that all of the best covered teachers have; a teacher that would halve them is not mixed."""
    mixed: list[Teacher] = []
    together = list(cases)
    for teacher in sorted(by_teacher, key=lambda one: (-len(by_teacher[one]), one.key)):
        left = [case for case in together if teacher in case.heard]
        if len(left) >= max(FEWEST, len(together) / 2):
            mixed.append(teacher)
            together = left
    return (together, tuple(mixed)) if mixed else ([], ())


def _rows(cases: Sequence[Case], teacher: Teacher, unit: str) -> list[Row]:
    return [
        judge_row(case.reference, case.heard[teacher].text or "", case.heard[teacher].confidence, unit)
        for case in cases
    ]


def _judge(
    name: str, cases: Sequence[Case], rows: tuple[Sequence[Row], Sequence[Row]], price: Price, options: JudgeOptions
) -> JudgedTeacher:
    """rows: one per case, in words, and in the unit that is wanted."""
    words, chosen = rows
    groups = group([case.clip for case in cases])
    spoken = [float(len(basic_v1(case.reference).split())) for case in cases]
    errors = Tally(np.array([row.of - row.right for row in words]), np.array(spoken), groups.index)
    return JudgedTeacher(
        name=name,
        clips=len(cases),
        wer=errors.value,
        interval=interval(errors, seed=options.seed),
        precisions=tuple(_precision(chosen, groups, threshold, options.seed) for threshold in THRESHOLDS),
        price=price.money,
        speed=price.hours,
    )


def _precision(rows: Sequence[Row], groups: Groups, threshold: float, seed: int) -> PrecisionAt:
    taken = np.array([row.confidence >= threshold for row in rows], dtype=np.float64)
    right = Tally(
        taken * np.array([row.right for row in rows]), taken * np.array([row.of for row in rows]), groups.index
    )
    return PrecisionAt(threshold, float(taken.mean()), right.value, interval(right, seed=seed))


def _judge_vote(
    cases: Sequence[Case],
    groups: Groups,
    teachers: Sequence[Teacher],
    prices: Mapping[Teacher, Price],
    options: JudgeOptions,
) -> JudgedTeacher:
    """All mixed teachers together; what is learned of them comes from other groups than it is judged on."""

    def rows(unit: str) -> list[Row]:
        def way(fit: Sequence[Case], use: Sequence[Case]) -> list[Taken]:
            return [Taken(row, tuple(teachers)) for row in votes(fit, use, teachers, unit)]

        return [one.row for one in held_out(cases, groups, way) if one.row is not None]

    price = Price(
        total([prices[teacher].money for teacher in teachers]), total([prices[teacher].hours for teacher in teachers])
    )
    name = f"vote of {len(teachers)} (held out)"
    return _judge(name, cases, (rows("words"), rows(options.unit)), price, options)


def _teacher_lines(one: JudgedTeacher, unit: str) -> list[str]:
    price = "price not known" if one.price is None else "free" if not one.price else f"{one.price:.2f} $/h"
    speed = "speed not known" if one.speed is None else f"RTF {one.speed:.3f} as labelled"
    head = f"\n{one.name}\n  WER {show(one.wer)} ({show(one.interval.low)} to {show(one.interval.high)})"
    lines = [f"{head}, {one.clips} clips, {price}, {speed}", f"  confidence  taken  {unit} right"]
    for at in one.precisions:
        if at.taken:
            where = f"({show(at.interval.low)} to {show(at.interval.high)})"
            lines.append(f"  {at.threshold:10.2f}  {at.taken:5.0%}  {show(at.precision)} {where}")
    return lines


def _mix_line(mix: Mix) -> str:
    where = f"{show(mix.precision)} right ({show(mix.interval.low)} to {show(mix.interval.high)})"
    cost = "price not known" if mix.total is None else f"{mix.total:.2f} $ per hour of audio"
    person = f"{60 * mix.person:.0f} min of a person"
    return f"  {mix.how}: takes {mix.taken:.0%}, {where}, {cost}, {person}" + ("" if mix.sure else "; not sure of it")
