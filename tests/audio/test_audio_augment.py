from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idiolect.audio import Augmenter, AugmentSpec, log_mel, spec_augment, write_flac
from idiolect.audio.augment import mix
from idiolect.audio.noise import COLORS, colored_noise, direct_first, exponential_room, fft_length
from idiolect.errors import AudioError
from idiolect.units import Samples

NOTHING = AugmentSpec(speeds=(1.0,), equalizer=0, noise=0, room=0, low_pass=0, gain=(0.0, 0.0))
ALL = AugmentSpec(equalizer=1, noise=1, room=1, low_pass=1)


def test_nothing_changes_nothing(voice: Samples) -> None:
    found = Augmenter(NOTHING).augment(voice, np.random.default_rng(0))
    assert found.speed == 1.0
    assert np.array_equal(found.samples, voice)


@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 30000))
@settings(max_examples=25, deadline=None)
def test_the_generator_decides_and_nothing_else(voice: Samples, seed: int, n: int) -> None:
    before = voice[:n].copy()
    first = Augmenter(ALL).augment(voice[:n], np.random.default_rng(seed))
    again = Augmenter(ALL).augment(voice[:n], np.random.default_rng(seed))
    assert np.array_equal(first.samples, again.samples)
    assert first.speed == again.speed
    assert np.array_equal(voice[:n], before)
    assert first.samples.dtype == np.float32
    assert len(first.samples) == pytest.approx(n / first.speed, abs=1)
    assert np.isfinite(first.samples).all()
    assert np.abs(first.samples).max(initial=0) <= 1


def test_speed_moves_times_by_its_factor() -> None:
    # Three bursts: what was at t is now at t / speed.
    samples = np.zeros(48000, dtype=np.float32)
    for at in (8000, 20000, 40000):
        samples[at : at + 400] = np.sin(np.arange(400) * 0.5)
    spec = AugmentSpec(speeds=(0.9, 1.1), equalizer=0, noise=0, room=0, low_pass=0, gain=(0.0, 0.0))
    speeds = set()
    for seed in range(8):
        found = Augmenter(spec).augment(samples, np.random.default_rng(seed))
        speeds.add(found.speed)
        for at in (8000, 20000, 40000):
            middle = round((at + 200) / found.speed)
            assert np.abs(found.samples[middle - 150 : middle + 150]).max() > 0.8
            assert np.abs(found.samples[middle + 400 : middle + 3000]).max() < 0.01
    assert speeds == {0.9, 1.1}


def test_call_keeps_the_length_and_the_times(voice: Samples) -> None:
    click = np.zeros(16000, dtype=np.float32)
    click[5000] = 1.0
    for seed in range(10):
        spec = AugmentSpec(equalizer=1, noise=0, room=1, low_pass=0)
        heard = Augmenter(spec)(click, np.random.default_rng(seed))
        assert len(heard) == 16000
        assert abs(int(np.argmax(np.abs(heard))) - 5000) <= 2


@pytest.mark.parametrize("snr", [0.0, 6.0, 20.0])
def test_noise_lies_where_it_was_asked_for(voice: Samples, snr: float) -> None:
    noise = colored_noise(len(voice), "brown", np.random.default_rng(0))
    added = mix(voice, noise, snr) - voice
    assert 10 * np.log10(np.mean(voice**2) / np.mean(added**2)) == pytest.approx(snr, abs=0.01)
    assert not mix(np.zeros_like(voice), noise, snr).any()


@pytest.mark.parametrize(("color", "slope"), [("white", 0.0), ("pink", -3.0), ("brown", -6.0)])
def test_noise_has_its_color(color: str, slope: float) -> None:
    noise = colored_noise(160000, color, np.random.default_rng(1))
    assert np.mean(noise**2) == pytest.approx(1, abs=0.02)
    power = np.abs(np.fft.rfft(noise)) ** 2
    octaves = [10 * np.log10(power[f * 10 : f * 20].mean()) for f in (250, 500, 1000, 2000)]
    assert np.diff(octaves).mean() == pytest.approx(slope, abs=0.3)


