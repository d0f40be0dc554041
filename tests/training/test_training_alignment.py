"""Alignments: kept, found again, cut lines mended; PocketSphinx and a network find the phones that are there."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idiolect.errors import TrainingError
from idiolect.tasks import PHONES, Lexicon
from idiolect.training.aligning import align_in_processes
from idiolect.training.alignment import Alignment, AlignmentCache, SphinxAligner, align_all

DATA = Path(__file__).resolve().parents[2] / "../shared/data"
IDS = {phone: at for at, phone in enumerate(PHONES)}
RUNS = st.lists(st.tuples(st.sampled_from(PHONES), st.integers(1, 30)), max_size=20)


@given(RUNS, st.integers(0, 400), st.integers(1, 3))
@settings(deadline=None, max_examples=50)
def test_targets_say_the_phone_of_each_frame(runs, frames, stride):
    phones, at = [], 0
    for phone, length in runs:
        phones.append((phone, at, length))
        at += length
    alignment = Alignment(tuple(phones))
    assert Alignment.from_text(alignment.as_text()) == alignment
    said = [IDS[phone] for phone, length in runs for _ in range(length)]
    expected = (said + [0] * frames)[:frames][::stride]
    assert alignment.targets(frames, IDS, stride).tolist() == expected


def test_the_cache_keeps_results_and_failures_by_clip_and_normalized_text(tmp_path):
    cache = AlignmentCache(tmp_path)
    cache.add("a", "Yes, please!", Alignment((("Y", 3, 4),), -5.5))
    cache.add("b", "no", "the text does not fit the audio")
    again = AlignmentCache(tmp_path)
    assert again.get("a", "yes please") == Alignment((("Y", 3, 4),), -5.5)
    assert again.get("b", "no") == "the text does not fit the audio"
    assert again.get("a", "no") is None
    assert AlignmentCache(tmp_path, "another").get("b", "no") is None


def test_a_line_that_a_kill_cut_is_dropped_and_the_next_is_whole(tmp_path):
    cache = AlignmentCache(tmp_path)
    cache.add("a", "yes", Alignment((("Y", 0, 4),)))
    cache.add("b", "no", Alignment((("N", 0, 4),)))
    whole = cache.path.read_bytes()
    cache.path.write_bytes(whole[:-9])
    mended = AlignmentCache(tmp_path)
    assert (mended.get("a", "yes") is not None, mended.get("b", "no")) == (True, None)
    mended.add("b", "no", Alignment((("N", 0, 4),)))
    assert mended.path.read_bytes() == whole


def test_what_is_cached_is_not_aligned_again(tmp_path):
    cache = AlignmentCache(tmp_path)
    cache.add("a", "yes", "it was tried")
    align_all([("a", "yes")], {}, cache)
    assert cache.get("a", "yes") == "it was tried"


def test_a_word_that_nobody_can_say_is_named():
    found = SphinxAligner(lambda word: []).align(np.zeros(16000, np.float32), "qqqzz")
    assert found == "no pronunciation for 'qqqzz'"


def test_no_text_is_silence():
    assert SphinxAligner().align(np.zeros(16000, np.float32), "…") == Alignment((("SIL", 0, 100),))


@pytest.mark.data
def test_read_speech_is_aligned_word_by_word_also_words_out_of_the_dictionary():
    import soundfile

    manifest = DATA / "an4" / "manifest.jsonl"
    if not manifest.exists():
        pytest.skip("../shared/data/an4 is not here")
    rows = [json.loads(line) for line in manifest.read_text().splitlines()[:400:40]]
    aligner = SphinxAligner(lambda word: Lexicon.default().pronounce("rubout"))
    for row in rows:
        samples, _ = soundfile.read(DATA / "an4" / row["audio"], dtype="float32")
        found = aligner.align(samples, row["text"])
        assert isinstance(found, Alignment), found
        starts = [start for _, start, _ in found.phones]
        assert starts == sorted(starts)
        assert all(0 <= start < start + length <= len(samples) // 160 for _, start, length in found.phones)
        said = [phone for phone, _, _ in found.phones if phone != "SIL"]
        assert len(said) >= 2 * len(row["text"].split()) - 3


@pytest.mark.data
def test_processes_find_what_one_finds_and_a_dead_one_is_an_error(monkeypatch):
    import soundfile

    manifest = DATA / "an4" / "manifest.jsonl"
    if not manifest.exists():
        pytest.skip("../shared/data/an4 is not here")
    rows = [json.loads(line) for line in manifest.read_text().splitlines()[:400:60]]
    clips = [(soundfile.read(DATA / "an4" / row["audio"], dtype="float32")[0], row["text"]) for row in rows]
    aligner = SphinxAligner(Lexicon.default().pronounce)
    assert list(align_in_processes(clips, 2)) == [aligner.align(*clip) for clip in clips]
    monkeypatch.setattr(sys, "executable", "/bin/true")
    with pytest.raises(TrainingError, match="has died"):
        list(align_in_processes(clips, 2))


@pytest.mark.engine
def test_a_network_aligns_along_the_text():
    from idiolect.training.network_alignment import align_posteriors

    phones = ["SIL", "N", "OW", "SIL", "T", "IY", "SIL"]
    spoken = [IDS[phone] for phone in phones for _ in range(5)]
    posteriors = np.full((len(spoken), len(PHONES)), -6.0, np.float32)
    posteriors[np.arange(len(spoken)), spoken] = -0.1
    found = align_posteriors(posteriors, "No, tea!", Lexicon.default())
    assert isinstance(found, Alignment)
    assert found.phones == tuple((phone, 15 * at, 15) for at, phone in enumerate(phones))
    assert align_posteriors(posteriors[:2], "no tea no tea", Lexicon.default()) == "the text does not fit the audio"
