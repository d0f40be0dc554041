"""Values that a field has in a store, for people to choose from."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from idiolect.corpus import tables
from idiolect.corpus.finding.fields import FIELDS

MOST = 200
"""Nobody reads a longer list; they type."""
_FROM: dict[str, sa.Column[Any]] = {
    "speaker": tables.speaker.c.id,
    "collection": tables.recording.c.collection,
    "source": tables.label.c.source,
    "tag": tables.clip_tag.c.name,
    "dataset": tables.dataset_name.c.name,
    "error": tables.evaluation_item.c.system,
    "session": tables.recording.c.session,
    "language": tables.recording.c.language,
    "device": tables.recording.c.device,
}


def values_of(connection: sa.Connection, field: str) -> list[str]:
    """The first `MOST` values in their order.

    Each is the next one after the last: by an index that is one step, where DISTINCT would walk three million labels.
    """
    known = FIELDS.get(field)
    if known is not None and known.choices:
        return list(known.choices)
    if known is not None and known.kind == "yes":
        return ["yes", "no"]
    if field not in _FROM:
        return []
    column, found = _FROM[field], list[str]()
    while len(found) < MOST:
        query = sa.select(sa.func.min(column))
        next_one = connection.execute(query.where(column > found[-1]) if found else query).scalar()
        if next_one is None:
            break
        found.append(next_one)
    return found
