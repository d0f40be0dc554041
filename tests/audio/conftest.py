"""Sound made for these tests: no file is shipped."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from idiolect.units import Samples


def resonance(formant: float, width: float) -> NDArray[np.float64]:
    """The answer of a two-pole resonator to a click; Hz."""
    turn, n = 2 * np.pi * formant / 16000, np.arange(400)
    return np.exp(-np.pi * width / 16000 * n) * np.sin((n + 1) * turn) / np.sin(turn)


def babble(seconds: float, seed: int = 0) -> Samples:
    """A buzzing voice through changing formants: not words, but the speech detector hears speech."""
    rng = np.random.default_rng(seed)
    n = int(seconds * 16000)
    pitch = 120 * (1 + 0.15 * np.sin(2 * np.pi * 0.7 * np.arange(n) / 16000))
    pulses = np.diff(np.floor(np.cumsum(pitch) / 16000), prepend=0) + 0.01 * rng.standard_normal(n)
    vowels = [(700, 1200, 2600), (300, 2300, 3000), (500, 900, 2400), (400, 1700, 2500)]
    out = np.zeros(n)
    for first in range(0, n, 3200):
        sound = pulses[first : first + 3200]
        for formant, width in zip(vowels[rng.integers(4)], (80, 100, 140), strict=True):
            sound = np.convolve(sound, resonance(formant, width))[: len(sound)]
        out[first : first + 3200] = sound * np.sqrt(np.hanning(len(sound)))
    return (0.5 * out / np.abs(out).max()).astype(np.float32)


@pytest.fixture(scope="session")
def voice() -> Samples:
    """Four seconds that sound like speech."""
    return babble(4.0)


@pytest.fixture(scope="session")
def make_voice() -> Callable[..., Samples]:
    return babble


def write_media(path: Path, channels: NDArray[np.float32], rate: int, *, codec: str, picture: bool = False) -> Path:
    """Encode float32 ``(channels, n)`` by FFmpeg; the container follows from the name."""
    import av

    layout = {1: "mono", 2: "stereo", 8: "7.1"}[len(channels)]
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=rate, layout=layout)
        if picture:
            film = out.add_stream("mpeg4", rate=5)
            film.width, film.height, film.pix_fmt = 64, 48, "yuv420p"
            for _ in range(5):
                out.mux(film.encode(av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), dtype=np.uint8), format="rgb24")))
            out.mux(film.encode(None))
        resampler = av.AudioResampler(format=stream.format, layout=layout, rate=rate)
        for first in range(0, channels.shape[1], 1024):
            piece = np.ascontiguousarray(channels[:, first : first + 1024])
            frame = av.AudioFrame.from_ndarray(piece, format="fltp", layout=layout)
            frame.sample_rate = rate
            frame.pts = first
            for ready in resampler.resample(frame):
                out.mux(stream.encode(ready))
        out.mux(stream.encode(None))
    return path


@pytest.fixture(scope="session")
def media() -> Callable[..., Path]:
    return write_media
