"""What a run of a teacher did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from idiolect.units import Seconds

if TYPE_CHECKING:
    from idiolect.gateway import Forecast

_NO_TIME = Seconds(0.0)


@dataclass(frozen=True, slots=True)
class Failure:
    """A clip that got no label, and why."""

    clip_id: str
    where: str
    reason: str


@dataclass(frozen=True, slots=True)
class LabelReport:
    """What `label` did, or with `dry_run` would do.

    engine, version, parameters: what each label says of its source.
    labelled: clips that got a label now. already: clips that had this very label.
    pending: clips that `dry_run` would label. rejected: labels whose speech the task does not know (intent None).
    audio: seconds of the clips that were labelled, or would be.
    wall: seconds that the run took; with `dry_run`, that it is estimated to take.
    busy: seconds of transcribing, added over the processes, without loading the engine.
    cost: dollars that the new labels cost. forecast: what the clips that a server was to hear could cost at most.
    """

    engine: str
    version: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    labelled: int = 0
    already: int = 0
    pending: int = 0
    rejected: int = 0
    failed: tuple[Failure, ...] = ()
    audio: Seconds = _NO_TIME
    wall: Seconds = _NO_TIME
    busy: Seconds = _NO_TIME
    dry_run: bool = False
    cost: float = 0.0
    forecast: Forecast | None = None

    @property
    def rtf(self) -> float | None:
        """Seconds of processing for each second of audio, lower is better; None where there was none."""
        return self.busy / self.audio if self.audio and self.busy else None

    def as_dict(self) -> dict[str, Any]:
        """The same, as JSON values."""
        return {
            "engine": self.engine,
            "version": self.version,
            "parameters": dict(self.parameters),
            "labelled": self.labelled,
            "already": self.already,
            "pending": self.pending,
            "rejected": self.rejected,
            "failed": [{"clip": one.clip_id, "where": one.where, "reason": one.reason} for one in self.failed],
            "audio_seconds": round(self.audio, 3),
            "wall_seconds": round(self.wall, 3),
            "rtf": None if self.rtf is None else round(self.rtf, 5),
            "dry_run": self.dry_run,
            "cost": round(self.cost, 9),
            "forecast": None if self.forecast is None else self.forecast.text(),
        }
