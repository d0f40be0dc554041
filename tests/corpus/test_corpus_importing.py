from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa
from corpus_makes import noise, wav

from idiolect import audio
from idiolect.corpus import (
    Clip,
    Corpus,
    Entry,
    ImportOptions,
    NewLabel,
    Purpose,
    SourceKind,
    import_entries,
    tables,
)
from idiolect.errors import CorpusError, InterruptedWork
from idiolect.units import SAMPLE_RATE


@pytest.fixture
def corpus(tmp_path: Path):
    with Corpus.create(tmp_path / "voice") as made:
        yield made


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    return tmp_path / "in"


def entry(path: Path | None, text: str | None = None, **about: object) -> Entry:
    return Entry(path, where=str(path), text=text, source="in/texts.csv", **about)  # type: ignore[arg-type]


def content(corpus: Corpus) -> dict[str, list[tuple[object, ...]]]:
    """All rows without their moments."""
    with corpus.database.read() as connection:
        return {
            table.name: sorted(
                tuple(str(getattr(row, column.name)) for column in table.columns if not column.name.endswith("_at"))
                for row in connection.execute(sa.select(table))
            )
            for table in tables.metadata.sorted_tables
        }


def test_what_is_imported_comes_back(corpus, source):
    path = wav(source, "a", 1)
    report = import_entries(
        corpus, [entry(path, "hello", speaker="eve", intent="greet", slots={"who": "you"}, silver_text="hullo")]
    )
    assert (report.added, report.clips, report.labels, report.skipped) == (1, 1, 2, ())
    (clip,) = corpus.clips()
    assert clip.recording.speaker == "eve"
    assert clip.recording.origin == "a.wav"
    assert clip.recording.path == f"audio/{clip.recording.id[:2]}/{clip.recording.id[2:]}.flac"
    assert np.array_equal(corpus.samples(clip), audio.decode(path))
    assert clip.id == clip.recording.id == audio.samples_hash(corpus.samples(clip))
    told, silver = corpus.labels()
    assert (told.text, told.intent, told.slots, told.kind, told.silver) == (
        "hello",
        "greet",
        {"who": "you"},
        "human",
        False,
    )
    assert (silver.text, silver.silver) == ("hullo", True)
    assert corpus.check() == []


def test_importing_twice_adds_nothing(corpus, source):
    entries = [entry(wav(source, f"f{number}", number), f"text {number}") for number in range(4)]
    import_entries(corpus, entries)
    before = content(corpus)
    shutil.copy(source / "f0.wav", source / "copy.wav")
    report = import_entries(corpus, [*entries, entry(source / "copy.wav", "text 0")])
    assert (report.added, report.already, report.clips, report.labels) == (0, 5, 0, 0)
    assert content(corpus) == before


def test_a_text_that_comes_later_is_added_to_the_clip_that_is_there(corpus, source):
    path = wav(source, "a", 1)
    import_entries(corpus, [entry(path)])
    report = import_entries(corpus, [entry(path, "hello")])
    assert (report.added, report.clips, report.labels) == (0, 0, 1)


def test_the_hash_is_of_the_samples_not_of_the_file(corpus, source):
    path = wav(source, "a", 1)
    audio.write_flac(source / "b.flac", audio.decode(path))
    assert import_entries(corpus, [entry(path), entry(source / "b.flac")]).added == 1


@pytest.mark.parametrize(
    ("transcripts", "purposes"), [("training", ["training"]), ("scoring", ["scoring"]), ("none", [])]
)
def test_what_imported_texts_may_be_used_for(corpus, source, transcripts, purposes):
    import_entries(corpus, [entry(wav(source, "a", 1), "hello")], ImportOptions(transcripts=transcripts))
    assert [label.purpose for label in corpus.labels()] == [Purpose(name) for name in purposes]


