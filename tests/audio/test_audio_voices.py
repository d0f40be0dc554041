from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from idiolect.audio import check_halves, decode, group_prints, group_voices, voice_print
from idiolect.audio.tensors import read_tensors, write_tensors
from idiolect.audio.voice_features import Frames
from idiolect.audio.voice_print import WEIGHTS, voice_model
from idiolect.audio.voices import groups_of, join, margins
from idiolect.errors import AudioError

DATA = Path(__file__).resolve().parents[2] / "../shared/data"
RATE = 16_000


def resonate(sound, hertz, width):
    """Two poles at `hertz`: a formant, as an impulse response of 50 ms."""
    n = np.arange(800)
    response = np.exp(-np.pi * width * n / RATE) * np.sin(2 * np.pi * hertz * n / RATE)
    return np.convolve(sound, response)[: len(sound)]


def speak(pitch, stretch, microphone, seed, seconds=3.0):
    """A made voice: pulses and breath through formants that move from vowel to vowel, into a microphone."""
    rng = np.random.default_rng(seed)
    parts = []
    for _ in range(round(seconds / 0.25)):
        length = 4000
        pulses = np.zeros(length)
        period = RATE / (pitch * rng.uniform(0.95, 1.05))
        pulses[(np.arange(0, length, period)).astype(int)] = 1
        pulses += 0.01 * rng.standard_normal(length)
        first, second = ((300, 2200), (600, 1700), (750, 1200), (400, 900))[rng.integers(4)]
        vowel = resonate(resonate(resonate(pulses, first * stretch, 80), second * stretch, 120), 2700 * stretch, 160)
        parts.append(vowel * np.hanning(length) / (np.abs(vowel).max() + 1e-9))
    said = np.convolve(np.concatenate(parts), [1.0, microphone])[: len(parts) * 4000]
    return (0.3 * said + 1e-4 * rng.standard_normal(len(said))).astype(np.float32)


@pytest.fixture(scope="module")
def crowd():
    """Two made voices, six clips each in turns. A model of people finds such voices alike: these lie far apart."""
    voices = ((90, 0.85, 0.9), (250, 1.2, -0.7))
    return [speak(*voices[index % 2], seed=index) for index in range(12)]


def test_made_voices_are_told_apart(crowd):
    found = group_voices(crowd, prefer="balanced")
    assert found.groups == [0, 1] * 6
    assert found.count == 2
    assert found.sizes() == [6, 6]
    assert found.names()[:2] == ["voice-01", "voice-02"]
    assert all(0 < value <= 1 for value in found.sure)


def test_the_same_clips_give_the_same_groups(crowd):
    assert group_voices(crowd) == group_voices(crowd)


def test_the_order_of_clips_changes_names_only(crowd):
    turned = group_voices(crowd[::-1]).groups[::-1]
    straight = group_voices(crowd).groups
    assert len(set(zip(turned, straight, strict=True))) == len(set(straight))


def test_joined_never_has_more_groups_than_balanced(crowd):
    prints = [voice_print(samples) for samples in crowd]
    joined, balanced = (group_prints(prints, prefer=prefer) for prefer in ("joined", "balanced"))
    # One threshold is lower than the other on the same tree: groups are only merged.
    assert len(set(zip(joined.groups, balanced.groups, strict=True))) == balanced.count
    assert joined.missed < balanced.missed
    assert joined.mixed > balanced.mixed


def test_a_level_does_not_make_another_voice(crowd):
    quiet = [samples * np.float32(0.05) for samples in crowd[:2]]
    assert group_voices([*crowd[:2], *quiet], prefer="balanced").groups == [0, 1, 0, 1]


def test_nothing_gives_nothing():
    found = group_voices([])
    assert (found.groups, found.sure, found.count, found.sizes(), found.group_sure()) == ([], [], 0, [], [])


def test_one_clip_is_one_group(crowd):
    found = group_voices(crowd[:1])
    assert found.groups == [0]
    assert 0 < found.sure[0] <= 1


def test_clips_without_speech_stand_alone_and_unsure(crowd):
    empty, silent, short = np.zeros(0, np.float32), np.zeros(RATE, np.float32), crowd[0][:1600]
    found = group_voices([empty, crowd[0], silent, crowd[0], short])
    assert found.groups == [0, 1, 2, 1, 3]
    assert found.unheard == (0, 2, 4)
    assert [found.sure[index] for index in found.unheard] == [0.0] * 3


def test_identical_clips_are_one_voice():
    rng = np.random.default_rng(5)
    odd = (0.1 * rng.standard_normal(2 * RATE)).astype(np.float32)  # like no voice, and yet the same
    assert group_voices([odd, odd, odd], prefer="balanced").groups == [0, 0, 0]


def test_what_is_known_to_belong_together_does(crowd):
    keys = ["a", "a", *range(10)]
    groups = group_voices(crowd, prefer="balanced", together=keys).groups
    assert groups[0] == groups[1]
    with pytest.raises(ValueError, match="2 keys for 12 clips"):
        group_voices(crowd, together=["a", "b"])


def test_halves_of_made_voices_meet(crowd):
    assert check_halves([*crowd, np.zeros(RATE, np.float32)]) == (12, 12)


def brute(odds, threshold):
    """Average linkage as it is defined: join the best pair of groups until none is at the threshold."""
    groups = [[index] for index in range(len(odds))]
    while len(groups) > 1:
        best = max(
            ((odds[np.ix_(a, b)].mean(), i, j) for i, a in enumerate(groups) for j, b in enumerate(groups) if i < j),
            key=lambda row: row[0],
        )
        if best[0] < threshold:
            break
        groups[best[1]] += groups.pop(best[2])
    numbers = np.zeros(len(odds), int)
    for number, members in enumerate(sorted(groups, key=min)):
        numbers[members] = number
    return numbers


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("threshold", [-1.0, 0.0, 0.5, 1.5])
def test_joining_is_average_linkage(seed, threshold):
    rng = np.random.default_rng(seed)
    points = rng.standard_normal((25, 3))
    odds = 3 - 2 * np.linalg.norm(points[:, None] - points[None], axis=2)
    assert groups_of(join(odds), 25, threshold).tolist() == brute(odds, threshold).tolist()


