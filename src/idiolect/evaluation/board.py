"""Systems side by side on the clips that all of them heard: scores, verdicts, slices, and where they differ most."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from idiolect.errors import EvaluationError
from idiolect.evaluation.bootstrap import DRAWS, FEWEST_GROUPS, Groups, Tally, group
from idiolect.evaluation.comparison import Comparison, compare
from idiolect.evaluation.report import Heard, Spoken
from idiolect.evaluation.scores import BY_NAME, MEASURES, Measure, Score, score_of
from idiolect.evaluation.slices import Slice, finer_slices

FEW_CLIPS = 20
"""A slice below this is marked: one clip moves a share by 5 points or more."""

SLICE_DRAWS = 2_000
"""For an interval that is drawn: its edges then move by about 3 % of its width from seed to seed."""


@dataclass(frozen=True, slots=True)
class Sliced:
    """Some of the clips through every system: `by` what they were cut, which `value` they have.

    comparisons: each later system against the first. small: ``few`` clips, or ``too few`` groups for any verdict.
    """

    by: str
    value: str
    clips: int
    groups: int
    grouped_by: str
    scores: Mapping[str, Score]
    comparisons: tuple[Comparison, ...]
    small: str = ""


@dataclass(frozen=True, slots=True)
class Differing:
    """A clip in which the systems did not do equally well. `errors`: of each system, out of `of`."""

    spoken: Spoken
    texts: Mapping[str, str]
    errors: Mapping[str, float]
    of: float

    @property
    def spread(self) -> float:
        """The most errors less the fewest."""
        return max(self.errors.values()) - min(self.errors.values())


@dataclass(frozen=True, slots=True)
class Board:
    """The same clips through some systems; the first is what the others are compared with.

    measure: by which slices and clips are judged. left_out: how many clips of each system another one did not hear.
    comparisons: every later system against every earlier one, in every measure. same: clips with equal errors.
    """

    systems: tuple[str, ...]
    measure: str
    clips: int
    left_out: Mapping[str, int]
    grouped_by: str
    groups: int
    scores: Mapping[str, tuple[Score, ...]]
    comparisons: tuple[Comparison, ...]
    slices: tuple[Sliced, ...]
    differing: tuple[Differing, ...]
    same: int

    def score(self, system: str, measure: str | None = None) -> Score | None:
        """That system's score; None: of the measure of this board."""
        wanted = measure or self.measure
        return next((score for score in self.scores[system] if score.measure == wanted), None)

    def verdicts(self, measure: str | None = None) -> tuple[Comparison, ...]:
        """The comparisons of one measure; None: of the measure of this board."""
        return tuple(one for one in self.comparisons if one.measure == (measure or self.measure))


HeardBy = Mapping[str, Mapping[str, Heard]]
"""By the name of the system, then by the id of the clip."""


def board_of(spoken: Sequence[Spoken], heard: HeardBy, *, measure: str | None = None, seed: int = 0) -> Board:
    """Put systems side by side on the clips of `spoken` that each of them heard.

    measure: one of `MEASURES`; None: the first for which every system has a score.

    Raises:
        EvaluationError: no system, no clip that all heard, or no such measure for all of them.
    """
    if not heard:
        raise EvaluationError("there is no system to compare")
    kept = [one for one in spoken if all(one.clip.id in found for found in heard.values())]
    if not kept:
        raise EvaluationError(
            f"no clip was heard by {' and '.join(heard)}", hint="evaluate them on the same dataset and split"
        )
    rows = {name: [found[one.clip.id] for one in kept] for name, found in heard.items()}
    chosen = _measure(rows, measure)
    groups = group([one.clip for one in kept])
    differing = _differing(kept, rows, chosen)
    return Board(
        systems=tuple(rows),
        measure=chosen.name,
        clips=len(kept),
        left_out={name: len(found) - len(kept) for name, found in heard.items()},
        grouped_by=groups.by,
        groups=groups.count,
        scores={name: tuple(_scores(found, groups, seed)) for name, found in rows.items()},
        comparisons=tuple(_comparisons(rows, groups, seed)),
        slices=tuple(_slices(kept, rows, groups, chosen, seed)),
        differing=differing,
        same=len(kept) - len(differing),
    )


def measures_of(rows: Mapping[str, Sequence[Heard]]) -> list[Measure]:
    """The measures for which every system has a count."""
    known = (
        {measure.name for measure in MEASURES for one in found if measure.name in one.counts} for found in rows.values()
    )
    shared = set.intersection(*known)
    return [measure for measure in MEASURES if measure.name in shared]


def _measure(rows: Mapping[str, Sequence[Heard]], wanted: str | None) -> Measure:
    there = measures_of(rows)
    found = next((measure for measure in there if wanted in {None, measure.name}), None)
    if found is None:
        listed = ", ".join(measure.name for measure in there) or "none"
        raise EvaluationError(
            f"{' and '.join(rows)} are not both scored by {wanted or 'any measure'}", hint=f"scored: {listed}"
        )
    return found


