"""Every promise of the store, asked as a question."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import sqlalchemy as sa

from idiolect import audio
from idiolect.corpus import datasets, labels, leaks, recordings, summaries, tables
from idiolect.corpus.audio_files import AudioFiles, path_of
from idiolect.corpus.canonical import label_id
from idiolect.corpus.database import FILE_NAME, Database
from idiolect.corpus.forgetting import consents
from idiolect.corpus.travel import check_travel
from idiolect.corpus.values import Recording, SourceKind
from idiolect.errors import AudioError, CorpusError
from idiolect.pools import PROCESSES, Job, Pool, PoolChoice, answers_of
from idiolect.units import MAX_CLIP, SAMPLE_RATE


@dataclass(frozen=True, slots=True)
class Violation:
    """A promise that does not hold: which, of what, and what to do about it."""

    promise: str
    what: str
    hint: str


def check(
    database: Database,
    files: AudioFiles,
    folder: Path,
    *,
    read_audio: bool = True,
    pool: PoolChoice = PROCESSES,
    processes: int = 1,
) -> list[Violation]:
    """Ask everything; `read_audio=False` leaves out decoding each file, which takes about 1/500 of its length.

    pool, processes: where audio is read, by how many. Raises `PoolError`, and `CorpusError` where audio may not be read
    on other machines of the pool.
    """
    with database.read() as connection:
        known = recordings.recordings(connection)
        found = [
            *_private(database, folder),
            *_rows(connection, database),
            *_consent(connection, known),
            *_claims(connection),
            *_summaries(connection),
            *_datasets(connection, folder),
        ]
    found += _files(known, files)
    if read_audio:
        with pool.open(processes) as workers:
            check_travel(known, workers.elsewhere, offline=pool.offline)
            found += _audio(known, files, workers)
    return found


def _private(database: Database, folder: Path) -> Iterator[Violation]:
    if not database.is_sqlite or not (folder / FILE_NAME).exists():
        return
    mode = stat.S_IMODE((folder / FILE_NAME).stat().st_mode)
    if mode & 0o077:
        yield Violation("only you can read the database", f"{FILE_NAME} has mode {mode:04o}", f"chmod 600 {FILE_NAME}")


def _rows(connection: sa.Connection, database: Database) -> Iterator[Violation]:
    restore = "Restore the database from a backup, or tell us how this came about."
    if database.is_sqlite:
        for row in connection.execute(sa.text("PRAGMA foreign_key_check")):
            yield Violation("every row refers to what is there", f"{row[0]} row {row[1]} names no {row[2]}", restore)
        said = connection.execute(sa.text("PRAGMA quick_check")).scalar()
        if said != "ok":
            yield Violation("the database is whole", str(said), restore)
    for clip in recordings.clips(connection):
        duration, whole = clip.duration, clip.recording.duration
        if not 0 < duration <= MAX_CLIP + 1 / SAMPLE_RATE or clip.start < 0 or clip.end > whole + 1 / SAMPLE_RATE:
            what = f"clip {clip.id} is {clip.start:.2f} to {clip.end:.2f} s of {whole:.2f} s"
            yield Violation("a clip is a stretch of at most 30 s of its recording", what, restore)
    if connection.execute(sa.select(tables.forgetting.c.id)).first() is not None:
        yield Violation("labels cannot be deleted", "the table forgetting has a row", "DELETE FROM forgetting")


def _consent(connection: sa.Connection, known: list[Recording]) -> Iterator[Violation]:
    withdrawn = {name for name, granted in consents(connection).items() if not granted}
    for speaker in sorted({recording.speaker or "" for recording in known} & withdrawn):
        count = sum(recording.speaker == speaker for recording in known)
        what = f"{count} recordings of {speaker}"
        yield Violation("nothing is kept of who withdrew consent", what, f"idiolect forget {speaker}")


def _claims(connection: sa.Connection) -> Iterator[Violation]:
    rows = connection.execute(sa.select(tables.label.c.id, tables.label.c.content_id))
    contents = {row.id: row.content_id for row in rows}
    for label in labels.labels(connection, withdrawn=True):
        if label_id(label) != contents[label.id]:
            what = f"label {label.id} of clip {label.clip_id}"
            yield Violation("a label is never edited", what, "Somebody changed the database by hand; restore it.")


def _summaries(connection: sa.Connection) -> Iterator[Violation]:
    for clip_id in summaries.differences(connection):
        what = f"the summary of clip {clip_id} says something else"
        yield Violation("what is searched is what the labels say", what, "idiolect find --rebuild")


def _datasets(connection: sa.Connection, folder: Path) -> Iterator[Violation]:
    reader = datasets.Reader(connection)
    for key in reader.ids():
        try:
            dataset = reader.load(key)
        except CorpusError as error:
            yield Violation("every row refers to what is there", error.message, "Restore the database from a backup.")
            continue
        named = f"dataset {dataset.name} ({dataset.id[:8]})"
        if not dataset.parameters["forgotten"] and datasets.id_of(dataset.items) != dataset.id:
            yield Violation(
                "a dataset is its content", f"{named} has other items", "Freeze again; do not trust scores."
            )
        for leak in leaks.leaks(dataset.items, dataset.group_by):
            yield Violation("nothing stands on two sides of a split", f"{named}: {leak}", "Freeze again.")
        for item in dataset.items:
            if any(label.kind is not SourceKind.HUMAN for label in item.references):
                yield Violation(
                    "a machine's text is never a reference", f"{named}: clip {item.clip.id}", "Freeze again."
                )
            if item.label is not None and item.label.purpose != "training":
                what = f"{item.label.purpose} labels never train"
                yield Violation(what, f"{named}: clip {item.clip.id}", "Freeze again.")
        if not (folder / "datasets" / f"{dataset.id}.jsonl").exists():
            yield Violation("a dataset has its manifest", f"{named} has none", f"idiolect freeze {dataset.name}")


def _files(known: list[Recording], files: AudioFiles) -> Iterator[Violation]:
    for recording in known:
        if recording.copied and recording.path != path_of(recording.id):
            what = f"recording {recording.id} lies at {recording.path}"
            yield Violation("copied audio is named by its samples", what, "Import it again.")
        if not recording.copied and not Path(recording.path).is_absolute():
            what = f"recording {recording.id} lies at {recording.path}"
            yield Violation("referenced audio has an absolute path", what, "Import it again.")
        if not files.exists(recording.path):
            hint = (
                "Restore it from a backup." if recording.copied else "Put it back, or import it from where it is now."
            )
            yield Violation("every recording has its audio", f"{recording.path} is missing", hint)
    names = {recording.path for recording in known if recording.copied}
    for path in files.copied():
        if path not in names:
            hint = "An import was killed there: run it again, or delete the file."
            yield Violation("every audio file has its recording", f"no recording names {path}", hint)


def _audio(known: list[Recording], files: AudioFiles, workers: Pool) -> Iterator[Violation]:
    there = [(recording.path, recording.id) for recording in known if files.exists(recording.path)]
    job = Job(_listener, (files, there[0][0] if there else ""), "the check of audio")
    answers = workers.map(job, there)
    for wrong in answers_of(answers):
        if wrong is not None:
            yield wrong


def _listener(files: AudioFiles, seen: str) -> Callable[[tuple[str, str]], Violation | None]:
    files.require(seen)
    return partial(_listen, files)


def _listen(files: AudioFiles, file: tuple[str, str]) -> Violation | None:
    """In a worker. file: its path, and the recording that it shall be."""
    path, recording_id = file
    digest = audio.SamplesHash()
    try:
        for block in files.blocks(path):
            digest.update(block)
    except AudioError as error:
        return Violation("audio is as it was imported", error.message, "Restore it from a backup.")
    if digest.hexdigest() == recording_id:
        return None
    what = f"{path} holds other samples than when it was imported"
    return Violation("audio is as it was imported", what, "Restore it from a backup, or import it anew.")
