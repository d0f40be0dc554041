"""No workers: the calling process does it, one item at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Self

from idiolect.pools.protocol import Answer, Item, Job, Lost, Unmade, make


class Here:
    """A pool of nobody else."""

    def __init__(self, workers: int = 1, address: str = "") -> None:
        del workers, address  # every pool is made alike

    @property
    def elsewhere(self) -> tuple[str, ...]:
        """None."""
        return ()

    def map(self, job: Job[Item, Answer], items: Iterable[Item]) -> Iterator[Answer | Lost]:
        """See `Pool.map`. Nothing is lost here: what kills this process kills the caller."""
        made = make(job)
        if isinstance(made, Unmade):
            raise made.error()
        yield from map(made, items)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to close."""
