from __future__ import annotations

import json

import numpy as np
import pytest

from idiolect.audio import measure
from idiolect.audio.augment import mix
from idiolect.audio.noise import colored_noise
from idiolect.errors import AudioError
from idiolect.units import Samples


def padded(voice: Samples) -> Samples:
    quiet = np.zeros(16000, dtype=np.float32)
    return np.concatenate([quiet, voice, quiet])


def test_levels_are_decibels() -> None:
    tone = np.sin(np.arange(16000) * 0.1).astype(np.float32)
    assert measure(tone * 0.5).peak == pytest.approx(-6.02, abs=0.01)
    assert measure(tone * 0.5).rms == pytest.approx(-9.03, abs=0.02)


@pytest.mark.parametrize("snr", [5.0, 15.0, 25.0])
def test_the_ratio_that_was_mixed_is_measured(voice: Samples, snr: float) -> None:
    samples = padded(voice)
    noise = colored_noise(len(samples), "pink", np.random.default_rng(0))
    found = measure(mix(samples, noise, snr))
    # Mixed over the whole clip, of which two thirds are speech: 1.8 dB more where somebody speaks.
    assert found.snr == pytest.approx(snr + 1.8, abs=2.0)
    assert found.speech == pytest.approx(4 / 6, abs=0.15)


def test_a_clip_that_is_all_speech_has_a_ratio_too(voice: Samples) -> None:
    noisy = mix(voice, colored_noise(len(voice), "white", np.random.default_rng(0)), 15.0)
    assert measure(noisy).snr == pytest.approx(15, abs=6)


def test_clipping_is_a_share() -> None:
    samples = np.zeros(1000, dtype=np.float32)
    samples[:50] = 1.0
    samples[50:80] = -1.0
    samples[80] = 0.99
    assert measure(samples).clipping == pytest.approx(0.08)


def test_silence_is_told_in_finite_numbers() -> None:
    found = measure(np.zeros(5000, dtype=np.float32))
    assert found.silent
    assert json.loads(json.dumps(found.as_dict(), allow_nan=False)) == {
        "peak": -120.0,
        "rms": -120.0,
        "clipping": 0.0,
        "speech": 0.0,
    }
    assert not measure(np.full(5000, 0.001, dtype=np.float32)).silent


def test_nothing_cannot_be_measured() -> None:
    with pytest.raises(AudioError, match="no samples"):
        measure(np.zeros(0, dtype=np.float32))
