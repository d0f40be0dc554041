"""What a project holds of each speaker, and what they said about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from idiolect.corpus import tables
from idiolect.corpus.tables import as_utc
from idiolect.corpus.values import Sensitivity
from idiolect.units import Seconds


@dataclass(frozen=True, slots=True)
class SpeakerAccount:
    """One speaker. consent: their last word, None where nobody asked; scope: for what; said_at: when.

    machine: a voice of a program: all of it is synthetic.
    """

    name: str
    recordings: int
    clips: int
    seconds: Seconds
    machine: bool
    consent: bool | None
    scope: str
    said_at: datetime | None

    @property
    def records(self) -> bool:
        """Whether this is somebody to record: a person, or whoever was asked for consent."""
        return not self.machine or self.consent is not None


@dataclass(frozen=True, slots=True)
class Travels:
    """How much may travel so far."""

    recordings: int
    seconds: Seconds


def speakers(connection: sa.Connection) -> tuple[SpeakerAccount, ...]:
    """All that are known, people first, by name; those who were forgotten too, with nothing left of them."""
    said = _last_words(connection)
    amounts = _amounts(connection)
    names = connection.execute(sa.select(tables.speaker.c.id)).scalars()
    found = [SpeakerAccount(name, *amounts.get(name, _NOTHING), *said.get(name, _SILENT)) for name in names]
    return tuple(sorted(found, key=lambda one: (one.machine, one.name)))


_NOTHING = (0, 0, Seconds(0.0), False)
_SILENT = (None, "", None)


def _last_words(connection: sa.Connection) -> Mapping[str, tuple[bool, str, datetime]]:
    rows = connection.execute(sa.select(tables.consent).order_by(tables.consent.c.id))
    return {row.speaker: (row.granted, row.scope, as_utc(row.created_at)) for row in rows}


def _amounts(connection: sa.Connection) -> Mapping[str, tuple[int, int, Seconds, bool]]:
    recording, clip = tables.recording.c, tables.clip.c
    joined = tables.recording.outerjoin(tables.clip, clip.recording_id == recording.id)
    query = (
        sa.select(
            recording.speaker,
            sa.func.count(sa.distinct(recording.id)),
            sa.func.count(clip.id),
            sa.func.coalesce(sa.func.sum(clip.end - clip.start), 0.0),
            sa.func.min(sa.case((recording.synthetic, 1), else_=0)),
        )
        .select_from(joined)
        .where(recording.speaker.is_not(None))
        .group_by(recording.speaker)
    )
    rows = connection.execute(query)
    return {name: (many, clips, Seconds(seconds), bool(least)) for name, many, clips, seconds, least in rows}


def travels(connection: sa.Connection) -> dict[Sensitivity, Travels]:
    """How many recordings have each sensitivity; every one of them is a key."""
    recording = tables.recording.c
    query = sa.select(recording.sensitivity, sa.func.count(), sa.func.sum(recording.duration))
    found = {
        name: Travels(many, Seconds(seconds))
        for name, many, seconds in connection.execute(query.group_by(recording.sensitivity))
    }
    return {one: found.get(one.value, Travels(0, Seconds(0.0))) for one in Sensitivity}
