"""The ledger: what was sent, why that was allowed, and what it cost. Money is whole nanodollars.

A row is written before its request leaves, and books the most that the request may cost. It is closed with what came of
it. A row that a crash left open keeps what it booked: the request may have been billed. All sums are made in the
transaction that reserves, so that no number of workers, and no crash, can pass a cap together.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal

import sqlalchemy as sa

from idiolect.corpus import tables
from idiolect.corpus.tables import as_utc, now
from idiolect.errors import CorpusError

if TYPE_CHECKING:
    from idiolect.corpus.database import Database

RUNS = "runs"
"""The key of the runs that are not finished in ``meta``: their names and ids."""
BUDGET = "budget"
"""The key of the caps in ``meta``: nanodollars for ``run``, ``day`` (UTC) and ``project``."""
CAPS = ("run", "day", "project")

SumBy = Literal["engine", "dataset", "model", "day", "destination", "purpose"]


class State(StrEnum):
    """What became of a request."""

    OPEN = "open"
    """Under way; or, once its time is over, left by a crash."""
    DONE = "done"
    """Answered. What it cost is booked."""
    FAILED = "failed"
    """Not worked on, so not billed: it may be sent again."""
    UNKNOWN = "unknown"
    """It went out and no whole answer came back. It may have been billed: what was reserved stays booked."""
    LOST = "lost"
    """A person said that it was billed."""


@dataclass(frozen=True, slots=True)
class NewRow:
    """What is written before a request leaves.

    identity: the hash of everything that is sent and where to: the same identity is never paid for twice.
    payload: the hash of the body. usage: the most that it may use; `forecast`: what that costs.
    until: when the request is over at the latest.
    """

    run: str
    request_id: str
    identity: str
    destination: str
    url: str
    reach: str
    purpose: str
    engine: str
    model: str
    sensitivity: str
    why: str
    payload: str
    size: int
    usage: Mapping[str, Any]
    masked: int
    forecast: int
    until: datetime
    items: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LedgerRow(NewRow):
    """A row of the ledger. `cost` is what is booked now; `answered` is the provider's own id of the request."""

    id: int = 0
    cost: int = 0
    state: State = State.OPEN
    status: int | None = None
    attempts: int = 0
    answered: str = ""
    note: str = ""
    day: str = ""
    opened_at: datetime | None = None
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Closing:
    """What came of a request. `answer` is kept where it would have to be paid for again."""

    state: State
    cost: int
    status: int | None = None
    attempts: int = 1
    answered: str = ""
    note: str = ""
    answer: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Over:
    """A cap that does not cover a forecast. `cap` is empty where no cap was ever set."""

    cap: str
    limit: int = 0
    booked: int = 0


@dataclass(frozen=True, slots=True)
class Before:
    """A row with the same identity that is paid for, or may be; `answer` is what was kept of it."""

    id: int
    state: State
    cost: int
    over: bool
    """Its time is over: an open row is then one that a crash left."""
    status: int | None
    answer: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Sum:
    """What one engine, model, day or the like used. The cost of `unfinished` rows (open, unknown) is an upper bound."""

    name: str
    requests: int
    seconds: float
    cost: int
    unfinished: int


