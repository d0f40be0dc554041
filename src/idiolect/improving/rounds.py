"""Self-training: a teacher labels what nobody labelled, its confident labels train the student, the student teaches.

Rounds go on while dev gets better. Each step is resumable and named by its content (labels by engine and version,
datasets by their items, models by recipe and dataset), so a killed run goes on by the same call. Noisy student
training: Xie et al. 2020 (arXiv:1911.04252) for images, Park et al. 2020 (arXiv:2005.09629) for speech.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from idiolect.corpus import Clip, ClipFilter, Corpus, Dataset, DatasetItem, FreezeOptions, Label
from idiolect.engines import create
from idiolect.engines.protocol import Engine, EngineOptions
from idiolect.errors import TrainingError
from idiolect.evaluation import Comparison, Tally, compare
from idiolect.improving.dev import Dev, Shares
from idiolect.improving.report import Improvement, Round
from idiolect.improving.threshold import FEWEST, Threshold, choose_threshold
from idiolect.labeling import label
from idiolect.progress import SILENT, Progress
from idiolect.tasks import Task
from idiolect.training import Checkpoint, Recipe

Train = Callable[[Dataset, Recipe], Checkpoint]
"""Trains in the project's folder of models; the same call after a kill goes on."""


@dataclass(frozen=True, slots=True)
class Start:
    """What a run of rounds begins with.

    student: a nano checkpoint. teacher: an engine's name and its options (with the task); None: the student itself.
    """

    student: Path
    teacher: tuple[str, EngineOptions] | None = None


@dataclass(frozen=True, slots=True)
class Choices:
    """How rounds are run.

    rounds: at most. precision: of the labels that teach, 0 to 1. name: of the datasets (``name-1``, ``name-2`` …).
    collections: only these imports are labelled and taught; None: all. processes: for labeling. seed: of the intervals.
    """

    rounds: int = 3
    precision: float = 0.98
    name: str = "improve"
    collections: Sequence[str] | None = None
    processes: int = 1
    seed: int = 0


def improve(
    corpus: Corpus,
    task: Task,
    start: Start,
    recipe: Recipe,
    train: Train,
    *,
    choices: Choices = Choices(),
    progress: Progress = SILENT,
) -> Improvement:
    """Run rounds until dev gets no better, and say what each bought. See the module.

    Raises `TrainingError` where no dev clip can judge a student, or no label is confident enough to teach.
    """
    return _Run(corpus, task, train, recipe=recipe, choices=choices, progress=progress).go(start)


class _Run:
    """One call of `improve`."""

    def __init__(
        self, corpus: Corpus, task: Task, train: Train, *, recipe: Recipe, choices: Choices, progress: Progress
    ) -> None:
        self.corpus, self.task, self.recipe, self.train = corpus, task, recipe, train
        self.choices, self.progress = choices, progress
        wanted = choices.collections
        self.own = [
            clip
            for clip in corpus.clips(ClipFilter())
            if not (clip.recording.train_only or clip.recording.synthetic)
            and (wanted is None or clip.recording.collection in wanted)
        ]

    def go(self, start: Start) -> Improvement:
        """All rounds."""
        source, version, heard = self._labels(*(start.teacher or self._as_teacher(start.student)))
        dev = Dev(self.corpus, self._dev_items(source, version), heard, f"{source} {version[:12]}")
        best, first = start.student, dev.understood(self._engine(start.student))
        scores = first
        rounds: list[Round] = []
        for number in range(1, self.choices.rounds + 1):
            if rounds:
                source, version, heard = self._labels(*self._as_teacher(best))
            threshold = self._threshold(dev, heard)
            dataset, taken = self._freeze(number, source, version, threshold)
            student = self.train(dataset, replace(self.recipe, base=str(best))).folder
            after = dev.understood(self._engine(student))
            one = Round(
                number=number,
                teacher=f"{source} {version[:12]}",
                threshold=threshold,
                taken=len(taken),
                clips=len(self.own) - len(dev.items),
                seconds=sum(clip.duration for clip in taken),
                dataset=dataset.id,
                model=student,
                before=float(scores.mean()),
                after=float(after.mean()),
                comparison=self._compare(after, scores, dev),
                kept=float(after.mean()) > float(scores.mean()),
            )
            rounds.append(one)
            self.progress.note(one.text())
            if not one.kept:
                break
            best, scores = student, after
        return Improvement(
            rounds=tuple(rounds),
            model=best,
            judged_by=dev.judged_by,
            dev_clips=len(dev.items),
            comparison=self._compare(scores, first, dev),
        )

    def _as_teacher(self, student: Path) -> tuple[str, EngineOptions]:
        return "nano", EngineOptions(model=student, task=self.task)

    def _engine(self, student: Path) -> Engine:
        return create(*self._as_teacher(student))

    def _labels(self, name: str, options: EngineOptions) -> tuple[str, str, Mapping[str, Label]]:
        """Let the teacher label what it has not labelled; source, version, and its labels by clip id."""
        report = label(
            self.corpus, name, options, clips=self.own, processes=self.choices.processes, progress=self.progress
        )
        found = {
            one.clip_id: one
            for one in self.corpus.labels(source=report.engine)
            if one.version == report.version and dict(one.parameters) == dict(report.parameters)
        }
        return report.engine, report.version, found

    def _dev_items(self, source: str, version: str) -> Sequence[DatasetItem]:
        """Which clips are dev, by the split of the project: those of a dataset of all labels, however unsure."""
        options = FreezeOptions(collections=self.choices.collections, engines=[source], versions=[version])
        dev = self.corpus.freeze(f"{self.choices.name}-dev", options).dev
        if len(dev) < FEWEST:
            raise TrainingError(
                f"{len(dev)} dev clips cannot tell whether a student is better; {FEWEST} is the least",
                hint="freeze with a larger --dev share, or bring more clips",
            )
        return dev

    def _threshold(self, dev: Dev, heard: Mapping[str, Label]) -> Threshold:
        held = {item.clip.id for item in dev.items}
        taught = [one.confidence or 0.0 for one in heard.values() if one.intent and one.clip_id not in held]
        threshold = choose_threshold(dev.judged(heard), taught, self.choices.precision)
        if not taught or max(taught) < threshold.value:
            raise TrainingError(
                f"none of {len(heard)} labels is confident enough to teach ({threshold.text()})",
                hint="a lower --precision, another teacher, or clips of this task",
            )
        return threshold

    def _freeze(self, number: int, source: str, version: str, threshold: Threshold) -> tuple[Dataset, Sequence[Clip]]:
        """The round's dataset, and the clips of it that the teacher labelled."""
        options = FreezeOptions(
            collections=self._taught(), engines=[source], versions=[version], thresholds={source: threshold.value}
        )
        dataset = self.corpus.freeze(f"{self.choices.name}-{number}", options)
        own = {clip.id for clip in self.own}
        return dataset, [item.clip for item in dataset.train if item.clip.id in own]

    def _taught(self) -> Sequence[str] | None:
        """The collections that were asked for, and all that only trains: what else was labelled teaches nothing."""
        if self.choices.collections is None:
            return None
        recordings = (clip.recording for clip in self.corpus.clips(ClipFilter()))
        extra = {one.collection for one in recordings if (one.train_only or one.synthetic) and one.collection}
        return sorted(extra.union(self.choices.collections))

    def _compare(self, after: Shares, before: Shares, dev: Dev) -> Comparison:
        tallies = [
            Tally(shares.sum(1), np.full(len(shares), float(shares.shape[1])), dev.groups.index)
            for shares in (after, before)
        ]
        return compare(*tallies, seed=self.choices.seed, lower_is_better=False)
