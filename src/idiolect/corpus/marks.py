"""Marks that people give clips: nobody speaks, not sure, private. A row says who and when; the newest counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

import sqlalchemy as sa

from idiolect.corpus import labels, sensitivity, tables
from idiolect.corpus.tables import as_utc, now
from idiolect.corpus.values import Sensitivity
from idiolect.errors import CorpusError

MarkName = Literal["noise", "unsure", "private"]
MARKS: tuple[MarkName, ...] = get_args(MarkName)


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark that a clip has: who gave it, and when."""

    name: MarkName
    person: str
    created_at: datetime


def mark(connection: sa.Connection, clip_ids: Sequence[str], name: MarkName, person: str, *, given: bool = True) -> int:
    """Give clips a mark, or take it off. How many changed.

    ``private`` makes the recording of the clip private, all its clips with it; taken off, the recording gets back what
    it was. Raises `CorpusError` for an unknown clip or mark.
    """
    if name not in MARKS:
        raise CorpusError(f"there is no mark {name!r}", hint=", ".join(MARKS))
    now_given = _newest(connection, clip_ids, name)
    were = sensitivity.of_clips(connection, clip_ids)
    missing = [clip_id for clip_id in clip_ids if clip_id not in were]
    if missing:
        raise CorpusError(f"there is no clip {missing[0]!r} to mark")
    rows = []
    for clip_id in dict.fromkeys(clip_ids):
        before = now_given.get(clip_id)
        if (before is not None and before.given) == given:
            continue
        kept = str(were[clip_id]) if name == "private" and given else ""
        rows.append({"clip_id": clip_id, "mark": name, "given": given, "person": person, "before": kept})
        if name == "private":
            to = Sensitivity.PRIVATE if given else Sensitivity(before.before if before else were[clip_id])
            sensitivity.change(connection, to, ids=[clip_id])
    if rows:
        connection.execute(sa.insert(tables.mark), [row | {"created_at": now()} for row in rows])
    return len(rows)


def follow(connection: sa.Connection, clip_id: str, action: str, person: str) -> None:
    """Let the marks say what the decision says: ``noise`` and ``unsure`` give theirs, others take both off."""
    table = tables.mark.c
    rows = connection.execute(sa.select(table.mark, table.given).where(table.clip_id == clip_id).order_by(table.id))
    has = {row.mark: row.given for row in rows}
    names: tuple[MarkName, ...] = ("noise", "unsure")
    for name in names:
        if has.get(name, False) != (name == action):
            mark(connection, [clip_id], name, person, given=name == action)


def marks(connection: sa.Connection, clip_ids: Sequence[str]) -> dict[str, list[Mark]]:
    """The marks that each of these clips has now."""
    found: dict[str, list[Mark]] = {}
    for name in MARKS:
        for clip_id, row in _newest(connection, clip_ids, name).items():
            if row.given:
                found.setdefault(clip_id, []).append(Mark(name, row.person, as_utc(row.created_at)))
    return found


def marked(connection: sa.Connection, name: MarkName, limit: int) -> list[str]:
    """The clips that have a mark now, the newest mark first."""
    table = tables.mark
    newest = sa.select(sa.func.max(table.c.id)).where(table.c.mark == name).group_by(table.c.clip_id)
    query = sa.select(table.c.clip_id).where(table.c.id.in_(newest), table.c.given.is_(sa.true()))
    return list(connection.execute(query.order_by(table.c.id.desc()).limit(limit)).scalars())


def _newest(connection: sa.Connection, clip_ids: Sequence[str], name: MarkName) -> dict[str, Any]:
    table = tables.mark
    found = {}
    for at in range(0, len(clip_ids), labels.AT_ONCE):
        some = table.c.clip_id.in_(clip_ids[at : at + labels.AT_ONCE])
        for row in connection.execute(sa.select(table).where(some, table.c.mark == name).order_by(table.c.id)):
            found[row.clip_id] = row
    return found