class Ledger:
    """The ledger of one store. Safe to share between threads and processes."""

    def __init__(self, database: Database) -> None:
        self._database = database
        # SQLite lets writers wait by polling; in one process they take turns instead, which is quicker and fair.
        self._turn = threading.Lock()

    def reserve(self, new: NewRow, *, run_cap: int | None = None, resend: bool = False) -> int | Over | Before:
        """Write the row of a request that is about to leave, and book its forecast: its id.

        One transaction: either every cap covers the forecast on top of all that is booked, and the row is there; or
        nothing is written. What costs nothing needs no cap, and may be sent as often as one likes.

        run_cap: a cap for this run, beside the budget's own. resend: send again what a crash or a failure left open.
        """
        with self._write() as connection:
            if new.forecast:
                before = _before(connection, new, resend=resend)
                if before is not None:
                    return before
                over = _over(connection, new, run_cap)
                if over is not None:
                    return over
            return _insert(connection, new)

    def look(self, new: NewRow, *, run_cap: int | None = None) -> Over | None:
        """The cap that would refuse the row now; nothing is written."""
        with self._database.read() as connection:
            return _over(connection, new, run_cap) if new.forecast else None

    def close(self, entry_id: int, closing: Closing) -> None:
        """Say what came of a request. A row is closed once; later calls change nothing."""
        values = {**asdict(closing), "answer": closing.answer, "closed_at": now()}
        with self._write() as connection:
            table = tables.ledger
            ours = (table.c.id == entry_id, table.c.state == State.OPEN)
            connection.execute(sa.update(table).where(*ours).values(**values))

    def book(self, entry_id: int, cost: int, usage: Mapping[str, Any], note: str = "") -> None:
        """Book what the provider reports in place of the forecast. Raises `CorpusError` for a row that is not done."""
        table = tables.ledger
        values: dict[str, Any] = {"cost": cost, "usage": dict(usage), "seconds": float(usage.get("audio", 0.0))}
        if note:
            values["note"] = note
        with self._write() as connection:
            done = (table.c.id == entry_id, table.c.state == State.DONE)
            if not connection.execute(sa.update(table).where(*done).values(**values)).rowcount:
                raise CorpusError(f"row {entry_id} of the ledger is not done: nothing is booked")

    def adopt(self, identity: str, answer: bytes) -> LedgerRow | None:
        """Close the newest row of that identity as done with this answer, whatever was known of it before.

        For requests that the provider itself says it has. None where there is no such row.
        """
        table = tables.ledger
        with self._write() as connection:
            rows = _rows(connection, table.c.identity == identity, last=1)
            if rows:
                values = {"state": State.DONE, "answer": answer, "status": 200, "closed_at": now()}
                values["cost"] = rows[0].cost or rows[0].forecast
                connection.execute(sa.update(table).where(table.c.id == rows[0].id).values(**values))
                rows = _rows(connection, table.c.id == rows[0].id)
        return rows[0] if rows else None

    def drop_answer(self, entry_id: int) -> None:
        """Keep the answer no longer."""
        with self._write() as connection:
            table = tables.ledger
            connection.execute(sa.update(table).where(table.c.id == entry_id).values(answer=None))

    def settle(self, *, billed: bool, ids: Sequence[int] = (), dry_run: bool = False) -> list[LedgerRow]:
        """Close what a crash or a failure left: as billed, or not. All such rows, or those `ids` of them.

        A row whose request may still be under way is left alone. Those that are not billed may be sent again.
        """
        table = tables.ledger
        values: dict[str, Any] = {"state": State.LOST if billed else State.FAILED, "closed_at": now()}
        if not billed:
            values["cost"] = 0
        with self._write() as connection:
            found = [one for one in _rows(connection, _unfinished()) if not ids or one.id in ids]
            if not dry_run and found:
                these = table.c.id.in_([one.id for one in found])
                connection.execute(sa.update(table).where(these).values(**values))
        return found

    def rows(self, *, run: str | None = None, state: State | None = None, last: int | None = None) -> list[LedgerRow]:
        """The rows that fit, oldest first; `last`: only the newest so many."""
        table = tables.ledger.c
        conditions = [
            column == value for column, value in ((table.run, run), (table.state, state)) if value is not None
        ]
        with self._database.read() as connection:
            return _rows(connection, *conditions, last=last)

    def unfinished(self) -> list[LedgerRow]:
        """Rows that a crash or a failure left: they may have been billed."""
        with self._database.read() as connection:
            return _rows(connection, _unfinished())

    def sums(self, by: SumBy) -> list[Sum]:
        """What was used by each engine, dataset, model, day, destination or purpose; the most expensive first.

        By dataset, a clip that is in two of them counts in both, and one that is in none under an empty name.
        """
        with self._database.read() as connection:
            rows = connection.execute(_by_dataset() if by == "dataset" else _by(tables.ledger.c[by], tables.ledger))
            found = [Sum(row.name or "", row.requests, row.seconds, int(row.cost), row.unfinished) for row in rows]
        return sorted(found, key=lambda one: (-one.cost, one.name))

    def booked(self, *, run: str | None = None, day: str | None = None) -> int:
        """Nanodollars that are booked: in all, by one run, or on one UTC day (``2026-11-21``)."""
        with self._database.read() as connection:
            return _booked(connection, run=run, day=day)

    def budget(self) -> dict[str, int]:
        """The caps that are set, in nanodollars, by ``run``, ``day`` and ``project``."""
        with self._database.read() as connection:
            return _budget(connection)

    def set_budget(self, caps: Mapping[str, int | None]) -> dict[str, int]:
        """Set or (None) remove caps; what is not named stays. The caps as they are then."""
        with self._write() as connection:
            budget: dict[str, int | None] = {**_budget(connection), **caps}
            left = {name: cap for name, cap in budget.items() if cap is not None and name in CAPS}
            _put(connection, BUDGET, left)
        return left

    def begin_run(self, name: str) -> str:
        """The id of the run of that name. One that was not finished goes on, and its cap with it; else it is new."""
        with self._write() as connection:
            runs = _runs(connection)
            if name not in runs:
                runs[name] = uuid.uuid4().hex
                _put(connection, RUNS, runs)
        return runs[name]

    def end_run(self, name: str) -> None:
        """The run of that name is finished."""
        with self._write() as connection:
            runs = _runs(connection)
            if runs.pop(name, None) is not None:
                _put(connection, RUNS, runs)

    @contextmanager
    def _write(self) -> Iterator[sa.Connection]:
        with self._turn, self._database.write() as connection:
            yield connection


