"""Noise and rooms out of nothing, for augmentation."""

from __future__ import annotations

from bisect import bisect_left
from functools import lru_cache

import numpy as np
from numpy.random import Generator

from idiolect.errors import AudioError
from idiolect.units import SAMPLE_RATE, Samples

_SLOPES = {"white": 0.0, "pink": -0.5, "brown": -1.0}
"""Exponent of frequency in the amplitude."""

_LOWEST = 20.0
"""Hz. Below it the spectrum is level: nobody hears it, and brown noise would be little else."""

COLORS = tuple(_SLOPES)


def colored_noise(length: int, color: str, rng: Generator) -> Samples:
    """float32 ``(length,)`` of ``white``, ``pink`` or ``brown`` noise with power 1.

    Raises:
        AudioError: another color.
    """
    if color not in _SLOPES:
        raise AudioError(f"noise has no color {color!r}", hint=f"Known: {', '.join(COLORS)}.")
    size = fft_length(length)
    white = rng.standard_normal(size, dtype=np.float32)
    if color == "white":
        return white[:length]
    noise = np.fft.irfft(np.fft.rfft(white) * _slope(size, _SLOPES[color]), size)[:length]
    return np.asarray(noise / np.sqrt(np.mean(np.square(noise)) + 1e-12), dtype=np.float32)


@lru_cache(maxsize=64)
def _slope(size: int, exponent: float) -> Samples:
    hertz = np.fft.rfftfreq(size, 1 / SAMPLE_RATE)
    return np.asarray(np.maximum(hertz, _LOWEST) ** exponent, dtype=np.float32)


def exponential_room(decay: float, rng: Generator) -> Samples:
    """The impulse response of a made room: direct sound, then noise that falls by 60 dB in `decay` seconds.

    float32, unit energy. The direct sound is the first sample, so that times stay; it carries 30 to 90 % of the energy,
    as at a half to three meters in living rooms.
    """
    length = max(2, int(decay * SAMPLE_RATE))
    seconds = np.arange(length, dtype=np.float32) / SAMPLE_RATE
    tail = rng.standard_normal(length, dtype=np.float32) * np.exp(np.float32(-6.908 / decay) * seconds)
    tail[0] = 0
    direct = float(rng.uniform(0.3, 0.9))
    room = tail * np.float32(np.sqrt((1 - direct) / float(np.sum(np.square(tail)))))
    room[0] = np.sqrt(direct)
    return room.astype(np.float32, copy=False)


def direct_first(room: Samples) -> Samples:
    """A measured impulse response from its direct sound on, so that times stay: a second at most, of unit energy."""
    heard = room[int(np.argmax(np.abs(room))) :][:SAMPLE_RATE]
    return np.asarray(heard / (np.sqrt(np.sum(np.square(heard))) + 1e-9), dtype=np.float32)


def fft_length(at_least: int) -> int:
    """The smallest product of 2, 3 and 5 that is at least this: other lengths are up to ten times slower."""
    lengths = _smooth_numbers()
    return lengths[bisect_left(lengths, at_least)] if at_least <= lengths[-1] else at_least


@lru_cache(maxsize=1)
def _smooth_numbers() -> list[int]:
    top = 1 << 24  # 17 minutes
    return sorted(
        2**i * 3**j * 5**k for i in range(25) for j in range(16) for k in range(11) if 2**i * 3**j * 5**k <= top
    )
