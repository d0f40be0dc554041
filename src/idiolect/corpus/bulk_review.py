"""What is said about many clips at once in the words of a review: nobody speaks, not sure, to be heard."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from idiolect.corpus import labels, leases, marks, summaries, tables
from idiolect.corpus.tables import bulk_clip, now
from idiolect.corpus.values import NewLabel, SourceKind

_AT_ONCE = 500


def mark(connection: sa.Connection, ids: Sequence[str], name: str, person: str, *, given: bool) -> list[str]:
    """Give clips a mark of the review, or take it off; which of them changed."""
    known = next(one for one in marks.MARKS if one == name)
    had = {clip_id for clip_id, some in marks.marks(connection, ids).items() if known in {one.name for one in some}}
    changed = [clip_id for clip_id in ids if (clip_id in had) != given]
    marks.mark(connection, changed, known, person, given=given)
    return changed


def queue(connection: sa.Connection, ids: Sequence[str], bulk_id: int, person: str) -> list[str]:
    """Put clips first in everybody's queue; those that were not asked for already."""
    waiting = leases.asked(connection, ids)
    new = [clip_id for clip_id in ids if clip_id not in waiting]
    about = {"why": _why(bulk_id), "person": person, "after": leases.newest_review(connection), "created_at": now()}
    if new:
        connection.execute(sa.insert(tables.asked), [{"clip_id": clip_id} | about for clip_id in new])
    return new


def unqueue(connection: sa.Connection, bulk_id: int) -> list[str]:
    """Ask no longer for what that action asked for and nobody has heard since; which."""
    asked = tables.asked.c
    mine = list(connection.execute(sa.select(asked.clip_id).where(asked.why == _why(bulk_id))).scalars())
    waiting = leases.asked(connection, mine)
    left = [clip_id for clip_id in mine if clip_id in waiting]
    for some in _some(left):
        connection.execute(sa.delete(tables.asked).where(asked.why == _why(bulk_id), asked.clip_id.in_(some)))
    return left


def noise(connection: sa.Connection, ids: Sequence[str], bulk_id: int, person: str) -> dict[str, int]:
    """Claim that nobody speaks, as a decision of the review for each clip; its label, by clip."""
    made: dict[str, int] = {}
    about = {"review": "noise", "bulk": bulk_id}
    for some in _some(ids):
        new = [NewLabel(one, SourceKind.HUMAN, person, text="", parameters=about) for one in some]
        made |= dict(zip(some, labels.add_labels(connection, new), strict=True))
        rows = [_decision(bulk_id, clip_id, made[clip_id], person) for clip_id in some]
        connection.execute(sa.insert(tables.review), rows)
    marks.mark(connection, list(ids), "noise", person)
    return made


def unnoise(connection: sa.Connection, bulk_id: int, person: str) -> list[str]:
    """Take these claims back, where their person has not done so since: their labels stay, and count no longer."""
    review, gone = tables.review.c, tables.withdrawal.c
    query = sa.select(review.id, review.clip_id, review.label_id).where(
        review.sitting == _sitting(bulk_id), ~sa.exists().where(gone.review_id == review.id)
    )
    rows = connection.execute(query).all()
    values = [
        {"key": f"undo-{row.id}", "review_id": row.id, "label_id": row.label_id, "person": person, "created_at": now()}
        for row in rows
    ]
    if values:
        connection.execute(sa.insert(tables.withdrawal), values)
    clip_ids = [row.clip_id for row in rows]
    marks.mark(connection, clip_ids, "noise", person, given=False)
    summaries.refresh(connection, clip_ids)
    return clip_ids


def note_labels(connection: sa.Connection, bulk_id: int, made: dict[str, int]) -> None:
    """Keep which label an action added to each clip."""
    for clip_id, label_id in made.items():
        those = sa.and_(bulk_clip.c.bulk_id == bulk_id, bulk_clip.c.clip_id == clip_id)
        connection.execute(sa.update(bulk_clip).where(those).values(label_id=label_id))


def _decision(bulk_id: int, clip_id: str, label_id: int, person: str) -> dict[str, Any]:
    return {
        "key": f"bulk-{bulk_id}-{clip_id}",
        "clip_id": clip_id,
        "person": person,
        "sitting": _sitting(bulk_id),
        "action": "noise",
        "label_id": label_id,
        "queue": "find",
        "seconds": 0.0,
        "words": 0,
        "changed": 0,
        "created_at": now(),
    }


def _sitting(bulk_id: int) -> str:
    return f"bulk-{bulk_id}"


def _why(bulk_id: int) -> str:
    return f"chosen in Find, action {bulk_id}"


def _some(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), _AT_ONCE):
        yield ids[start : start + _AT_ONCE]
