from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idiolect.audio import Resampler, Turns, cut, resample
from idiolect.audio.cutting import FRAME, clips_around, speech_frames
from idiolect.errors import AudioError


class Told:
    """A detector to which each sample is its own probability: a frame's is that of its last sample."""

    def __init__(self):
        self.held = np.zeros(0, np.float32)

    def feed(self, samples):
        held = np.concatenate([self.held, samples])
        count = len(held) // FRAME
        self.held = held[count * FRAME :]
        return held[: count * FRAME].reshape(count, FRAME)[:, -1].copy()

    def finish(self):
        return self.feed(np.zeros(-len(self.held) % FRAME, np.float32) + 0.9) if len(self.held) else self.held


RUNS = st.lists(st.tuples(st.sampled_from([0.0, 0.2, 0.4, 0.45, 0.6, 0.9]), st.integers(1, 60)), max_size=16)


@settings(deadline=None, max_examples=100)
@given(
    RUNS,
    st.lists(st.integers(900, 9000), min_size=1, max_size=12),
    st.sampled_from([0.2, 0.5, 0.7, 1.0]),
    st.integers(0, FRAME - 1),
)
def test_turns_are_the_clips_of_the_whole(runs, sizes, pause, beyond):
    """However it is fed: same stretches as `cut` finds in all of it, same samples, each given once."""
    frames = np.repeat([p for p, _ in runs], [n for _, n in runs]).astype(np.float32)
    rng = np.random.default_rng(len(frames))
    frames += rng.uniform(0, 0.04, len(frames)).astype(np.float32)
    stream = np.concatenate([np.repeat(frames, FRAME), np.full(beyond, 0.9, np.float32)])
    padding = min(0.3, pause / 2)
    known = np.concatenate([frames, [np.float32(0.9)]]) if beyond else frames
    expected = clips_around(
        known,
        speech_frames(known, 0.5, 3, 3),
        len(stream),
        longest=3 * 16_000,
        padding=int(padding * 16_000),
        join=int(pause * 16_000),
    )
    turns = Turns(pause=pause, longest=3.0, detector=Told())
    found, at, step = [], 0, 0
    while at < len(stream):
        found += turns.feed(stream[at : at + sizes[step % len(sizes)]])
        at, step = at + sizes[step % len(sizes)], step + 1
    found += turns.finish()
    assert [(turn.start, turn.end) for turn in found] == expected
    assert all(np.array_equal(turn.samples, stream[turn.start : turn.end]) for turn in found)
    assert [turn.number for turn in found] == list(range(len(found)))
    assert turns.under_way is None


def test_what_is_under_way_becomes_the_turn():
    turns = Turns(pause=0.5, detector=Told())
    silence, speech = np.zeros(16_000, np.float32), np.full(16_000, 0.9, np.float32)
    assert not turns.feed(silence)
    assert turns.under_way is None
    assert not turns.feed(speech)
    grown = turns.under_way
    assert grown is not None
    assert (grown.end, grown.number) == (32_000, 0)
    assert grown.start == pytest.approx(16_000 - 4_000, abs=FRAME)
    turns.feed(silence[:6_000])
    settled = turns.under_way
    assert not turns.feed(silence[:1_000])
    assert turns.under_way.end == settled.end
    (turn,) = turns.feed(silence)
    assert (turn.start, turn.end) == (settled.start, settled.end)
    assert np.array_equal(turn.samples, settled.samples)


@pytest.mark.parametrize("level", [0.0, 0.4, 0.9])
def test_hours_of_anything_are_held_in_little_memory(level):
    """Silence, a noise that is never quite speech, and speech without a pause."""
    turns = Turns(detector=Told())
    piece = np.full(16_000 * 15, level, np.float32)
    most = 0
    for _ in range(240):
        turns.feed(piece)
        most = max(most, len(turns._audio) + len(turns._known))
    assert turns.total == 3600 * 16_000
    assert most < 80 * 16_000


def test_real_sound_gives_what_cut_gives(voice):
    pause = np.zeros(16_000, np.float32)
    stream = np.concatenate([pause, voice, pause, voice, pause[:3_000], voice])
    turns = Turns(pause=1.0)
    found = [turn for at in range(0, len(stream), 1600) for turn in turns.feed(stream[at : at + 1600])] + turns.finish()
    spans = cut(stream, padding=0.3, join=1.0)
    assert [(turn.start, turn.end) for turn in found] == [
        (round(span.start * 16_000), round(span.end * 16_000)) for span in spans
    ]


def test_a_pause_that_is_none_is_refused():
    with pytest.raises(AudioError, match="cannot end a turn"):
        Turns(pause=0.01)


def test_without_a_pause_only_the_end_ends_a_turn():
    turns = Turns(pause=float("inf"), detector=Told())
    piece = np.concatenate([np.full(16_000, 0.9, np.float32), np.zeros(16_000 * 3, np.float32)])
    assert not turns.feed(piece)
    assert not turns.feed(piece)
    (turn,) = turns.cut_here()
    assert turn.end - turn.start > 5 * 16_000
    turns.feed(piece)
    (again,) = turns.finish()
    assert again.number == 1
    assert again.start >= turn.end


def test_a_stream_is_resampled_as_the_whole_is():
    rng = np.random.default_rng(0)
    whole = rng.uniform(-0.5, 0.5, 24_000).astype(np.float32)
    stream = Resampler(24_000)
    found = np.concatenate([stream.feed(whole[at : at + 480]) for at in range(0, len(whole), 480)])
    assert 15_000 < len(found) <= 16_000
    assert np.allclose(found, resample(whole, 24_000)[: len(found)], atol=2e-3)
    assert Resampler(16_000).feed(whole) is whole
