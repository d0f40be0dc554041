"""What a CTC model of `transformers` reads, without `transformers`: samples or log-mel, in numpy.

A bundle names one of these and its numbers. They give what the feature extractor of the model gave in training, within
rounding; a test compares them.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idiolect.errors import EngineError
from idiolect.units import SAMPLE_RATE, Samples

Inputs = dict[str, NDArray[Any]]


def inputs_of(samples: Samples, features: Mapping[str, Any]) -> Inputs:
    """The model's inputs for one clip, by name, with a batch axis of one. Raises `EngineError` for unknown features."""
    name = features.get("name")
    if name == "samples.v1":
        return {"input_values": _samples(samples, normalize=bool(features["normalize"]))[None]}
    if name == "parakeet.v1":
        return _parakeet(samples, features)
    raise EngineError(f"features {name!r} are not known", hint="The bundle needs another version of idiolect.")


def _samples(samples: Samples, *, normalize: bool) -> Samples:
    """wav2vec2: mean 0, variance 1 (transformers, ``zero_mean_unit_var_norm``)."""
    if not normalize:
        return samples.astype(np.float32, copy=False)
    scaled: Samples = ((samples - samples.mean()) / np.sqrt(samples.var() + 1e-7)).astype(np.float32, copy=False)
    return scaled


def _parakeet(samples: Samples, features: Mapping[str, Any]) -> Inputs:
    """NeMo's log-mel: the last frame is beyond the clip and is masked, as in training."""
    n_fft, hop, window, mels = (int(features[name]) for name in ("n_fft", "hop", "window", "mels"))
    emphasized = samples.astype(np.float32, copy=True)
    emphasized[1:] -= np.float32(features["preemphasis"]) * samples[:-1]
    padded = np.pad(emphasized, n_fft // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, n_fft)[::hop]
    spectrum = np.fft.rfft(frames * _window(window, n_fft), axis=1)
    power = np.square(spectrum.real) + np.square(spectrum.imag)
    # 2**-24 is NeMo's guard of the logarithm, 1e-5 its guard of the deviation.
    log = np.log(power @ _filters(mels, n_fft) + np.float32(2**-24))
    there = len(samples) // hop
    deviation = log[:there].std(axis=0, ddof=1) if there > 1 else np.float32(0)
    normalized = (log - log[:there].mean(axis=0)) / (deviation + np.float32(1e-5))
    normalized[there:] = 0
    mask = np.arange(len(normalized)) < there
    return {"input_features": normalized[None].astype(np.float32), "attention_mask": mask[None].astype(np.int64)}


@lru_cache(maxsize=4)
def _window(length: int, n_fft: int) -> NDArray[np.float32]:
    """Hann, symmetric, in the middle of `n_fft`."""
    left = (n_fft - length) // 2
    return np.pad(np.hanning(length), (left, n_fft - length - left)).astype(np.float32)


@lru_cache(maxsize=4)
def _filters(mels: int, n_fft: int) -> NDArray[np.float32]:
    """Slaney's triangles, each of area one, float32 ``(n_fft // 2 + 1, mels)`` (Auditory Toolbox, 1998)."""
    edges = _hertz(np.linspace(0, _mel(SAMPLE_RATE / 2), mels + 2))
    bins = np.linspace(0, SAMPLE_RATE / 2, n_fft // 2 + 1)[:, None]
    rising = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    area = 2 / (edges[2:] - edges[:-2])
    return (np.maximum(np.minimum(rising, falling), 0) * area).astype(np.float32)


def _mel(hertz: float) -> float:
    """Slaney's scale: linear below 1000 Hz (15 mel), logarithmic above."""
    return 3 * hertz / 200 if hertz < 1000 else 15 + 27 * float(np.log(hertz / 1000) / np.log(6.4))


def _hertz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(mel < 15, 200 * mel / 3, 1000 * np.exp((mel - 15) * np.log(6.4) / 27))
