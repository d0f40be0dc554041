"""Log-mel features in numpy: the same in training, in the exported bundle and in the browser of tests.

The recipe is the one that learned phones quickly on two cores (docs/log.md): 80 mel bands from 20 to 7600 Hz (HTK's
mel: Young et al., The HTK Book, 5.4), 25 ms windows every 10 ms, pre-emphasis, logarithm, and each band to mean 0 and
deviation 1 over the clip.

`logmel.v1` takes level away first (the peak becomes 0.5), so the floor under the logarithm lies at a fixed distance
from the loudest sample, not from full scale. The mean and the deviation are those of the whole clip, silence included.
The floor keeps digital silence from being an outlier: without it ``log 0`` would lie far below any room.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idiolect.errors import AudioError
from idiolect.units import SAMPLE_RATE, Hertz, Samples, Seconds

Features = NDArray[np.float32]
"""float32 ``(frames, mels)``."""


@dataclass(frozen=True, slots=True)
class FeatureSpec:
    """How samples become features. A JSON object in checkpoints and bundles (`as_dict`, `from_dict`)."""

    name: str = "logmel.v1"
    """Changes whenever the same numbers below would give other features."""
    sample_rate: Hertz = SAMPLE_RATE
    n_fft: int = 512
    window: int = 400
    """Samples of a Hann window, in the middle of `n_fft`."""
    hop: int = 160
    mels: int = 80
    low: float = 20.0
    high: float = 7600.0
    preemphasis: float = 0.97
    peak: float = 0.5
    """The loudest sample is scaled to this; 0 leaves the level alone."""
    floor: float = 1e-6
    """Added to each mel energy before the logarithm."""
    spread: float = 1e-3
    """Added to each band's deviation: a band that never changes stays 0."""

    def __post_init__(self) -> None:
        if self.name != "logmel.v1":
            raise AudioError(f"features {self.name!r} are not known", hint="This version knows logmel.v1.")

    @property
    def frame(self) -> Seconds:
        """Seconds from one frame to the next."""
        return Seconds(self.hop / self.sample_rate)

    def frames(self, samples: int) -> int:
        """How many frames `samples` samples give: one at each hop, the first centred on sample 0."""
        return 1 + samples // self.hop if samples else 0

    def as_dict(self) -> dict[str, Any]:
        """JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, value: dict[str, Any]) -> FeatureSpec:
        """The inverse of `as_dict`.

        Raises:
            AudioError: a key or a name that this version does not know.
        """
        unknown = sorted(set(value) - set(cls.__slots__))
        if unknown:
            raise AudioError(f"features with {', '.join(unknown)} are not known", hint="Use a newer idiolect.")
        return cls(**value)


DEFAULT_SPEC = FeatureSpec()


def log_mel(samples: Samples, spec: FeatureSpec = DEFAULT_SPEC) -> Features:
    """float32 ``(n,)`` → float32 ``(frames, mels)``, one frame per `spec.hop`.

    Raises:
        AudioError: no samples.
    """
    return _normalized(np.log(mel_energies(samples, spec) + np.float32(spec.floor)), spec)


def mel_energies(samples: Samples, spec: FeatureSpec) -> Features:
    """The energies that `log_mel` takes the logarithm of: float32 ``(frames, mels)``, nothing taken away but the level.

    Raises:
        AudioError: no samples.
    """
    if not len(samples):
        raise AudioError("no samples to make features of")
    scaled = samples.astype(np.float32, copy=False)
    if spec.peak:
        scaled = scaled * np.float32(spec.peak / (float(np.abs(scaled).max()) + 1e-6))
    emphasized = np.empty_like(scaled)
    emphasized[0] = scaled[0]
    np.multiply(scaled[:-1], np.float32(-spec.preemphasis), out=emphasized[1:])
    emphasized[1:] += scaled[1:]
    return np.asarray(_power(emphasized, spec) @ _filters(spec), dtype=np.float32)


def _power(samples: Samples, spec: FeatureSpec) -> Features:
    """Power spectrum, float32 ``(frames, n_fft // 2 + 1)``; frames centred, edges mirrored."""
    half = spec.n_fft // 2
    mode = "reflect" if len(samples) > half else "constant"
    padded = np.pad(samples, half, mode=mode)  # type: ignore[call-overload]  # numpy's stubs want a literal
    left = (spec.n_fft - spec.window) // 2
    views = np.lib.stride_tricks.sliding_window_view(padded[left:], spec.window)[:: spec.hop]
    views = views[: spec.frames(len(samples))]
    # numpy's transform of float32 stays float32. The zeros beside the window only turn the phase: they go to the right.
    spectrum = np.fft.rfft(views * _window(spec.window), spec.n_fft, axis=1)
    return np.square(spectrum.real) + np.square(spectrum.imag)


def _normalized(log: Features, spec: FeatureSpec) -> Features:
    """Each band to mean 0 and deviation 1 over the frames."""
    # Sums over thousands of frames go astray in float32: of digital silence something would be left.
    log -= log.mean(axis=0, dtype=np.float64).astype(np.float32)
    # The deviation of a single frame is 0: its features are 0.
    variance = np.square(log).sum(axis=0, dtype=np.float64) / max(1, len(log) - 1)
    log /= (np.sqrt(variance) + spec.spread).astype(np.float32)
    return log


@lru_cache(maxsize=8)
def _window(length: int) -> Samples:
    """Hann, periodic."""
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length)).astype(np.float32)


@lru_cache(maxsize=8)
def _filters(spec: FeatureSpec) -> Features:
    """Triangles on the mel scale, float32 ``(n_fft // 2 + 1, mels)``."""
    edges = _hertz(np.linspace(_mel(spec.low), _mel(spec.high), spec.mels + 2))
    bins = np.linspace(0, spec.sample_rate / 2, spec.n_fft // 2 + 1)[:, None]
    rising = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    return np.maximum(np.minimum(rising, falling), 0).astype(np.float32)


def _mel(hertz: float) -> float:
    return float(2595 * np.log10(1 + hertz / 700))


def _hertz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(700 * (10 ** (mel / 2595) - 1))