def test_options_fill_in_what_entries_do_not_say(corpus, source):
    entries = [entry(wav(source, "a", 1), speaker="eve"), entry(wav(source, "b", 2))]
    options = ImportOptions(
        speaker="me", session="s", collection="c", sensitivity="shareable", train_only=True, consent="all"
    )
    import_entries(corpus, entries, options)
    assert {clip.recording.speaker for clip in corpus.clips()} == {"eve", "me"}
    recording = corpus.recordings()[0]
    assert (recording.session, recording.collection, recording.sensitivity, recording.train_only) == (
        "s",
        "c",
        "shareable",
        True,
    )
    with corpus.database.read() as connection:
        assert len(connection.execute(sa.select(tables.consent)).all()) == 2


def test_a_machine_text_keeps_its_kind(corpus, source):
    import_entries(corpus, [entry(wav(source, "a", 1), "hello", kind=SourceKind.ENGINE)])
    assert corpus.labels()[0].kind is SourceKind.ENGINE


def test_two_texts_of_one_source_for_one_file_are_both_left_out(corpus, source):
    path = wav(source, "a", 1)
    report = import_entries(
        corpus, [entry(path, "yes"), entry(path, "no"), entry(path, "maybe", kind=SourceKind.ENGINE)]
    )
    assert [label.text for label in corpus.labels()] == ["maybe"]
    assert len(report.skipped) == 2
    assert "several texts" in report.skipped[0].reason


def test_equal_texts_twice_are_one_label(corpus, source):
    path = wav(source, "a", 1)
    assert import_entries(corpus, [entry(path, "yes"), entry(path, "yes")]).labels == 1


def test_equal_audio_under_two_names_with_two_texts_keeps_the_first(corpus, source):
    report = import_entries(corpus, [entry(wav(source, "a", 1), "yes"), entry(wav(source, "b", 1), "no")])
    assert [label.text for label in corpus.labels()] == ["yes"]
    assert "another text" in report.skipped[0].reason


def test_stretches_become_clips_with_their_own_text(corpus, source):
    path = wav(source, "a", 1, seconds=3)
    report = import_entries(
        corpus,
        [
            entry(path, "one", start=0.5, end=1.0),
            entry(path, "two", start=1.25, end=3.2),
            entry(path, "never", start=3.5, end=4.0),
            entry(path, "backwards", start=2, end=1),
        ],
    )
    assert [(clip.start, clip.end) for clip in corpus.clips()] == [(0.5, 1.0), (1.25, 3.0)]
    assert {label.clip_id: label.text for label in corpus.labels()} == {
        clip.id: text for clip, text in zip(corpus.clips(), ("one", "two"), strict=True)
    }
    whole = audio.decode(path)
    for clip in corpus.clips():
        assert np.array_equal(
            corpus.samples(clip), whole[round(clip.start * SAMPLE_RATE) : round(clip.end * SAMPLE_RATE)]
        )
    assert len(report.skipped) == 2


def test_a_recording_has_one_speaker(corpus, source):
    path = wav(source, "a", 1, seconds=2)
    entries = [entry(path, who, start=at, end=at + 1, speaker=who) for at, who in ((0.0, "eve"), (1.0, "ann"))]
    report = import_entries(corpus, entries)
    assert [label.text for label in corpus.labels()] == ["eve"]
    assert "the speaker eve" in report.skipped[0].reason


def test_a_text_is_never_put_on_a_piece_of_its_recording(corpus, source, monkeypatch):
    path = wav(source, "a", 1, seconds=40)
    spans = [audio.Span(1.0, 12.0), audio.Span(15.0, 39.0)]
    monkeypatch.setattr(audio, "cut", lambda blocks, longest: spans if list(blocks) else [])
    report = import_entries(corpus, [entry(path, "a whole speech")])
    assert [(clip.start, clip.end) for clip in corpus.clips()] == [(1.0, 12.0), (15.0, 39.0)]
    assert corpus.labels() == []
    assert "no times" in report.skipped[0].reason


