"""The engines behind a server: which one answers for which name, while the names change under it.

A name that was promoted is answered by the old engine until the new one is loaded; who has begun with the old one ends
with it. So no request is dropped, and a model that does not load changes nothing but a line in the log.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from idiolect.errors import AliasError, IdiolectError
from idiolect.serving.apart import EngineApart

if TYPE_CHECKING:
    from idiolect.engines import Engine
    from idiolect.serving.registry import Alias, Registry, Target
    from idiolect.tasks import Task

log = logging.getLogger("idiolect.serving")

_T = TypeVar("_T")

WATCH_EVERY = 1.0
"""Seconds between two looks at the aliases; each costs one `stat`."""
RETRY_AFTER = 10.0
"""Seconds before a model that did not load is tried again."""


class BusyError(Exception):
    """Too many wait for this engine."""


class Hosted:
    """One engine with the thread that calls it, and what waits for it."""

    def __init__(
        self, engine: Engine, task: Task | None, *, language: str | None = None, queue_limit: int = 64, key: str = ""
    ) -> None:
        self.engine = engine
        self.task = task
        self.language = language
        self.key = key
        self.waiting = 0
        self.users = 0
        self.used_at = time.monotonic()
        self.retired = False
        self._queue_limit = queue_limit
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="engine")

    async def run(self, work: Callable[[], _T]) -> _T:
        """Do `work` on the engine's thread. Raises `BusyError` where too many wait."""
        if self.waiting > self._queue_limit:
            raise BusyError(f"{self.waiting} are waiting; try again later")
        self.waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        finally:
            self.waiting -= 1

    def close(self) -> None:
        """Let what is at work end, drop what waits, end the engine's process."""
        self._thread.shutdown(cancel_futures=True)
        if isinstance(self.engine, EngineApart):
            self.engine.close()


