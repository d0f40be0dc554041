"""Workers on a Ray cluster: one of this machine's own, or one that is there already (https://docs.ray.io).

A worker is an actor of one CPU and gets one item at a time, so that a worker that dies takes one item with it. That
item is given to another worker; after `_TRIES` deaths it is `Lost`.

Measured with Ray 2.60: a cluster of one's own takes 4 to 11 s to start and 0.7 GB, a call 1.2 ms.
"""

from __future__ import annotations

import os
import platform
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any, Generic, Self

from idiolect import __version__
from idiolect.errors import MissingExtraError, PoolError
from idiolect.pools.protocol import AHEAD, Answer, Item, Job, Lost, Unmade, make

_TRIES = 2
"""Workers that an item may cost: a machine that fell away is no fault of the item, two are suspect."""
_STARTS = 2
"""Ray gives its processes 30 s to start; on a busy machine the first time takes longer, the files being cold."""
_STORE = 200_000_000
"""Bytes of Ray's object store: items and answers are small. Its own choice is 30 % of the memory."""


class Cluster:
    """A pool on Ray. Raises `MissingExtraError` without it, and `PoolError` where the cluster does not answer."""

    def __init__(self, workers: int, address: str = "") -> None:
        address = "" if address == "local" else address
        self._ray = _import_ray(own=not address)
        self._workers = workers
        # A caller who is connected already keeps the connection.
        self._ours = not self._ray.is_initialized()
        if self._ours:
            self._connect(address)

    def map(self, job: Job[Item, Answer], items: Iterable[Item]) -> Iterator[Answer | Lost]:
        """See `Pool.map`."""
        crew = _Crew(self._ray, job)
        coming = iter(items)
        first = list(islice(coming, self._workers))
        if not first:
            return
        try:
            for _ in first:
                crew.hire()
            yield from crew.answers(enumerate(chain(first, coming)), ahead=self._workers * AHEAD)
        except self._ray.exceptions.RaySystemError as error:
            raise PoolError(f"the Ray cluster is gone: {error}", hint="What was done stays.") from error
        finally:
            crew.dismiss()

    @property
    def elsewhere(self) -> tuple[str, ...]:
        """See `Pool.elsewhere`."""
        here = self._ray.get_runtime_context().get_node_id()
        return tuple(
            node["NodeManagerAddress"] for node in self._ray.nodes() if node["Alive"] and node["NodeID"] != here
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._ours:
            self._ray.shutdown()

    def _connect(self, address: str) -> None:
        if "://" in address:
            raise PoolError(
                f"{address} is an address for Ray's client, which is not used here",
                hint="HOST:PORT of the cluster, on a machine that is one of its nodes: ray start --address HOST:PORT",
            )
        quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR"}
        own = {
            "address": "local",
            "num_cpus": self._workers,
            "include_dashboard": False,
            "object_store_memory": _STORE,
        }
        for start in range(_STARTS):
            try:
                self._ray.init(**({"address": address} if address else own), **quiet)
                break
            except KeyboardInterrupt:
                self._ray.shutdown()
                raise
            except Exception as error:
                self._ray.shutdown()
                if not address and "timed out during startup" in str(error) and start + 1 < _STARTS:
                    continue
                place = f"at {address}" if address else "on this machine"
                raise PoolError(
                    f"no Ray cluster {place}: {error}",
                    hint="This machine must be one of its nodes: ray status" if address else "--engine-pool processes",
                ) from error
        if not address:
            self._check_loopback()

    def _check_loopback(self) -> None:
        """A cluster of one's own listens where nobody else can reach it, whatever Ray's next version makes of that."""
        found = [node["NodeManagerAddress"] for node in self._ray.nodes()]
        if any(address not in {"127.0.0.1", "::1"} for address in found):
            self._ray.shutdown()
            raise PoolError(
                f"Ray listens at {', '.join(found)}, where other machines may reach it",
                hint="It was imported before idiolect could tell it otherwise: import ray later.",
            )


@dataclass(slots=True)
class _Task:
    """An item under way, or (place -1) a worker that is being made."""

    worker: Any
    place: int = -1
    item: Any = None
    deaths: int = 0


@dataclass(slots=True)
class _Crew(Generic[Item, Answer]):
    """The workers of one map."""

    ray: Any
    job: Job[Item, Answer]
    workers: list[Any] = field(default_factory=list)
    free: list[Any] = field(default_factory=list)
    again: deque[tuple[int, Item, int]] = field(default_factory=deque)
    """Items that cost a worker, with how many."""
    under_way: dict[Any, _Task] = field(default_factory=dict)
    done: dict[int, Answer | Lost] = field(default_factory=dict)

    def hire(self) -> None:
        """Start a worker; it is free once it is made."""
        # Spread, so that every machine of a cluster gets some.
        options = {"num_cpus": 1, "max_restarts": 0, "scheduling_strategy": "SPREAD"}
        worker = self.ray.remote(**options)(_Worker).remote()
        self.workers.append(worker)
        self.under_way[worker.begin.remote(self.job, __version__)] = _Task(worker)

    def answers(self, coming: Iterator[tuple[int, Item]], ahead: int) -> Iterator[Answer | Lost]:
        """In order. On Ctrl-C what is under way is waited for."""
        place = 0
        more = True
        try:
            while True:
                while place in self.done:
                    yield self.done.pop(place)
                    place += 1
                more = more and self._give(coming, ahead)
                if not more and not self._busy and not self.again:
                    return
                self._wait()
        except KeyboardInterrupt:
            while self._busy:
                self._wait()
            while place in self.done:
                yield self.done.pop(place)
                place += 1
            raise

    def dismiss(self) -> None:
        """End them all."""
        for worker in self.workers:
            self.ray.kill(worker)

    @property
    def _busy(self) -> bool:
        return any(task.place >= 0 for task in self.under_way.values())

    def _give(self, coming: Iterator[tuple[int, Item]], ahead: int) -> bool:
        """Give free workers something to do. False where nothing new comes any more."""
        while self.free:
            if self.again:
                place, item, deaths = self.again.popleft()
            elif len(self.done) + len(self.under_way) >= ahead:
                return True
            else:
                found = next(coming, None)
                if found is None:
                    return False
                (place, item), deaths = found, 0
            worker = self.free.pop()
            self.under_way[worker.answer.remote(item)] = _Task(worker, place, item, deaths)
        return True

    def _wait(self) -> None:
        """Until one thing under way is done or dead."""
        (reference, *_), _ = self.ray.wait(list(self.under_way), num_returns=1)
        task = self.under_way.pop(reference)
        errors = self.ray.exceptions
        try:
            answer = self.ray.get(reference)
        except (errors.RayActorError, errors.WorkerCrashedError, errors.OutOfMemoryError) as error:
            self._died(task, error)
            return
        except errors.RayTaskError as error:
            if task.place >= 0:
                raise
            why, *_ = str(error.cause).splitlines() or [""]
            raise PoolError(
                f"a worker of {self.job.what} cannot be made: {why}",
                hint=f"Every machine of the cluster needs the same idiolect as this one: {__version__}",
            ) from error
        self.free.append(task.worker)
        if task.place >= 0:
            self.done[task.place] = answer
        elif isinstance(answer, Unmade):
            raise answer.error()

    def _died(self, task: _Task, error: Exception) -> None:
        self.workers.remove(task.worker)
        if task.place < 0:
            if self.workers:
                return  # the others do its share
            raise PoolError(
                f"a worker of {self.job.what} died while it was made: {error}",
                hint="Out of memory? Try again with fewer workers: --jobs 1",
            )
        deaths = task.deaths + 1
        if deaths < _TRIES:
            self.again.append((task.place, task.item, deaths))
        else:
            self.done[task.place] = Lost(f"{deaths} workers of {self.job.what} died with it")
        self.hire()


class _Worker:
    """What runs on the cluster."""

    def begin(self, job: Job[Any, Any], version: str) -> Unmade | None:
        """Make what answers, or say why this machine cannot; another version may answer otherwise."""
        if version != __version__:
            return Unmade(
                f"{platform.node()} has idiolect {__version__}, this machine {version}", "Install the same on both."
            )
        made = make(job)
        if isinstance(made, Unmade):
            return Unmade(f"{platform.node()}: {made.message}", made.hint)
        self._made: Callable[[Any], Any] = made
        return None

    def answer(self, item: Any) -> Any:
        """The answer to one item."""
        return self._made(item)


def _import_ray(*, own: bool) -> Any:
    """Ray, told to call nobody. Raises `MissingExtraError`."""
    # Read when Ray is imported or started. The last keeps a cluster of one's own on the loopback interface, which on
    # Linux nothing else does (Ray 2.60 replaces a node address of 127.0.0.1 by one that others can reach).
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    # Workers see the accelerators that a process here would see.
    os.environ["RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO"] = "0"
    if own:
        os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"
    try:
        import ray
    except ImportError as error:
        raise MissingExtraError("the engine pool ray", "ray") from error
    return ray
