"""One resampler for files, microphone and augmentation: soxr."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from idiolect.units import SAMPLE_RATE, Hertz, Samples


def resample(samples: Samples, rate: float, to: float = SAMPLE_RATE, *, quality: str = "HQ") -> Samples:
    """float32 ``(n,)`` at `rate` → float32 ``(round(n * to / rate),)`` at `to` hertz."""
    import soxr

    if rate == to:
        return samples
    return np.asarray(soxr.resample(samples, rate, to, quality=quality), dtype=np.float32)


def resample_stream(pieces: Iterable[tuple[Hertz, Samples]]) -> Iterator[Samples]:
    """Pieces with their rates, one stream → the stream at 16 kHz. A rate that changes on the way is followed."""
    import soxr

    stream: soxr.ResampleStream | None = None
    now: Hertz | None = None
    nothing = np.zeros(0, dtype=np.float32)
    for rate, piece in pieces:
        if rate != now:
            if stream is not None:
                yield stream.resample_chunk(nothing, last=True)
            now = rate
            stream = None if rate == SAMPLE_RATE else soxr.ResampleStream(rate, SAMPLE_RATE, 1, dtype="float32")
        yield piece if stream is None else stream.resample_chunk(piece)
    if stream is not None:
        yield stream.resample_chunk(nothing, last=True)


class Resampler:
    """One stream at one rate, as it comes → 16 kHz."""

    def __init__(self, rate: Hertz) -> None:
        import soxr

        self._stream = None if rate == SAMPLE_RATE else soxr.ResampleStream(rate, SAMPLE_RATE, 1, dtype="float32")

    def feed(self, samples: Samples) -> Samples:
        """The next float32 ``(n,)`` at the stream's rate → what they complete at 16 kHz; a few ms are held back."""
        if self._stream is None:
            return samples
        return np.asarray(self._stream.resample_chunk(samples), dtype=np.float32)
