"""Files to an engine behind a server: what it costs is forecast and agreed to, then several are under way at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from idiolect.errors import IdiolectError
from idiolect.gateway.answers import stops_a_run
from idiolect.serving.files import Outcome
from idiolect.serving.transcript import transcribe_file
from idiolect.units import MAX_CLIP, Seconds

if TYPE_CHECKING:
    from idiolect.engines.protocol import RemoteEngine
    from idiolect.gateway import Gateway
    from idiolect.tasks import Task


def transcribe_through(
    door: Gateway,
    engine: RemoteEngine,
    paths: Sequence[Path],
    *,
    task: Task | None = None,
    jobs: int = 16,
    ask: Callable[[str], bool] | None = None,
) -> Iterator[Outcome]:
    """One `Outcome` per file, in order, as `transcribe_files` gives them.

    ask: shows a person what it would cost. A file that cannot be read, or gets no answer, is an outcome. What would
    refuse every file that follows too (a cap, a wrong key, offline) is raised, once what is under way is done.

    Raises:
        GatewayError: nothing may be sent, nobody agreed to the cost, or see above.
    """
    durations = [seconds for path in paths for seconds in _clips_of(path)]
    door.confirm(engine.forecast(durations), ask)
    pool = ThreadPoolExecutor(max(1, min(jobs, len(paths))), thread_name_prefix="transcribing")
    try:
        yield from pool.map(partial(_outcome, engine, task), paths)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _outcome(engine: RemoteEngine, task: Task | None, path: Path) -> Outcome:
    try:
        return Outcome(path, transcribe_file(engine, path, task=task))
    except (IdiolectError, OSError) as error:
        if stops_a_run(error):
            raise
        return Outcome(path, None, str(error).removeprefix(f"{path}: "))


def _clips_of(path: Path) -> list[Seconds]:
    """How long the clips are that will be sent of a file; none where it cannot be read, which shows later."""
    from idiolect.audio import cut, decode_blocks, probe

    try:
        length = probe(path).duration
        if length is not None and length <= MAX_CLIP:
            return [length]
        return [Seconds(span.end - span.start) for span in cut(decode_blocks(path))]
    except (IdiolectError, OSError):
        return []
