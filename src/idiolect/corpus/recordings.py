"""Recordings, their speakers, and the clips in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from idiolect.corpus import summaries, tables
from idiolect.corpus.tables import as_utc, now
from idiolect.corpus.values import Clip, Recording, Sensitivity
from idiolect.errors import CorpusError
from idiolect.units import Hertz, Seconds

_AT_ONCE = 500
"""Ids in one statement; SQLite takes 32,766."""


@dataclass(frozen=True, slots=True)
class ClipFilter:
    """Which clips; what is None does not matter. `labeled` asks for clips with, or without, any label."""

    collection: str | None = None
    speaker: str | None = None
    session: str | None = None
    language: str | None = None
    recording: str | None = None
    synthetic: bool | None = None
    train_only: bool | None = None
    labeled: bool | None = None


def add_speaker(connection: sa.Connection, name: str) -> None:
    """Know a speaker; does nothing for one who is known."""
    known = connection.execute(sa.select(tables.speaker.c.id).where(tables.speaker.c.id == name)).first()
    if known is None:
        connection.execute(sa.insert(tables.speaker).values(id=name, created_at=now()))


def add_recording(connection: sa.Connection, recording: Recording) -> bool:
    """Insert a recording; False where one with these samples is there."""
    table = tables.recording
    if connection.execute(sa.select(table.c.id).where(table.c.id == recording.id)).first() is not None:
        return False
    if recording.speaker is not None:
        add_speaker(connection, recording.speaker)
    values = {column.name: getattr(recording, column.name) for column in table.columns if column.name != "imported_at"}
    connection.execute(sa.insert(table).values(**values, imported_at=now()))
    return True


def add_clip(
    connection: sa.Connection,
    recording_id: str,
    clip_id: str,
    *,
    span: tuple[float, float],
    quality: Mapping[str, float],
) -> bool:
    """Insert a clip; False where one with these samples is there, in whatever recording."""
    table = tables.clip
    if connection.execute(sa.select(table.c.id).where(table.c.id == clip_id)).first() is not None:
        return False
    connection.execute(
        sa.insert(table).values(
            id=clip_id, recording_id=recording_id, start=span[0], end=span[1], quality=dict(quality)
        )
    )
    summaries.add(connection, clip_id, recording_id, span[1] - span[0], quality)
    return True


def speakers(connection: sa.Connection) -> list[str]:
    """The names of all who are known, in order."""
    return list(connection.execute(sa.select(tables.speaker.c.id).order_by(tables.speaker.c.id)).scalars())


def collections(connection: sa.Connection) -> list[str]:
    """The names of the imports, in order."""
    column = tables.recording.c.collection
    return list(connection.execute(sa.select(column).where(column.is_not(None)).distinct().order_by(column)).scalars())


def recordings(connection: sa.Connection) -> list[Recording]:
    """All recordings, in order of id."""
    return [_recording(row) for row in connection.execute(sa.select(tables.recording).order_by(tables.recording.c.id))]


def clips(connection: sa.Connection, which: ClipFilter | None = None) -> list[Clip]:
    """The clips that fit, by recording and start."""
    query = _joined().order_by(tables.recording.c.id, tables.clip.c.start, tables.clip.c.id)
    for condition in _conditions(which or ClipFilter()):
        query = query.where(condition)
    return _clips(connection.execute(query))


def clip(connection: sa.Connection, clip_id: str) -> Clip:
    """The clip of that id, or the only one whose id begins so. Raises `CorpusError`."""
    query = _joined().where(tables.clip.c.id.startswith(clip_id, autoescape=True)).limit(2)
    found = _clips(connection.execute(query))
    if len(found) != 1 or not clip_id:
        many = "several clips begin" if found else "no clip begins"
        raise CorpusError(f"{many} with {clip_id!r}", hint="A clip's id has 32 hex digits.")
    return found[0]


def clips_of(connection: sa.Connection, clip_ids: Sequence[str]) -> dict[str, Clip]:
    """Those of these clips that are in the store, by id, in the order they were asked for."""
    found: dict[str, Clip] = {}
    for start in range(0, len(clip_ids), _AT_ONCE):
        some = clip_ids[start : start + _AT_ONCE]
        by_id = {one.id: one for one in _clips(connection.execute(_joined().where(tables.clip.c.id.in_(some))))}
        found.update({key: by_id[key] for key in some if key in by_id})
    return found


def neighbours(connection: sa.Connection, of: Clip) -> tuple[Clip | None, Clip | None]:
    """The clips of the same recording that begin before and after; None at its ends."""
    table = tables.clip.c
    here = _joined().where(table.recording_id == of.recording.id, table.id != of.id)
    before = here.where(table.start <= of.start).order_by(table.start.desc(), table.id.desc()).limit(1)
    after = here.where(table.start > of.start).order_by(table.start, table.id).limit(1)
    (one, other) = (next(iter(_clips(connection.execute(query))), None) for query in (before, after))
    return one, other


def _joined() -> sa.Select[Any]:
    columns = [column.label(f"recording_{column.name}") for column in tables.recording.columns]
    joined = tables.clip.join(tables.recording)
    of_clip = [column.label(f"clip_{column.name}") for column in tables.clip.columns if column.name != "recording_id"]
    return sa.select(*of_clip, *columns).select_from(joined)


def _conditions(which: ClipFilter) -> Iterable[sa.ColumnElement[bool]]:
    table = tables.recording.c
    wanted = {
        table.collection: which.collection,
        table.speaker: which.speaker,
        table.session: which.session,
        table.language: which.language,
        table.id: which.recording,
        table.synthetic: which.synthetic,
        table.train_only: which.train_only,
    }
    for column, value in wanted.items():
        if value is not None:
            yield column == value
    if which.labeled is not None:
        taken_back = sa.exists().where(tables.withdrawal.c.label_id == tables.label.c.id)
        any_label = sa.exists().where(tables.label.c.clip_id == tables.clip.c.id, ~taken_back)
        yield any_label if which.labeled else ~any_label


def _clips(rows: Iterable[Any]) -> list[Clip]:
    known: dict[str, Recording] = {}
    found = []
    for row in rows:
        recording = known.get(row.recording_id)
        if recording is None:
            recording = known[row.recording_id] = _recording(row, prefix="recording_")
        found.append(Clip(row.clip_id, recording, Seconds(row.clip_start), Seconds(row.clip_end), row.clip_quality))
    return found


def _recording(row: Any, prefix: str = "") -> Recording:
    values = {column.name: getattr(row, prefix + column.name) for column in tables.recording.columns}
    values["duration"] = Seconds(values["duration"])
    values["sample_rate"] = Hertz(values["sample_rate"])
    values["sensitivity"] = Sensitivity(values["sensitivity"])
    values["imported_at"] = as_utc(values["imported_at"])
    return Recording(**values)
