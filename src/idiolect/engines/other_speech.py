"""What a task makes of speech that is none of it: where to draw its line, found when the task is read.

How well foreign speech fits depends on the task: a hundred short optional words fit anything a little, two long
sentences nothing. So a model for any task carries the outputs that its network gives for a few minutes of other
people's speech; a new task is searched through them, and its line is drawn `ABOVE` standard deviations over their mean.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from idiolect.audio.tensors import read_tensors, write_tensors
from idiolect.errors import AudioError, EngineError

FILE = "other-speech.safetensors"
"""Beside the network in a checkpoint or bundle."""

ABOVE = 2.5
"""Standard deviations between the mean of the stored speech, half of it in noise, and the line: two numbers are
steadier than the second largest of all. Found on 495 clips of six corpora, of which 0.6 % then passed for coffee
orders; at 2.0 it was 2.3 % of 617 others, most of them not in English (docs/log.md)."""

_STEP = 0.1
"""Nats between two stored values: 25.5 is as good as never."""

Scores = NDArray[np.float32]


def line_of(ratios: Sequence[float]) -> float:
    """The likelihood ratio from which speech is taken for a task's, by those of speech that is none of it."""
    finite = np.asarray(ratios, dtype=np.float64)[np.isfinite(ratios)]
    return float(finite.mean() + ABOVE * finite.std()) if len(finite) else 0.0


@dataclass(frozen=True, slots=True)
class OtherSpeech:
    """Log-posteriors of clips, each float32 ``(frames, phones)``."""

    clips: tuple[Scores, ...]

    def line(self, ratio_of: Callable[[Scores], float]) -> float:
        """`line_of` the clips; `ratio_of` searches one over the task."""
        return line_of([ratio_of(clip) for clip in self.clips])

    def save(self, path: Path) -> None:
        """A byte for each value, relative to the frame's best."""
        rows = [np.rint((clip.max(1, keepdims=True) - clip) / _STEP).clip(0, 255) for clip in self.clips]
        frames = np.array([len(clip) for clip in self.clips], dtype=np.int64)
        write_tensors(path, {"scores": np.concatenate(rows).astype(np.uint8), "frames": frames}, {"step": str(_STEP)})

    @staticmethod
    def load(path: Path) -> OtherSpeech | None:
        """What `save` wrote; None where there is no such file. Raises `EngineError` for another one."""
        if not path.exists():
            return None
        try:
            arrays, about = read_tensors(path)
            scores = arrays["scores"].astype(np.float32) * -np.float32(about["step"])
            ends: Sequence[int] = np.cumsum(arrays["frames"]).tolist()
        except (AudioError, OSError, ValueError, KeyError) as error:
            raise EngineError(f"{path} cannot be read: {error}") from error
        return OtherSpeech(tuple(np.split(scores, ends[:-1])))
