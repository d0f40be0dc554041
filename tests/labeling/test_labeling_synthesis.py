from __future__ import annotations

import subprocess

import pytest

from idiolect import audio
from idiolect.corpus import Corpus, SourceKind
from idiolect.errors import EngineError, InterruptedWork
from idiolect.labeling import synthesis, synthesize
from idiolect.labeling.synthesis import Utterance, draw, speak
from idiolect.labeling.voices import PROGRAMS, Voice, espeak, program, voices

SENTENCES = ["can i get a large mocha", "a small caf\u00e9 latte, please"]
WHERE_FROM = {"flite": "apt-get install flite", "festival": "apt-get install festival", "espeak": "idiolect[speech]"}


def voice_of(name):
    found = [voice for voice in voices("en") if voice.program == name]
    if not found:
        pytest.skip(f"{name} has no English voice here: {WHERE_FROM[name]}")
    return found


@pytest.fixture
def store(tmp_path):
    with Corpus.create(tmp_path / "spoken") as made:
        yield made


@pytest.mark.engine
@pytest.mark.parametrize("name", PROGRAMS)
def test_each_program_speaks_slower_when_told_and_the_same_each_time(tmp_path, name):
    voice = voice_of(name)[0]
    batch = [Utterance(voice, SENTENCES[0], 0.85, 0.0), Utterance(voice, SENTENCES[0], 1.2, 0.0)]
    batch.append(Utterance(voice, 'say "hi" \\ (caf\u00e9)', 1.0, 1.5))
    first, second = tmp_path / "1", tmp_path / "2"
    first.mkdir()
    second.mkdir()
    once, again = speak(batch, first), speak(batch, second)
    quick, slow, odd = (once[one.key] for one in batch)
    assert 0.5 < len(quick) / 16_000 < len(slow) / 16_000 < 6
    assert abs(slow).max() > 0.05
    assert len(odd) > 4000
    assert [audio.samples_hash(once[one.key]) for one in batch] == [audio.samples_hash(again[one.key]) for one in batch]


@pytest.mark.engine
@pytest.mark.parametrize("name", PROGRAMS)
def test_a_text_without_letters_fails_alone(tmp_path, name):
    voice = voice_of(name)[0]
    batch = [Utterance(voice, "...", 1.0, 0.0), Utterance(voice, "yes", 1.0, 0.0)]
    assert batch[1].key in speak(batch, tmp_path)


@pytest.mark.engine
def test_synthetic_clips_carry_their_texts_and_come_once(store):
    voice = next(iter(voices("en")), None) or pytest.skip("no voice here")
    report = synthesize(store, SENTENCES, voices=[voice.name], count=3, seed=7)
    assert (report.made, report.already, report.failed) == (3, 0, ())
    assert report.voices == {voice.name: 3}
    for label in store.labels():
        clip = store.clip(label.clip_id)
        assert label.kind is SourceKind.SYNTHESIS
        assert label.text in SENTENCES
        assert clip.recording.synthetic
        assert clip.recording.speaker == voice.name
        assert clip.recording.session
    again = synthesize(store, SENTENCES, voices=[voice.name], count=3, seed=7)
    assert (again.made, again.already) == (0, 3)
    more = synthesize(store, SENTENCES, voices=[voice.name], count=4, seed=7)
    assert (more.made, more.already) == (1, 3)
    assert store.counts()["clip"] == store.counts()["label"] == 4


@pytest.mark.engine
def test_a_stop_between_import_and_label_is_mended_by_the_next_run(store, monkeypatch):
    voice = next(iter(voices("en")), None) or pytest.skip("no voice here")

    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(synthesis._Work, "_keep", stop)
    with pytest.raises(InterruptedWork):
        synthesize(store, SENTENCES, voices=[voice.name], count=2)
    assert store.counts()["label"] == 0
    monkeypatch.undo()
    assert synthesize(store, SENTENCES, voices=[voice.name], count=2).made == 2
    assert store.counts()["clip"] == store.counts()["label"] == 2


def test_the_draw_follows_the_seed_and_grows_at_its_end():
    two = [Voice("flite", name, "en", "1") for name in ("slt", "rms")]
    assert draw(SENTENCES, two, 20, 1) == draw(SENTENCES, two, 30, 1)[:20]
    assert draw(SENTENCES, two, 20, 1) != draw(SENTENCES, two, 20, 2)
    drawn = draw(SENTENCES, two, 30, 1)
    assert {one.voice.name for one in drawn} == {"flite:slt", "flite:rms"}
    assert {one.text for one in drawn} == set(SENTENCES)
    assert len({one.stretch for one in drawn}) > 10


def test_no_voice_no_sentence_and_an_unknown_voice_say_so(store, monkeypatch):
    with pytest.raises(EngineError, match="no sentence"):
        synthesize(store, ["  "])
    monkeypatch.setattr("idiolect.labeling.voices._voices_of", lambda name: ())
    with pytest.raises(EngineError, match="no voice on this machine") as caught:
        synthesize(store, SENTENCES)
    assert "apt-get install flite" in str(caught.value)
    slt = Voice("flite", "slt", "en", "1")
    monkeypatch.setattr("idiolect.labeling.voices._voices_of", lambda name: (slt,) if name == "flite" else ())
    with pytest.raises(EngineError, match="'nobody'"):
        synthesize(store, SENTENCES, voices=["nobody"])
    assert store.counts()["recording"] == 0


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_that_is_not_installed_has_no_voices(monkeypatch, name):
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(espeak, "find_spec", lambda package: None)
    assert program(name).find() == []


def test_a_program_that_hangs_or_dies_leaves_no_file(tmp_path, monkeypatch):
    def hang(*args, **options):
        raise subprocess.TimeoutExpired("flite", 1)

    monkeypatch.setattr(subprocess, "run", hang)
    assert speak([Utterance(Voice("flite", "slt", "en", "1"), "hello", 1.0, 0.0)], tmp_path) == {}
