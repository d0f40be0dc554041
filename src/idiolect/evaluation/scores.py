"""From what was heard to numbers: each clip is counted once, and every score is a pool of those counts."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from idiolect.evaluation.acceptance import Judgement, judge
from idiolect.evaluation.alignment import count_characters, count_words
from idiolect.evaluation.bootstrap import DRAWS, Groups, Interval, Tally, interval, share_interval
from idiolect.evaluation.counts import Counts
from idiolect.evaluation.references import References
from idiolect.evaluation.system import Answer, Parse
from idiolect.text import Normalizer

SCORER = "scorer.v1"
"""Changes whenever the counting of any measure changes."""


@dataclass(frozen=True, slots=True)
class Result:
    """One clip through one system. A clip that failed counts as one in which nothing was heard."""

    answer: Answer
    duration: float
    words: Counts | None = None
    characters: Counts | None = None
    silver_words: Counts | None = None
    silver_characters: Counts | None = None
    command: Judgement | None = None


@dataclass(frozen=True, slots=True)
class Measure:
    """One way to score.

    ratio: (counted, out of how many) of a clip, None where the clip has no such reference.
    """

    name: str
    title: str
    about: str
    ratio: Callable[[Result], tuple[float, float] | None]
    lower_is_better: bool = True
    share: bool = False


@dataclass(frozen=True, slots=True)
class Score:
    """One measure of one system over some clips. `value` is ``counted / of``, nan where `of` is 0."""

    measure: str
    value: float
    interval: Interval
    counted: int
    of: int
    clips: int


def _errors(counts: Counts | None) -> tuple[float, float] | None:
    return None if counts is None else (counts.errors, counts.reference)


def _accepted(judgement: Judgement | None) -> tuple[float, float] | None:
    return None if judgement is None else (float(judgement.accepted), 1.0)


MEASURES: tuple[Measure, ...] = (
    Measure(
        "acceptance",
        "accepted",
        "commands with the right intent and every labelled slot",
        lambda result: _accepted(result.command),
        lower_is_better=False,
        share=True,
    ),
    Measure("wer", "WER", "word errors per word of human text", lambda result: _errors(result.words)),
    Measure("cer", "CER", "character errors per character of human text", lambda result: _errors(result.characters)),
    Measure(
        "silver_wer",
        "silver WER",
        "word errors against text that a machine aligned or corrected: not a human reference",
        lambda result: _errors(result.silver_words),
    ),
    Measure(
        "silver_cer",
        "silver CER",
        "character errors against text that a machine aligned or corrected: not a human reference",
        lambda result: _errors(result.silver_characters),
    ),
)

BY_NAME = {measure.name: measure for measure in MEASURES}


def count(
    references: References, answer: Answer, duration: float, normalize: Normalizer, parse: Parse | None
) -> Result:
    """Count one clip. `parse` reads a command out of the text where the engine gave none."""
    heard = answer.hypothesis
    text = normalize(heard.text)
    result = Result(answer, duration)
    if references.text is not None:
        true = normalize(references.text)
        result = replace(result, words=count_words(true, text), characters=count_characters(true, text))
    if references.silver is not None:
        true = normalize(references.silver)
        result = replace(result, silver_words=count_words(true, text), silver_characters=count_characters(true, text))
    if references.command is not None:
        parsed = parse(heard.text) if parse and heard.intent is None else None
        if parsed is not None:
            heard = replace(heard, intent=parsed.intent, slots=parsed.slots)
        result = replace(result, command=judge(references.command, heard))
    return result


def tally(measure: Measure, results: Sequence[Result], groups: Groups) -> Tally | None:
    """The counts of the clips that have such a reference; None where no clip has one."""
    found = [(place, ratio) for place, result in enumerate(results) if (ratio := measure.ratio(result)) is not None]
    if not found:
        return None
    places = [place for place, _ in found]
    numerators, denominators = np.array([ratio for _, ratio in found], dtype=np.float64).T
    return Tally(numerators, denominators, groups.index[places])


def score(measure: Measure, results: Sequence[Result], groups: Groups, *, seed: int) -> Score | None:
    """One measure over `results`, with its interval; None where no clip has such a reference."""
    counts = tally(measure, results, groups)
    return None if counts is None else score_of(measure, counts, seed=seed)


def score_of(measure: Measure, counts: Tally, *, seed: int, draws: int = DRAWS) -> Score:
    """The same of counts that are there already."""
    found = (share_interval if measure.share else interval)(counts, seed=seed, draws=draws)
    return Score(
        measure=measure.name,
        value=counts.value,
        interval=found,
        counted=int(counts.numerators.sum()),
        of=int(counts.denominators.sum()),
        clips=len(counts.numerators),
    )


def all_scores(results: Sequence[Result], groups: Groups, *, seed: int) -> tuple[Score, ...]:
    """Every measure for which some clip has a reference, in the order of `MEASURES`."""
    scores = (score(measure, results, groups, seed=seed) for measure in MEASURES)
    return tuple(found for found in scores if found is not None)


def show(value: float) -> str:
    """``12.3 %``, or ``-`` for nan."""
    return "-" if math.isnan(value) else f"{100 * value:.1f} %"
