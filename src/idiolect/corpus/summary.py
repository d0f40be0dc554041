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
    label = tables.label.c
    named = sa.and_(label.text.is_not(None), labels.stands())
    by_any = sa.select(label.clip_id).where(named, label.purpose == Purpose.TRAINING)
    by_person = sa.select(label.clip_id).where(named, label.kind == SourceKind.HUMAN)
    newest = (
        sa.select(tables.dataset.c.id)
        .order_by(tables.dataset.c.created_at.desc(), tables.dataset.c.id)
        .limit(1)
        .scalar_subquery()
    )
    in_newest = sa.select(tables.dataset_item.c.clip_id).where(tables.dataset_item.c.dataset_id == newest)
    people, clip_id = tables.recording.c.synthetic.is_(False), tables.clip.c.id
    sources = (
        sa.select(label.kind, label.source, sa.func.count().label("many"))
        .where(labels.stands())
        .group_by(label.kind, label.source)
    )
    rows = connection.execute(sources.order_by(sa.desc("many"), label.source))
    return Summary(
        recorded=_amount(connection, people),
        synthetic=_amount(connection, ~people),
        labelled=_amount(connection, people, clip_id.in_(by_any)),
        reviewed=_amount(connection, people, clip_id.in_(by_person)),
        frozen=_amount(connection, clip_id.in_(in_newest)),
        speakers=_count(connection, tables.speaker),
        recordings=_count(connection, tables.recording),
        by_source={f"{row.kind} {row.source}": row.many for row in rows},
    )


def _amount(connection: sa.Connection, *conditions: Any) -> Amount:
    clip = tables.clip.c
    joined = tables.clip.join(tables.recording, clip.recording_id == tables.recording.c.id)
    columns = sa.func.count(), sa.func.coalesce(sa.func.sum(clip.end - clip.start), 0.0)
    clips, seconds = connection.execute(sa.select(*columns).select_from(joined).where(*conditions)).one()
    return Amount(clips, Seconds(seconds))


def _count(connection: sa.Connection, table: sa.Table) -> int:
    return connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
