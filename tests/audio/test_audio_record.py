from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import idiolect.audio.record as recording
from idiolect.audio import Ended, Level, Microphone, Played, Recorder, TakeSpec, resample, round_to_16_bits
from idiolect.audio.take import Take
from idiolect.errors import AudioError, MissingExtraError
from idiolect.units import Samples

Voice = Callable[..., Samples]


def silence(seconds: float) -> Samples:
    return np.zeros(int(seconds * 16000), dtype=np.float32)


def loud_is_speech() -> Callable[[Samples], np.ndarray]:
    """A detector whose answers are known: a frame is speech where it is loud."""
    held = [np.zeros(0, dtype=np.float32)]

    def heard(block: Samples) -> np.ndarray:
        waiting = np.concatenate([held[0], block])
        count = len(waiting) // 512
        held[0] = waiting[count * 512 :]
        return (np.abs(waiting[: count * 512]).reshape(-1, 512).max(axis=1) > 0.1).astype(np.float32)

    return heard


@given(
    before=st.integers(0, 60000),
    speech=st.integers(3000, 40000),
    sizes=st.lists(st.integers(1, 3000), min_size=1, max_size=8),
)
@settings(max_examples=20, deadline=None)
def test_the_onset_is_kept_and_nothing_is_lost(before: int, speech: int, sizes: list[int]) -> None:
    # A ramp, so that each sample is known by its value; the onset may lie anywhere in a frame.
    spoken = 0.2 + np.arange(speech, dtype=np.float32) / 1e5
    fed = np.concatenate([np.zeros(before, dtype=np.float32), spoken, silence(3.0)])
    take = Take(TakeSpec(silence=1.0), loud_is_speech())
    at = turn = 0
    while take.ended is None and at < len(fed):
        size = sizes[turn % len(sizes)]
        take.feed(fed[at : at + size])
        at, turn = at + size, turn + 1
    assert take.ended is Ended.SILENCE
    found = np.flatnonzero(take.samples)
    assert len(found) == speech
    assert np.array_equal(take.samples[found], spoken)
    assert min(before, 7000) <= found[0] <= 8512  # half a second before the frame of the onset, or all there was
    assert np.array_equal(take.samples, fed[: at - len(take.rest)][-len(take.samples) :])


def test_a_take_holds_no_more_than_it_needs_while_it_waits() -> None:
    take = Take(TakeSpec(), loud_is_speech())
    for _ in range(1000):
        take.feed(silence(0.1))
    assert sum(map(len, take._held)) < 16000


def test_a_click_is_no_take() -> None:
    take = Take(TakeSpec(silence=0.5, patience=4.0), loud_is_speech())
    take.feed(np.concatenate([silence(1.0), np.ones(100, dtype=np.float32), silence(4.0)]))
    assert take.ended is Ended.NOBODY
    assert len(take.samples) == 0


def test_a_take_ends_at_its_length_and_leaves_the_rest() -> None:
    fed = np.full(16000 * 3, 0.5, dtype=np.float32)
    take = Take(TakeSpec(seconds=1.25, silence=None))
    for first in range(0, len(fed), 700):
        if take.feed(fed[first : first + 700]) is not None:
            break
    assert take.ended is Ended.SECONDS
    assert len(take.samples) == 20000
    assert len(take.samples) + len(take.rest) == first + 700


def test_a_real_detector_hears_the_voice(voice: Samples) -> None:
    with Recorder(Played(np.concatenate([silence(2.0), voice]))) as recorder:
        taken = recorder.record(fresh=False)
    assert taken.ended is Ended.SILENCE
    assert abs(len(taken.samples) / 16000 - (0.5 + 4.0 + 0.5)) < 0.3
    # Every sample of the voice is there.
    whole = round_to_16_bits(voice)
    start = int(np.argmax(np.correlate(taken.samples[:20000], whole[:8000], "valid")))
    assert np.array_equal(taken.samples[start : start + len(whole)], whole)


def test_takes_on_end_lose_nothing_while_the_caller_is_busy(make_voice: Voice) -> None:
    words = [make_voice(1.0 + 0.3 * seed, seed) for seed in range(3)]
    played = np.concatenate([part for word in words for part in (silence(2.0), word)])
    with Recorder(Played(played, silence=8.0)) as recorder:  # all of it arrives before the first take is asked for
        takes = list(recorder.takes(TakeSpec(silence=1.0, patience=5.0)))
    assert len(takes) == 3
    for taken, word in zip(takes, words, strict=True):
        assert np.square(taken.samples).sum() == pytest.approx(np.square(word).sum(), rel=1e-3)


def test_a_fresh_take_leaves_out_what_was_said_before(voice: Samples) -> None:
    with Recorder(Played(voice)) as recorder:
        taken = recorder.record(TakeSpec(seconds=0.25, silence=None, margin=0.25), fresh=True)
    assert len(taken.samples) == 4000
    assert not taken.samples.any()  # the silence behind the voice


@pytest.mark.parametrize("rate", [44100, 48000])
def test_a_microphone_of_another_rate_is_resampled(voice: Samples, rate: int) -> None:
    with Recorder(Played(resample(voice, 16000, rate), rate)) as recorder:
        taken = recorder.record(TakeSpec(seconds=4.0, silence=None), fresh=False)
    assert np.abs(taken.samples[8000:56000] - voice[8000:56000]).max() < 0.02


def test_levels_clipping_and_stop_are_told(voice: Samples) -> None:
    levels: list[Level] = []
    with Recorder(Played(np.clip(voice * 10, -1, 1))) as recorder:
        taken = recorder.record(
            TakeSpec(silence=None), fresh=False, on_level=levels.append, stop=lambda: len(levels) >= 100
        )
    assert taken.ended is Ended.STOPPED
    assert len(taken.samples) == 50000
    assert len(levels) == 100
    assert any(level.clipped for level in levels)
    assert taken.clipped > 0.01


def test_a_device_that_falls_silent_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "_PATIENCE", 0.05)
    with Recorder(Played(silence(0.5), silence=0.0)) as recorder:
        with pytest.raises(AudioError, match="has given nothing"):
            recorder.record()
        with pytest.raises(AudioError, match="not open"):
            recorder.record()
    with pytest.raises(AudioError, match="not open"):
        Recorder(Played(silence(1.0))).record()


@pytest.mark.parametrize("wrong", [{"seconds": 0.0}, {"silence": 0.1}, {"margin": -1.0}, {"patience": 0.0}])
def test_takes_that_cannot_be(wrong: dict[str, float]) -> None:
    with pytest.raises(AudioError, match=next(iter(wrong))):
        TakeSpec(**wrong)


def test_a_missing_library_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    class NoPortAudio:
        def find_spec(self, name: str, *_rest: object) -> None:
            if name == "sounddevice":
                raise OSError("PortAudio library not found")

    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    monkeypatch.setattr(sys, "meta_path", [NoPortAudio(), *sys.meta_path])
    with pytest.raises(AudioError, match="libportaudio2"):
        Microphone()
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    with pytest.raises(MissingExtraError, match=r"idiolect\[record\]"):
        Microphone()


def test_a_microphone_that_is_not_there() -> None:
    pytest.importorskip("sounddevice", reason="sounddevice or PortAudio is not installed", exc_type=OSError)
    with pytest.raises(AudioError, match="no microphone 'a lamp' was found"):
        Microphone("a lamp")
