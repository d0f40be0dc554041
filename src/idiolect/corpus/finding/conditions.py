"""A query as SQL, the same on SQLite and PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from idiolect.corpus import tables
from idiolect.corpus.finding.fields import FIELDS
from idiolect.corpus.finding.matching import SECONDS, TooSlowError, matching
from idiolect.corpus.finding.query import ClipQuery, Condition, number_of
from idiolect.corpus.summaries import BETWEEN
from idiolect.corpus.tables import clip_summary
from idiolect.errors import CorpusError
from idiolect.text import basic_v1

Clause = sa.ColumnElement[bool]

_OPERATORS = {"<": "__lt__", "<=": "__le__", ">": "__gt__", ">=": "__ge__"}


def conditions(connection: sa.Connection, query: ClipQuery) -> Iterator[Clause]:
    """What a row of ``clip_summary`` fulfils. Raises `CorpusError` for a dataset that is not there."""
    named = next((one.values[0] for one in query.conditions if one.field == "dataset" and not one.negated), None)
    for condition in query.conditions:
        made = sa.or_(*(_clause(connection, condition, value, named) for value in condition.values))
        # A speaker that is not known is not anna: unknown counts as "does not hold", before it is turned round.
        yield sa.not_(sa.func.coalesce(made, sa.false())) if condition.negated else made


def newest_dataset(connection: sa.Connection) -> str | None:
    """The id of the dataset that was frozen last."""
    names = tables.dataset_name.c
    return connection.execute(sa.select(names.dataset_id).order_by(names.id.desc()).limit(1)).scalar()


def _clause(connection: sa.Connection, condition: Condition, value: str, named: str | None) -> Clause:
    field = FIELDS[condition.field]
    if field.kind == "split":
        dataset = value if condition.field == "dataset" else named
        return _in_dataset(_dataset(connection, dataset), value if condition.field == "split" else None)
    if field.kind in ("error", "mark"):
        return _wrong(value) if field.kind == "error" else _marked(value)
    column = clip_summary.c[field.column]
    if value == "*" and field.kind not in ("text", "regex"):
        return column != "" if field.kind == "listed" else column.is_not(None)
    if field.kind in ("text", "term", "regex"):
        return _text(connection, field.kind, column, value)
    if field.kind == "number":
        return _number(column, condition.operator, value)
    return _name(connection, column, field.kind, value)


def _name(connection: sa.Connection, column: sa.ColumnElement[Any], kind: str, value: str) -> Clause:
    if column.name == "tags":  # few clips have one: found by its own index
        return clip_summary.c.clip_id.in_(sa.select(tables.clip_tag.c.clip_id).where(tables.clip_tag.c.name == value))
    if kind == "listed":
        return _inside(connection, column, f"{BETWEEN}{value}{BETWEEN}")
    if kind == "yes":
        return column.is_(value == "yes")
    if kind == "beginning":
        return sa.and_(column >= value.lower(), column < value.lower() + "g")  # hex digits end before g
    if "*" in value:
        return column.like("%".join(_escaped(one) for one in value.split("*")), escape="\\")
    return column == value


def _number(column: sa.ColumnElement[Any], operator: str, value: str) -> Clause:
    if operator != ":":
        found: Clause = getattr(column, _OPERATORS[operator])(number_of(value))
        return found
    if ".." not in value:
        return column == number_of(value)
    low, _, high = value.partition("..")
    bounds = [column >= number_of(low)] if low else []
    return sa.and_(column.is_not(None), *bounds, *([column <= number_of(high)] if high else []))


def _text(connection: sa.Connection, kind: str, column: sa.ColumnElement[Any], value: str) -> Clause:
    if kind == "regex":
        return _regex(connection, column, value)
    wanted = basic_v1(value)
    if not wanted:
        raise CorpusError(f"{value!r} has no letter to be found", hint="A /regex/ finds punctuation.")
    if kind == "term":
        return _inside(connection, sa.literal(" ").op("||")(column).op("||")(" "), f" {wanted} ")
    return _inside(connection, column, wanted)


def _regex(connection: sa.Connection, column: sa.ColumnElement[Any], value: str) -> Clause:
    if connection.dialect.name != "sqlite":
        # PostgreSQL has \y for the edge of a word, and takes (?i) as Python does.
        return column.regexp_match("(?i)" + value.replace(r"\b", r"\y"))
    try:
        found = matching(Path(str(connection.engine.url.database)), value)
    except TooSlowError:
        raise CorpusError(
            f"/{value}/ takes longer than {SECONDS:.0f} s here", hint="No repeat within a repeat, such as (a+)+."
        ) from None
    except OSError as error:
        raise CorpusError(f"/{value}/ could not be looked for: {error}") from error
    # One value however many there are; a statement takes 32,766.
    numbers = sa.func.json_each(json.dumps(found)).table_valued("value")
    return clip_summary.c.number.in_(sa.select(numbers.c.value))


def _inside(connection: sa.Connection, column: sa.ColumnElement[Any], value: str) -> Clause:
    # Quicker than LIKE, which compares letter by letter and would take % and _ for more than they are.
    place = sa.func.instr if connection.dialect.name == "sqlite" else sa.func.strpos
    found: Clause = place(column, value) > 0
    return found


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")


def _dataset(connection: sa.Connection, wanted: str | None) -> str:
    names = tables.dataset_name.c
    if wanted in (None, "*"):
        found = newest_dataset(connection)
        if found is None:
            raise CorpusError(
                "nothing has been frozen yet: no clip has a split", hint="idiolect freeze makes a dataset"
            )
        return found
    exact = sa.select(names.dataset_id).where(names.name == wanted).order_by(names.id.desc()).limit(1)
    begins = sa.select(names.dataset_id).where(names.dataset_id.startswith(wanted, autoescape=True)).distinct().limit(2)
    known = list(connection.execute(exact).scalars()) or list(connection.execute(begins).scalars())
    if len(known) != 1:
        listed = ", ".join(connection.execute(sa.select(names.name).distinct()).scalars()) or "none yet"
        raise CorpusError(f"no single dataset {wanted!r}", hint=f"there are: {listed}")
    return str(known[0])


def _in_dataset(dataset: str, split: str | None) -> Clause:
    item = tables.dataset_item.c
    chosen = sa.select(item.clip_id).where(item.dataset_id == dataset)
    if split not in (None, "*"):
        chosen = chosen.where(item.split == split)
    return clip_summary.c.clip_id.in_(chosen)


def _wrong(value: str) -> Clause:
    """In the words that this system heard when it was evaluated, more than a share is wrong; with none given, any."""
    name, _, share = value.partition(">")
    item = tables.evaluation_item.c
    errors, words = item.counts["wer"].as_float(), item.counts["wer_of"].as_float()
    least = number_of(share) if share else 0.0
    return clip_summary.c.clip_id.in_(
        sa.select(item.clip_id).where(item.system == name, errors > least * words, errors > 0)
    )


def _marked(name: str) -> Clause:
    """The newest row of a clip and a mark counts."""
    mark, later = tables.mark, tables.mark.alias()
    newer = sa.exists().where(later.c.clip_id == mark.c.clip_id, later.c.mark == mark.c.mark, later.c.id > mark.c.id)
    wanted = sa.select(mark.c.clip_id).where(mark.c.given.is_(sa.true()), ~newer)
    return clip_summary.c.clip_id.in_(wanted if name == "*" else wanted.where(mark.c.mark == name))
