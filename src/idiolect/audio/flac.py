"""Samples as our own files, and the hash that names them."""

from __future__ import annotations

import errno
import hashlib
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from idiolect.errors import AudioError
from idiolect.files import whole_file
from idiolect.units import SAMPLE_RATE, Samples

_FULL_SCALE = 32768.0
"""What 1.0 is in 16 bits."""


def to_int16(samples: Samples) -> NDArray[np.int16]:
    """float32 ``(n,)`` in [-1, 1] → int16 ``(n,)``. What passes full scale is clipped to it.

    Raises:
        AudioError: a sample is NaN or infinite, or there is more than one channel.
    """
    if samples.ndim != 1:
        raise AudioError(f"samples of shape {samples.shape} are not mono", hint="Give float32 (n,).")
    if not np.isfinite(samples).all():
        count = int(np.count_nonzero(~np.isfinite(samples)))
        raise AudioError(f"{count} of {len(samples)} samples are not finite (NaN or infinite)")
    scaled = np.rint(samples * np.float32(_FULL_SCALE))
    return np.asarray(np.clip(scaled, -32768, 32767), dtype=np.int16)


def to_float(samples: NDArray[np.int16]) -> Samples:
    """int16 ``(n,)`` → float32 ``(n,)``; the inverse of `to_int16`, to the bit."""
    return samples.astype(np.float32) / np.float32(_FULL_SCALE)


def from_pcm(data: bytes) -> Samples:
    """Little-endian int16 bytes → float32 ``(n,)`` in [-1, 1). Raises `AudioError` where they end within a sample."""
    if len(data) % 2:
        raise AudioError(f"the audio ends within a sample: {len(data)} bytes")
    return to_float(np.frombuffer(data, dtype="<i2"))


def round_to_16_bits(samples: Samples) -> Samples:
    """The nearest samples that 16 bits can say: reading back what was written gives the same, to the bit."""
    return to_float(to_int16(samples))


class SamplesHash:
    """The hash of samples that come in blocks: blake2b, 16 bytes, over little-endian int16."""

    def __init__(self) -> None:
        self._hash = hashlib.blake2b(digest_size=16)

    def update(self, samples: Samples) -> None:
        """Take the next samples, float32 ``(n,)``."""
        self._hash.update(to_int16(samples).astype("<i2", copy=False).tobytes())

    def hexdigest(self) -> str:
        """32 hex digits."""
        return self._hash.hexdigest()


def samples_hash(samples: Samples) -> str:
    """32 hex digits that name `samples` (float32 ``(n,)``, 16 kHz), whatever file they came from."""
    whole = SamplesHash()
    whole.update(samples)
    return whole.hexdigest()


def write_flac(path: Path, samples: Samples) -> None:
    """Write float32 ``(n,)`` as 16 kHz, 16 bit, mono FLAC: whole or not at all.

    Raises:
        AudioError: no samples, or samples that are not finite.
        OSError: the disk is full or the folder may not be written; what was there stays.
    """
    _write(path, samples, "FLAC")


def write_wav(path: Path, samples: Samples) -> None:
    """Write float32 ``(n,)`` as 16 kHz, 16 bit, mono WAV: whole or not at all.

    Raises:
        AudioError: no samples, or samples that are not finite.
        OSError: the disk is full or the folder may not be written; what was there stays.
    """
    _write(path, samples, "WAV")


def encode(samples: Samples, form: Literal["flac", "opus", "wav"] = "flac") -> bytes:
    """Float32 ``(n,)`` as a 16 kHz mono file: FLAC or WAV (16 bit, lossless), or Opus in OGG (about 1/10 of FLAC).

    Raises `AudioError` for no samples, or samples that are not finite.
    """
    import io

    import soundfile

    if not len(samples):
        raise AudioError("no samples to encode")
    made = io.BytesIO()
    kind, subtype = ("OGG", "OPUS") if form == "opus" else (form.upper(), "PCM_16")
    soundfile.write(made, to_int16(samples), SAMPLE_RATE, format=kind, subtype=subtype)
    return made.getvalue()


def _write(path: Path, samples: Samples, kind: str) -> None:
    import soundfile

    if not len(samples):
        raise AudioError(f"{path}: no samples to write")
    # Whole numbers go in, so that no library's own rounding comes between the hash and the file.
    numbers = to_int16(samples)
    with whole_file(Path(path)) as temporary:
        try:
            soundfile.write(temporary, numbers, SAMPLE_RATE, format=kind, subtype="PCM_16")
            written = soundfile.info(temporary).frames
        except soundfile.LibsndfileError as error:
            raise OSError(
                errno.EIO, f"cannot be written ({error.error_string}): is the disk full?", str(path)
            ) from error
        if written != len(numbers):
            raise OSError(errno.ENOSPC, f"holds {written} of {len(numbers)} samples: is the disk full?", str(path))
