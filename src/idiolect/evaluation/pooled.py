"""One system over clips: in a process of its own, or by the workers of a pool."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from idiolect.engines import create
from idiolect.engines.protocol import Hypothesis
from idiolect.evaluation.environment import peak_bytes
from idiolect.evaluation.system import Answer, Ready, Source, System, timed
from idiolect.pools import Job, Lost, Pool
from idiolect.units import Samples


@dataclass(frozen=True, slots=True)
class Told:
    """An answer, and the engine that gave it; None where its worker died."""

    answer: Answer
    ready: Ready | None


def tell(system: System, clips: Iterable[Samples], pool: Pool | None) -> Iterator[Told]:
    """What a system says to each clip, in order.

    pool: None: a process of the engine's own hears them one by one. An engine that is made already runs here anyway.

    Raises `EngineError` or `PoolError` where the engine cannot be made.
    """
    if pool is None or not isinstance(system.engine, Source):
        with system.run() as runner:
            for samples in clips:
                yield Told(runner.hear(samples), runner.ready)
        return
    for told in pool.map(Job(_make, (system.engine,), f"the engine {system.engine.engine}"), clips):
        yield Told(Answer(Hypothesis(""), 0.0, told.reason), None) if isinstance(told, Lost) else told


def _make(source: Source) -> Callable[[Samples], Told]:
    """In a worker."""
    started = time.perf_counter()
    engine = create(source.engine, source.options)
    ready = Ready(engine.name, engine.version, dict(engine.parameters), time.perf_counter() - started)
    return lambda samples: Told(replace(timed(engine, samples), peak_bytes=peak_bytes()), ready)
