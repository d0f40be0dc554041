"""Parts of one recording, as raw 16-bit samples, joined into a WAV: nothing is decoded, rounded or resampled here."""

from __future__ import annotations

import wave
from collections.abc import Iterable
from pathlib import Path

from idiolect.errors import AudioError
from idiolect.files import whole_file
from idiolect.units import Hertz

BYTES = 2
"""Of one sample."""
LOWEST_RATE = Hertz(8_000)
HIGHEST_RATE = Hertz(192_000)


def check_rate(rate: int) -> Hertz:
    """The rate itself, where it is one of a microphone. Raises `AudioError`."""
    if not LOWEST_RATE <= rate <= HIGHEST_RATE:
        raise AudioError(f"{rate} Hz is no sample rate of a microphone", hint=f"{LOWEST_RATE} to {HIGHEST_RATE}")
    return Hertz(rate)


def join_parts(parts: Iterable[Path], path: Path, rate: int) -> int:
    """Write files of raw little-endian int16 samples, mono, at `rate` hertz, into one WAV: whole or not at all.

    Returns the number of samples. Memory holds one part at a time.

    Raises:
        AudioError: a part ends within a sample, or `rate` is none.
        OSError: the disk is full, or a part is gone.
    """
    check_rate(rate)
    count = 0
    with whole_file(path) as temporary, wave.open(str(temporary), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(BYTES)
        sound.setframerate(rate)
        for part in parts:
            data = part.read_bytes()
            if len(data) % BYTES:
                raise AudioError(f"{part} holds {len(data)} bytes: half a sample")
            count += len(data) // BYTES
            sound.writeframesraw(data)
    return count
