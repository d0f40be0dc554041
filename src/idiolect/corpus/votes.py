"""Votes of the blind arena: added, read, never changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

import sqlalchemy as sa

from idiolect.corpus import tables
from idiolect.corpus.tables import as_utc, now
from idiolect.errors import CorpusError

VoteKind = Literal["text", "voice"]
Choice = Literal["first", "second", "tie", "withdrawn"]


@dataclass(frozen=True, slots=True)
class Vote:
    """What a person chose. `first` and `second` are names, in the order in which they were shown.

    kind: ``text``: two systems' texts of one clip; ``voice``: two voices that speak one text.
    item: what both are of: the id of the clip, or the hash of the text.
    first_clip, second_clip: what was heard; for texts one clip.
    choice: ``withdrawn`` takes the person's vote on this item and pair back.
    """

    kind: VoteKind
    person: str
    item: str
    first: str
    second: str
    first_clip: str
    second_clip: str
    choice: Choice
    id: int = 0
    created_at: datetime | None = None

    @property
    def pair(self) -> tuple[str, str]:
        """Both names by the alphabet: the same pair, whichever stood first."""
        return (self.first, self.second) if self.first < self.second else (self.second, self.first)


def add_vote(connection: sa.Connection, vote: Vote) -> int:
    """Keep a vote and return its id. A person's newer vote on the same item and pair takes the place of the older.

    Raises:
        CorpusError: an unknown choice or kind, a pair of one, or a clip that is not here.
    """
    if vote.choice not in get_args(Choice) or vote.kind not in get_args(VoteKind):
        raise CorpusError(f"a vote cannot be {vote.kind} {vote.choice!r}", hint=", ".join(get_args(Choice)))
    if vote.first == vote.second:
        raise CorpusError(f"{vote.first} cannot be compared with itself")
    table = tables.arena_vote
    values = {column.name: getattr(vote, column.name) for column in table.columns if column.name != "id"}
    values["created_at"] = vote.created_at or now()
    try:
        done = connection.execute(sa.insert(table).values(**values))
    except sa.exc.IntegrityError as error:
        raise CorpusError(f"the vote names a clip that is not here: {vote.first_clip}, {vote.second_clip}") from error
    return int((done.inserted_primary_key or (0,))[0])


def votes(connection: sa.Connection, kind: VoteKind | None = None, person: str | None = None) -> list[Vote]:
    """The votes that count, oldest first: the newest of each person, item and pair, without those withdrawn."""
    table = tables.arena_vote
    query = sa.select(table).order_by(table.c.id)
    for column, value in ((table.c.kind, kind), (table.c.person, person)):
        if value is not None:
            query = query.where(column == value)
    newest: dict[tuple[object, ...], Vote] = {}
    for row in connection.execute(query).mappings():
        vote = Vote(**{**row, "created_at": as_utc(row["created_at"])})
        key = (vote.kind, vote.person, vote.item, vote.pair)
        newest.pop(key, None)
        newest[key] = vote
    return [vote for vote in newest.values() if vote.choice != "withdrawn"]
