from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from idiolect.audio import FeatureSpec, log_mel
from idiolect.errors import AudioError
from idiolect.units import Samples


def oracle(samples: Samples) -> NDArray[np.float64]:
    """The same features, said once more, slowly and in double precision."""
    x = samples.astype(float) / (np.abs(samples).max() + 1e-6) * 0.5
    x = np.append(x[:1], x[1:] - 0.97 * x[:-1])
    x = np.pad(x, 256, mode="reflect")
    window = np.zeros(512)
    window[56:456] = np.hanning(401)[:400]
    edges = 700 * (10 ** (np.linspace(*(2595 * np.log10(1 + f / 700) for f in (20, 7600)), 82) / 2595) - 1)
    frames = []
    for at in range(0, len(samples) + 1, 160):
        power = np.abs(np.fft.fft(x[at : at + 512] * window)[:257]) ** 2
        bands = []
        for low, middle, high in zip(edges, edges[1:], edges[2:], strict=False):
            weights = np.interp(np.arange(257) * 31.25, [low, middle, high], [0, 1, 0])
            bands.append(np.log(weights @ power + 1e-6))
        frames.append(bands)
    found = np.array(frames)
    return (found - found.mean(axis=0)) / (found.std(axis=0, ddof=1) + 1e-3)


def test_the_features_are_the_recipe(voice: Samples) -> None:
    samples = voice[:8123]
    found = log_mel(samples)
    assert found.dtype == np.float32
    assert np.abs(found - oracle(samples)).max() < 2e-3


@given(n=st.integers(1, 5000), level=st.floats(0, 1))
@settings(max_examples=40, deadline=None)
def test_any_length_and_level_gives_finite_frames(n: int, level: float) -> None:
    samples = (np.random.default_rng(n).standard_normal(n) * level).astype(np.float32)
    spec = FeatureSpec()
    found = log_mel(samples, spec)
    assert found.shape == (spec.frames(n), 80)
    assert np.isfinite(found).all()


@given(gain=st.floats(0.01, 1.0))
@settings(max_examples=20, deadline=None)
def test_level_does_not_matter(voice: Samples, gain: float) -> None:
    samples = voice[:16000]
    assert np.abs(log_mel(samples * np.float32(gain)) - log_mel(samples)).max() < 0.01


def test_silence_is_zero() -> None:
    assert not log_mel(np.zeros(16000, dtype=np.float32)).any()


def test_digital_silence_around_a_clip_keeps_the_speech_apart(voice: Samples) -> None:
    # As faster-whisper and Transformers pad: the frames of the voice keep their order, moved and scaled together.
    around = np.concatenate([np.zeros(8000, dtype=np.float32), voice, np.zeros(8000, dtype=np.float32)])
    inside = log_mel(around)[60:440]
    alone = log_mel(voice)[10:390]
    each = [np.corrcoef(inside[:, band], alone[:, band])[0, 1] for band in range(80)]
    assert min(each) > 0.98


def test_the_spec_travels_as_json() -> None:
    spec = FeatureSpec(mels=40)
    assert FeatureSpec.from_dict(json.loads(json.dumps(spec.as_dict()))) == spec
    assert FeatureSpec().frame == 0.01
    with pytest.raises(AudioError, match=r"logmel\.v9"):
        FeatureSpec(name="logmel.v9")
    with pytest.raises(AudioError, match="cepstra"):
        FeatureSpec.from_dict({"cepstra": 13})


def test_no_samples_have_no_features() -> None:
    with pytest.raises(AudioError, match="no samples"):
        log_mel(np.zeros(0, dtype=np.float32))