def test_long_files_pass_in_blocks_to_the_same_ids(corpus, source, monkeypatch, tmp_path):
    path = wav(source, "a", 1, seconds=3)
    entries = [entry(path, "one", start=0.5, end=1.0), entry(path, "two", start=1, end=2)]
    monkeypatch.setattr("idiolect.corpus.intake.LONG", 1.0)
    import_entries(corpus, entries)
    monkeypatch.undo()
    with Corpus.create(tmp_path / "other") as other:
        import_entries(other, entries)
        assert content(other) == content(corpus)
    assert corpus.check() == []
    assert audio.samples_hash(audio.decode(path)) == corpus.recordings()[0].id


@pytest.mark.parametrize("long", [1.0, 600.0])
def test_referenced_audio_stays_where_it_is(corpus, source, monkeypatch, long):
    monkeypatch.setattr("idiolect.corpus.intake.LONG", long)
    path = wav(source, "a", 1, seconds=2)
    import_entries(corpus, [entry(path)], ImportOptions(copy=False))
    (clip,) = corpus.clips()
    assert clip.recording.path == str(path)
    assert not (corpus.folder / "audio").exists()
    assert np.array_equal(corpus.samples(clip), audio.decode(path))
    assert corpus.check() == []


def test_bad_files_are_listed_and_the_others_imported(corpus, source):
    (source / "empty.wav").write_bytes(b"")
    (source / "words.wav").write_text("this is no audio")
    audio.write_wav(source / "silent.wav", np.zeros(16000, np.float32))
    audio.write_wav(source / "blip.wav", noise(1, 0.01))
    good = wav(source, "good", 2)
    names = ["empty", "words", "silent", "blip", "missing", "good"]
    report = import_entries(corpus, [entry(source / f"{name}.wav", "x") for name in names])
    assert report.added == 1
    assert [Path(skip.where).stem for skip in report.skipped] == names[:-1]
    assert corpus.recordings()[0].origin == good.name
    assert corpus.check() == []


def test_a_dry_run_writes_nothing_and_says_what_would_be(corpus, source):
    entries = [entry(wav(source, "a", 1), "x"), entry(wav(source, "b", 1), "x"), entry(wav(source, "c", 2))]
    dry = import_entries(corpus, entries, dry_run=True)
    assert sum(corpus.counts().values()) == 0
    assert not (corpus.folder / "audio").exists()
    real = import_entries(corpus, entries)
    assert (dry.added, dry.clips, dry.labels, dry.hours) == (real.added, real.clips, real.labels, real.hours)


def test_ctrl_c_keeps_what_was_imported(corpus, source):
    class Stops:
        count = 0

        def start(self, what, total, unit="clips"): ...
        def note(self, text): ...
        def finish(self): ...
        def advance(self, steps=1):
            self.count += 1
            if self.count == 3:
                raise KeyboardInterrupt

    entries = [entry(wav(source, f"f{number}", number)) for number in range(8)]
    with pytest.raises(InterruptedWork, match="after 3 of 8 files"):
        import_entries(corpus, entries, progress=Stops())
    assert len(corpus.recordings()) == 3
    assert import_entries(corpus, entries).already == 3
    assert corpus.check() == []


def test_a_full_disk_is_a_clear_error(corpus, source):
    entries = [entry(wav(source, "a", 1)), entry(wav(source, "b", 2, seconds=20))]
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (450_000, limit[1]))
    try:
        with pytest.raises(CorpusError, match="cannot be written"):
            import_entries(corpus, entries)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert corpus.check() == []
    assert import_entries(corpus, entries).added + len(corpus.recordings()) >= 2
    assert len(corpus.recordings()) == 2


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes where it likes")
def test_a_read_only_folder_is_a_clear_error(corpus, source):
    (corpus.folder / "audio").mkdir(mode=0o500)
    with pytest.raises(CorpusError, match="cannot be written"):
        import_entries(corpus, [entry(wav(source, "a", 1))])


