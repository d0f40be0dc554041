"""Consent, and what happens when it is withdrawn."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import sqlalchemy as sa

from idiolect.corpus import tables
from idiolect.corpus.audio_files import AudioFiles
from idiolect.corpus.clip_map import forget_map
from idiolect.corpus.database import Database
from idiolect.corpus.recordings import add_speaker
from idiolect.corpus.tables import now
from idiolect.corpus.take_files import forget_takes
from idiolect.errors import CorpusError
from idiolect.files import write_text

_AT_ONCE = 500
"""Ids in one statement; SQLite takes 32,766 and PostgreSQL 65,535."""
_OF_CLIPS = (
    *(tables.lease, tables.mark, tables.asked, tables.review),
    *(tables.evaluation_item, tables.dataset_item, tables.bulk_clip, tables.clip_tag, tables.clip_summary),
    *(tables.label, tables.ledger_item),
)
"""What names a clip, each before what it refers to."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What is removed, and what was built from it.

    datasets: ids and names of those that held a clip of the speaker; they are kept without these clips.
    models, evaluations: what was made from such a dataset. idiolect cannot take a voice out of weights: train again.
    referenced: audio outside the project, which the user has to delete.
    takes: recorded and neither kept nor thrown away yet, or lying beside the store as a sitting left them.
    """

    speaker: str
    recordings: int
    clips: int
    labels: int
    datasets: tuple[str, ...]
    models: tuple[str, ...]
    evaluations: tuple[str, ...]
    referenced: tuple[str, ...]
    dry_run: bool = False
    takes: int = 0


def set_consent(connection: sa.Connection, speaker: str, *, granted: bool, scope: str = "") -> None:
    """Note what a speaker says; the newest note counts. The same note again adds nothing."""
    add_speaker(connection, speaker)
    table = tables.consent
    newest = sa.select(table).where(table.c.speaker == speaker).order_by(table.c.id.desc()).limit(1)
    known = connection.execute(newest).first()
    if known is None or (known.granted, known.scope) != (granted, scope):
        connection.execute(sa.insert(table).values(speaker=speaker, granted=granted, scope=scope, created_at=now()))


def consents(connection: sa.Connection) -> dict[str, bool]:
    """What each speaker said last. Who was never asked is not in it."""
    table = tables.consent.c
    rows = connection.execute(sa.select(table.speaker, table.granted).order_by(table.id))
    return {row.speaker: row.granted for row in rows}


def forget(database: Database, files: AudioFiles, folder: Path, speaker: str, *, dry_run: bool = False) -> Forgotten:
    """Withdraw a speaker's consent and remove their audio, clips, labels and dataset rows.

    In the ledger the money stays, and which clips it was for goes, with the answers that were kept.

    The speaker's name stays, with the withdrawal: a later import of the same speaker is refused. Killed half-way,
    the same call again finishes: the rows, which say what there is to remove, go last.

    Raises:
        CorpusError: nobody of that name is known.
    """
    with database.read() as connection:
        if connection.execute(sa.select(tables.speaker.c.id).where(tables.speaker.c.id == speaker)).first() is None:
            raise CorpusError(f"nobody is called {speaker!r}", hint="idiolect status lists the speakers")
        clip_ids, paths, found = _found(connection, speaker, dry_run=dry_run)
    found = replace(found, takes=forget_takes(folder, speaker, dry_run=dry_run))
    if dry_run:
        return found
    for path in paths:
        files.remove(path)
    gone = set(clip_ids)
    for key in found.datasets:
        _rewrite_manifest(folder / "datasets" / f"{key}.jsonl", gone)
    _clear_caches(folder / "cache", gone)
    with database.write() as connection:
        connection.execute(sa.insert(tables.forgetting).values(speaker=speaker))
        _remove_rows(connection, speaker, clip_ids, found.datasets)
        set_consent(connection, speaker, granted=False, scope="withdrawn")
        connection.execute(sa.delete(tables.forgetting))
    database.wipe()
    return found


def _found(connection: sa.Connection, speaker: str, *, dry_run: bool) -> tuple[list[str], list[str], Forgotten]:
    table = tables.recording.c
    rows = connection.execute(sa.select(table.id, table.path, table.copied).where(table.speaker == speaker)).all()
    query = sa.select(tables.clip.c.id).join(tables.recording).where(table.speaker == speaker)
    clip_ids = list(connection.execute(query).scalars())
    of_labels = sa.select(sa.func.count()).select_from(tables.label).where(tables.label.c.clip_id.in_(query))
    items = tables.dataset_item.c
    datasets = sorted(
        connection.execute(sa.select(items.dataset_id).where(items.clip_id.in_(query)).distinct()).scalars()
    )
    models = connection.execute(
        sa.select(tables.model.c.name).where(tables.model.c.dataset_id.in_(datasets)).order_by(tables.model.c.name)
    )
    evaluations = connection.execute(
        sa.select(tables.evaluation.c.id)
        .where(tables.evaluation.c.dataset_id.in_(datasets))
        .order_by(tables.evaluation.c.id)
    )
    found = Forgotten(
        speaker,
        recordings=len(rows),
        clips=len(clip_ids),
        labels=connection.execute(of_labels).scalar() or 0,
        datasets=tuple(datasets),
        models=tuple(models.scalars()),
        evaluations=tuple(evaluations.scalars()),
        referenced=tuple(sorted(row.path for row in rows if not row.copied)),
        dry_run=dry_run,
    )
    return clip_ids, [row.path for row in rows if row.copied], found


def _remove_rows(connection: sa.Connection, speaker: str, clip_ids: Sequence[str], datasets: Sequence[str]) -> None:
    items = tables.dataset_item
    for key in datasets:
        inside = sa.select(tables.clip.c.id).join(tables.recording).where(tables.recording.c.speaker == speaker)
        count = connection.execute(
            sa.select(sa.func.count()).select_from(items).where(items.c.dataset_id == key, items.c.clip_id.in_(inside))
        ).scalar()
        connection.execute(
            sa.update(tables.dataset)
            .where(tables.dataset.c.id == key)
            .values(forgotten=tables.dataset.c.forgotten + (count or 0))
        )
    for start in range(0, len(clip_ids), _AT_ONCE):
        some = clip_ids[start : start + _AT_ONCE]
        sent = sa.select(tables.ledger_item.c.ledger_id).where(tables.ledger_item.c.clip_id.in_(some))
        connection.execute(sa.update(tables.ledger).where(tables.ledger.c.id.in_(sent)).values(answer=None))
        reviews = sa.select(tables.review.c.id).where(tables.review.c.clip_id.in_(some))
        connection.execute(sa.delete(tables.withdrawal).where(tables.withdrawal.c.review_id.in_(reviews)))
        for table in _OF_CLIPS:
            connection.execute(sa.delete(table).where(table.c.clip_id.in_(some)))
        vote = tables.arena_vote
        connection.execute(sa.delete(vote).where(vote.c.first_clip.in_(some) | vote.c.second_clip.in_(some)))
        connection.execute(sa.delete(tables.clip).where(tables.clip.c.id.in_(some)))
    connection.execute(sa.delete(tables.recording).where(tables.recording.c.speaker == speaker))


def _rewrite_manifest(path: Path, gone: set[str]) -> None:
    if not path.exists():
        return
    lines = path.read_text(encoding="utf-8").splitlines()
    write_text(path, "".join(f"{line}\n" for line in lines if json.loads(line)["clip"] not in gone))


def _clear_caches(cache: Path, gone: set[str]) -> None:
    """What was kept of these clips: their samples, their texts beside the alignments, and the map of voices."""
    for clip_id in gone:
        (cache / "samples" / clip_id[:2] / f"{clip_id}.i16").unlink(missing_ok=True)
    forget_map(cache.parent)
    for path in sorted((cache / "alignments").glob("*.jsonl")):
        _rewrite_manifest(path, gone)
