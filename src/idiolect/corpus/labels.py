"""Claims: added, read, never changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa

from idiolect.corpus import summaries, tables
from idiolect.corpus.canonical import content_hash, label_id
from idiolect.corpus.tables import as_utc, now
from idiolect.corpus.values import Label, NewLabel, Purpose, SourceKind, WordTime
from idiolect.errors import CorpusError

AT_ONCE = 500
"""Ids in one statement; SQLite takes 32,766."""


def add_labels(connection: sa.Connection, labels: Sequence[NewLabel]) -> list[int]:
    """Add claims and return their ids, in order.

    A machine that makes the same claim again (source, version, parameters and what it says) adds nothing: its id is
    that of the first. A person who decides again makes a new claim.

    Raises:
        CorpusError: a claim without text and intent, of an unknown clip, or with a confidence outside [0, 1].
    """
    ids = [_add(connection, label) for label in labels]
    summaries.refresh(connection, (label.clip_id for label in labels))
    return ids


def has_label(connection: sa.Connection, content_id: str, clip_id: str) -> int | None:
    """The id of the claim with this content; None where there is none."""
    table = tables.label.c
    query = sa.select(table.id).where(table.clip_id == clip_id, table.content_id == content_id)
    return connection.execute(query.order_by(table.id)).scalar()


def labels(
    connection: sa.Connection,
    clip_id: str | None = None,
    source: str | None = None,
    kind: SourceKind | None = None,
    purpose: Purpose | None = None,
    *,
    withdrawn: bool = False,
) -> list[Label]:
    """The claims that fit, oldest first; without those that their person took back, unless `withdrawn`."""
    table = tables.label.c
    wanted = {table.clip_id: clip_id, table.source: source, table.kind: kind, table.purpose: purpose}
    query = sa.select(tables.label).order_by(table.id)
    if not withdrawn:
        query = query.where(stands())
    for column, value in wanted.items():
        if value is not None:
            query = query.where(column == value)
    return [_label(row) for row in connection.execute(query)]


def stands() -> sa.ColumnElement[bool]:
    """That the person who made a claim has not taken it back."""
    return ~sa.exists().where(tables.withdrawal.c.label_id == tables.label.c.id)


def labels_of(connection: sa.Connection, clip_ids: Sequence[str]) -> dict[str, list[Label]]:
    """The claims that stand of each of these clips, oldest first; a clip without any has an empty list."""
    table = tables.label
    found: dict[str, list[Label]] = {clip_id: [] for clip_id in clip_ids}
    for start in range(0, len(clip_ids), AT_ONCE):
        some = table.c.clip_id.in_(clip_ids[start : start + AT_ONCE])
        for row in connection.execute(sa.select(table).where(some, stands()).order_by(table.c.id)):
            found[row.clip_id].append(_label(row))
    return found


def by_number(connection: sa.Connection, numbers: Sequence[int]) -> dict[int, Label]:
    """The claims of these numbers, also those that were taken back."""
    table = tables.label
    parts = [numbers[at : at + AT_ONCE] for at in range(0, len(numbers), AT_ONCE)]
    rows = [row for some in parts for row in connection.execute(sa.select(table).where(table.c.id.in_(some)))]
    return {row.id: _label(row) for row in rows}


def labels_by_id(connection: sa.Connection) -> dict[int, Label]:
    """Every claim by its number, also what was taken back: a frozen dataset keeps what it was frozen with."""
    return {label.id: label for label in labels(connection, withdrawn=True)}


def done(connection: sa.Connection, source: str, version: str, parameters: Mapping[str, Any]) -> set[str]:
    """The ids of the clips that `source` in this version, with these parameters, has labeled."""
    table = tables.label.c
    query = sa.select(table.clip_id).where(
        table.source == source, table.version == version, table.parameters_hash == content_hash(dict(parameters))
    )
    return set(connection.execute(query).scalars())


def reference(connection: sa.Connection, clip_id: str) -> Label | None:
    """The newest text that a person claims for the clip; a silver text is none, nor is what was taken back."""
    table = tables.label
    query = (
        sa.select(table)
        .where(table.c.clip_id == clip_id, table.c.kind == SourceKind.HUMAN, table.c.text.is_not(None))
        .where(table.c.silver.is_(sa.false()), stands())
        .order_by(table.c.id.desc())
        .limit(1)
    )
    row = connection.execute(query).first()
    return None if row is None else _label(row)


def _add(connection: sa.Connection, label: NewLabel) -> int:
    _check(label)
    content_id = label_id(label)
    if label.kind is not SourceKind.HUMAN:
        known = has_label(connection, content_id, label.clip_id)
        if known is not None:
            return known
    values = {
        "clip_id": label.clip_id,
        "kind": label.kind,
        "source": label.source,
        "version": label.version,
        "text": label.text,
        "intent": label.intent,
        "slots": dict(label.slots),
        "parameters": dict(label.parameters),
        "parameters_hash": content_hash(dict(label.parameters)),
        "confidence": label.confidence,
        "words": [asdict(word) for word in label.words],
        "cost": label.cost,
        "purpose": label.purpose,
        "silver": label.silver,
        "content_id": content_id,
        "created_at": now(),
    }
    try:
        key = connection.execute(sa.insert(tables.label).values(**values)).inserted_primary_key
    except sa.exc.IntegrityError as error:
        raise CorpusError(f"there is no clip {label.clip_id!r} to label") from error
    return int(key[0]) if key is not None else 0


def _check(label: NewLabel) -> None:
    if label.text is None and label.intent is None:
        raise CorpusError(f"the label of {label.source} for clip {label.clip_id} claims nothing: no text, no intent")
    if not label.source:
        raise CorpusError(f"the label for clip {label.clip_id} does not say who claims it")
    if label.confidence is not None and not 0 <= label.confidence <= 1:
        raise CorpusError(f"confidence {label.confidence} of {label.source} for clip {label.clip_id} is not in [0, 1]")


def _label(row: Any) -> Label:
    return Label(
        clip_id=row.clip_id,
        kind=SourceKind(row.kind),
        source=row.source,
        version=row.version,
        text=row.text,
        intent=row.intent,
        slots=row.slots,
        parameters=row.parameters,
        confidence=row.confidence,
        words=tuple(WordTime(**word) for word in row.words),
        cost=row.cost,
        purpose=Purpose(row.purpose),
        silver=row.silver,
        id=row.id,
        created_at=as_utc(row.created_at),
    )
