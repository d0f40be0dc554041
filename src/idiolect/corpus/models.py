"""What was trained, and how it scored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from idiolect.corpus import tables
from idiolect.corpus.canonical import content_hash
from idiolect.corpus.tables import as_utc, now
from idiolect.errors import CorpusError


@dataclass(frozen=True, slots=True)
class ModelRecord:
    """One trained model: everything that made it. `folder` is relative to the project; `dev_score` is a WER."""

    id: str
    name: str
    family: str
    folder: str
    dataset_id: str | None = None
    base: str | None = None
    recipe: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    versions: Mapping[str, str] = field(default_factory=dict)
    dev_score: float | None = None
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class EvaluationItem:
    """What one system heard in one clip, and how the words were counted."""

    clip_id: str
    system: str
    hypothesis: str
    counts: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EvaluationRecord:
    """One evaluation. `report` is JSON; an empty `id` is filled in from the content."""

    dataset_id: str | None = None
    split: str | None = None
    report: Mapping[str, Any] = field(default_factory=dict)
    systems: tuple[str, ...] = ()
    items: tuple[EvaluationItem, ...] = ()
    id: str = ""
    created_at: datetime | None = None


def add_model(connection: sa.Connection, record: ModelRecord) -> str:
    """Add a model, or replace the record of the same id (training went on). Raises `CorpusError`."""
    table = tables.model
    values = {column.name: getattr(record, column.name) for column in table.columns if column.name != "created_at"}
    values["recipe"], values["versions"] = dict(record.recipe), dict(record.versions)
    connection.execute(sa.delete(table).where(table.c.id == record.id))
    try:
        connection.execute(sa.insert(table).values(**values, created_at=record.created_at or now()))
    except sa.exc.IntegrityError as error:
        raise CorpusError(f"model {record.name} names dataset {record.dataset_id}, which is not here") from error
    return record.id


def models(connection: sa.Connection) -> list[ModelRecord]:
    """All models, oldest first."""
    rows = connection.execute(sa.select(tables.model).order_by(tables.model.c.created_at, tables.model.c.id))
    return [ModelRecord(**{**row, "created_at": as_utc(row["created_at"])}) for row in rows.mappings()]


def model(connection: sa.Connection, name: str) -> ModelRecord:
    """The model of that id, name, or beginning of an id. Raises `CorpusError`."""
    known = models(connection)
    named = [one for one in known if name in (one.id, one.name)][-1:]
    found = named or [one for one in known if name and one.id.startswith(name)]
    if len(found) != 1:
        listed = ", ".join(one.name for one in found or known) or "there are none yet"
        raise CorpusError(f"no single model {name!r}: {listed}", hint="idiolect status lists them")
    return found[0]


def add_evaluation(connection: sa.Connection, record: EvaluationRecord) -> str:
    """Add an evaluation and return its id; the same content again adds nothing."""
    content = [record.dataset_id, record.split, record.report, list(record.systems)]
    evaluation_id = record.id or content_hash(content)[:16]
    table = tables.evaluation
    if connection.execute(sa.select(table.c.id).where(table.c.id == evaluation_id)).first() is not None:
        return evaluation_id
    moment = record.created_at or now()
    values = {"dataset_id": record.dataset_id, "split": record.split, "report": dict(record.report)}
    try:
        connection.execute(
            sa.insert(table).values(id=evaluation_id, systems=list(record.systems), created_at=moment, **values)
        )
        for item in record.items:
            connection.execute(
                sa.insert(tables.evaluation_item).values(
                    evaluation_id=evaluation_id,
                    clip_id=item.clip_id,
                    system=item.system,
                    hypothesis=item.hypothesis,
                    counts=dict(item.counts),
                )
            )
    except sa.exc.IntegrityError as error:
        raise CorpusError(f"the evaluation names a dataset or a clip that is not here: {error.orig}") from error
    return evaluation_id


def evaluations(connection: sa.Connection) -> list[EvaluationRecord]:
    """All evaluations with their items, oldest first."""
    table = tables.evaluation_item
    items: dict[str, list[EvaluationItem]] = {}
    for row in connection.execute(sa.select(table).order_by(table.c.clip_id, table.c.system)):
        items.setdefault(row.evaluation_id, []).append(_item(row))
    return [replace(one, items=tuple(items.get(one.id, ()))) for one in evaluation_heads(connection)]


def evaluation_heads(
    connection: sa.Connection, dataset_id: str | None = None, split: str | None = None
) -> list[EvaluationRecord]:
    """The evaluations of that dataset and split (None: of any) without their items, oldest first."""
    table = tables.evaluation
    query = sa.select(table).order_by(table.c.created_at, table.c.id)
    for column, value in ((table.c.dataset_id, dataset_id), (table.c.split, split)):
        if value is not None:
            query = query.where(column == value)
    return [
        EvaluationRecord(
            row.dataset_id, row.split, row.report, tuple(row.systems), id=row.id, created_at=as_utc(row.created_at)
        )
        for row in connection.execute(query)
    ]


def evaluation_items(connection: sa.Connection, evaluation_id: str, system: str) -> list[EvaluationItem]:
    """What one system heard in one evaluation, by clip id."""
    table = tables.evaluation_item
    query = sa.select(table).where(table.c.evaluation_id == evaluation_id, table.c.system == system)
    return [_item(row) for row in connection.execute(query.order_by(table.c.clip_id))]


def _item(row: sa.Row[Any]) -> EvaluationItem:
    return EvaluationItem(row.clip_id, row.system, row.hypothesis, row.counts)