def test_audio_that_cannot_be_put_in_its_place_is_a_clear_error(corpus, source):
    (corpus.folder / "audio").write_text("a file where the folder should be")
    with pytest.raises(CorpusError, match="cannot be written"):
        import_entries(corpus, [entry(wav(source, "a", 1))])
    assert corpus.recordings() == []


def test_audio_may_lie_in_a_bucket(tmp_path, source):
    bucket = tmp_path / "bucket"
    with Corpus.create(tmp_path / "team", audio=f"local://{bucket}") as corpus:
        path = wav(source, "a", 1)
        import_entries(corpus, [entry(path)])
    with Corpus.open(tmp_path / "team") as corpus:
        (clip,) = corpus.clips()
        assert np.array_equal(corpus.samples(clip), audio.decode(path))
        assert (bucket / clip.recording.path).is_file()
        assert not (tmp_path / "team" / "audio").exists()
        assert corpus.check() == []


_IMPORT = """
import sys, time
from pathlib import Path
from idiolect.corpus import Corpus, Entry, ImportOptions, import_entries, importing
importing._BATCH = 2
files = sorted(Path(sys.argv[2]).glob("*.wav"))
entries = [Entry(path, str(path), text=path.stem, source="in/texts.csv") for path in files]
with Corpus.open(Path(sys.argv[1])) as corpus:
    import_entries(corpus, entries, ImportOptions(speaker="me"))
"""


def test_killed_at_any_point_and_run_again_gives_the_same(tmp_path, source):
    for number in range(20):
        wav(source, f"f{number:02}", number, seconds=0.6)
    Corpus.create(tmp_path / "killed").close()
    Corpus.create(tmp_path / "whole").close()
    seen = []
    for enough in (1, 9):
        work = subprocess.Popen([sys.executable, "-c", _IMPORT, tmp_path / "killed", source], stdout=subprocess.PIPE)
        with Corpus.open(tmp_path / "killed") as corpus:
            while corpus.counts()["recording"] < enough and work.poll() is None:
                time.sleep(0.005)
            work.send_signal(signal.SIGKILL)
            work.communicate()
            seen.append(len(corpus.recordings()))
    assert seen[0] < 20, "no import was killed half-way"
    for name in ("killed", "whole"):
        subprocess.run([sys.executable, "-c", _IMPORT, tmp_path / name, source], check=True)
    with Corpus.open(tmp_path / "killed") as killed, Corpus.open(tmp_path / "whole") as whole:
        assert content(killed) == content(whole)
        assert len(killed.recordings()) == 20
        names = [path for path in killed.audio.copied() if not Path(path).name.startswith(".")]
        assert names == whole.audio.copied()


def test_labels_of_a_clip_can_be_added_after_the_import(corpus, source):
    import_entries(corpus, [entry(wav(source, "a", 1))])
    clip: Clip = corpus.clips()[0]
    assert corpus.add_labels([NewLabel(clip.id, SourceKind.HUMAN, "me", text="hi")])


def test_a_truncated_file_is_taken_and_said(corpus: Corpus, source: Path) -> None:
    whole = source / "whole.flac"
    audio.write_flac(whole, noise(1, 4.0))
    cut = source / "cut.flac"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    report = import_entries(corpus, [entry(cut, start=0.0, end=1.0)])
    assert report.added == 1
    (damaged,) = report.damaged
    assert damaged.where == str(cut)
    assert damaged.reason.startswith("truncated")


def test_a_reason_does_not_say_the_file_twice(corpus: Corpus, source: Path) -> None:
    empty = source / "empty.wav"
    empty.touch()
    (skip,) = import_entries(corpus, [entry(empty)]).skipped
    assert str(empty) == skip.where
    assert str(empty) not in skip.reason


def test_a_relative_name_is_not_said_again_in_full(
    corpus: Corpus, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(source)
    Path("empty.wav").touch()
    (skip,) = import_entries(corpus, [entry(Path("empty.wav"))]).skipped
    assert (skip.where, skip.reason) == ("empty.wav", "is empty (0 bytes)")