def _tally(measure: Measure, found: Sequence[Heard], groups: Groups) -> Tally | None:
    places = [place for place, one in enumerate(found) if measure.name in one.counts]
    if not places:
        return None
    counts = [(found[place].counts[measure.name], found[place].counts[f"{measure.name}_of"]) for place in places]
    numerators, denominators = np.array(counts, dtype=np.float64).T
    return Tally(numerators, denominators, groups.index[places])


def _scores(found: Sequence[Heard], groups: Groups, seed: int) -> Iterator[Score]:
    for measure in MEASURES:
        counts = _tally(measure, found, groups)
        if counts is not None:
            yield score_of(measure, counts, seed=seed)


def _comparisons(rows: Mapping[str, Sequence[Heard]], groups: Groups, seed: int) -> Iterator[Comparison]:
    for earlier, later in combinations(rows, 2):
        for measure in MEASURES:
            found = _compare(measure, {name: rows[name] for name in (earlier, later)}, groups, seed, DRAWS)
            if found is not None:
                yield found


def _compare(
    measure: Measure, pair: Mapping[str, Sequence[Heard]], groups: Groups, seed: int, draws: int
) -> Comparison | None:
    """The second of a pair against the first."""
    (earlier, before), (later, after) = pair.items()
    a, b = _tally(measure, after, groups), _tally(measure, before, groups)
    if a is None or b is None or not np.any(a.denominators):
        return None
    found = compare(a, b, seed=seed, lower_is_better=measure.lower_is_better, share=measure.share, draws=draws)
    return replace(found, a=later, b=earlier, measure=measure.name)


def _slices(
    kept: Sequence[Spoken], rows: Mapping[str, Sequence[Heard]], groups: Groups, measure: Measure, seed: int
) -> Iterator[Sliced]:
    words = [None if one.reference is None else len(one.reference.split()) for one in kept]
    for part in finer_slices([one.clip for one in kept], words):
        places = list(part.places)
        within = Groups(groups.by, groups.index[places])
        if part.by == groups.by:  # one speaker is one group: what is drawn of a speaker is sessions or clips
            within = group([kept[place].clip for place in places])
        inside = {name: [found[place] for place in places] for name, found in rows.items()}
        scores = dict(_slice_scores(inside, within, measure, seed))
        if len(scores) == len(rows):
            yield _sliced(part, within, scores, _against_first(inside, within, measure, seed))


def _sliced(part: Slice, within: Groups, scores: Mapping[str, Score], comparisons: Iterator[Comparison]) -> Sliced:
    clips, different = next(iter(scores.values())).clips, len(np.unique(within.index))
    small = "too few" if different < FEWEST_GROUPS else "few" if clips < FEW_CLIPS else ""
    return Sliced(part.by, part.value, clips, different, within.by, scores, tuple(comparisons), small)


def _slice_scores(
    inside: Mapping[str, Sequence[Heard]], within: Groups, measure: Measure, seed: int
) -> Iterator[tuple[str, Score]]:
    for name, found in inside.items():
        counts = _tally(measure, found, within)
        if counts is not None:
            yield name, score_of(measure, counts, seed=seed, draws=SLICE_DRAWS)


def _against_first(
    inside: Mapping[str, Sequence[Heard]], within: Groups, measure: Measure, seed: int
) -> Iterator[Comparison]:
    first, *later = inside
    for name in later:
        found = _compare(measure, {first: inside[first], name: inside[name]}, within, seed, SLICE_DRAWS)
        if found is not None:
            yield found


def _differing(kept: Sequence[Spoken], rows: Mapping[str, Sequence[Heard]], measure: Measure) -> tuple[Differing, ...]:
    """The clips in which errors differ, the greatest difference first; of equal ones the longer reference."""
    out = []
    for place, one in enumerate(kept):
        found = {name: heard[place] for name, heard in rows.items()}
        if any(measure.name not in heard.counts for heard in found.values()):
            continue
        differing = Differing(
            one,
            {name: heard.text for name, heard in found.items()},
            {name: errors_of(measure, heard) for name, heard in found.items()},
            next(iter(found.values())).counts[f"{measure.name}_of"],
        )
        if differing.spread > 0:
            out.append((differing, _word_spread(found)))
    out.sort(key=lambda pair: (-pair[0].spread, -pair[1], -pair[0].of, pair[0].spoken.clip.id))
    return tuple(differing for differing, _ in out)


def errors_of(measure: Measure, heard: Heard) -> float:
    """What is wrong in one clip: errors, or 1 less accepted."""
    counted = heard.counts[measure.name]
    return counted if measure.lower_is_better else heard.counts[f"{measure.name}_of"] - counted


def _word_spread(found: Mapping[str, Heard]) -> float:
    """Among clips that differ alike (accepted or not), those whose words differ most stand first."""
    words = [one.counts.get("wer", 0.0) for one in found.values()]
    return max(words) - min(words)


def title_of(measure: str) -> str:
    """``WER`` of ``wer``."""
    return BY_NAME[measure].title
