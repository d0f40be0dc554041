"""One clip, heard in another place: speed, room, equalizer, noise, band and level, drawn by a numpy Generator.

Same samples, same generator state, same result, to the bit on one machine. Speed changes tempo and pitch together
(Ko et al. 2015, "Audio augmentation for speech recognition"); whoever has times for the clip divides them by
`Augmented.speed`. Masks on features: Park et al. 2019, "SpecAugment".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from idiolect.audio.decode import decode
from idiolect.audio.features import Features
from idiolect.audio.flac import to_float, to_int16
from idiolect.audio.noise import COLORS, colored_noise, direct_first, exponential_room, fft_length
from idiolect.audio.resample import resample
from idiolect.errors import AudioError
from idiolect.units import SAMPLE_RATE, Samples

Range = tuple[float, float]


@dataclass(frozen=True, slots=True)
class AugmentSpec:
    """How often and how much. A JSON object in recipes; probabilities of 0 switch a thing off."""

    name: str = "augment.v1"
    """Changes whenever the same numbers below would give another distribution."""
    speeds: tuple[float, ...] = (1.0, 1.0, 0.9, 1.1)
    """One is drawn; 1.1 is quicker and higher."""
    equalizer: float = 0.6
    """Probability of a smooth random filter."""
    equalizer_range: Range = (-8.0, 8.0)
    """dB at each of five places of the curve."""
    noise: float = 0.5
    """Probability of added noise."""
    snr: Range = (3.0, 25.0)
    """dB between the clip's power and the noise's."""
    noise_files: float = 0.5
    """Share of the noises that come from files, where there are any; the rest is white, pink or brown."""
    room: float = 0.2
    """Probability of reverberation."""
    room_files: float = 0.5
    """Share of the rooms that come from files, where there are any; the rest decays exponentially."""
    decay: Range = (0.1, 0.6)
    """Seconds in which a made room decays by 60 dB."""
    low_pass: float = 0.1
    """Probability of a narrow band, as of a telephone or a cheap microphone."""
    low_pass_range: Range = (2800.0, 6000.0)
    """Hz."""
    gain: Range = (-12.0, 6.0)
    """dB; what would pass full scale is held below it."""

    def as_dict(self) -> dict[str, Any]:
        """JSON values."""
        return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()}

    @classmethod
    def from_dict(cls, value: dict[str, Any]) -> AugmentSpec:
        """The inverse of `as_dict`.

        Raises:
            AudioError: a key that this version does not know.
        """
        unknown = sorted(set(value) - set(cls.__slots__))
        if unknown:
            raise AudioError(
                f"augmentation knows no {', '.join(unknown)}", hint=f"It knows {', '.join(cls.__slots__)}."
            )
        given: dict[str, Any] = {key: tuple(item) if isinstance(item, list) else item for key, item in value.items()}
        return cls(**given)


@dataclass(frozen=True, slots=True)
class Augmented:
    """Samples and the speed they were given: what was at second t is now at t / speed."""

    samples: Samples
    speed: float


DEFAULT_AUGMENT = AugmentSpec()


class Augmenter:
    """Draws a place for each clip. Noise and room files are read when they are first drawn, and kept."""

    def __init__(
        self,
        spec: AugmentSpec = DEFAULT_AUGMENT,
        *,
        noises: Sequence[Path] = (),
        rooms: Sequence[Path] = (),
    ) -> None:
        self.spec = spec
        self._noises = tuple(noises)
        self._rooms = tuple(rooms)
        # Noises stay in memory as 16 bits, half of what floats take: an hour is 115 MB.
        self._read_noises: dict[Path, NDArray[np.int16]] = {}
        self._read_rooms: dict[Path, Samples] = {}

    def __call__(self, samples: Samples, rng: Generator) -> Samples:
        """float32 ``(n,)`` → float32 ``(n,)`` of another place, at the speed it had."""
        return self.place(samples, rng)

    def augment(self, samples: Samples, rng: Generator) -> Augmented:
        """float32 ``(n,)`` → float32 ``(round(n / speed),)`` and its speed."""
        speed = float(rng.choice(self.spec.speeds))
        # LQ (80 dB down) costs half of HQ, and the filters that follow do worse to the signal.
        sped = resample(samples, SAMPLE_RATE * speed, SAMPLE_RATE, quality="LQ") if speed != 1.0 else samples
        return Augmented(self.place(sped, rng), speed)

    def place(self, samples: Samples, rng: Generator) -> Samples:
        """Room, equalizer, noise, band and level; the length stays."""
        if not len(samples):
            return samples
        spec = self.spec
        heard = self._filtered(samples, rng)
        if rng.random() < spec.noise:
            heard = mix(heard, self._noise(len(heard), rng), float(rng.uniform(*spec.snr)))
        gain = 10 ** (rng.uniform(*spec.gain) / 20)
        loudest = float(np.abs(heard).max()) * gain
        return (heard * np.float32(gain / max(loudest, 1.0))).astype(np.float32, copy=False)

    def _filtered(self, samples: Samples, rng: Generator) -> Samples:
        """Room, equalizer and band in one pass through the frequency domain."""
        spec = self.spec
        room = self._room(rng) if rng.random() < spec.room else None
        points = rng.uniform(*spec.equalizer_range, 5) if rng.random() < spec.equalizer else None
        band = float(rng.uniform(*spec.low_pass_range)) if rng.random() < spec.low_pass else None
        if room is None and points is None and band is None:
            return samples
        # Room beyond the end, so that the filter's tail does not come round to the beginning.
        tail = len(room) if room is not None else 512
        length = fft_length(len(samples) + tail)
        spectrum = np.fft.rfft(samples, length)
        if room is not None:
            spectrum *= np.fft.rfft(room, length)
        share = np.linspace(0, 1, len(spectrum), dtype=np.float32)
        if points is not None:
            curve = np.interp(share, [0, 0.1, 0.3, 0.6, 1], points)
            spectrum *= np.power(10, curve / 20).astype(np.float32)
        if band is not None:
            # 0 dB to the edge, then 48 dB for each octave: a Butterworth of order 8.
            edge = band / (SAMPLE_RATE / 2)
            spectrum *= 1 / np.sqrt(1 + (share / edge) ** 16)
        return np.fft.irfft(spectrum, length)[: len(samples)].astype(np.float32, copy=False)

    def _noise(self, length: int, rng: Generator) -> Samples:
        if self._noises and rng.random() < self.spec.noise_files:
            path = self._noises[int(rng.integers(len(self._noises)))]
            if path not in self._read_noises:
                self._read_noises[path] = to_int16(decode(path))
            whole = self._read_noises[path]
            first = int(rng.integers(max(1, len(whole) - length + 1)))
            return to_float(np.resize(whole, length) if len(whole) < length else whole[first : first + length])
        return colored_noise(length, COLORS[int(rng.integers(len(COLORS)))], rng)

    def _room(self, rng: Generator) -> Samples:
        if not self._rooms or rng.random() >= self.spec.room_files:
            return exponential_room(float(rng.uniform(*self.spec.decay)), rng)
        path = self._rooms[int(rng.integers(len(self._rooms)))]
        if path not in self._read_rooms:
            self._read_rooms[path] = direct_first(decode(path))
        return self._read_rooms[path]


def mix(samples: Samples, noise: Samples, snr: float) -> Samples:
    """`samples` plus `noise` (both float32 ``(n,)``) scaled to lie `snr` dB below; silence stays as it is."""
    signal = float(np.mean(np.square(samples)))
    power = float(np.mean(np.square(noise)))
    if signal == 0 or power == 0:
        return samples
    return samples + noise * np.float32(np.sqrt(signal / power) * 10 ** (-snr / 20))


@dataclass(frozen=True, slots=True)
class MaskSpec:
    """Masks on features: how many, and how wide at most."""

    name: str = "specaugment.v1"
    bands: int = 2
    band_width: int = 14
    """Mel bands."""
    times: int = 2
    time_share: float = 1 / 12
    """Of the frames of the clip."""


DEFAULT_MASKS = MaskSpec()


def spec_augment(features: Features, rng: Generator, spec: MaskSpec = DEFAULT_MASKS) -> Features:
    """A copy of normalized features, float32 ``(frames, mels)``, with bands and times set to 0, which is their mean."""
    masked = features.copy()
    frames, mels = masked.shape
    for _ in range(spec.bands):
        width = int(rng.integers(min(spec.band_width, mels) + 1))
        first = int(rng.integers(mels - width + 1))
        masked[:, first : first + width] = 0
    for _ in range(spec.times):
        width = int(rng.integers(int(frames * spec.time_share) + 1))
        first = int(rng.integers(frames - width + 1))
        masked[first : first + width] = 0
    return masked
