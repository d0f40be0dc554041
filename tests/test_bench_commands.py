"""The commands benchmark mixes by the peers' rule and cuts folds by whole groups."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

BENCH = Path(__file__).resolve().parents[1] / "bench"


def load(name):
    spec = importlib.util.spec_from_file_location(f"bench_{name}", BENCH / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def loudest(samples):
    return max(float((samples[at : at + 2048].astype(float) ** 2).sum()) for at in range(0, len(samples) - 2047, 2048))


@pytest.mark.parametrize("snr", [6, 15, 24])
def test_the_loudest_frames_are_apart_by_the_snr_and_the_peak_is_a_half(snr):
    commands = load("commands")
    rng = np.random.default_rng(0)
    speech = (rng.normal(size=40_000) * np.repeat(rng.uniform(0, 0.2, 40), 1000)).astype(np.float32)
    noise = rng.normal(size=100_000).astype(np.float32)
    heard = commands.mixed(speech, noise, snr, commands.seed_of(0, "clip", snr))
    assert len(heard) == len(speech)
    assert np.abs(heard).max() == pytest.approx(0.5, abs=1e-6)
    first = int(commands.seed_of(0, "clip", snr).integers(len(noise) - len(speech)))
    part = noise[first : first + len(speech)]
    # heard = gain * (speech + scale * part): solved for the two, which the rule then ties together.
    gain, scaled = np.linalg.lstsq(np.stack([speech, part], 1), heard, rcond=None)[0]
    found = 10 * np.log10(loudest(speech * gain) / loudest(part * scaled))
    assert found == pytest.approx(snr, abs=0.01)


def test_the_clip_and_the_snr_choose_the_noise_and_nothing_else_does():
    commands = load("commands")
    offsets = {(clip, snr): commands.seed_of(0, clip, snr).integers(10**6) for clip in "ab" for snr in (6, 9)}
    assert len(set(offsets.values())) == 4
    assert offsets["a", 6] == commands.seed_of(0, "a", 6).integers(10**6)


def test_a_slot_that_is_wrong_or_missing_is_not_accepted_and_one_too_many_is():
    commands = load("commands")
    row = {"intent": "order", "slots": {"size": "small "}}
    assert commands.accepted(row, "order", {"size": "small", "roast": "dark"})
    assert not commands.accepted(row, "order", {"roast": "dark"})
    assert not commands.accepted(row, "order", {"size": "large"})
    assert not commands.accepted(row, None, {"size": "small"})


def test_folds_hold_whole_groups_and_about_as_many_clips_each():
    crossfit = load("crossfit")
    rng = np.random.default_rng(1)
    groups = {f"clip {at}": f"voice {int(rng.integers(22))}" for at in range(343)}
    folds = crossfit.folds_of(groups)
    assert set(folds) == set(groups)
    for group in set(groups.values()):
        assert len({folds[clip] for clip, one in groups.items() if one == group}) == 1
    sizes = np.bincount(list(folds.values()), minlength=5)
    assert sizes.min() > 50
    assert folds == crossfit.folds_of(dict(reversed(groups.items()))), "the order of the clips decides nothing"
