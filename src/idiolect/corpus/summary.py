"""How much there is of everything: counted by the database, so that a project of any size opens at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from idiolect.corpus import labels, tables
from idiolect.corpus.values import Purpose, SourceKind
from idiolect.units import Seconds


@dataclass(frozen=True, slots=True)
class Amount:
    """Some clips, and how long they are together."""

    clips: int
    seconds: Seconds


@dataclass(frozen=True, slots=True)
class Summary:
    """recorded: all clips of people; synthetic: those that a machine spoke.

    labelled: clips of people with any text for training. reviewed: with a person's text, for training or scoring.
    frozen: clips of the newest dataset. by_source: labels by ``kind source``, the most first. What was taken back does
    not count.
    """

    recorded: Amount
    synthetic: Amount
    labelled: Amount
    reviewed: Amount
    frozen: Amount
    speakers: int
    recordings: int
    by_source: Mapping[str, int]


def summary(connection: sa.Connection) -> Summary:
    """The amounts of the whole store, in one state of it."""
    known, label = tables.clip_summary.c, tables.label.c
    newest = (
        sa.select(tables.dataset.c.id)
        .order_by(tables.dataset.c.created_at.desc(), tables.dataset.c.id)
        .limit(1)
        .scalar_subquery()
    )
    in_newest = sa.select(tables.dataset_item.c.clip_id).where(tables.dataset_item.c.dataset_id == newest)
    # Texts for scoring teach nothing; engines make none of those.
    taught = sa.select(label.clip_id).where(
        label.text.is_not(None), label.kind != SourceKind.ENGINE, label.purpose == Purpose.TRAINING, labels.stands()
    )
    people = known.synthetic.is_(False)
    labelled = sa.and_(people, sa.or_(known.teachers > 0, known.clip_id.in_(taught)))
    recorded, synthetic, with_text, by_person = _amounts(
        connection, people, known.synthetic, labelled, sa.and_(people, known.reviewed)
    )
    return Summary(
        recorded=recorded,
        synthetic=synthetic,
        labelled=with_text,
        reviewed=by_person,
        frozen=_amounts(connection, sa.true(), where=known.clip_id.in_(in_newest))[0],
        speakers=_count(connection, tables.speaker),
        recordings=_count(connection, tables.recording),
        by_source=_by_source(connection),
    )


def _amounts(connection: sa.Connection, *kinds: sa.ColumnElement[bool], where: Any = None) -> list[Amount]:
    """Clips and seconds of each kind, in one pass."""
    duration = tables.clip_summary.c.duration
    query = sa.select(
        *(
            total
            for kind in kinds
            for total in (
                sa.func.coalesce(sa.func.sum(sa.case((kind, 1), else_=0)), 0),
                sa.func.coalesce(sa.func.sum(sa.case((kind, duration), else_=0.0)), 0.0),
            )
        )
    )
    row = connection.execute(query if where is None else query.where(where)).one()
    return [Amount(int(row[2 * place]), Seconds(float(row[2 * place + 1]))) for place in range(len(kinds))]


def _by_source(connection: sa.Connection) -> dict[str, int]:
    """Labels that stand, by ``kind source``, the most first; withdrawn ones are few, and counted apart."""
    label = tables.label.c
    many = sa.select(label.kind, label.source, sa.func.count().label("many")).group_by(label.kind, label.source)
    found = {(row.kind, row.source): row.many for row in connection.execute(many)}
    taken_back = sa.select(tables.withdrawal.c.label_id).where(tables.withdrawal.c.label_id.is_not(None))
    for row in connection.execute(many.where(label.id.in_(taken_back))):
        found[row.kind, row.source] -= row.many
    ordered = sorted(found.items(), key=lambda item: (-item[1], item[0][1]))
    return {f"{kind} {source}": count for (kind, source), count in ordered if count}


def _count(connection: sa.Connection, table: sa.Table) -> int:
    return connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
