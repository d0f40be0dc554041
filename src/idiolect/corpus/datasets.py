"""Frozen datasets: written once, read often."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from idiolect.corpus import labels, recordings, tables
from idiolect.corpus.canonical import dataset_id, label_id
from idiolect.corpus.tables import as_utc, now
from idiolect.corpus.values import Dataset, DatasetItem, GroupBy
from idiolect.errors import CorpusError


def id_of(items: Sequence[DatasetItem]) -> str:
    """The id that these items give. References count too: with others, a score means something else."""
    return dataset_id((item.clip.id, _content(item), item.split) for item in items)


def save(
    connection: sa.Connection, name: str, group_by: GroupBy, items: Sequence[DatasetItem], parameters: dict[str, Any]
) -> str:
    """Keep a dataset under a name and return its id. One of the same content is there once, under both names."""
    key = id_of(items)
    table = tables.dataset
    if connection.execute(sa.select(table.c.id).where(table.c.id == key)).first() is None:
        connection.execute(
            sa.insert(table).values(id=key, group_by=group_by, parameters=parameters, forgotten=0, created_at=now())
        )
        rows = [
            {
                "dataset_id": key,
                "clip_id": item.clip.id,
                "split": item.split,
                "label_id": None if item.label is None else item.label.id,
                "reference_ids": [label.id for label in item.references],
            }
            for item in items
        ]
        connection.execute(sa.insert(tables.dataset_item), rows)
    newest = names(connection).get(name)
    if newest != key:
        connection.execute(sa.insert(tables.dataset_name).values(name=name, dataset_id=key, created_at=now()))
    return key


def datasets(connection: sa.Connection) -> list[Dataset]:
    """All datasets, oldest first."""
    reader = Reader(connection)
    return [reader.load(key) for key in reader.ids()]


def dataset(connection: sa.Connection, wanted: str | None = None) -> Dataset:
    """The dataset of that name, id or beginning of an id; None means the one frozen last. Raises `CorpusError`."""
    known = names(connection)
    if not known:
        raise CorpusError("nothing has been frozen yet", hint="idiolect freeze makes a dataset of what is labeled")
    if wanted is None:
        newest = sa.select(tables.dataset_name).order_by(tables.dataset_name.c.id.desc()).limit(1)
        last = connection.execute(newest).one()
        return Reader(connection).load(last.dataset_id, last.name)
    if wanted in known:
        return Reader(connection).load(known[wanted], wanted)
    found = sorted({key for key in known.values() if wanted and key.startswith(wanted)})
    if len(found) != 1:
        listed = ", ".join(f"{name} ({key[:8]})" for name, key in known.items())
        raise CorpusError(f"no single dataset {wanted!r}", hint=f"there are: {listed}")
    return Reader(connection).load(found[0])


class Reader:
    """The clips and labels of the store, read once for any number of datasets."""

    def __init__(self, connection: sa.Connection) -> None:
        self.connection = connection
        self.clips = {clip.id: clip for clip in recordings.clips(connection)}
        self.labels = labels.labels_by_id(connection)

    def ids(self) -> list[str]:
        """The ids of all datasets, oldest first."""
        query = sa.select(tables.dataset.c.id).order_by(tables.dataset.c.created_at)
        return list(self.connection.execute(query).scalars())

    def load(self, key: str, name: str | None = None) -> Dataset:
        """The dataset of that id. Raises `CorpusError` where it names what is gone."""
        row = self.connection.execute(sa.select(tables.dataset).where(tables.dataset.c.id == key)).one()
        table = tables.dataset_item
        rows = self.connection.execute(sa.select(table).where(table.c.dataset_id == key).order_by(table.c.clip_id))
        try:
            items = tuple([self._item(row) for row in rows])
        except KeyError as error:
            raise CorpusError(f"dataset {key[:8]} names {error}, which is gone", hint="idiolect check") from error
        names = tables.dataset_name
        newest = sa.select(names.c.name).where(names.c.dataset_id == key).order_by(names.c.id.desc()).limit(1)
        called = name or self.connection.execute(newest).scalar() or key[:8]
        parameters = {**row.parameters, "forgotten": row.forgotten}
        return Dataset(key, called, as_utc(row.created_at), row.group_by, items, parameters)

    def _item(self, row: Any) -> DatasetItem:
        return DatasetItem(
            clip=self.clips[row.clip_id],
            split=row.split,
            label=None if row.label_id is None else self.labels[row.label_id],
            references=tuple(self.labels[number] for number in row.reference_ids),
        )


def names(connection: sa.Connection) -> dict[str, str]:
    """The id that each name means now, oldest name first."""
    table = tables.dataset_name
    rows = connection.execute(sa.select(table.c.name, table.c.dataset_id).order_by(table.c.id))
    return {row.name: row.dataset_id for row in rows}


@dataclass(frozen=True, slots=True)
class DatasetRecord:
    """A dataset without its items. names: newest first. splits: clips and seconds of each."""

    id: str
    names: tuple[str, ...]
    created_at: datetime
    group_by: GroupBy
    splits: Mapping[str, tuple[int, float]]
    parameters: Mapping[str, Any]


def records(connection: sa.Connection) -> list[DatasetRecord]:
    """All datasets, newest first, summed up by the database."""
    item, clip = tables.dataset_item, tables.clip
    length = sa.func.sum(clip.c.end - clip.c.start)
    sums = sa.select(item.c.dataset_id, item.c.split, sa.func.count(), length).join(clip, clip.c.id == item.c.clip_id)
    splits: dict[str, dict[str, tuple[int, float]]] = {}
    for key, split, count, seconds in connection.execute(sums.group_by(item.c.dataset_id, item.c.split)):
        splits.setdefault(key, {})[split] = (count, float(seconds))
    called: dict[str, list[str]] = {}
    for name, key in reversed(names(connection).items()):
        called.setdefault(key, []).append(name)
    rows = connection.execute(sa.select(tables.dataset).order_by(tables.dataset.c.created_at.desc()))
    return [
        DatasetRecord(
            id=row.id,
            names=tuple(called.get(row.id, ())),
            created_at=as_utc(row.created_at),
            group_by=row.group_by,
            splits=splits.get(row.id, {}),
            parameters={**row.parameters, "forgotten": row.forgotten},
        )
        for row in rows
    ]


def _content(item: DatasetItem) -> str:
    learned = "" if item.label is None else label_id(item.label)
    return "|".join([learned, *sorted(label_id(label) for label in item.references)])
