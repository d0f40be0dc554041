"""Many files through an engine, in several processes, in the order they were given."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from idiolect.errors import EngineError, IdiolectError
from idiolect.serving.transcript import Transcript, transcribe_file

if TYPE_CHECKING:
    from idiolect.engines import Engine, EngineOptions
    from idiolect.tasks import Task


@dataclass(frozen=True, slots=True)
class EngineChoice:
    """How to make an engine, in words that can be sent to another process.

    name: a row of the table; empty means the one that runs `model`, and without a model ``sphinx``.
    model: a checkpoint or bundle folder. task: a task file. language: BCP 47. threads: cores for this engine.
    extra: what else this engine reads; JSON values.
    """

    name: str = ""
    model: str | None = None
    task: Path | None = None
    language: str | None = None
    threads: int = 1
    extra: Mapping[str, Any] = field(default_factory=dict)

    def load_task(self) -> Task | None:
        """The task. Raises `TaskError`."""
        from idiolect.tasks import load_task

        return None if self.task is None else load_task(self.task)

    def make(self, task: Task | None) -> Engine:
        """The engine, decoding over `task` where it can. Raises `EngineError`, `MissingExtraError`."""
        from idiolect.engines import create

        return create(*self.options(task))

    def options(self, task: Task | None) -> tuple[str, EngineOptions]:
        """The row of the table, and the options, that this means. Raises `EngineError`."""
        from idiolect.engines import EngineOptions, engine_of

        name = self.name or ("sphinx" if self.model is None else engine_of(Path(self.model)))
        options = EngineOptions(
            model=self.model, task=task, language=self.language, threads=self.threads, extra=self.extra
        )
        return name, options


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one file: a transcript, or what is wrong with the file."""

    path: Path
    transcript: Transcript | None
    error: str | None = None


def transcribe_files(choice: EngineChoice, paths: Sequence[Path], *, jobs: int = 1) -> Iterator[Outcome]:
    """One `Outcome` per file, in order, each as soon as it and those before it are done.

    A file that cannot be read is an outcome; an engine that cannot be made raises its error before the first one.
    """
    task = choice.load_task()
    workers = min(jobs, len(paths))
    if workers <= 1:
        engine = choice.make(task)
        for path in paths:
            yield _outcome(engine, task, path)
        return
    # Spawned, not forked: an engine's threads and locks do not survive a fork.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        try:
            for result in pool.map(partial(_in_worker, choice), paths):
                if isinstance(result, _Broken):
                    raise EngineError(result.message, hint=result.hint)
                yield result
        except BrokenProcessPool as error:
            raise EngineError(
                "a process that ran the engine was killed", hint="too little memory? --jobs 1 needs least"
            ) from error
        finally:
            pool.shutdown(cancel_futures=True)


@dataclass(frozen=True, slots=True)
class _Broken:
    """An engine that could not be made, as text: exceptions of ours do not all travel between processes."""

    message: str
    hint: str | None


_made: list[tuple[Engine, Task | None]] = []
"""The engine of this worker process, which serves one choice only; empty until its first file."""


def _in_worker(choice: EngineChoice, path: Path) -> Outcome | _Broken:
    if not _made:
        try:
            task = choice.load_task()
            _made.append((choice.make(task), task))
        except IdiolectError as error:
            return _Broken(error.message, error.hint)
    return _outcome(*_made[0], path)


def _outcome(engine: Engine, task: Task | None, path: Path) -> Outcome:
    try:
        return Outcome(path, transcribe_file(engine, path, task=task))
    except (IdiolectError, OSError) as error:
        # The outcome names the file already.
        return Outcome(path, None, str(error).removeprefix(f"{path}: "))
