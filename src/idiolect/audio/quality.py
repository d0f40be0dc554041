"""How good a clip is as a recording: level, clipping, noise, and how much of it is speech."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from idiolect.audio.cutting import FRAME
from idiolect.audio.vad import THRESHOLD, speech_probabilities
from idiolect.errors import AudioError
from idiolect.units import Samples

LOWEST = -120.0
"""dB below full scale for silence: JSON has no infinity, and the last of 16 bits lies at -90."""

_CLIPPED = 0.999
"""Samples this near full scale are taken as clipped: 32735 of 32767, since converters clip a little below it."""

_NOISE = 0.2
"""Frames less likely than this to be speech are taken as noise."""

_QUIETEST = 10
"""Without such frames, the quietest tenth of all stands for the noise, in percent."""


@dataclass(frozen=True, slots=True)
class Quality:
    """What was measured in one clip.

    peak, rms: dB, 0 at full scale, `LOWEST` for digital silence.
    clipping: share of samples at full scale, 0 to 1.
    speech: share of the clip in which somebody speaks, 0 to 1.
    snr: dB between the power of speech and of noise, -20 to 80, an estimate; None where nobody speaks.
    """

    peak: float
    rms: float
    clipping: float
    speech: float
    snr: float | None

    @property
    def silent(self) -> bool:
        """Nothing but zeros, or noise of the last bit."""
        return self.peak <= -84.0  # two units of 32768

    def as_dict(self) -> dict[str, float]:
        """Finite numbers by name; what is not known is left out."""
        return {name: value for name, value in asdict(self).items() if value is not None}


def measure(samples: Samples) -> Quality:
    """Measure one clip, float32 ``(n,)`` at 16 kHz. Costs what finding speech costs.

    Raises:
        AudioError: no samples.
    """
    return measure_heard(samples)[0]


def measure_heard(samples: Samples) -> tuple[Quality, NDArray[np.float32]]:
    """The same, and the probability of speech in each frame of 512 samples, which it needs."""
    if not len(samples):
        raise AudioError("no samples to measure")
    level = np.abs(samples)
    heard = speech_probabilities(samples)
    quality = Quality(
        peak=_decibel(float(level.max()) ** 2),
        rms=_decibel(float(np.mean(np.square(samples), dtype=np.float64))),
        clipping=round(float(np.mean(level >= _CLIPPED)), 6),
        speech=round(float(np.mean(heard >= THRESHOLD)), 4),
        snr=_snr(samples, heard),
    )
    return quality, heard


def _snr(samples: Samples, heard: NDArray[np.float32]) -> float | None:
    """Power of the speech frames, less that of the noise in them, over that of the noise."""
    speaking = heard >= THRESHOLD
    if not speaking.any():
        return None
    frames = np.pad(samples, (0, len(heard) * FRAME - len(samples))).reshape(-1, FRAME)
    powers: NDArray[np.float64] = np.square(frames.astype(np.float64)).mean(axis=1)
    quiet = powers[heard < _NOISE]
    # The median: a door that falls shut is no noise floor.
    noise = float(np.median(quiet)) if len(quiet) >= 3 else float(np.percentile(powers, _QUIETEST))
    # Rounding to 16 bits is noise too, and keeps digital silence from giving an infinite ratio.
    noise += (1 / 32768) ** 2 / 12
    signal = float(np.mean(powers[speaking])) - noise
    return round(float(np.clip(10 * np.log10(max(signal, 1e-12) / noise), -20, 80)), 2)


def _decibel(power: float) -> float:
    return round(max(LOWEST, 10 * float(np.log10(max(power, 1e-30)))), 2)
