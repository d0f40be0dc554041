"""What is known of those who speak: their consent, their device, how much they recorded, and what they read aloud."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from idiolect.corpus import tables
from idiolect.corpus.values import Purpose, SourceKind

if TYPE_CHECKING:
    from idiolect.corpus.store import Corpus


@dataclass(frozen=True, slots=True)
class SpeakerRow:
    """One speaker.

    consent: what they said last; None: nobody asked. scope: to what, in words. device: of their newest recording.
    """

    name: str
    consent: bool | None
    scope: str
    recordings: int
    seconds: float
    device: str


@dataclass(frozen=True, slots=True)
class Spoken:
    """A clip that a person has put a text to. duration: seconds."""

    clip_id: str
    text: str
    duration: float


def speakers(corpus: Corpus) -> list[SpeakerRow]:
    """Everybody who is known, by name; voices that machines spoke with are left out."""
    recording, consent = tables.recording.c, tables.consent.c
    counted = (
        sa.select(recording.speaker, sa.func.count().label("many"), sa.func.sum(recording.duration).label("seconds"))
        .where(recording.synthetic.is_(sa.false()))
        .group_by(recording.speaker)
    )
    synthetic = sa.select(recording.speaker).where(recording.synthetic.is_(sa.true())).distinct()
    with corpus.database.read() as connection:
        names = list(connection.execute(sa.select(tables.speaker.c.id).order_by(tables.speaker.c.id)).scalars())
        said = {row.speaker: row for row in connection.execute(sa.select(tables.consent).order_by(consent.id))}
        sums = {row.speaker: row for row in connection.execute(counted)}
        machines = set(connection.execute(synthetic).scalars())
        shown = [name for name in names if name in sums or name in said or name not in machines]
        devices = {name: _device(connection, name) for name in shown}
    return [
        SpeakerRow(
            name,
            consent=said[name].granted if name in said else None,
            scope=said[name].scope if name in said else "",
            recordings=sums[name].many if name in sums else 0,
            seconds=float(sums[name].seconds or 0) if name in sums else 0.0,
            device=devices[name],
        )
        for name in shown
    ]


def _device(connection: sa.Connection, speaker: str) -> str:
    recording = tables.recording.c
    newest = (
        sa.select(recording.device)
        .where(recording.speaker == speaker, recording.device.is_not(None))
        .order_by(recording.imported_at.desc(), recording.id)
        .limit(1)
    )
    return str(connection.execute(newest).scalar() or "")


def spoken_by(corpus: Corpus, speaker: str) -> list[Spoken]:
    """The clips of a speaker that a person put a text to, with the newest such text, oldest first.

    Silver texts, texts for scoring alone, suggestions and clips that a machine spoke do not count.
    """
    label, clip, recording = tables.label.c, tables.clip.c, tables.recording.c
    query = (
        sa.select(label.clip_id, label.text, clip.start, clip.end)
        .select_from(tables.label.join(tables.clip).join(tables.recording))
        .where(recording.speaker == speaker, recording.synthetic.is_(sa.false()))
        .where(label.kind == SourceKind.HUMAN, label.purpose == Purpose.TRAINING)
        .where(label.text.is_not(None), label.silver.is_(sa.false()))
        .order_by(label.id)
    )
    found: dict[str, Spoken] = {}
    with corpus.database.read() as connection:
        for row in connection.execute(query):
            found[row.clip_id] = Spoken(row.clip_id, row.text, row.end - row.start)
    return list(found.values())
