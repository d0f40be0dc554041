"""Clips to hypotheses, in this process or in several: each makes its engine once and reads the audio itself."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from types import ModuleType
from typing import TYPE_CHECKING

from idiolect.engines import create
from idiolect.engines.protocol import Engine, EngineOptions, Hypothesis
from idiolect.errors import EngineError, UserError
from idiolect.units import Samples, Seconds

if TYPE_CHECKING:
    from idiolect.corpus.audio_files import AudioFiles
    from idiolect.corpus.values import Clip

_AHEAD = 2
"""Batches under way or waiting, for each process: few, so that Ctrl-C is quick."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One batch: for each clip its hypothesis, or in words why there is none."""

    clips: tuple[Clip, ...]
    answers: tuple[Hypothesis | str, ...]
    busy: Seconds
    """Seconds of transcribing."""


class Worker:
    """An engine with the audio of a project."""

    def __init__(self, engine: Engine, audio: AudioFiles) -> None:
        self.engine = engine
        self._audio = audio

    def hear(self, clips: Sequence[Clip]) -> Heard:
        """What the engine hears. A clip that cannot be read, or that the engine fails on, fails alone."""
        answers: dict[str, Hypothesis | str] = {}
        samples: dict[str, Samples] = {}
        for clip in clips:
            try:
                samples[clip.id] = self._audio.read(clip.recording, clip.start, clip.end)
            except (UserError, OSError) as error:
                answers[clip.id] = str(error)
        begin = time.perf_counter()
        answers |= self._transcribe(samples)
        busy = Seconds(time.perf_counter() - begin)
        return Heard(tuple(clips), tuple(answers[clip.id] for clip in clips), busy)

    def _transcribe(self, samples: dict[str, Samples]) -> dict[str, Hypothesis | str]:
        if not samples:
            return {}
        try:
            hypotheses = self.engine.transcribe(list(samples.values()))
        except Exception as error:  # noqa: BLE001 - engines are other people's code; the clip at fault is found and named
            if len(samples) == 1:
                return dict.fromkeys(samples, f"{self.engine.name}: {type(error).__name__}: {error}")
            alone = [self._transcribe({clip_id: one}) for clip_id, one in samples.items()]
            return {clip_id: answer for one in alone for clip_id, answer in one.items()}
        return dict(zip(samples, hypotheses, strict=True))


def hear_in_processes(
    batches: Sequence[Sequence[Clip]], processes: int, engine: str, options: EngineOptions, audio: AudioFiles
) -> Iterator[Heard]:
    """Each batch as it is done, in order. On Ctrl-C the batches under way are finished and given, then it is raised.

    Raises `EngineError` where a process dies (out of memory, or a crash in an engine's own code).
    """
    from multiprocessing import get_context

    coming = iter(batches)
    waiting: deque[Future[Heard]] = deque()
    pool = ProcessPoolExecutor(
        min(processes, len(batches)), get_context("spawn"), initializer=_begin, initargs=(engine, options, audio)
    )
    try:
        with _without_main(), _ctrl_c_later():
            # Here the processes start.
            waiting.extend(pool.submit(_hear, tuple(batch)) for batch in islice(coming, processes * _AHEAD))
        while waiting:
            yield waiting[0].result()
            waiting.popleft()
            waiting.extend(pool.submit(_hear, tuple(batch)) for batch in islice(coming, 1))
    except KeyboardInterrupt:
        pool.shutdown(wait=True, cancel_futures=True)
        for future in waiting:
            if future.done() and not future.cancelled() and future.exception() is None:
                yield future.result()
        raise
    except BrokenProcessPool as error:
        raise EngineError(
            f"a process of the engine {engine} died; what was labelled stays",
            hint="Out of memory? Try again with fewer processes: --jobs 1",
        ) from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def _without_main() -> Iterator[None]:
    """Start processes that do not run the caller's script again.

    `multiprocessing` imports the ``__main__`` file in each new process; a script without the usual guard would label
    once more in there. Nothing of it is needed.
    """
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


@contextmanager
def _ctrl_c_later() -> Iterator[None]:
    """Hold Ctrl-C back; processes that are started meanwhile never get it, not even before `_begin` runs in them."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


_worker: list[Worker] = []
"""The worker of this process, in a process that `hear_in_processes` started."""


def _begin(engine: str, options: EngineOptions, audio: AudioFiles) -> None:
    # Ctrl-C reaches the whole group of processes; the parent decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _worker.append(Worker(create(engine, options), audio))


def _hear(clips: tuple[Clip, ...]) -> Heard:
    return _worker[0].hear(clips)


def _end_with_parent() -> None:
    """A process whose parent was killed would wait for work for ever."""
    from multiprocessing import parent_process

    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