def test_margins_are_own_average_less_the_best_other():
    odds = np.array([[9, 4, -2, 1], [4, 9, -3, 0], [-2, -3, 9, -1], [1, 0, -1, 9]], dtype=float)
    assert margins(odds, np.array([0, 0, 1, 2]), 0.5).tolist() == [3.0, 4.0, 1.5, 0.0]
    assert margins(odds[:2, :2], np.array([0, 0]), 0.5).tolist() == [3.5, 3.5]


def test_log_odds_are_those_of_the_densities():
    """Of the two-covariance model, against normal densities written out."""
    from scipy.stats import multivariate_normal

    model = voice_model()
    rng = np.random.default_rng(0)
    one, other = rng.standard_normal((2, len(model.spread)))
    whole = 0.0
    for x, y, spread in zip(one, other, model.spread, strict=True):
        same = multivariate_normal(cov=[[1 + spread, spread], [spread, 1 + spread]]).logpdf([x, y])
        whole += same - sum(multivariate_normal(cov=1 + spread).logpdf(value) for value in (x, y))
    odds = model.log_odds(np.stack([one, other]))
    assert odds[0, 1] == pytest.approx(model.numbers["slope"] * whole + model.numbers["offset"])
    assert odds[0, 1] == pytest.approx(odds[1, 0])


def test_pitch_is_found():
    pulses = np.zeros(RATE, np.float32)
    pulses[:: RATE // 125] = 1
    frames = Frames.of(pulses)
    inner = frames.pitch[5:-5]
    assert np.median(inner) == pytest.approx(125, rel=0.02)
    assert np.median(frames.repeating[5:-5]) > 0.9


def test_tensors_are_read_as_written(tmp_path):
    arrays = {"a": np.arange(6, dtype=np.float32).reshape(2, 3), "b": np.array([0.5, 1.5], dtype=np.float16)}
    write_tensors(tmp_path / "x.safetensors", arrays, {"about": "ü"})
    found, about = read_tensors(tmp_path / "x.safetensors")
    assert about == {"about": "ü"}
    assert {name: (array.dtype, array.tolist()) for name, array in found.items()} == {
        name: (array.dtype, array.tolist()) for name, array in arrays.items()
    }


def test_tensors_are_those_of_the_format(tmp_path):
    safetensors = pytest.importorskip("safetensors.numpy", reason="the extra train is not installed")
    arrays = {"a": np.arange(6, dtype=np.float32).reshape(2, 3), "b": np.array([0.5], dtype=np.float16)}
    write_tensors(tmp_path / "ours.safetensors", arrays, {"k": "v"})
    theirs = safetensors.load_file(tmp_path / "ours.safetensors")
    assert all(np.array_equal(theirs[name], array) for name, array in arrays.items())
    safetensors.save_file(arrays, tmp_path / "theirs.safetensors", {"k": "v"})
    found, about = read_tensors(tmp_path / "theirs.safetensors")
    assert about == {"k": "v"}
    assert all(np.array_equal(found[name], array) for name, array in arrays.items())


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff" * 8,
        b"\x02\0\0\0\0\0\0\0[]",
        (len(bad := json.dumps({"a": {"dtype": "F32", "shape": [9], "data_offsets": [0, 36]}}).encode())).to_bytes(
            8, "little"
        )
        + bad,
    ],
    ids=["empty", "header too long", "a list", "too few numbers"],
)
def test_what_is_no_tensor_file_says_so(tmp_path, content):
    (tmp_path / "x.safetensors").write_bytes(content)
    with pytest.raises(AudioError, match=r"x\.safetensors is no safetensors file"):
        read_tensors(tmp_path / "x.safetensors")


def test_the_weights_are_small_and_say_what_they_are_of():
    _, about = read_tensors(WEIGHTS)
    assert WEIGHTS.stat().st_size <= 1_000_000
    assert "CC BY 4.0" in about["about"]
    assert "barista" not in about["about"]
    numbers = json.loads(about["numbers"])
    assert numbers["speakers"]["train"] > 200
    assert numbers["prefer"]["joined"]["threshold"] < numbers["prefer"]["balanced"]["threshold"]


@pytest.mark.data
def test_named_speakers_are_told_apart():
    """Speakers that had no part in the weights: two of LibriSpeech, Kathleen, LJ; 8 clips each, 4 s of each clip."""
    clips, names = [], []
    for corpus in ("librispeech-aligned", "kathleen", "ljspeech"):
        manifest = DATA / corpus / "manifest.jsonl"
        if not manifest.is_file():
            pytest.skip(f"{corpus} of ../shared/data is not here")
        rows = [json.loads(line) for line in manifest.read_text(encoding="utf-8").splitlines()]
        for speaker in sorted({row["speaker"] for row in rows}):
            own = [row for row in rows if row["speaker"] == speaker and row["duration"] > 3][::7][:8]
            clips += [decode(DATA / corpus / row["audio"], end=4.0) for row in own]
            names += [speaker] * len(own)
    groups = group_voices(clips).groups
    whose = {group: {name for name, one in zip(names, groups, strict=True) if one == group} for group in groups}
    assert all(len(speakers) == 1 for speakers in whose.values()), whose
    assert len(whose) <= 6  # four voices
