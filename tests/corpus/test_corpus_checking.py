from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from corpus_makes import noise, wav

from idiolect import audio
from idiolect.corpus import (
    Corpus,
    Entry,
    EvaluationItem,
    EvaluationRecord,
    FreezeOptions,
    ImportOptions,
    ModelRecord,
    NewLabel,
    SourceKind,
    import_entries,
)
from idiolect.errors import CorpusError


@pytest.fixture
def corpus(tmp_path: Path):
    """Twelve recordings of three speakers, frozen."""
    (tmp_path / "in").mkdir()
    with Corpus.create(tmp_path / "voice") as made:
        who = ("eve", "ann", "bob")
        entries = [
            Entry(wav(tmp_path / "in", f"f{n}", n), f"f{n}", f"t{n}", source="in", speaker=who[n % 3])
            for n in range(12)
        ]
        import_entries(made, entries)
        made.freeze("first", FreezeOptions(group_by="recording", dev=0.25, test=0.25))
        assert made.check() == []
        yield made


def promises(corpus: Corpus, **options: bool) -> set[str]:
    return {violation.promise for violation in corpus.check(**options)}


def break_it(corpus: Corpus, *statements: str) -> None:
    """By hand, past every guard: without triggers and foreign keys."""
    raw = corpus.database.engine.raw_connection()
    raw.execute("PRAGMA foreign_keys=OFF")
    for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        raw.execute(f"DROP TRIGGER {name}")
    for statement in statements:
        raw.execute(statement)
    raw.close()


@pytest.mark.parametrize(
    ("statement", "promise"),
    [
        ("UPDATE label SET text = 'edited' WHERE id = 1", "a label is never edited"),
        ("DELETE FROM recording WHERE id IN (SELECT id FROM recording LIMIT 1)", "every row refers to what is there"),
        ('UPDATE clip SET "end" = 99', "a clip is a stretch of at most 30 s of its recording"),
        ("DELETE FROM dataset_item WHERE split = 'test'", "a dataset is its content"),
        ("UPDATE recording SET path = 'elsewhere.flac'", "copied audio is named by its samples"),
        ("UPDATE recording SET copied = 0", "referenced audio has an absolute path"),
        ("INSERT INTO forgetting VALUES (1, 'eve')", "labels cannot be deleted"),
        (
            "INSERT INTO consent VALUES (9, 'eve', 0, 'withdrawn', '2026-01-01 00:00:00')",
            "nothing is kept of who withdrew consent",
        ),
    ],
)
def test_each_broken_promise_is_named(corpus, statement, promise):
    break_it(corpus, statement)
    assert promise in promises(corpus)


def test_audio_that_is_missing_changed_or_nobodys(corpus):
    one, other, third = (corpus.folder / recording.path for recording in corpus.recordings()[:3])
    one.unlink()
    audio.write_flac(other, noise(99))
    third.write_bytes(third.read_bytes()[:2000])
    (corpus.folder / "audio" / "stray.flac").write_bytes(b"")
    found = corpus.check()
    assert {violation.promise for violation in found} == {
        "every recording has its audio",
        "audio is as it was imported",
        "every audio file has its recording",
    }
    assert len(found) == 4
    assert len(corpus.check(audio=False)) == 2
    assert all(violation.hint for violation in found)


def test_a_database_that_others_can_read(corpus):
    (corpus.folder / "idiolect.db").chmod(0o644)
    assert promises(corpus) == {"only you can read the database"}


def test_forgetting_removes_everything_and_names_what_was_built(corpus, tmp_path):
    dataset = corpus.dataset()
    theirs = {clip.id for clip in corpus.clips() if clip.recording.speaker == "eve"}
    paths = [recording.path for recording in corpus.recordings() if recording.speaker == "eve"]
    corpus.add_model(ModelRecord("m1", "nano-1", "nano", "models/nano-1", dataset_id=dataset.id))
    item = EvaluationItem(min(theirs), "nano-1", "what eve said")
    evaluation = corpus.add_evaluation(EvaluationRecord(dataset.id, "test", items=(item,)))
    counts = corpus.counts()
    dry = corpus.forget("eve", dry_run=True)
    assert corpus.counts() == counts
    done = corpus.forget("eve")
    assert (done.recordings, done.clips, done.labels) == (dry.recordings, dry.clips, dry.labels) == (4, 4, 4)
    assert (done.datasets, done.models, done.evaluations) == ((dataset.id,), ("nano-1",), (evaluation,))
    assert not theirs & {clip.id for clip in corpus.clips()}
    assert not theirs & {label.clip_id for label in corpus.labels()}
    assert not [path for path in paths if (corpus.folder / path).exists()]
    assert "what eve said" not in str(corpus.evaluations())
    (manifest,) = (corpus.folder / "datasets").iterdir()
    assert not [clip_id for clip_id in theirs if clip_id in manifest.read_text()]
    assert corpus.dataset().parameters["forgotten"] == sum(one.clip.id in theirs for one in dataset.items)
    assert corpus.check() == []
    with pytest.raises(CorpusError, match="nobody is called 'eva'"):
        corpus.forget("eva")


def test_what_is_forgotten_is_in_no_file_of_the_store(corpus):
    clip_id = next(clip.id for clip in corpus.clips() if clip.recording.speaker == "eve")
    corpus.add_labels([NewLabel(clip_id, SourceKind.HUMAN, "me", text="a secret that eve told")])
    corpus.forget("eve")
    holding = [
        file.name for file in corpus.folder.rglob("*") if file.is_file() and b"secret that eve" in file.read_bytes()
    ]
    assert holding == []


def test_what_training_kept_of_the_forgotten_goes_too(corpus):
    cache = corpus.folder / "cache"
    theirs = {clip.id for clip in corpus.clips() if clip.recording.speaker == "eve"}
    for clip in corpus.clips():
        path = cache / "samples" / clip.id[:2] / f"{clip.id}.i16"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"1234")
    (cache / "alignments").mkdir()
    lines = [f'{{"clip": "{clip.id}", "text": "secret {clip.id}"}}\n' for clip in corpus.clips()]
    (cache / "alignments" / "pocketsphinx.v1.jsonl").write_text("".join(lines))
    corpus.forget("eve")
    kept = {path.stem for path in cache.rglob("*.i16")}
    assert kept == {clip.id for clip in corpus.clips()}
    assert not kept & theirs
    text = (cache / "alignments" / "pocketsphinx.v1.jsonl").read_text()
    assert len(text.splitlines()) == len(kept)
    assert not [clip_id for clip_id in theirs if clip_id in text]


def test_forgetting_that_was_killed_is_finished_by_the_next(corpus, monkeypatch):
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("idiolect.corpus.forgetting._remove_rows", killed)
    with pytest.raises(KeyboardInterrupt):
        corpus.forget("eve")
    monkeypatch.undo()
    assert corpus.forget("eve").recordings == 4
    assert corpus.check() == []


def test_who_withdrew_is_not_imported_again_until_they_agree(corpus, tmp_path):
    corpus.forget("eve")
    entries = [Entry(tmp_path / "in" / "f0.wav", "f0", speaker="eve")]
    report = import_entries(corpus, entries)
    assert report.added == 0
    assert "withdrawn" in report.skipped[0].reason
    assert corpus.check() == []
    corpus.set_consent("eve", granted=True, scope="training")
    assert import_entries(corpus, entries, ImportOptions(consent="training")).added == 1


def test_labels_cannot_be_deleted_after_forgetting(corpus):
    corpus.forget("eve")
    with pytest.raises(sa.exc.IntegrityError), corpus.database.write() as connection:
        connection.execute(sa.text("DELETE FROM label"))