class House:
    """Engines by name. Its methods are called from one event loop.

    registry: where the names stand; each engine then runs in a process of its own. threads: cores for each of them.
    queue_limit: how many requests may wait for one. idle: seconds after which an engine that nobody uses is ended, and
    engines are made when they are first asked; None: all are made at once, and stay.
    """

    def __init__(
        self,
        registry: Registry | None = None,
        *,
        threads: int = 1,
        queue_limit: int = 64,
        idle: float | None = None,
    ) -> None:
        self._registry = registry
        self._idle = idle
        self._threads = threads
        self._queue_limit = queue_limit
        self._known: tuple[tuple[int, ...] | None, dict[str, Alias]] = (None, {})
        self._fixed: dict[str, Hosted] = {}
        self._serving: dict[str, Hosted] = {}
        self._loading: dict[str, asyncio.Task[Hosted]] = {}
        self._failed: dict[str, tuple[str, float, IdiolectError]] = {}

    @classmethod
    def of_one(cls, name: str, hosted: Hosted) -> House:
        """A house with one engine that is made already."""
        made = cls()
        made._fixed[name] = hosted
        return made

    def since(self) -> dict[str, int]:
        """The names that are answered, with the seconds since 1970 at which they came to mean what they do."""
        return dict.fromkeys(self._fixed, 0) | {
            name: int(alias.since.timestamp()) for name, alias in self._aliases().items()
        }

    def default(self) -> str:
        """The name that is meant where none is given. Raises `AliasError` where that is open."""
        names = list(self.since())
        if "default" in names or len(names) == 1:
            return "default" if "default" in names else names[0]
        raise AliasError("say which model" if names else "no alias yet", hint=", ".join(names) or None)

    def state(self) -> dict[str, Any]:
        """Of each name: what is loaded, what waits for it, and what went wrong."""
        found: dict[str, Any] = {}
        for name in self.since():
            hosted = self._fixed.get(name) or self._serving.get(name)
            failed = self._failed.get(name)
            found[name] = {
                "model": name if name in self._fixed else self._aliases()[name].target.name,
                "engine": hosted and hosted.engine.name,
                "version": hosted and hosted.engine.version,
                "waiting": hosted.waiting if hosted else 0,
                "loading": name in self._loading,
                "problem": failed[2].message if failed else None,
            }
        return found

    @asynccontextmanager
    async def use(self, name: str) -> AsyncIterator[Hosted]:
        """What answers for `name`, kept while it is used.

        Raises `AliasError` for a name that nothing answers for, and whatever keeps a first engine from loading.
        """
        hosted = await self._current(name)
        hosted.users += 1
        try:
            yield hosted
        finally:
            hosted.users -= 1
            hosted.used_at = time.monotonic()
            self._sweep(hosted)

    async def watch(self) -> None:
        """Bring in what was promoted, and end what is not wanted any more, for as long as this runs."""
        while True:
            with suppress(AliasError):  # a file that somebody broke by hand: what is loaded goes on
                for name in self._aliases():
                    if self._idle is None or name in self._serving:
                        self._renew(name)
                for name, hosted in list(self._serving.items()):
                    if name not in self._aliases() or self._forgotten(hosted):
                        self._retire(self._serving.pop(name))
            await asyncio.sleep(WATCH_EVERY)

    def close(self) -> None:
        """End every engine."""
        for hosted in (*self._fixed.values(), *self._serving.values()):
            hosted.close()
        self._serving.clear()

    async def _current(self, name: str) -> Hosted:
        if name in self._fixed:
            return self._fixed[name]
        if name not in self._aliases():
            known = ", ".join(self.since()) or "none yet"
            raise AliasError(f"there is no model {name!r}; this server has {known}")
        loading = self._renew(name)
        if name in self._serving:
            return self._serving[name]
        if loading is None:
            raise self._failed[name][2]
        # Shielded: the others who wait for it, and the next one, still want it where this client goes away.
        return await asyncio.shield(loading)

    def _renew(self, name: str) -> asyncio.Task[Hosted] | None:
        """Begin to load what `name` means now, unless that is loaded, under way, or failed a moment ago."""
        target = self._aliases()[name].target
        key = self._key(target)
        hosted, failed = self._serving.get(name), self._failed.get(name)
        if name in self._loading:
            return self._loading[name]
        if hosted is not None and hosted.key == key:
            return None
        if failed is not None and failed[0] == key and time.monotonic() - failed[1] < RETRY_AFTER:
            return None
        self._loading[name] = loading = asyncio.create_task(self._load(name, key, target))
        loading.add_done_callback(lambda done: done.cancelled() or done.exception())  # it is told by `state`
        return loading

    async def _load(self, name: str, key: str, target: Target) -> Hosted:
        try:
            hosted = await asyncio.to_thread(self._make, key, target)
        except IdiolectError as error:
            log.error("%s: %s does not load: %s", name, target.name, error.message)  # noqa: TRY400 - the user's to mend
            self._failed[name] = key, time.monotonic(), error
            raise
        finally:
            self._loading.pop(name, None)
        self._failed.pop(name, None)
        before = self._serving.get(name)
        self._serving[name] = hosted
        if before is not None:
            self._retire(before)
        return hosted

    def _make(self, key: str, target: Target) -> Hosted:
        assert self._registry is not None  # noqa: S101 - there are no aliases without one
        choice = target.choice(self._registry.folder, threads=self._threads)
        task = choice.load_task()
        engine = EngineApart(choice, task)
        return Hosted(engine, task, language=choice.language, queue_limit=self._queue_limit, key=key)

    def _forgotten(self, hosted: Hosted) -> bool:
        return self._idle is not None and not hosted.users and time.monotonic() - hosted.used_at > self._idle

    def _retire(self, hosted: Hosted) -> None:
        hosted.retired = True
        self._sweep(hosted)

    def _sweep(self, hosted: Hosted) -> None:
        """End what nobody uses any more; in a thread, for its process may take a moment."""
        if hosted.retired and not hosted.users:
            asyncio.get_running_loop().run_in_executor(None, hosted.close)

    def _aliases(self) -> dict[str, Alias]:
        if self._registry is None:
            return {}
        stamp = self._registry.stamp()
        if self._known[0] != stamp:
            self._known = stamp, {alias.name: alias for alias in self._registry.aliases()}
        return self._known[1]

    def _key(self, target: Target) -> str:
        """What differs once another engine is to be made: the choice, or a model or task written anew in its place."""
        assert self._registry is not None  # noqa: S101 - as above
        choice = target.choice(self._registry.folder)
        files = [choice.task, *(Path(choice.model or "") / name for name in ("bundle.json", "checkpoint.json"))]
        return f"{choice} {[_written(path) for path in files if path is not None]}"


def _written(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
