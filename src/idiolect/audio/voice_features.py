"""What a voice print is made of: how speech frames differ from the average speaker's, spectra, and pitch.

Everything is measured over the frames in which somebody speaks, at a level of its own, and nothing of the microphone
and the room is taken away: among clips of unnamed people the one who speaks and what they speak into come together.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idiolect.audio.features import FeatureSpec, mel_energies
from idiolect.units import SAMPLE_RATE, Samples

Array = NDArray[Any]

SPEC = FeatureSpec(mels=40)
LONGEST = 60 * SAMPLE_RATE
"""Samples that are looked at; a minute says who speaks."""
COEFFICIENTS = 20
FLOOR = 10**-4.5
"""45 dB below the mean of speech: what lies lower (dither, a noise gate, a codec) tells files apart, not people."""
_FAINTEST = 1e-9
"""Beside a mel energy: under the logarithm of digital silence."""
_RANGE = 6.9
"""Frames are speech within 30 dB of the loudest (in natural logarithms) …"""
_SHARE = 0.6
"""… or in the upper 60 % of the range from the quietest to the loudest, if that is narrower: noise fills the rest."""
_VOICED = 0.7
"""A frame repeats itself this well where the vocal folds swing."""
_RELEVANCE = 8.0
"""Frames after which a component believes the clip as much as the average speaker; Reynolds: 16, of minutes."""


@dataclass(frozen=True, slots=True)
class Mixture:
    """The average speaker: a mixture of normal densities with diagonal covariances over frames."""

    weights: Array
    """``(components,)``."""
    means: Array
    """``(components, dimensions)``."""
    variances: Array
    """``(components, dimensions)``."""

    def posteriors(self, frames: Array) -> Array:
        """How much each frame belongs to each component, ``(frames, components)``."""
        precise = 1 / self.variances
        constant = np.log(self.weights) - 0.5 * (np.log(self.variances) + self.means**2 * precise).sum(axis=1)
        logs = constant + frames @ (self.means * precise).T - 0.5 * np.square(frames) @ precise.T
        odds = np.exp(logs - logs.max(axis=1, keepdims=True))
        return np.asarray(odds / odds.sum(axis=1, keepdims=True))

    def shifts(self, frames: Array) -> Array:
        """Where the clip's means lie from the average speaker's, ``(components * dimensions,)``.

        Maximum a posteriori adaptation of the means (Reynolds, Quatieri and Dunn 2000), each shift divided by the
        component's deviation and weighed by the root of its weight: distances are then those between the densities
        (Campbell et al. 2006).
        """
        odds = self.posteriors(frames)
        counts = odds.sum(axis=0)[:, None]
        moved = (odds.T @ frames - counts * self.means) / (counts + _RELEVANCE)
        return np.asarray((moved * np.sqrt(self.weights[:, None] / self.variances)).ravel())


@dataclass(frozen=True, slots=True)
class Frames:
    """One clip, a row for every 10 ms: mel energies ``(frames, 40)``, pitch in hertz and how well it repeats."""

    energies: Array
    pitch: Array
    repeating: Array

    @classmethod
    def of(cls, samples: Samples) -> Frames:
        """Of the first minute of `samples`. Raises `AudioError` where there are none."""
        heard = samples[:LONGEST]
        energies = mel_energies(heard, SPEC)
        return cls(energies, *_pitch(heard, len(energies)))

    def speech(self) -> Array:
        """Which frames are speech: bool ``(frames,)``."""
        return speaking(self.energies)

    def part(self, start: int, end: int) -> Frames:
        """The frames from `start` to before `end`."""
        return Frames(self.energies[start:end], self.pitch[start:end], self.repeating[start:end])


def speaking(energies: Array) -> Array:
    """Frames that are loud against this clip's own quietest and loudest: bool ``(frames,)``."""
    loud = np.log((energies + _FAINTEST).sum(axis=1))
    loud = np.convolve(np.pad(loud, 2, mode="edge"), np.full(5, 0.2), "valid")
    low, high = np.percentile(loud, [5, 95])
    return np.asarray(loud >= high - min(max((high - low) * _SHARE, 0.5), _RANGE))


def spectra(frames: Frames) -> tuple[Array, Array]:
    """Of speech frames: cepstra with slopes ``(speech frames, 39)``; statistics of spectrum and pitch ``(165,)``."""
    speech = frames.speech()
    level = frames.energies[speech].sum(axis=1).mean() / SPEC.mels
    log = np.log(frames.energies / (level + _FAINTEST) + FLOOR)
    cepstra = log @ _cosines()
    padded = np.pad(cepstra, ((2, 2), (0, 0)), mode="edge")
    slopes = (2 * (padded[4:] - padded[:-4]) + padded[3:-1] - padded[1:-3]) / 10
    spoken = log[speech]
    about = [spoken.mean(axis=0), spoken.std(axis=0), *np.percentile(spoken, [90, 15], axis=0)]
    # The first cepstrum is the level: of it only the slope.
    return np.hstack([cepstra[:, 1:], slopes])[speech], np.concatenate([*about, _intonation(frames, speech)])


def _intonation(frames: Frames, speech: Array) -> Array:
    """Of the logarithm of pitch: median, 20th and 80th percentile; the share of voiced frames; the mean."""
    voiced = speech & (frames.repeating > _VOICED)
    log = np.log(frames.pitch[voiced]) if voiced.sum() > 10 else np.array([5.0, 5.1])  # 150 Hz: between men and women
    return np.array([np.median(log), *np.percentile(log, [20, 80]), voiced.mean(), log.mean()])


def _pitch(samples: Samples, frames: int) -> tuple[Array, Array]:
    """Pitch in hertz (60 to 400) and how well the frame repeats at it (up to 1), both float32 ``(frames,)``.

    The autocorrelation of 40 ms at 8 kHz, divided by that of the window (Boersma 1993).
    """
    halved = samples[: len(samples) // 2 * 2].reshape(-1, 2).mean(axis=1)
    padded = np.pad(halved, (160, 560))
    views = np.lib.stride_tricks.sliding_window_view(padded, 320)[::80][:frames]
    window = np.hanning(320).astype(np.float32)
    own = _autocorrelation(window[None])[0]
    repeats = _autocorrelation((views - views.mean(axis=1, keepdims=True)) * window)
    repeats = repeats / (repeats[:, :1] + _FAINTEST) / (own / own[0])
    lags = repeats[:, 20:134]
    best = lags.argmax(axis=1)
    return 8000 / (20 + best), lags.max(axis=1)


def _autocorrelation(views: Array) -> Array:
    spectrum = np.fft.rfft(views, 640, axis=1)
    return np.asarray(np.fft.irfft(np.square(spectrum.real) + np.square(spectrum.imag), 640, axis=1)[:, :135])


@lru_cache(maxsize=1)
def _cosines() -> Array:
    """The cosine transform, ``(40, 20)``, with rows of length 1."""
    angles = np.pi / SPEC.mels * (np.arange(SPEC.mels) + 0.5)[:, None] * np.arange(COEFFICIENTS)
    table = np.cos(angles) * np.sqrt(2 / SPEC.mels)
    table[:, 0] /= np.sqrt(2)
    return np.asarray(table, dtype=np.float32)
