from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from idiolect.corpus.values import Clip, DatasetItem, Label, Recording, SourceKind
from idiolect.engines.protocol import Hypothesis
from idiolect.units import Hertz, Samples, Seconds


class Scripted:
    """An engine that hears in clip n (whose samples all are n / 1000) what it was told; an exception is raised."""

    name = "scripted"
    version = "1"

    def __init__(self, heard: Sequence[Hypothesis | Exception]) -> None:
        self._heard = heard

    @property
    def parameters(self) -> Mapping[str, Any]:
        return {"clips": len(self._heard)}

    def transcribe(self, batch: Sequence[Samples]) -> list[Hypothesis]:
        out = []
        for samples in batch:
            heard = self._heard[round(float(samples[0]) * 1000)]
            if isinstance(heard, Exception):
                raise heard
            out.append(heard)
        return out


def make_clip(number: int, *, speaker: str | None = None, session: str | None = None, **more: Any) -> Clip:
    duration = more.pop("duration", 1.0)
    quality = more.pop("quality", {})
    recording = Recording(
        id=more.pop("recording", f"r{number}"),
        path=f"{number}.flac",
        copied=True,
        duration=Seconds(duration),
        sample_rate=Hertz(16_000),
        channels=1,
        speaker=speaker,
        session=session,
        **more,
    )
    return Clip(f"clip-{number:03d}", recording, Seconds(0), Seconds(duration), quality)


def make_label(number: int = 0, **claim: Any) -> Label:
    return Label(clip_id=f"clip-{number:03d}", kind=claim.pop("kind", SourceKind.HUMAN), source="me", **claim)


def make_items(references: Sequence[Sequence[Label]], **clip: Any) -> list[DatasetItem]:
    clips = [
        make_clip(number, **{name: values[number] for name, values in clip.items()})
        for number in range(len(references))
    ]
    return [DatasetItem(clip, "test", None, tuple(labels)) for clip, labels in zip(clips, references, strict=True)]


def samples_of(item: DatasetItem) -> Samples:
    number = int(item.clip.id.removeprefix("clip-"))
    return np.full(int(item.clip.duration * 16_000), number / 1000, dtype=np.float32)
