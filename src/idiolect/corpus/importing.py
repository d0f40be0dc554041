"""Entries to rows: files are decoded by several threads, and committed in order, in small batches."""

from __future__ import annotations

import itertools
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from idiolect.corpus import labels, recordings, tables
from idiolect.corpus.canonical import label_id
from idiolect.corpus.forgetting import consents, set_consent
from idiolect.corpus.importers.entry import Entry, Skip
from idiolect.corpus.intake import ImportOptions, Taken, take
from idiolect.corpus.values import Recording
from idiolect.errors import InterruptedWork
from idiolect.progress import SILENT, Progress

if TYPE_CHECKING:
    from idiolect.corpus.store import Corpus

_BATCH = 50
_BATCH_SECONDS = 2.0
"""A commit waits for the disk: one for each file would be most of the time of an import of short files."""
_FEW = 10
"""Files; a take that was just recorded is one."""
_AHEAD = 4
"""Files under way or waiting for their commit, for each thread."""


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did, or with `dry_run` would do.

    added, already: recordings that are new, or were there. clips, labels: new ones. seconds: audio in the new clips.
    skipped: everything that was found and not taken, with the reason. damaged: files that were taken though part of
    them is missing.
    """

    added: int = 0
    already: int = 0
    clips: int = 0
    labels: int = 0
    seconds: float = 0.0
    skipped: tuple[Skip, ...] = ()
    dry_run: bool = False
    damaged: tuple[Skip, ...] = ()

    @property
    def hours(self) -> float:
        """Hours of audio in the new clips."""
        return self.seconds / 3600

    def as_dict(self) -> dict[str, Any]:
        """The same, as JSON values."""
        return {
            "added": self.added,
            "already": self.already,
            "clips": self.clips,
            "labels": self.labels,
            "hours": round(self.hours, 4),
            "skipped": [{"where": skip.where, "reason": skip.reason} for skip in self.skipped],
            "damaged": [{"where": skip.where, "reason": skip.reason} for skip in self.damaged],
            "dry_run": self.dry_run,
        }


def import_entries(
    corpus: Corpus,
    entries: Sequence[Entry],
    options: ImportOptions | None = None,
    *,
    skipped: Sequence[Skip] = (),
    progress: Progress = SILENT,
    dry_run: bool = False,
) -> ImportReport:
    """Import what an importer found. The same entries again add nothing; killed and run again, it goes on.

    skipped: what the importer did not take; it is passed on in the report.

    Raises:
        CorpusError: the audio or the database cannot be written. What was committed stays.
        InterruptedWork: Ctrl-C. What was committed stays.
    """
    work = _Import(corpus, options or ImportOptions(), list(skipped), dry_run=dry_run)
    groups = _by_file(entries)
    progress.start("Looking" if dry_run else "Importing", len(groups), "files")
    try:
        for taken in _taken(groups, work):
            work.add(taken)
            progress.advance()
            for skip in (*taken.skipped, *taken.damaged):
                progress.note(f"{skip.where}: {skip.reason}")
    except KeyboardInterrupt:
        work.commit()
        raise InterruptedWork(
            f"stopped after {work.count} of {len(groups)} files; what was imported stays",
            hint="The same command again goes on.",
        ) from None
    finally:
        work.commit()
        progress.finish()
    return work.report()


def _by_file(entries: Sequence[Entry]) -> list[list[Entry]]:
    """All entries of one file together, in the order in which the files are first named."""
    groups: dict[str, list[Entry]] = {}
    for entry in entries:
        groups.setdefault("-" if entry.audio is None else str(entry.audio.expanduser().absolute()), []).append(entry)
    return list(groups.values())


def _taken(groups: Sequence[Sequence[Entry]], work: _Import) -> Iterator[Taken]:
    """What each file gives, in order; `_AHEAD` files for each thread are under way."""
    threads = max(1, work.options.threads)
    # Reading a million clips takes longer than measuring a few again.
    known = {clip.id for clip in work.corpus.clips()} if len(groups) > _FEW else set()
    files, options, write = work.corpus.audio, work.options, not work.dry_run
    with ThreadPoolExecutor(threads, thread_name_prefix="import") as pool:
        waiting: deque[Future[Taken]] = deque()
        coming = iter(groups)
        try:
            while True:
                for group in itertools.islice(coming, threads * _AHEAD - len(waiting)):
                    waiting.append(pool.submit(take, group, options, files, write=write, known=known))
                if not waiting:
                    return
                yield waiting.popleft().result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


@dataclass(slots=True)
class _Import:
    """What is not committed yet, and the counts."""

    corpus: Corpus
    options: ImportOptions
    skipped: list[Skip]
    dry_run: bool
    waiting: list[Taken] = field(default_factory=list)
    since: float = field(default_factory=time.monotonic)
    count: int = 0
    added: int = 0
    already: int = 0
    clips: int = 0
    labels: int = 0
    seconds: float = 0.0
    said: dict[tuple[str, str, str], str] = field(default_factory=dict)
    damaged: list[Skip] = field(default_factory=list)

    def add(self, taken: Taken) -> None:
        self.damaged += taken.damaged
        self.waiting.append(taken)
        late = time.monotonic() - self.since > _BATCH_SECONDS
        # A dry run writes nothing, so it needs all its rows in the one transaction that it takes back.
        if not self.dry_run and (late or len(self.waiting) >= _BATCH):
            self.commit()

    def commit(self) -> None:
        """All that waits, in one transaction."""
        waiting, self.waiting = self.waiting, []
        if not waiting:
            return
        with self.corpus.database.write() as connection:
            blocked = {name for name, granted in consents(connection).items() if not granted}
            for taken in waiting:
                self._insert(connection, taken, blocked)
            if self.dry_run:
                connection.rollback()
        self.count += len(waiting)
        self.since = time.monotonic()

    def report(self) -> ImportReport:
        return ImportReport(
            self.added,
            self.already,
            self.clips,
            self.labels,
            self.seconds,
            tuple(self.skipped),
            self.dry_run,
            tuple(self.damaged),
        )

    def _insert(self, connection: sa.Connection, taken: Taken, blocked: set[str]) -> None:
        self.skipped += taken.skipped
        recording = taken.recording
        if recording is None or recording.speaker in blocked:
            if recording is not None:
                self.skipped.append(Skip(taken.where, f"{recording.speaker} has withdrawn consent"))
            self._drop(connection, taken.path)
            return
        if recordings.add_recording(connection, recording):
            self.added += 1
            if self.options.consent is not None and recording.speaker is not None:
                set_consent(connection, recording.speaker, granted=True, scope=self.options.consent)
        else:
            self.already += 1
            self._compare(connection, taken.where, recording)
        for clip in taken.clips:
            span = (clip.start, clip.end)
            if recordings.add_clip(connection, recording.id, clip.id, span=span, quality=clip.quality):
                self.clips += 1
                self.seconds += clip.end - clip.start
        self._label(connection, taken)

    def _label(self, connection: sa.Connection, taken: Taken) -> None:
        """Claims that are not there yet. Of several texts of one source for equal audio, the first counts."""
        for label in taken.labels:
            if labels.has_label(connection, label_id(label), label.clip_id) is not None:
                continue
            key = (label.clip_id, f"{label.kind} {label.silver}", label.source)
            if label.text is not None and self.said.setdefault(key, label.text) != label.text:
                self.skipped.append(Skip(taken.where, f"{label.source} has another text for the same audio"))
                continue
            labels.add_labels(connection, [label])
            self.labels += 1

    def _drop(self, connection: sa.Connection, path: str | None) -> None:
        """Audio that nothing will name goes again, unless a recording of an earlier import has it."""
        table = tables.recording.c
        if path is None or self.dry_run or connection.execute(sa.select(table.id).where(table.path == path)).first():
            return
        self.corpus.audio.remove(path)

    def _compare(self, connection: sa.Connection, where: str, recording: Recording) -> None:
        """The same audio with another speaker: the first import counts, and the user hears of it."""
        table = tables.recording.c
        known = connection.execute(sa.select(table.speaker, table.session).where(table.id == recording.id)).one()
        for word, old, new in (
            ("speaker", known.speaker, recording.speaker),
            ("session", known.session, recording.session),
        ):
            if new is not None and new != old:
                self.skipped.append(Skip(where, f"is there already, with {word} {old or 'not known'}, not {new}"))
