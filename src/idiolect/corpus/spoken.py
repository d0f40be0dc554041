"""What a speaker said, by the texts that people put to their clips. What is known of a speaker: see `speakers`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from idiolect.corpus import tables
from idiolect.corpus.values import Purpose, SourceKind

if TYPE_CHECKING:
    from idiolect.corpus.store import Corpus


@dataclass(frozen=True, slots=True)
class Spoken:
    """A clip that a person has put a text to. duration: seconds."""

    clip_id: str
    text: str
    duration: float


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