def _insert(connection: sa.Connection, new: NewRow) -> int:
    values = {**asdict(new), "usage": dict(new.usage), "seconds": float(new.usage.get("audio", 0.0))}
    items = dict.fromkeys(values.pop("items"))
    opened = now()
    more = {"cost": new.forecast, "state": State.OPEN, "attempts": 0, "answered": "", "note": ""}
    row = sa.insert(tables.ledger).values(**values, **more, opened_at=opened, day=opened.date().isoformat())
    key = connection.execute(row).inserted_primary_key
    entry_id = int(key[0]) if key is not None else 0
    if items:
        connection.execute(sa.insert(tables.ledger_item), [{"ledger_id": entry_id, "clip_id": one} for one in items])
    return entry_id


def _before(connection: sa.Connection, new: NewRow, *, resend: bool) -> Before | None:
    table = tables.ledger
    paid = (table.c.forecast > 0, table.c.state != State.FAILED)
    query = sa.select(table).where(table.c.identity == new.identity, *paid)
    at = now()
    for row in connection.execute(query.order_by(table.c.id.desc())):
        over = row.state != State.OPEN or as_utc(row.until) < at
        if resend and over and row.answer is None:
            continue
        return Before(row.id, State(row.state), row.cost, over, row.status, row.answer)
    return None


def _over(connection: sa.Connection, new: NewRow, run_cap: int | None) -> Over | None:
    budget = _budget(connection)
    runs = [cap for cap in (run_cap, budget.get("run")) if cap is not None]
    caps = {**budget, **({"run": min(runs)} if runs else {})}
    if not caps:
        return Over("")
    today = now().date().isoformat()
    asked: dict[str, dict[str, str]] = {"run": {"run": new.run}, "day": {"day": today}, "project": {}}
    for name, limit in caps.items():
        booked = _booked(connection, **asked[name])
        if booked + new.forecast > limit:
            return Over(name, limit, booked)
    return None


