"""Processes of this machine, one per worker."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from itertools import islice
from types import ModuleType
from typing import Any, Self

from idiolect.errors import PoolError
from idiolect.pools.protocol import AHEAD, Answer, Item, Job, Lost, Unmade, make


class Processes:
    """A process pool. One that dies ends the work with a `PoolError`: what it was doing is not known here."""

    def __init__(self, workers: int, address: str = "") -> None:
        del address  # every pool is made alike
        self._workers = workers

    @property
    def elsewhere(self) -> tuple[str, ...]:
        """None."""
        return ()

    def map(self, job: Job[Item, Answer], items: Iterable[Item]) -> Iterator[Answer | Lost]:
        """See `Pool.map`."""
        from multiprocessing import get_context

        coming = iter(items)
        first = list(islice(coming, self._workers * AHEAD))
        if not first:
            return
        waiting: deque[Future[Answer | Unmade]] = deque()
        pool = ProcessPoolExecutor(
            min(self._workers, len(first)), get_context("spawn"), initializer=_begin, initargs=(job,)
        )
        try:
            with _without_main(), _ctrl_c_later():
                # Here the processes start.
                waiting.extend(pool.submit(_answer, item) for item in first)
            while waiting:
                yield _made_by(waiting[0].result())
                waiting.popleft()
                waiting.extend(pool.submit(_answer, item) for item in islice(coming, 1))
        except KeyboardInterrupt:
            pool.shutdown(wait=True, cancel_futures=True)
            for future in waiting:
                if not future.done() or future.cancelled() or future.exception() is not None:
                    break  # what comes later would be taken for the answer to this one
                yield _made_by(future.result())
            raise
        except BrokenProcessPool as error:
            raise PoolError(
                f"a process of {job.what} died; what was done stays",
                hint="Out of memory? Try again with fewer processes: --jobs 1",
            ) from error
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to close: processes end with the map they were started for."""


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


def _made_by(answer: Answer | Unmade) -> Answer:
    if isinstance(answer, Unmade):
        raise answer.error()
    return answer


_made: list[Callable[[Any], Any] | Unmade] = []
"""What answers in this process, in a process that `Processes` started."""


def _begin(job: Job[Any, Any]) -> None:
    # Ctrl-C reaches the whole group of processes; the parent decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _made.append(make(job))


def _answer(item: Any) -> Any:
    made = _made[0]
    return made if isinstance(made, Unmade) else made(item)


def _end_with_parent() -> None:
    """A process whose parent was killed would wait for work for ever."""
    from multiprocessing import parent_process

    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
