"""What an engine is: samples in, hypotheses out.

Teachers, students, cloud services and exported bundles are all engines. An engine is one small class in a
file of its own and one row in `table.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from idiolect.units import Samples, Seconds

if TYPE_CHECKING:
    from idiolect.gateway import Forecast, Gateway
    from idiolect.tasks import Task


@dataclass(frozen=True, slots=True)
class Word:
    """A word that was heard, with its times from the start of the clip."""

    word: str
    start: Seconds
    end: Seconds
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another thing that may have been said in a clip; the fields are those of `Hypothesis`."""

    text: str
    confidence: float | None = None
    intent: str | None = None
    slots: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """What an engine heard in one clip.

    `text` is empty where nothing was heard. `confidence` is in [0, 1], or None where the engine has none.
    `words` is empty where the engine gives no times. `intent` and `slots` are set by engines that decode
    over a task; speech that the task rejects has `text` as heard (or empty) and `intent` None.
    `slot_confidence` has the slots that the engine can tell it of. `alternatives` is empty unless asked for: the best
    of different words, this one first. `cost` is in dollars: what was paid for this, 0 for what was heard here.
    """

    text: str
    confidence: float | None = None
    words: tuple[Word, ...] = ()
    intent: str | None = None
    slots: Mapping[str, str] = field(default_factory=dict)
    slot_confidence: Mapping[str, float] = field(default_factory=dict)
    alternatives: tuple[Alternative, ...] = ()
    cost: float = 0.0


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """What a user may choose when an engine is made. An engine says which of these it reads.

    model: a checkpoint or bundle folder (or a hub name for the engines that load hub models).
    task: what may be said, for engines that can decode over it.
    language: a BCP 47 code such as ``en``, or None for the engine's own default.
    threads: how many cores one engine may use.
    gateway: the door of the project, for engines that send what they are given to a server.
    """

    model: Path | str | None = None
    task: Task | None = None
    language: str | None = None
    threads: int = 1
    extra: Mapping[str, Any] = field(default_factory=dict)
    gateway: Gateway | None = None


class Engine(Protocol):
    """Samples in, hypotheses out. Made once, called often; not shared between threads."""

    name: str
    """The row in the table: ``sphinx``, ``onnx``."""

    version: str
    """Whatever changes what is heard: the package's version, or the id of the model."""

    @property
    def parameters(self) -> Mapping[str, Any]:
        """The resolved choices, JSON values only; stored with each label."""
        ...

    def transcribe(self, batch: Sequence[Samples]) -> list[Hypothesis]:
        """One `Hypothesis` per clip, in order. Each clip is float32 ``(n,)``, mono, 16 kHz, in [-1, 1]."""
        ...


class RemoteEngine(Engine, Protocol):
    """An engine that sends what it is given to a server. What `Engine` promises; and threads may share it.

    What a clip costs, and whether it may travel, is asked at the door, by the hash of its samples: that is its id.
    """

    url: str
    """Where it sends to."""

    def forecast(self, durations: Sequence[Seconds]) -> Forecast:
        """What clips of these durations would cost at most. Raises `GatewayError` where nothing may be sent there."""
        ...
