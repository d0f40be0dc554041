"""Who has which clip before them: one row for each clip, so that two sittings never hold the same one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Literal

import sqlalchemy as sa

from idiolect.corpus import labels, tables
from idiolect.corpus.tables import as_utc, now
from idiolect.errors import ConflictError, CorpusError

LEASE = 300.0
"""Seconds for which a sitting holds a clip. A page that is open makes it longer every minute."""
_AT_ONCE = 100
"""Clips of the order that are looked at in one query."""

Turn = Literal["first", "second", "asked"]
"""Why a clip is before a person: nobody has reviewed it, a second opinion is wanted, or somebody asked for it."""


@dataclass(frozen=True, slots=True)
class Sitting:
    """One person at one window or terminal. id: up to 64 characters that no other sitting has."""

    person: str
    id: str

    def __post_init__(self) -> None:
        if not self.person.strip():
            raise CorpusError("a decision needs the name of who decides", hint="--person NAME")
        if not 0 < len(self.id) <= 64:
            raise CorpusError(f"the id of a sitting has 1 to 64 characters, not {len(self.id)}")


@dataclass(frozen=True, slots=True)
class Leased:
    """A clip that a sitting holds, and until when."""

    clip_id: str
    turn: Turn
    until: datetime


@dataclass(frozen=True, slots=True)
class Taken:
    """What a sitting was given, and which clips of the order nobody will be given again: the order can forget them."""

    leased: tuple[Leased, ...]
    closed: frozenset[str]


def take(
    connection: sa.Connection,
    who: Sitting,
    order: Iterable[str],
    count: int,
    *,
    second: Callable[[str], bool],
    seconds: float,
) -> Taken:
    """See `Reviews.take`."""
    renew(connection, who, seconds)
    newest, found, closed = newest_review(connection), list[Leased](), set[str]()
    until = now() + timedelta(seconds=seconds)
    for some in _parts(order):
        if len(found) >= count:
            break
        state = _State.of(connection, some, who)
        for clip_id in some:
            turn = state.turn(clip_id, who, second)
            if turn is None and state.over(clip_id, second):
                closed.add(clip_id)
            if turn is not None and len(found) < count and clip_id not in {one.clip_id for one in found}:
                found.append(Leased(clip_id, turn, until))
    gone = [one.clip_id for one in found]
    connection.execute(sa.delete(tables.lease).where(tables.lease.c.clip_id.in_(gone)))  # what others let run out
    about = {"person": who.person, "sitting": who.id, "after": newest, "until": until}
    if found:
        rows = [{"clip_id": one.clip_id, "turn": one.turn} | about for one in found]
        connection.execute(sa.insert(tables.lease), rows)
    return Taken(tuple(found), frozenset(closed))


def _parts(order: Iterable[str]) -> Iterator[tuple[str, ...]]:
    left = iter(order)
    while some := tuple(islice(left, _AT_ONCE)):
        yield some


@dataclass(frozen=True, slots=True)
class _State:
    """What is known of some clips. people: who labelled it; answered: who reviewed it; left: put aside by the asker."""

    known: frozenset[str]
    held: frozenset[str]
    asked: frozenset[str]
    people: dict[str, set[str]]
    answered: dict[str, set[str]]
    left: frozenset[str]

    @classmethod
    def of(cls, connection: sa.Connection, clip_ids: Sequence[str], who: Sitting) -> _State:
        lease, label, review = tables.lease.c, tables.label.c, tables.review.c
        there = sa.select(tables.clip.c.id).where(tables.clip.c.id.in_(clip_ids))
        # What this sitting holds counts as held too: it has it already.
        held = sa.select(lease.clip_id).where(
            lease.clip_id.in_(clip_ids), (lease.until > now()) | (lease.sitting == who.id)
        )
        spoken = sa.select(label.clip_id, label.source).where(
            *(label.clip_id.in_(clip_ids), label.kind == "human", label.text.is_not(None)),
            *(label.silver.is_(sa.false()), labels.stands()),
        )
        decided = sa.select(review.clip_id, review.person, review.sitting, review.action).where(
            review.clip_id.in_(clip_ids), ~sa.exists().where(tables.withdrawal.c.review_id == review.id)
        )
        people: dict[str, set[str]] = {}
        answered: dict[str, set[str]] = {}
        left: set[str] = set()
        for spoken_row in connection.execute(spoken):
            people.setdefault(spoken_row.clip_id, set()).add(spoken_row.source)
        for row in connection.execute(decided):
            if (row.action == "skip" and row.sitting == who.id) or (
                row.action == "unsure" and row.person == who.person
            ):
                left.add(row.clip_id)
            elif row.action not in ("skip", "unsure"):
                answered.setdefault(row.clip_id, set()).add(row.person)
        return cls(
            frozenset(connection.execute(there).scalars()),
            frozenset(connection.execute(held).scalars()),
            frozenset(asked(connection, clip_ids)),
            *(people, answered, frozenset(left)),
        )

    def turn(self, clip_id: str, who: Sitting, second: Callable[[str], bool]) -> Turn | None:
        """Why this person may be given the clip; None: they may not."""
        if clip_id not in self.known or clip_id in self.held or clip_id in self.left:
            return None
        if clip_id in self.asked:
            return "asked"
        if clip_id not in self.people:
            return "first"
        answered = self.answered.get(clip_id, set())
        wanted = len(answered) == 1 and self.people[clip_id] <= answered and who.person not in answered
        return "second" if wanted and second(clip_id) else None

    def over(self, clip_id: str, second: Callable[[str], bool]) -> bool:
        """Whether nobody will be given the clip any more, whoever asks."""
        if clip_id not in self.known:
            return True
        once = len(self.answered.get(clip_id, set())) == 1
        return clip_id not in self.asked and clip_id in self.people and not (once and second(clip_id))


def hold(connection: sa.Connection, who: Sitting, clip_id: str, seconds: float) -> None:
    """Lease this clip. Raises `ConflictError` where another sitting holds it."""
    _free_or_raise(connection, who, clip_id)
    connection.execute(sa.delete(tables.lease).where(tables.lease.c.clip_id == clip_id))
    values = {"turn": "asked", "after": newest_review(connection), "until": now() + timedelta(seconds=seconds)}
    connection.execute(sa.insert(tables.lease).values(clip_id=clip_id, person=who.person, sitting=who.id, **values))


def renew(connection: sa.Connection, who: Sitting, seconds: float) -> None:
    """Make every lease of a sitting longer."""
    mine = tables.lease.c.sitting == who.id
    connection.execute(sa.update(tables.lease).where(mine).values(until=now() + timedelta(seconds=seconds)))


def held(connection: sa.Connection, who: Sitting) -> list[Leased]:
    """What a sitting holds."""
    query = (
        sa.select(tables.lease)
        .where(tables.lease.c.sitting == who.id)
        .order_by(tables.lease.c.after, tables.lease.c.clip_id)
    )
    return [Leased(row.clip_id, row.turn, as_utc(row.until)) for row in connection.execute(query)]


def leave(connection: sa.Connection, who: Sitting) -> int:
    """Give everything back."""
    return connection.execute(sa.delete(tables.lease).where(tables.lease.c.sitting == who.id)).rowcount


def drop(connection: sa.Connection, who: Sitting, clip_id: str) -> None:
    """Give one clip back; a lease that ran out goes too, whose ever it was."""
    lease = tables.lease.c
    mine = (lease.sitting == who.id) | (lease.until <= now())
    connection.execute(sa.delete(tables.lease).where(lease.clip_id == clip_id, mine))


def free(connection: sa.Connection, who: Sitting, clip_id: str) -> bool:
    """Whether no other sitting holds the clip now."""
    return _holder(connection, who, clip_id) is None


def check(connection: sa.Connection, who: Sitting, clip_id: str, *, also: bool) -> None:
    """That this sitting may decide about the clip. A lease that ran out still counts where nobody came between.

    Raises `ConflictError` where another sitting holds the clip, or has decided since it was given to this one.
    """
    _free_or_raise(connection, who, clip_id)
    lease, review = tables.lease.c, tables.review.c
    mine = connection.execute(sa.select(lease.after).where(lease.clip_id == clip_id, lease.sitting == who.id)).scalar()
    if also or (mine is not None and not _others(connection, clip_id, review.id > mine)):
        return
    names = _others(connection, clip_id, sa.true() if mine is None else review.id > mine)
    if names:
        raise ConflictError(
            f"{' and '.join(names)} reviewed this clip meanwhile",
            hint="Keep yours as a second opinion, or go on with the next clip.",
        )


def _others(connection: sa.Connection, clip_id: str, since: sa.ColumnElement[bool]) -> list[str]:
    """Who has answered about the clip since then."""
    review = tables.review.c
    query = (
        sa.select(review.person)
        .distinct()
        .where(
            *(review.clip_id == clip_id, since, review.action.not_in(("skip", "unsure"))),
            ~sa.exists().where(tables.withdrawal.c.review_id == review.id),
        )
    )
    return sorted(connection.execute(query).scalars())


def _free_or_raise(connection: sa.Connection, who: Sitting, clip_id: str) -> None:
    other = _holder(connection, who, clip_id)
    if other is not None:
        where = "in another window" if other == who.person else "now"
        raise ConflictError(f"{other} is reviewing this clip {where}", hint="Go on with the next clip.")


def _holder(connection: sa.Connection, who: Sitting, clip_id: str) -> str | None:
    lease = tables.lease.c
    query = sa.select(lease.person).where(lease.clip_id == clip_id, lease.sitting != who.id, lease.until > now())
    return connection.execute(query).scalar()


def newest_review(connection: sa.Connection) -> int:
    """The number of the newest decision; 0 where there is none."""
    return connection.execute(sa.select(sa.func.max(tables.review.c.id))).scalar() or 0


def asked(connection: sa.Connection, clip_ids: Sequence[str] | None = None, limit: int | None = None) -> dict[str, str]:
    """Clips that somebody wants heard and nobody has decided about since, the oldest first, and why."""
    table, review = tables.asked.c, tables.review.c
    answered = sa.exists().where(
        *(review.clip_id == table.clip_id, review.id > table.after, review.action != "skip"),
        ~sa.exists().where(tables.withdrawal.c.review_id == review.id),
    )
    query = sa.select(table.clip_id, table.why).where(~answered).order_by(table.id).limit(limit)
    if clip_ids is not None:
        parts = [clip_ids[at : at + labels.AT_ONCE] for at in range(0, len(clip_ids), labels.AT_ONCE)]
        queries = [query.where(table.clip_id.in_(some)) for some in parts]
    else:
        queries = [query]
    return {row.clip_id: row.why for one in queries for row in connection.execute(one)}