def _booked(connection: sa.Connection, *, run: str | None = None, day: str | None = None) -> int:
    table = tables.ledger.c
    query = sa.select(sa.func.coalesce(sa.func.sum(table.cost), 0)).where(table.cost > 0)
    for column, value in ((table.run, run), (table.day, day)):
        if value is not None:
            query = query.where(column == value)
    return int(connection.execute(query).scalar() or 0)


def _budget(connection: sa.Connection) -> dict[str, int]:
    value = connection.execute(sa.select(tables.meta.c.value).where(tables.meta.c.key == BUDGET)).scalar()
    return {} if value is None else {str(name): int(cap) for name, cap in value.items()}


def _runs(connection: sa.Connection) -> dict[str, str]:
    value = connection.execute(sa.select(tables.meta.c.value).where(tables.meta.c.key == RUNS)).scalar()
    return {} if value is None else {str(name): str(run) for name, run in value.items()}


def _put(connection: sa.Connection, key: str, value: Mapping[str, Any]) -> None:
    connection.execute(sa.delete(tables.meta).where(tables.meta.c.key == key))
    connection.execute(sa.insert(tables.meta).values(key=key, value=dict(value)))


def _unfinished() -> sa.ColumnElement[bool]:
    table = tables.ledger.c
    return (table.state == State.UNKNOWN) | ((table.state == State.OPEN) & (table.until < now()))


def _rows(connection: sa.Connection, *conditions: sa.ColumnElement[bool], last: int | None = None) -> list[LedgerRow]:
    table = tables.ledger
    columns = [column for column in table.columns if column.name not in {"answer", "seconds"}]
    query = sa.select(*columns).where(*conditions).order_by(table.c.id.desc())
    rows = connection.execute(query if last is None else query.limit(last)).all()[::-1]
    items: dict[int, list[str]] = {}
    inside = sa.select(tables.ledger_item).where(tables.ledger_item.c.ledger_id >= (rows[0].id if rows else 0))
    for row in connection.execute(inside):
        items.setdefault(row.ledger_id, []).append(row.clip_id)
    return [_entry(row._mapping, tuple(sorted(items.get(row.id, ())))) for row in rows]  # noqa: SLF001 - a row's own name


def _entry(row: Mapping[Any, Any], items: tuple[str, ...]) -> LedgerRow:
    values = {str(name): value for name, value in row.items()}
    values["state"] = State(values["state"])
    for name in ("opened_at", "until", "closed_at"):
        values[name] = None if values[name] is None else as_utc(values[name])
    return LedgerRow(**values, items=items)


def _by(name: sa.ColumnElement[Any], rows: sa.FromClause) -> sa.Select[Any]:
    column = rows.c
    unfinished = sa.case((column.state.in_([State.OPEN, State.UNKNOWN]), 1), else_=0)
    return sa.select(
        name.label("name"),
        sa.func.count().label("requests"),
        sa.func.sum(column.seconds).label("seconds"),
        sa.func.sum(column.cost).label("cost"),
        sa.func.sum(unfinished).label("unfinished"),
    ).group_by(name)


def _by_dataset() -> sa.Select[Any]:
    """Each row of the ledger once for each dataset that holds a clip of it."""
    ledger, item, member = tables.ledger, tables.ledger_item, tables.dataset_item
    joined = ledger.outerjoin(item, item.c.ledger_id == ledger.c.id).outerjoin(
        member, member.c.clip_id == item.c.clip_id
    )
    columns = (ledger.c.id, ledger.c.seconds, ledger.c.cost, ledger.c.state, member.c.dataset_id)
    rows = sa.select(*columns).select_from(joined).distinct().subquery()
    newest = sa.select(sa.func.max(tables.dataset_name.c.name)).where(
        tables.dataset_name.c.dataset_id == rows.c.dataset_id
    )
    return _by(sa.func.coalesce(newest.scalar_subquery(), rows.c.dataset_id, ""), rows)
