"""What a person does to many clips at once, and takes back whole.

An action is a row with who, what and when, and a row for each clip that it changed. Nothing is edited or deleted by it
but what is a state: tags, and how far a recording may travel. Taking it back is an action too; what somebody has
changed since then stays as they left it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from idiolect.corpus import bulk_review, summaries, tables
from idiolect.corpus.tables import as_utc, bulk_action, bulk_clip, clip_summary, clip_tag, now
from idiolect.corpus.values import Sensitivity
from idiolect.errors import CorpusError

What = Literal["tag", "untag", "sensitivity", "mark", "unmark", "noise", "queue"]

LONGEST = 40
"""Letters of a tag."""
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class BulkAction:
    """One action. value: the tag, or the sensitivity. clips: how many it changed. undoes: the action it took back."""

    id: int
    what: str
    value: str
    query: str
    person: str
    clips: int
    undoes: int | None
    undone: bool
    created_at: datetime


def act(
    connection: sa.Connection, what: What | str, value: str, clip_ids: Sequence[str], *, person: str, query: str = ""
) -> BulkAction:
    """Do something to all of these clips, or to none.

    what: ``tag`` and ``untag`` with a name; ``sensitivity``: how far their recordings may travel; ``mark`` and
    ``unmark`` ``unsure``; ``noise``: nobody speaks in them; ``queue``: people shall hear them first.
    query: what the clips were found by, for the record. A clip that is so already is not changed, and not counted.

    Raises:
        CorpusError: a clip that is not there, a tag or an action of no sense, nobody's name.
    """
    if not person.strip():
        raise CorpusError("an action needs the name of who decides", hint="--person NAME")
    value = _checked(what, value)
    ids = sorted(set(clip_ids))
    _all_there(connection, ids)
    bulk_id = _begin(connection, what, value, person=person.strip(), query=query)
    changed = _CHANGES[what](connection, bulk_id, value, ids, person.strip())
    return _done(connection, bulk_id, changed)


def undo(connection: sa.Connection, bulk_id: int, *, person: str) -> BulkAction:
    """Take an action back: of each clip that it changed, and that nobody changed since. Its `clips` says how many.

    Raises:
        CorpusError: no such action, or one that is taken back already.
    """
    action = next((one for one in actions(connection, bulk_id=bulk_id)), None)
    if action is None:
        raise CorpusError(f"there is no action {bulk_id} to undo")
    if action.undone:
        raise CorpusError(f"action {bulk_id} ({action.what} {action.value}) is undone already")
    opposite = _OPPOSITE.get(action.what, action.what)
    new = _begin(connection, opposite, action.value, person=person, query=action.query, undoes=bulk_id)
    ids = _clips_of(connection, bulk_id)
    if action.what == "sensitivity":
        changed = _restore_sensitivity(connection, new, bulk_id, action.value)
    elif opposite == "unnoise":
        changed = _note(connection, new, _plain(bulk_review.unnoise(connection, bulk_id, person)))
    elif opposite == "unqueue":
        changed = _note(connection, new, _plain(bulk_review.unqueue(connection, bulk_id)))
    else:
        changed = _CHANGES[opposite](connection, new, action.value, ids, person)
    return _done(connection, new, changed)


def actions(connection: sa.Connection, *, limit: int = 50, bulk_id: int | None = None) -> list[BulkAction]:
    """What was done, the newest first."""
    table = bulk_action.c
    later = bulk_action.alias()
    undone = sa.exists().where(later.c.undoes == table.id)
    query = sa.select(bulk_action, undone.label("undone")).order_by(table.id.desc()).limit(limit)
    if bulk_id is not None:
        query = query.where(table.id == bulk_id)
    return [_action(row) for row in connection.execute(query).mappings()]


def tags(connection: sa.Connection) -> dict[str, int]:
    """How many clips have each tag."""
    query = sa.select(clip_tag.c.name, sa.func.count()).group_by(clip_tag.c.name).order_by(clip_tag.c.name)
    return {row[0]: row[1] for row in connection.execute(query)}


def _action(row: Any) -> BulkAction:
    return BulkAction(**{**row, "created_at": as_utc(row["created_at"]), "undone": bool(row["undone"])})


def _checked(what: str, value: str) -> str:
    if what not in _CHANGES:
        raise CorpusError(f"there is no action {what!r}", hint=", ".join(_CHANGES))
    if what == "sensitivity":
        if value not in {one.value for one in Sensitivity}:
            raise CorpusError(f"{value!r} is no sensitivity", hint="private, internal or shareable")
        return value
    if what in ("mark", "unmark"):
        if value != "unsure":
            raise CorpusError(f"{value!r} is no mark for many clips", hint="unsure; noise is an action of its own")
        return value
    if what in ("noise", "queue"):
        return ""
    name = " ".join(value.split())
    if not name or len(name) > LONGEST or any(sign in name for sign in (summaries.BETWEEN, ",", '"', "*")):
        raise CorpusError(f"{value!r} is no tag", hint=f'1 to {LONGEST} letters, without ; , " and *')
    return name


def _begin(
    connection: sa.Connection, what: str, value: str, *, person: str, query: str, undoes: int | None = None
) -> int:
    values = {"what": what, "value": value, "person": person, "query": query, "undoes": undoes}
    key = connection.execute(sa.insert(bulk_action).values(**values, clips=0, created_at=now())).inserted_primary_key
    return int(key[0]) if key is not None else 0


def _done(connection: sa.Connection, bulk_id: int, changed: int) -> BulkAction:
    connection.execute(sa.update(bulk_action).where(bulk_action.c.id == bulk_id).values(clips=changed))
    return actions(connection, bulk_id=bulk_id)[0]


def _tag(connection: sa.Connection, bulk_id: int, name: str, ids: Sequence[str], _: str) -> int:
    changed = 0
    for some in _some(ids):
        has = sa.select(clip_tag.c.clip_id).where(clip_tag.c.name == name, clip_tag.c.clip_id.in_(some))
        new = sorted(set(some) - set(connection.execute(has).scalars()))
        if new:
            connection.execute(sa.insert(clip_tag), [{"clip_id": one, "name": name} for one in new])
        changed += _note(connection, bulk_id, [(one, None) for one in new])
    return changed


def _untag(connection: sa.Connection, bulk_id: int, name: str, ids: Sequence[str], _: str) -> int:
    changed = 0
    for some in _some(ids):
        those = sa.and_(clip_tag.c.name == name, clip_tag.c.clip_id.in_(some))
        had = list(connection.execute(sa.select(clip_tag.c.clip_id).where(those)).scalars())
        connection.execute(sa.delete(clip_tag).where(those))
        changed += _note(connection, bulk_id, [(one, None) for one in had])
    return changed


def _set_sensitivity(connection: sa.Connection, bulk_id: int, to: str, ids: Sequence[str], _: str) -> int:
    """A recording has one sensitivity: all its clips change with the one that was chosen, and are noted."""
    changed = 0
    for some in _some(ids):
        chosen = sa.select(clip_summary.c.recording_id).where(clip_summary.c.clip_id.in_(some))
        row = clip_summary.c
        rows = connection.execute(
            sa.select(row.clip_id, row.recording_id, row.sensitivity).where(
                row.recording_id.in_(chosen), row.sensitivity != to
            )
        ).all()
        _give(connection, sorted({one.recording_id for one in rows}), to)
        changed += _note(connection, bulk_id, [(one.clip_id, one.sensitivity) for one in rows])
    return changed


def _restore_sensitivity(connection: sa.Connection, new: int, old: int, value: str) -> int:
    row = clip_summary.c
    rows = connection.execute(
        sa.select(row.clip_id, row.recording_id, bulk_clip.c.before)
        .join(bulk_clip, bulk_clip.c.clip_id == row.clip_id)
        .where(bulk_clip.c.bulk_id == old, row.sensitivity == value)
    ).all()
    for before in {one.before for one in rows}:
        _give(connection, sorted({one.recording_id for one in rows if one.before == before}), before)
    return _note(connection, new, [(one.clip_id, value) for one in rows])


def _give(connection: sa.Connection, recording_ids: Sequence[str], to: str) -> None:
    for some in _some(recording_ids):
        chosen = tables.recording.c.id.in_(some)
        connection.execute(sa.update(tables.recording).where(chosen).values(sensitivity=to))
        summaries.follow(connection, some)


def _note(connection: sa.Connection, bulk_id: int, changed: Sequence[tuple[str, str | None]]) -> int:
    """Keep which clips an action changed, and bring their summaries up to it; how many."""
    if changed:
        rows: list[dict[str, Any]] = [
            {"bulk_id": bulk_id, "clip_id": clip_id, "before": before} for clip_id, before in changed
        ]
        connection.execute(sa.insert(bulk_clip), rows)
        summaries.retag(connection, [clip_id for clip_id, _ in changed])
    return len(changed)


def _all_there(connection: sa.Connection, ids: Sequence[str]) -> None:
    for some in _some(ids):
        there = set(connection.execute(sa.select(tables.clip.c.id).where(tables.clip.c.id.in_(some))).scalars())
        if len(there) < len(some):
            missing = next(one for one in some if one not in there)
            raise CorpusError(f"there is no clip {missing!r}; nothing was changed", hint="Was it forgotten meanwhile?")


def _clips_of(connection: sa.Connection, bulk_id: int) -> list[str]:
    query = sa.select(bulk_clip.c.clip_id).where(bulk_clip.c.bulk_id == bulk_id).order_by(bulk_clip.c.clip_id)
    return list(connection.execute(query).scalars())


def _some(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), _AT_ONCE):
        yield ids[start : start + _AT_ONCE]


def _mark(connection: sa.Connection, bulk_id: int, name: str, ids: Sequence[str], person: str) -> int:
    return _note(connection, bulk_id, _plain(bulk_review.mark(connection, ids, name, person, given=True)))


def _unmark(connection: sa.Connection, bulk_id: int, name: str, ids: Sequence[str], person: str) -> int:
    return _note(connection, bulk_id, _plain(bulk_review.mark(connection, ids, name, person, given=False)))


def _noise(connection: sa.Connection, bulk_id: int, _: str, ids: Sequence[str], person: str) -> int:
    made = bulk_review.noise(connection, ids, bulk_id, person)
    count = _note(connection, bulk_id, _plain(ids))
    bulk_review.note_labels(connection, bulk_id, made)
    return count


def _queue(connection: sa.Connection, bulk_id: int, _: str, ids: Sequence[str], person: str) -> int:
    return _note(connection, bulk_id, _plain(bulk_review.queue(connection, ids, bulk_id, person)))


def _plain(ids: Sequence[str]) -> list[tuple[str, str | None]]:
    return [(clip_id, None) for clip_id in ids]


_CHANGES: dict[str, Any] = {
    "tag": _tag,
    "untag": _untag,
    "sensitivity": _set_sensitivity,
    "mark": _mark,
    "unmark": _unmark,
    "noise": _noise,
    "queue": _queue,
}
_OPPOSITE = {
    "tag": "untag",
    "untag": "tag",
    "mark": "unmark",
    "unmark": "mark",
    "noise": "unnoise",
    "unnoise": "noise",
    "queue": "unqueue",
    "unqueue": "queue",
}
