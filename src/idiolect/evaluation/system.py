"""What is measured: an engine with a name, in a process of its own, so that its memory is its own."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing import Pipe
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self

from idiolect.engines.protocol import Engine, EngineOptions, Hypothesis
from idiolect.engines.table import ENGINES
from idiolect.errors import EngineError, EvaluationError
from idiolect.units import Samples

if TYPE_CHECKING:
    from idiolect.tasks import Parsed, Task

Parse = Callable[[str], "Parsed | None"]

_WEIGHTS = {".safetensors", ".onnx", ".data", ".bin", ".gguf"}


@dataclass(frozen=True, slots=True)
class Source:
    """An engine that is not made yet: its row in the table and its options."""

    engine: str
    options: EngineOptions


@dataclass(frozen=True, slots=True)
class System:
    """One thing to score.

    engine: a `Source` (made in a process of its own: peak memory is measured, a crash is one failed clip), or an engine
    that is made already (runs in this process, without a measure of memory).
    size_bytes: of the weights, None where not known.
    parse: text to intent and slots, for engines that do not decode over a task.
    """

    name: str
    engine: Engine | Source
    size_bytes: int | None = None
    parse: Parse | None = None

    @classmethod
    def of(cls, engine: str, options: EngineOptions | None = None, *, name: str | None = None) -> System:
        """The engine of that row in the table, with the options; it is made when it is run."""
        chosen = options or EngineOptions()
        row = ENGINES.get(engine)
        if row is None:
            raise EngineError(f"there is no engine {engine!r}", hint=f"known: {', '.join(ENGINES)}")
        parse = chosen.task.parse if chosen.task is not None and not row.reads_task else None
        return cls(name or engine, Source(engine, chosen), weights_size(chosen.model), parse)

    def run(self) -> Runner:
        """Make the engine; close the runner after use (it is a context)."""
        return Apart(self.engine) if isinstance(self.engine, Source) else Here(self.engine)


def systems_of(
    engines: Sequence[str], folders: Sequence[Path], *, task: Task | None, language: str | None
) -> list[System]:
    """Engines by name, then models by folder. Raises `EvaluationError` for an engine that sends clips away."""
    from idiolect.engines import engine_of

    if sent := [name for name in engines if name in ENGINES and ENGINES[name].remote]:
        raise EvaluationError(
            f"the engine {sent[0]} sends clips to a server, which would be paid for each time it is scored",
            hint=f"idiolect label --engine {sent[0]} … asks it once; idiolect teachers scores what it said",
        )
    systems = [System.of(name, EngineOptions(task=task, language=language)) for name in engines]
    for folder in folders:
        options = EngineOptions(model=folder, task=task, language=language)
        systems.append(System.of(engine_of(folder), options, name=folder.name))
    return systems


@dataclass(frozen=True, slots=True)
class Answer:
    """What was heard in one clip, and in how many seconds; or why nothing was."""

    hypothesis: Hypothesis
    seconds: float
    error: str | None = None
    peak_bytes: int | None = None
    """The most memory the engine's process has held so far."""


@dataclass(frozen=True, slots=True)
class Ready:
    """An engine that has been made."""

    name: str
    version: str
    parameters: Mapping[str, Any]
    load_seconds: float


class Runner(Protocol):
    """An engine that is ready to hear clips one at a time."""

    ready: Ready

    def hear(self, samples: Samples) -> Answer:
        """Transcribe one clip. What goes wrong is in the answer."""
        ...

    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Here:
    """Runs an engine in this process."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.ready = Ready(engine.name, engine.version, dict(engine.parameters), 0.0)

    def hear(self, samples: Samples) -> Answer:
        """Transcribe one clip."""
        return timed(self._engine, samples)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to close: the engine is the caller's."""


class Apart:
    """Runs an engine in a process of its own; when that dies, the clip has failed and the next one starts it again."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def hear(self, samples: Samples) -> Answer:
        """Transcribe one clip. Raises `EngineError` if a dead engine cannot be made again."""
        if self._process.poll() is not None:
            self._stop()
            self._start()
        try:
            self._line.send(samples)
            answer: Answer = self._line.recv()
        except (EOFError, BrokenPipeError, ConnectionResetError):
            code = self._process.wait()
            return Answer(Hypothesis(""), 0.0, f"the engine's process died (code {code})")
        return answer

    def _start(self) -> None:
        self._line, theirs = Pipe()
        command = [sys.executable, "-m", "idiolect.evaluation.worker", str(theirs.fileno())]
        self._process = subprocess.Popen(command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)
        theirs.close()
        try:
            self._line.send(self._source)
            first: Ready | tuple[str, str | None] = self._line.recv()
        except (EOFError, BrokenPipeError, ConnectionResetError):
            code = self._process.wait()
            self._stop()
            raise EngineError(f"{self._source.engine}: its process died while loading (code {code})") from None
        if isinstance(first, tuple):
            self._stop()
            message, hint = first
            raise EngineError(message, hint=hint)
        self.ready = first

    def _stop(self) -> None:
        self._line.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def timed(engine: Engine, samples: Samples) -> Answer:
    """One clip through `engine` by the clock."""
    started = time.perf_counter()
    try:
        (heard,) = engine.transcribe([samples])
    except Exception as error:  # noqa: BLE001 - whatever an engine raises is one failed clip, listed in the report
        return Answer(Hypothesis(""), time.perf_counter() - started, f"{type(error).__name__}: {error}")
    return Answer(heard, time.perf_counter() - started)


def weights_size(model: Path | str | None) -> int | None:
    """Bytes of the weights in a model's folder; None for no folder or none found."""
    if model is None or not Path(model).is_dir():
        return None
    files = [path for path in Path(model).rglob("*") if path.suffix in _WEIGHTS and path.is_file()]
    return sum(path.stat().st_size for path in files) or None
