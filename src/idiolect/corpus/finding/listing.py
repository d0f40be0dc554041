"""What a query finds: pages by key, the count, and the numbers of all of it, by which any page is found at once."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, count
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from idiolect.corpus import marks, tables
from idiolect.corpus.database import Database
from idiolect.corpus.finding.conditions import conditions, newest_dataset
from idiolect.corpus.finding.query import ClipQuery
from idiolect.corpus.summaries import BETWEEN
from idiolect.corpus.tables import clip_summary
from idiolect.corpus.values import Split
from idiolect.errors import ConflictError, CorpusError

_AT_ONCE = 500
_KEPT = 8
"""Listings that are kept at once: 4 MB each for a million clips."""


@dataclass(frozen=True, slots=True)
class FoundClip:
    """A clip as a list shows it: what it is, how it sounds, and what its labels come to (see `summaries.of_labels`).

    number: in the order of import. duration: seconds. snr, level: dB. clipping, speech, confidence, disagreement: 0 to
    1. source, kind: whose text it is. split: in the dataset that was frozen last. marks: of a review.
    """

    number: int
    id: str
    recording: str
    duration: float
    snr: float | None
    level: float | None
    clipping: float | None
    speech: float | None
    confidence: float | None
    disagreement: float | None
    teachers: int
    labels: int
    reviewed: bool
    synthetic: bool
    speaker: str | None
    session: str | None
    collection: str | None
    language: str | None
    device: str | None
    sensitivity: str
    kind: str | None
    source: str | None
    sources: tuple[str, ...]
    tags: tuple[str, ...]
    text: str | None
    split: Split | None = None
    marks: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """JSON values."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Page:
    """Some clips in the order of the query. after: gives the next page; None: there is none."""

    clips: tuple[FoundClip, ...]
    after: str | None


@dataclass(frozen=True, slots=True)
class Listing:
    """All that a query found at one moment. It does not move when clips change, so that a list stays under the hand.

    numbers: int32 ``(n,)``, of ``clip_summary``, in the order of the query.
    """

    id: int
    query: ClipQuery
    numbers: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.numbers)


