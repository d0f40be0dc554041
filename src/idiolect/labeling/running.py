"""Run a teacher over clips. Killed at any point and run again, it gives the same labels and none twice."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from idiolect.corpus.values import Clip, NewLabel, SourceKind, WordTime
from idiolect.engines import ENGINES, create
from idiolect.engines.protocol import EngineOptions, Hypothesis
from idiolect.errors import EngineError, InterruptedWork
from idiolect.labeling.remote import Sending
from idiolect.labeling.report import Failure, LabelReport
from idiolect.labeling.workers import Heard, Worker, hear_in
from idiolect.pools import PROCESSES, PoolChoice
from idiolect.progress import SILENT, Progress
from idiolect.units import Seconds

if TYPE_CHECKING:
    from idiolect.corpus import ClipFilter, Corpus
    from idiolect.engines.protocol import RemoteEngine
    from idiolect.gateway import Forecast
    from idiolect.tasks import Task

_TRIED = 4
"""Clips that a dry run hears to estimate how long all of them take."""


def label(
    corpus: Corpus,
    engine_name: str,
    options: EngineOptions | None = None,
    *,
    clips: ClipFilter | Iterable[Clip] | None = None,
    processes: int = 1,
    batch: int = 8,
    pool: PoolChoice = PROCESSES,
    progress: Progress = SILENT,
    dry_run: bool = False,
    ask: Callable[[str], bool] | None = None,
) -> LabelReport:
    """Let an engine label every clip that does not have its label yet.

    A label is known by engine, version and parameters: the same engine with another model or task labels anew. Labels
    are committed batch by batch. A clip that cannot be read, or that the engine fails on, is listed in the report. With
    a task, speech that it does not know is labelled too (with intent None, and confidence 0 where the engine has none),
    so that it is not heard again.

    clips: which; None: all.
    processes: how many to start; 1 works in this one. Of an engine that sends clips to a server: how many are under
        way at once.
    batch: how many clips the engine is given at once.
    pool: where they are started. The store stays in this process, whichever it is; so do the labels' order and content,
        and whatever is sent to a server.
    dry_run: count, and hear a few clips to estimate the time; nothing is stored. What a server would cost is forecast,
        and nothing is sent.
    ask: shows a person what a run would cost, and gives the answer; None: a run that costs something is refused, unless
        the gateway of `options` assumes yes.

    Raises:
        EngineError: the engine cannot be made.
        GatewayError: nothing may be sent, or a cap was reached on the way. What was labelled stays.
        PoolError: the workers cannot be had, or one of the processes died. What was labelled stays.
        CorpusError: a clip may not be heard on other machines of the pool; nothing was labelled.
        InterruptedWork: Ctrl-C. What was labelled stays.
    """
    if processes < 1 or batch < 1:
        raise EngineError(f"{processes} processes and batches of {batch} label nothing", hint="both are at least 1")
    options = options or EngineOptions()
    worker = Worker(create(engine_name, options), corpus.audio)
    run = _Run(corpus, worker.engine.name, worker.engine.version, dict(worker.engine.parameters), options.task)
    reads_task = ENGINES[engine_name].reads_task
    if options.task is not None and not reads_task:
        run.parses = True
        run.parameters["task"] = options.task.id
    if ENGINES[engine_name].remote:
        sending = Sending(cast("RemoteEngine", worker.engine), options.gateway, corpus, jobs=processes)
        return run.send(sending, _wanted(corpus, clips), progress, ask=ask, dry_run=dry_run)
    batches = run.batches(_wanted(corpus, clips), batch)
    if dry_run:
        return run.estimate(worker, batches, processes)
    total, workers = sum(map(len, batches)), min(processes, len(batches))
    if not batches or pool.stays_here(workers):
        return run.go(map(worker.hear, batches), total, progress)
    del worker  # the others make their own
    with pool.open(workers) as opened:
        heard = hear_in(opened, batches, engine_name, options, corpus.audio, offline=pool.offline)
        return run.go(heard, total, progress)


def _wanted(corpus: Corpus, clips: ClipFilter | Iterable[Clip] | None) -> Sequence[Clip]:
    from idiolect.corpus import ClipFilter

    return corpus.clips(clips) if clips is None or isinstance(clips, ClipFilter) else list(clips)


@dataclass(slots=True)
class _Run:
    """One run and its counts."""

    corpus: Corpus
    engine: str
    version: str
    parameters: dict[str, Any]
    task: Task | None
    parses: bool = False
    """The engine does not read the task, so its text is parsed afterwards."""
    labelled: int = 0
    already: int = 0
    rejected: int = 0
    failed: list[Failure] = field(default_factory=list)
    audio: float = 0.0
    busy: float = 0.0
    cost: float = 0.0
    forecast: Forecast | None = None

    def batches(self, clips: Sequence[Clip], size: int) -> list[list[Clip]]:
        """What is to be heard.

        Cut before the clips that are done go out: after a kill, batches are made of the same clips, and an engine
        whose padding depends on them hears the same.
        """
        done = self.corpus.done(self.engine, self.version, self.parameters)
        all_of_them = [clips[first : first + size] for first in range(0, len(clips), size)]
        left = [[clip for clip in batch if clip.id not in done] for batch in all_of_them]
        self.already = len(clips) - sum(map(len, left))
        return [batch for batch in left if batch]

    def go(self, heard: Iterator[Heard], total: int, progress: Progress) -> LabelReport:
        begin = time.perf_counter()
        progress.start(f"Labeling with {self.engine}", total, "clips")
        try:
            for batch in heard:
                self._keep(batch, progress)
        except KeyboardInterrupt:
            raise InterruptedWork(
                f"stopped after {self.labelled} of {total} clips; what was labelled stays",
                hint="The same command again goes on.",
            ) from None
        finally:
            progress.finish()
        return self._report(Seconds(time.perf_counter() - begin))

    def send(
        self,
        sending: Sending,
        clips: Sequence[Clip],
        progress: Progress,
        *,
        ask: Callable[[str], bool] | None,
        dry_run: bool,
    ) -> LabelReport:
        """Let a server hear what may be sent to it, once somebody has agreed to what it costs."""
        left = [clip for batch in self.batches(clips, 1) for clip in batch]
        allowed, kept = sending.sort(left)
        self.failed += [Failure(clip.id, clip.recording.path, reason) for clip, reason in kept]
        if not allowed:
            if kept:
                raise sending.refusal(kept[0][0])
            return self._report(Seconds(0.0), dry_run=dry_run)
        self.forecast = sending.forecast(allowed)
        if dry_run:
            self.audio = sum(clip.duration for clip in allowed)
            return self._report(Seconds(0.0), pending=len(allowed), dry_run=True)
        sending.confirm(self.forecast, ask)
        return self.go(sending.hear(allowed), len(allowed), progress)

    def estimate(self, worker: Worker, batches: Sequence[Sequence[Clip]], processes: int) -> LabelReport:
        """Hear a few clips from all over, and store nothing."""
        clips = [clip for batch in batches for clip in batch]
        tried = clips[:: max(1, len(clips) // _TRIED)][:_TRIED]
        heard = [worker.hear([clip]) for clip in tried]
        seconds = sum(clip.duration for clip in tried)
        self.audio = sum(clip.duration for clip in clips)
        self.busy = sum(one.busy for one in heard) / seconds * self.audio if seconds else 0.0
        return self._report(Seconds(self.busy / processes), pending=len(clips), dry_run=True)

    def _keep(self, batch: Heard, progress: Progress) -> None:
        self.busy += batch.busy
        new: list[NewLabel] = []
        for clip, answer in zip(batch.clips, batch.answers, strict=True):
            if isinstance(answer, str):
                self.failed.append(Failure(clip.id, clip.recording.path, answer))
                progress.note(f"{clip.recording.path}: {answer}")
            else:
                new.append(self._label(clip, answer))
                self.audio += clip.duration
        self.corpus.add_labels(new)
        self.cost += sum(one.cost for one in new)
        self.labelled += len(new)
        self.rejected += sum(one.intent is None for one in new) if self.task is not None else 0
        progress.advance(len(batch.clips))

    def _label(self, clip: Clip, heard: Hypothesis) -> NewLabel:
        intent, slots, confidence = heard.intent, dict(heard.slots), heard.confidence
        if self.task is not None and self.parses and (parsed := self.task.parse(heard.text)) is not None:
            intent, slots = parsed.intent, dict(parsed.slots)
        if self.task is not None and intent is None and confidence is None:
            confidence = 0.0
        return NewLabel(
            clip_id=clip.id,
            kind=SourceKind.ENGINE,
            source=self.engine,
            version=self.version,
            text=heard.text,
            intent=intent,
            slots=slots,
            parameters=self.parameters,
            cost=heard.cost,
            confidence=confidence,
            words=tuple(WordTime(word.word, word.start, word.end, word.confidence) for word in heard.words),
        )

    def _report(self, wall: Seconds, *, pending: int = 0, dry_run: bool = False) -> LabelReport:
        return LabelReport(
            engine=self.engine,
            version=self.version,
            parameters=self.parameters,
            labelled=self.labelled,
            already=self.already,
            pending=pending,
            rejected=self.rejected,
            failed=tuple(self.failed),
            audio=Seconds(self.audio),
            wall=wall,
            busy=Seconds(self.busy),
            cost=self.cost,
            forecast=self.forecast,
            dry_run=dry_run,
        )
