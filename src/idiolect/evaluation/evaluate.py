"""The same clips through several systems, scored alike."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import combinations

import numpy as np

from idiolect import text
from idiolect.corpus.travel import check_travel
from idiolect.corpus.values import DatasetItem
from idiolect.errors import EvaluationError, IdiolectError
from idiolect.evaluation.acceptance import slot_table
from idiolect.evaluation.bootstrap import DRAWS, Groups, group
from idiolect.evaluation.comparison import Comparison, compare
from idiolect.evaluation.counts import Counts
from idiolect.evaluation.environment import machine, versions
from idiolect.evaluation.examples import failures_of, heard, rejected, spoken, worst
from idiolect.evaluation.pooled import tell
from idiolect.evaluation.references import References, references_of
from idiolect.evaluation.report import Conditions, Failure, Report, SliceReport, SystemReport
from idiolect.evaluation.scores import MEASURES, SCORER, Result, Score, all_scores, count, tally
from idiolect.evaluation.slices import slices
from idiolect.evaluation.system import Answer, Ready, System
from idiolect.pools import PROCESSES, Pool, PoolChoice
from idiolect.progress import SILENT, Progress
from idiolect.text import Normalizer
from idiolect.units import Samples, Seconds, duration_of

SamplesOf = Callable[[DatasetItem], Samples]


@dataclass(frozen=True, slots=True)
class _Run:
    """One system's answers, by the place of the item; those that could not be read are in `unreadable`."""

    system: System
    ready: Ready
    results: Mapping[int, Result]
    unreadable: Mapping[int, str]


def evaluate(
    items: Sequence[DatasetItem],
    systems: Sequence[System],
    samples_of: SamplesOf,
    *,
    normalizer: str = "basic.v1",
    seed: int = 0,
    about: Mapping[str, str] | None = None,
    pool: PoolChoice = PROCESSES,
    processes: int = 1,
    progress: Progress = SILENT,
) -> Report:
    """Score every system on the clips of `items` that have a reference, and compare each with those before it.

    samples_of: reads a clip; one that cannot be read is left out for all systems, and listed. A clip on which an engine
    fails is listed too and counts as one in which nothing was heard. about: what else the report should say (dataset,
    split).
    pool, processes: where engines that are not made yet work, and how many of each at once; one process: each in its
    own, one clip after another. Scores do not depend on it; speed does, where workers share a machine. Clips are read
    here and sent as samples.

    Raises:
        EvaluationError: nothing can be scored.
        EngineError, PoolError: a system cannot be made.
        CorpusError: a clip may not be heard on other machines of the pool.
    """
    _check(items, systems)
    scored = _with_references(items)
    normalize = text.normalizer(normalizer)
    progress.start("evaluate", len(scored) * len(systems))
    with nullcontext() if pool.stays_here(processes) else pool.open(processes) as workers:
        if workers is not None:
            recordings = (item.clip.recording for item, _ in scored)
            check_travel(recordings, workers.elsewhere, offline=pool.offline)
        runs = [_run(system, scored, samples_of, normalize, progress, pool=workers) for system in systems]
    progress.finish()
    return _report(items, scored, runs, normalize, _Chosen(normalizer, seed, dict(about or {})))


@dataclass(frozen=True, slots=True)
class _Chosen:
    """What the caller chose, as the report repeats it."""

    normalizer: str
    seed: int
    about: Mapping[str, str]


def _report(
    items: Sequence[DatasetItem],
    scored: Sequence[tuple[DatasetItem, References]],
    runs: Sequence[_Run],
    normalize: Normalizer,
    chosen: _Chosen,
) -> Report:
    seed = chosen.seed
    unreadable = {place: error for run in runs for place, error in run.unreadable.items()}
    places = [place for place in range(len(scored)) if place not in unreadable]
    if not places:
        raise EvaluationError(
            f"none of the {len(scored)} clips could be read", hint=next(iter(unreadable.values()), None)
        )
    kept = [scored[place] for place in places]
    results = {run.system.name: [run.results[place] for place in places] for run in runs}
    groups = group([item.clip for item, _ in kept])
    reports = [
        _system_report(run, kept, found, all_scores(found, groups, seed=seed), normalize)
        for run, found in zip(runs, results.values(), strict=True)
    ]
    return Report(
        systems=tuple(reports),
        comparisons=_comparisons(results, groups, seed),
        slices=_slices(kept, results, groups, seed),
        heard=tuple(heard(kept, results)),
        spoken=tuple(spoken(item.clip, references) for item, references in kept),
        conditions=Conditions(
            normalizer=chosen.normalizer,
            scorer=SCORER,
            seed=seed,
            draws=DRAWS,
            grouped_by=groups.by,
            groups=groups.count,
            clips=len(kept),
            seconds=sum(result.duration for result in results[runs[0].system.name]),
            without_reference=len(items) - len(scored),
            unreadable=tuple(Failure(scored[place][0].clip.id, error) for place, error in sorted(unreadable.items())),
            created_at=datetime.now(UTC),
            machine=machine(),
            versions=versions(),
            about=chosen.about,
        ),
    )


