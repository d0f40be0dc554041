"""Units. A number that has one says so in its type."""

from __future__ import annotations

from typing import NewType

import numpy as np
from numpy.typing import NDArray

Seconds = NewType("Seconds", float)
Hertz = NewType("Hertz", int)

Samples = NDArray[np.float32]
"""float32 ``(n,)``, mono, in [-1, 1], at `SAMPLE_RATE` unless a rate stands beside it."""

SAMPLE_RATE = Hertz(16_000)
"""The one rate inside idiolect: what Whisper, Parakeet, Silero and PocketSphinx take."""

MAX_CLIP = Seconds(30.0)
"""The longest clip, in seconds: Whisper's window, and short enough to label whole."""


def duration_of(samples: Samples, sample_rate: Hertz = SAMPLE_RATE) -> Seconds:
    """Length of `samples` in seconds."""
    return Seconds(len(samples) / sample_rate)


def show_duration(seconds: float) -> str:
    """``59 s``, ``3 min 05 s`` or ``2 h 04 min``."""
    whole = round(seconds)
    if whole < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
