"""Voice prints: a clip as 120 numbers, and how much likelier two of them are of one voice than of two.

The method is the one of speaker recognition before networks: shifts of a mixture's means, spectra and pitch, projected
on what tells speakers apart (linear discriminants), scaled to one length (Garcia-Romero and Espy-Wilson 2011), compared
by probabilistic linear discriminant analysis (Prince and Elder 2007; the form with two covariances of Brümmer and de
Villiers 2010). ``scripts/train_voices.py`` makes the weights of named speakers, and says which.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idiolect.audio.tensors import read_tensors
from idiolect.audio.voice_features import Frames, Mixture, spectra
from idiolect.units import Samples

Array = NDArray[Any]

WEIGHTS = Path(__file__).with_name("voices.v1.safetensors")
LEAST = 30
"""Frames of speech (10 ms each) below which nothing is said of a voice."""
_SILENT = 2 / 32768
"""A peak that is noise of the last bit, as `Quality.silent` has it."""


@dataclass(frozen=True, slots=True)
class VoiceModel:
    """The weights, and what was measured with them on named speakers. `voice_model` gives the one that ships."""

    mixture: Mixture
    mean: Array
    """``(features,)``; with `scale` it brings every feature to mean 0 and deviation 1."""
    scale: Array
    projection: Array
    """``(features, dimensions)``."""
    centre: Array
    """``(dimensions,)``: the mean of projected and scaled prints."""
    rotation: Array
    """``(dimensions, dimensions)``: after it, prints of one voice vary by 1 in every direction …"""
    spread: Array
    """``(dimensions,)``: … and voices by this."""
    numbers: dict[str, Any]
    """What ``scripts/train_voices.py`` fitted on named speakers: thresholds and what they gave, calibration."""

    @classmethod
    def load(cls, path: Path = WEIGHTS) -> VoiceModel:
        """Raises `AudioError` for a file that is none."""
        arrays, about = read_tensors(path)
        found = {name: np.asarray(array, dtype=np.float64) for name, array in arrays.items()}
        mixture = Mixture(*(found.pop(name) for name in ("weights", "means", "variances")))
        return cls(mixture=mixture, **found, numbers=json.loads(about["numbers"]))

    def print_of(self, frames: Frames) -> Array | None:
        """float64 ``(dimensions,)``; None where too little is said."""
        if frames.speech().sum() < LEAST:
            return None
        cepstra, about = spectra(frames)
        return np.asarray(self.place(np.concatenate([self.mixture.shifts(cepstra), about])[None])[0])

    def place(self, features: Array) -> Array:
        """``(clips, features)`` → ``(clips, dimensions)``."""
        seen = ((features - self.mean) / self.scale) @ self.projection
        seen *= np.sqrt(seen.shape[1]) / (np.linalg.norm(seen, axis=1, keepdims=True) + 1e-9)
        return np.asarray((seen - self.centre) @ self.rotation)

    def log_odds(self, prints: Array) -> Array:
        """``(clips, dimensions)`` → ``(clips, clips)``: log-odds that two are of one voice, were both as likely.

        Calibrated on pairs of named speakers by a straight line.
        """
        both = 1 + 2 * self.spread  # determinant of [[1 + b, b], [b, 1 + b]]
        alone = 1 + self.spread
        own = np.square(prints) @ (0.5 / alone - 0.5 * alone / both)
        across = (prints * (self.spread / both)) @ prints.T
        ratios = own[:, None] + own + across + (np.log(alone) - 0.5 * np.log(both)).sum()
        return np.asarray(self.numbers["slope"] * ratios + self.numbers["offset"])


@lru_cache(maxsize=1)
def voice_model() -> VoiceModel:
    """The model in the package."""
    return VoiceModel.load()


def voice_print(samples: Samples) -> Array | None:
    """float32 ``(n,)``, mono, 16 kHz → float64 ``(dimensions,)``; None where less than 0.3 s is loud enough.

    Only the first minute is looked at. Two prints are compared by `VoiceModel.log_odds`.
    """
    if not len(samples) or float(np.abs(samples).max()) <= _SILENT:
        return None
    return voice_model().print_of(Frames.of(samples))
