"""What is wrong with a take, in words that a skin can translate: too loud, too quiet, noisy, nobody speaks, cut off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from idiolect.audio.cutting import FRAME
from idiolect.audio.quality import Quality, measure_heard
from idiolect.audio.vad import THRESHOLD
from idiolect.units import SAMPLE_RATE, Samples

_CLIPPED = 0.001
"""Share of samples at full scale above which a take is spoiled: 16 of each second."""
_QUIET = -26.0
"""dB of the highest sample; below it the last 4 of 16 bits are unused, and the noise of the device is near."""
_NOISY, _VERY_NOISY = 20.0, 10.0
"""dB between speech and noise. At 18 dB and less each engine in the lab book hears worse."""
_SPOKEN = 0.3
"""Seconds of speech without which nothing was said."""
_EDGE = 3
"""Frames of 32 ms at either end; speech there means that a word may be cut."""


class Fault(StrEnum):
    """What can be wrong with a take."""

    SILENT = "silent"
    """Nothing but zeros: the microphone is off, or another program has it."""
    NOBODY = "nobody"
    """Sound, and no speech in it."""
    CLIPPED = "clipped"
    QUIET = "quiet"
    NOISY = "noisy"
    CUT_START = "cut-start"
    CUT_END = "cut-end"


@dataclass(frozen=True, slots=True)
class Advice:
    """A fault. grave: the take is better recorded again. value: what was measured (dB, or a share)."""

    fault: Fault
    grave: bool
    value: float


@dataclass(frozen=True, slots=True)
class Heard:
    """What was measured in a take, and what is wrong with it, the gravest first; nothing: it is good."""

    quality: Quality
    advice: tuple[Advice, ...]

    @property
    def good(self) -> bool:
        """No reason to record it again."""
        return not any(one.grave for one in self.advice)


def listen(samples: Samples) -> Heard:
    """Measure a take, float32 ``(n,)`` at 16 kHz, and judge it. Raises `AudioError` for no samples."""
    quality, heard = measure_heard(samples)
    found = _faults(quality, [bool(one) for one in heard >= THRESHOLD])
    return Heard(quality, tuple(sorted(found, key=lambda one: not one.grave)))


def _faults(quality: Quality, heard: Sequence[bool]) -> list[Advice]:
    if quality.silent:
        return [Advice(Fault.SILENT, True, quality.peak)]
    if sum(heard) * FRAME < _SPOKEN * SAMPLE_RATE:
        return [Advice(Fault.NOBODY, True, quality.speech)]
    found = []
    if quality.clipping > 0:
        found.append(Advice(Fault.CLIPPED, quality.clipping >= _CLIPPED, quality.clipping))
    if quality.peak < _QUIET:
        found.append(Advice(Fault.QUIET, quality.peak < 2 * _QUIET, quality.peak))
    if quality.snr is not None and quality.snr < _NOISY:
        found.append(Advice(Fault.NOISY, quality.snr < _VERY_NOISY, quality.snr))
    if any(heard[:_EDGE]):
        found.append(Advice(Fault.CUT_START, True, 0.0))
    if any(heard[-_EDGE:]):
        found.append(Advice(Fault.CUT_END, True, 0.0))
    return found