def _check(items: Sequence[DatasetItem], systems: Sequence[System]) -> None:
    if not items:
        raise EvaluationError("there are no clips to evaluate on")
    if not systems:
        raise EvaluationError("there is no system to evaluate", hint="name an engine or a model")
    names = [system.name for system in systems]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise EvaluationError(f"two systems are called {', '.join(twice)}", hint="give each a name of its own")


def _with_references(items: Sequence[DatasetItem]) -> list[tuple[DatasetItem, References]]:
    known = [references_of(item) for item in items]
    scored = [(item, references) for item, references in zip(items, known, strict=True) if references]
    if not scored:
        raise EvaluationError(
            f"none of the {len(items)} clips has a reference",
            hint="label some by hand (idiolect review), or import transcripts",
        )
    return scored


def _run(
    system: System,
    scored: Sequence[tuple[DatasetItem, References]],
    samples_of: SamplesOf,
    normalize: Normalizer,
    progress: Progress,
    *,
    pool: Pool | None,
) -> _Run:
    results: dict[int, Result] = {}
    unreadable: dict[int, str] = {}
    given: deque[tuple[int, Seconds]] = deque()

    def readable() -> Iterator[Samples]:
        for place, (item, _) in enumerate(scored):
            try:
                samples = samples_of(item)
            except (IdiolectError, OSError) as error:
                unreadable[place] = str(error)
                progress.advance()
                continue
            given.append((place, duration_of(samples)))
            yield samples

    ready = Ready(system.name, "", {}, 0.0)
    for told in tell(system, readable(), pool):
        place, duration = given.popleft()
        ready = told.ready or ready
        results[place] = count(scored[place][1], told.answer, duration, normalize, system.parse)
        progress.advance()
    progress.note(_line(system.name, list(results.values())))
    return _Run(system, ready, results, unreadable)


def _line(name: str, results: Sequence[Result]) -> str:
    """What one system reached, in a line."""
    words = sum((result.words for result in results if result.words), Counts())
    judged = [result.command.accepted for result in results if result.command]
    parts = [f"WER {words.wer:.3f}"] if words.reference else []
    parts += [f"{sum(judged)} of {len(judged)} accepted"] if judged else []
    return f"{name}: {', '.join(parts)}" if parts else name


def _system_report(
    run: _Run,
    kept: Sequence[tuple[DatasetItem, References]],
    results: Sequence[Result],
    scores: tuple[Score, ...],
    normalize: Normalizer,
) -> SystemReport:
    answers: list[Answer] = [result.answer for result in results]
    # The first call of an engine allocates and compiles: where there are others, it is not timed.
    timed = results[1:] or results
    seconds = sum(result.duration for result in timed)
    return SystemReport(
        name=run.system.name,
        engine=run.ready.name,
        version=run.ready.version,
        parameters=run.ready.parameters,
        scores=scores,
        counts=sum((result.words for result in results if result.words), Counts()),
        slots=slot_table(result.command for result in results if result.command),
        rtf=sum(result.answer.seconds for result in timed) / seconds if seconds else 0.0,
        load_seconds=run.ready.load_seconds,
        peak_bytes=max((answer.peak_bytes for answer in answers if answer.peak_bytes), default=None),
        size_bytes=run.system.size_bytes,
        worst=worst(kept, results, normalize),
        rejected=rejected(kept, results),
        failures=failures_of(kept, results),
    )


def _comparisons(results: Mapping[str, Sequence[Result]], groups: Groups, seed: int) -> tuple[Comparison, ...]:
    """Each system against each one before it, in every measure that both have."""
    out = []
    for earlier, later in combinations(results, 2):
        for measure in MEASURES:
            a, b = (tally(measure, results[name], groups) for name in (later, earlier))
            if a is None or b is None or not np.any(a.denominators):
                continue
            found = compare(a, b, seed=seed, lower_is_better=measure.lower_is_better, share=measure.share)
            out.append(replace(found, a=later, b=earlier, measure=measure.name))
    return tuple(out)


def _slices(
    kept: Sequence[tuple[DatasetItem, References]],
    results: Mapping[str, Sequence[Result]],
    groups: Groups,
    seed: int,
) -> tuple[SliceReport, ...]:
    out = []
    for part in slices([item.clip for item, _ in kept]):
        within = Groups(groups.by, groups.index[list(part.places)])
        chosen = {name: [found[place] for place in part.places] for name, found in results.items()}
        seconds = sum(result.duration for result in next(iter(chosen.values())))
        scores = {name: all_scores(found, within, seed=seed) for name, found in chosen.items()}
        out.append(SliceReport(part.by, part.value, len(part.places), seconds, scores))
    return tuple(out)