class Listings:
    """The listings of one store that were asked for last. Safe to share between threads."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._kept: OrderedDict[int, Listing] = OrderedDict()
        self._ids = count(secrets.randbits(44))  # those of a process before are none of ours; JSON holds 53 bits
        self._lock = threading.Lock()

    def new(self, query: ClipQuery) -> Listing:
        """All that the query finds now."""
        with self.database.read() as connection:
            numbers = numbers_of(connection, query)
        with self._lock:
            made = Listing(next(self._ids), query, numbers)
            self._kept[made.id] = made
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return made

    def get(self, listing_id: int, query: ClipQuery) -> Listing:
        """The listing of that id; where it is not kept any more, or was of another query, a new one."""
        with self._lock:
            found = self._kept.get(listing_id)
            if found is not None and found.query == query:
                self._kept.move_to_end(listing_id)
                return found
        return self.new(query)

    def ids(self, listing: Listing) -> list[str]:
        """The ids of all of it, in order; what was forgotten since is left out."""
        found: list[str] = []
        table = clip_summary.c
        with self.database.read() as connection:
            for start in range(0, len(listing), _AT_ONCE):
                some = [int(one) for one in listing.numbers[start : start + _AT_ONCE]]
                rows = connection.execute(sa.select(table.number, table.clip_id).where(table.number.in_(some)))
                known = {row.number: row.clip_id for row in rows}
                found += [known[number] for number in some if number in known]
        return found

    def all_but(self, listing_id: int, query: ClipQuery, without: Sequence[str]) -> list[str]:
        """The ids of all of a listing but `without`, in order. Raises `ConflictError` where it is not kept any more."""
        listing = self.get(listing_id, query)
        if listing.id != listing_id:
            raise ConflictError(
                "the list is from before a restart of the studio", hint="Search again, then choose again."
            )
        left_out = set(without)
        return [clip_id for clip_id in self.ids(listing) if clip_id not in left_out]

    def page(self, listing: Listing, start: int, limit: int) -> list[FoundClip]:
        """The clips from place `start` on, counted from 0; what was forgotten since is left out."""
        with self.database.read() as connection:
            return by_number(connection, [int(one) for one in listing.numbers[max(0, start) : max(0, start) + limit]])


def find(connection: sa.Connection, query: ClipQuery, after: str | None = None, limit: int = 100) -> Page:
    """The first `limit` clips, or those after a page; no page costs more than another. Raises `CorpusError`."""
    clauses = list(conditions(connection, query))
    numbers: list[int] = []
    last: tuple[Any, int] | None = _cursor(query, after) if after else None
    for known in _phases(query):
        if last is not None and known and last[0] is None:
            continue  # already among those of which it is not known
        chosen = _ordered(query, clauses, known=known)
        if last is not None and (known is None or known == (last[0] is not None)):
            chosen = chosen.where(_behind(query, last))
        rows = connection.execute(chosen.limit(limit + 1 - len(numbers))).all()
        numbers += [row.number for row in rows]
        if len(numbers) > limit:
            break
    clips = by_number(connection, numbers[:limit])
    more = len(numbers) > limit
    return Page(tuple(clips), _key(query, clips[-1]) if more and clips else None)


def count_of(connection: sa.Connection, query: ClipQuery) -> int:
    """How many clips fit."""
    chosen = sa.select(sa.func.count()).select_from(clip_summary).where(*conditions(connection, query))
    return connection.execute(chosen).scalar() or 0


def numbers_of(connection: sa.Connection, query: ClipQuery) -> NDArray[np.int32]:
    """int32 ``(n,)``: the numbers of all that fit, in order."""
    clauses = list(conditions(connection, query))
    if query.sort == "number":  # sorted here: SQLite may then read them from whatever index is shortest
        found = _numbers(connection, sa.select(clip_summary.c.number).where(*clauses))
        found.sort()
        return found[::-1] if query.descending else found
    parts = [_numbers(connection, _ordered(query, clauses, known=known)) for known in _phases(query)]
    return np.concatenate(parts)


def by_number(connection: sa.Connection, numbers: Sequence[int]) -> list[FoundClip]:
    """These clips, in this order."""
    if not numbers:
        return []
    columns = [column for column in clip_summary.c if column.name != "said"]
    rows = connection.execute(sa.select(*columns).where(clip_summary.c.number.in_(numbers))).all()
    splits = _splits(connection, [row.clip_id for row in rows])
    marked = marks.marks(connection, [row.clip_id for row in rows])
    found = {}
    for row in rows:
        names = tuple(mark.name for mark in marked.get(row.clip_id, ()))
        found[row.number] = _found(row, splits.get(row.clip_id), names)
    return [found[number] for number in numbers if number in found]


def by_id(connection: sa.Connection, clip_ids: Sequence[str]) -> list[FoundClip]:
    """These clips by their whole ids, in this order; an unknown one is left out."""
    rows = connection.execute(
        sa.select(clip_summary.c.number, clip_summary.c.clip_id).where(clip_summary.c.clip_id.in_(clip_ids))
    )
    numbers = {row.clip_id: row.number for row in rows}
    return by_number(connection, [numbers[clip_id] for clip_id in clip_ids if clip_id in numbers])


def _numbers(connection: sa.Connection, chosen: sa.Select[Any]) -> NDArray[np.int32]:
    # From the driver's own cursor: a million rows through SQLAlchemy's take a second more.
    cursor: Any = connection.execute(chosen).cursor
    return np.fromiter(chain.from_iterable(cursor), dtype=np.int32)


def _phases(query: ClipQuery) -> tuple[bool | None, ...]:
    """What has a value to sort by comes first, either way round; one statement each, so that each follows the index."""
    return (None,) if query.sort in ("number", "duration") else (True, False)


def _ordered(query: ClipQuery, clauses: Sequence[Any], *, known: bool | None) -> sa.Select[Any]:
    column, number = clip_summary.c[query.sort], clip_summary.c.number
    chosen = sa.select(number).where(*clauses)
    if known is not None:
        chosen = chosen.where(column.is_not(None) if known else column.is_(None))
    keys = [number] if known is False or query.sort == "number" else [column, number]
    return chosen.order_by(*(key.desc() if query.descending else key for key in keys))


def _behind(query: ClipQuery, last: tuple[Any, int]) -> Any:
    value, number = last
    if query.sort == "number" or value is None:
        return clip_summary.c.number < number if query.descending else clip_summary.c.number > number
    keys = sa.tuple_(clip_summary.c[query.sort], clip_summary.c.number)
    bound = sa.tuple_(sa.literal(value), sa.literal(number))
    return keys < bound if query.descending else keys > bound


def _key(query: ClipQuery, clip: FoundClip) -> str:
    value = None if query.sort == "number" else getattr(clip, query.sort)
    return f"{clip.number}" if value is None else f"{clip.number}:{value}"


def _cursor(query: ClipQuery, after: str) -> tuple[Any, int]:
    number, known, value = after.partition(":")
    try:
        return (None if not known else value if query.sort == "speaker" else float(value)), int(number)
    except ValueError:
        raise CorpusError(f"{after!r} is not where a page ended", hint="Give what the page before said.") from None


def _splits(connection: sa.Connection, clip_ids: Sequence[str]) -> dict[str, Split]:
    item = tables.dataset_item.c
    dataset = newest_dataset(connection)
    if dataset is None:
        return {}
    rows = connection.execute(
        sa.select(item.clip_id, item.split).where(item.dataset_id == dataset, item.clip_id.in_(clip_ids))
    )
    return {row.clip_id: row.split for row in rows}


def _found(row: Any, split: Split | None, marked: tuple[str, ...]) -> FoundClip:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it
    values["id"], values["recording"] = values.pop("clip_id"), values.pop("recording_id")
    for name in ("tags", "sources"):
        values[name] = tuple(sorted(values[name].strip(BETWEEN).split(BETWEEN))) if values[name] else ()
    return FoundClip(**values, split=split, marks=marked)