def test_a_made_room_decays_in_its_time() -> None:
    room = exponential_room(0.4, np.random.default_rng(0))
    assert np.sum(room**2) == pytest.approx(1, abs=1e-4)
    assert int(np.argmax(np.abs(room))) == 0
    early, late = np.sum(room[1:1601] ** 2), np.sum(room[4800:6400] ** 2)  # 0.3 s later: 45 dB
    assert 10 * np.log10(early / late) == pytest.approx(45, abs=2)


def test_noise_and_room_files_are_used(tmp_path: Path, voice: Samples) -> None:
    hum = (0.2 * np.sin(2 * np.pi * 1000 * np.arange(8000) / 16000)).astype(np.float32)
    echo = np.zeros(9000, dtype=np.float32)
    echo[[3000, 5000]] = 0.8, 0.4
    write_flac(tmp_path / "hum.flac", hum)
    write_flac(tmp_path / "echo.flac", echo)
    noisy = AugmentSpec(speeds=(1.0,), equalizer=0, noise=1, snr=(0.0, 0.0), noise_files=1, room=0, low_pass=0)
    found = Augmenter(noisy, noises=[tmp_path / "hum.flac"])(voice, np.random.default_rng(0))
    assert int(np.argmax(np.abs(np.fft.rfft(found)))) == 4000  # 1000 Hz in 4 s
    click = np.zeros(8000, dtype=np.float32)
    click[1000] = 0.5
    roomy = AugmentSpec(speeds=(1.0,), equalizer=0, noise=0, room=1, room_files=1, low_pass=0, gain=(0.0, 0.0))
    heard = Augmenter(roomy, rooms=[tmp_path / "echo.flac"])(click, np.random.default_rng(0))
    assert heard[3000] / heard[1000] == pytest.approx(0.5, abs=0.01)
    assert np.sum(direct_first(echo) ** 2) == pytest.approx(1, abs=1e-4)


def test_a_narrow_band_cuts_the_top() -> None:
    noise = colored_noise(32000, "white", np.random.default_rng(0)) * np.float32(0.1)
    spec = AugmentSpec(equalizer=0, noise=0, room=0, low_pass=1, low_pass_range=(3000.0, 3000.0), gain=(0.0, 0.0))
    power = np.abs(np.fft.rfft(Augmenter(spec)(noise, np.random.default_rng(0)))) ** 2
    assert power[12000:].mean() < 1e-4 * power[2000:5000].mean()


@given(n=st.integers(1, 10**6))
@settings(max_examples=50, deadline=None)
def test_transforms_have_smooth_lengths(n: int) -> None:
    length = fft_length(n)
    assert n <= length < 1.2 * n + 2
    for prime in (2, 3, 5):
        while length % prime == 0:
            length //= prime
    assert length == 1


def test_the_spec_travels_as_json() -> None:
    assert AugmentSpec.from_dict(json.loads(json.dumps(ALL.as_dict()))) == ALL
    with pytest.raises(AudioError, match="wobble"):
        AugmentSpec.from_dict({"wobble": 1})
    with pytest.raises(AudioError, match="purple"):
        colored_noise(10, COLORS[0].replace("white", "purple"), np.random.default_rng(0))


@given(seed=st.integers(0, 2**32 - 1), frames=st.integers(1, 500))
@settings(max_examples=40, deadline=None)
def test_masks_are_zero_and_few(seed: int, frames: int) -> None:
    features = np.ones((frames, 80), dtype=np.float32)
    masked = spec_augment(features, np.random.default_rng(seed))
    assert features.all()
    assert set(np.unique(masked)) <= {0.0, 1.0}
    assert (masked == 0).all(axis=0).sum() <= 28 or frames < 12
    assert (masked == 0).all(axis=1).sum() <= 2 * (frames // 12)


def test_masks_leave_the_clip_recognizable(voice: Samples) -> None:
    features = log_mel(voice)
    masked = spec_augment(features, np.random.default_rng(3))
    assert np.array_equal(masked[masked != 0], features[masked != 0])
    assert 0.0 < (masked == 0).mean() < 0.6
