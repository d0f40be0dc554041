"""The pools: name to class. Strings, so that listing them loads nothing heavy."""

from __future__ import annotations

import os
from dataclasses import dataclass
from importlib import import_module

from idiolect.errors import PoolError
from idiolect.pools.protocol import Pool

POOLS = {
    "here": "idiolect.pools.here:Here",
    "processes": "idiolect.pools.processes:Processes",
    "ray": "idiolect.pools.cluster:Cluster",
}
"""``module:Class``; the class is called with the number of workers and an address."""


@dataclass(frozen=True, slots=True)
class PoolChoice:
    """Which pool, and of a cluster its address.

    address: ``HOST:PORT`` of a Ray cluster of which this machine is a node, or ``auto`` for the one that runs here;
        empty: the variable ``RAY_ADDRESS``, else a cluster of this machine's own for the time of the work.

    offline: no audio may be read on other machines of the pool. Who hands out the audio asks.

    Raises `PoolError` for an unknown name, and for an address of what has none.
    """

    name: str = "processes"
    address: str = ""
    offline: bool = False

    def __post_init__(self) -> None:
        if self.name not in POOLS:
            raise PoolError(f"there is no engine pool {self.name!r}", hint=f"known: {', '.join(POOLS)}")
        if self.address and self.name != "ray":
            raise PoolError(f"the engine pool {self.name} has no address", hint="--engine-pool ray")

    @property
    def cluster(self) -> str:
        """The address that counts; empty for pools of this machine."""
        return self.address or (os.environ.get("RAY_ADDRESS", "") if self.name == "ray" else "")

    def stays_here(self, workers: int) -> bool:
        """True where the calling process does all the work."""
        return self.name == "here" or (self.name == "processes" and workers < 2)

    def open(self, workers: int) -> Pool:
        """The pool, as a context; one process is this one. Raises `MissingExtraError` and `PoolError`."""
        if workers < 1:
            raise PoolError(f"{workers} workers do nothing", hint="at least 1")
        module, _, name = POOLS["here" if self.stays_here(workers) else self.name].partition(":")
        made: Pool = getattr(import_module(module), name)(workers, self.cluster)
        return made


PROCESSES = PoolChoice()
"""What is chosen where nothing is: processes of this machine."""
