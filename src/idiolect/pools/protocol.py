"""What a pool is: one function made in each worker, called with one item after another.

Only plain data crosses: items, answers and the job's arguments are frozen values, text, numbers and arrays. The
database, the gateway and whatever else belongs to one process stay where the pool is opened.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Generic, Protocol, Self, TypeVar

from idiolect.errors import IdiolectError, PoolError

Item = TypeVar("Item")
Answer = TypeVar("Answer")

AHEAD = 2
"""Items under way or waiting, for each worker: few, so that Ctrl-C is quick and memory stays small."""


@dataclass(frozen=True, slots=True)
class Job(Generic[Item, Answer]):
    """What each worker makes once.

    make: a function of a module, so that it travels by its name; called with `arguments` it gives the function that
        answers items. The words of an `IdiolectError` that it raises reach the caller as a `PoolError`.
    what: who works there, for messages: ``the engine starter``.
    """

    make: Callable[..., Callable[[Item], Answer]]
    arguments: tuple[Any, ...] = ()
    what: str = "the work"


@dataclass(frozen=True, slots=True)
class Lost:
    """In place of an answer: the worker died with this item, and a second one did too. reason: in words."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unmade:
    """A worker that could not be made, as text: exceptions of ours do not all travel between processes."""

    message: str
    hint: str | None

    def error(self) -> PoolError:
        """The same, to be raised."""
        return PoolError(self.message, hint=self.hint)


def make(job: Job[Item, Answer]) -> Callable[[Item], Answer] | Unmade:
    """What answers, made in a worker."""
    try:
        return job.make(*job.arguments)
    except IdiolectError as error:
        return Unmade(error.message, error.hint)


class Pool(Protocol):
    """Workers; a context, closed after use."""

    @property
    def elsewhere(self) -> tuple[str, ...]:
        """IP addresses of other machines that work too; empty where all is done on this one."""
        ...

    def map(self, job: Job[Item, Answer], items: Iterable[Item]) -> Iterator[Answer | Lost]:
        """An answer for each item, in order, as soon as it and those before it are there.

        `items` is read as it is needed. On Ctrl-C what is under way is finished and given, then `KeyboardInterrupt` is
        raised. Raises `PoolError` where workers cannot be had or made.
        """
        ...

    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def answers_of(answers: Iterable[Answer | Lost]) -> Iterator[Answer]:
    """The answers, where none may be missing. Raises `PoolError` for the first that is lost."""
    for answer in answers:
        if isinstance(answer, Lost):
            raise PoolError(answer.reason)
        yield answer
