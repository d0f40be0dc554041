from __future__ import annotations

import json

import pytest
from corpus_makes import hashed, noise, row, rows

from idiolect import audio
from idiolect.corpus import Corpus, FreezeOptions, ImportOptions, find_entries, find_voices, import_entries, unnamed
from idiolect.errors import CorpusError


@pytest.fixture
def corpus(tmp_path):
    with Corpus.create(tmp_path / "voice") as made:
        yield made


def sessions(corpus):
    return {recording.id: recording.session for recording in corpus.recordings()}


def test_only_clips_of_unnamed_people_are_grouped(corpus):
    (wanted,) = row(corpus, "nobody")
    row(corpus, "anna", speaker="anna")
    row(corpus, "monday", session="monday")
    row(corpus, "machine", synthetic=True)
    assert [clip.id for clip in unnamed(corpus.clips())] == [wanted]
    with pytest.raises(CorpusError, match="none of 0 clips is without speaker and session"):
        unnamed([])


def test_sessions_are_named_where_there_is_none(corpus):
    rows(corpus, [{"name": "a"}, {"name": "b"}, {"name": "c", "speaker": "anna"}, {"name": "d", "session": "monday"}])
    given = {hashed(name): f"voice-0{number}" for number, name in enumerate("abcd", 1)}
    assert corpus.name_sessions(given) == 2
    assert sessions(corpus) == {
        hashed("a"): "voice-01",
        hashed("b"): "voice-02",
        hashed("c"): None,
        hashed("d"): "monday",
    }


def test_sessions_of_ours_are_named_anew(corpus):
    """More clips have come: a voice of old clips and new ones is one session."""
    row(corpus, "a")
    assert corpus.name_sessions({hashed("a"): "voice-01"}) == 1
    row(corpus, "b")
    assert len(unnamed(corpus.clips())) == 2
    assert corpus.name_sessions({hashed("a"): "voice-02", hashed("b"): "voice-02"}) == 2
    assert set(sessions(corpus).values()) == {"voice-02"}


def test_a_frozen_dataset_keeps_sessions_as_they_are(corpus):
    rows(corpus, [{"name": str(number), "text": f"text {number}"} for number in range(20)])
    corpus.freeze("first", FreezeOptions(dev=0.25, test=0.25))
    with pytest.raises(CorpusError, match="is frozen: naming sessions now could move clips"):
        corpus.name_sessions({hashed("1"): "voice-01"})
    assert set(sessions(corpus).values()) == {None}


def test_named_sessions_stand_on_one_side(corpus):
    rows(corpus, [{"name": str(number), "text": f"text {number}"} for number in range(60)])
    corpus.name_sessions({hashed(str(number)): f"voice-{number % 20:02d}" for number in range(60)})
    dataset = corpus.freeze("first", FreezeOptions(dev=0.25, test=0.25))
    assert dataset.group_by == "session"
    sides = {(item.clip.recording.session, item.split) for item in dataset.items}
    assert len(sides) == len({session for session, _ in sides}) == 20
    assert {split for _, split in sides} == {"train", "dev", "test"}


def test_clips_of_one_recording_are_one_voice(corpus, tmp_path):
    """Whatever it sounds like: one recording goes to one side."""
    lines = []
    for seed, name in enumerate(["one", "other"]):
        audio.write_wav(tmp_path / f"{name}.wav", noise(seed, 6.0))
        times = ((0.0, 2.0), (2.0, 2.2), (4.0, 6.0))
        lines += [json.dumps({"audio": f"{name}.wav", "text": "x", "start": a, "end": b}) for a, b in times]
    (tmp_path / "manifest.jsonl").write_text("\n".join(lines))
    entries, skipped = find_entries([tmp_path / "manifest.jsonl"])
    import_entries(corpus, entries, ImportOptions(), skipped=skipped)
    clips = unnamed(corpus.clips())
    assert len(clips) == 6
    voices = find_voices(corpus, clips)
    assert len(voices.found.unheard) == 2  # too short
    pairs = {(clip.recording.id, group) for clip, group in zip(clips, voices.found.groups, strict=True)}
    assert len(pairs) == 2
    assert set(voices.sessions()) == {recording.id for recording in corpus.recordings()}
