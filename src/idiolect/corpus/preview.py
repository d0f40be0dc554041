"""What is in a dataset, or would be: for people who decide whether to freeze it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from idiolect.corpus.freezing import Plan, refuse_if_nothing_to_learn
from idiolect.corpus.leaks import Leak
from idiolect.corpus.summary import Amount
from idiolect.corpus.values import SPLITS, DatasetItem, GroupBy, Split
from idiolect.errors import CorpusError
from idiolect.units import Seconds

Row = tuple[str, Mapping[Split, Amount]]
"""A speaker or a source, and what of it stands in each split."""


@dataclass(frozen=True, slots=True)
class Account:
    """What is in a dataset: by split, by speaker (``""``: not named), by who made the label; most seconds first."""

    splits: Mapping[Split, Amount]
    speakers: tuple[Row, ...]
    sources: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """What would be frozen now. problem: why nothing can be; empty where it can.

    left_out: clips by reason. dev, test: shares of the groups. settled: an earlier freeze chose grouping and shares.
    """

    account: Account
    left_out: Mapping[str, Sequence[str]]
    leaks: tuple[Leak, ...]
    group_by: GroupBy
    dev: float
    test: float
    settled: bool
    problem: str


def account_of(items: Iterable[DatasetItem]) -> Account:
    """Count `items`."""
    items = list(items)
    splits = {split: _amount([item for item in items if item.split == split]) for split in SPLITS}
    return Account(splits, _rows(items, _speaker), _rows(items, _source))


def preview_of(plan: Plan) -> Preview:
    """The plan in numbers."""
    problem = ""
    try:
        refuse_if_nothing_to_learn(plan)
    except CorpusError as error:
        problem = error.message
    return Preview(
        account=account_of(plan.items),
        left_out={reason: tuple(sorted(found)) for reason, found in sorted(plan.left_out.items())},
        leaks=plan.leaks,
        group_by=plan.group_by,
        dev=plan.shares.dev,
        test=plan.shares.test,
        settled=plan.settled,
        problem=problem,
    )


def _rows(items: Sequence[DatasetItem], name: Callable[[DatasetItem], str]) -> tuple[Row, ...]:
    found: dict[str, dict[Split, list[DatasetItem]]] = defaultdict(lambda: defaultdict(list))
    for item in items:
        found[name(item)][item.split].append(item)
    rows: list[Row] = [
        (key, {split: _amount(sides[split]) for split in SPLITS if split in sides}) for key, sides in found.items()
    ]
    return tuple(sorted(rows, key=lambda row: (-sum(one.seconds for one in row[1].values()), row[0])))


def _amount(items: Sequence[DatasetItem]) -> Amount:
    return Amount(len(items), Seconds(round(sum(item.clip.duration for item in items), 2)))


def _speaker(item: DatasetItem) -> str:
    return item.clip.recording.speaker or ""


def _source(item: DatasetItem) -> str:
    label = item.label or next(iter(item.references), None)
    return "" if label is None else f"{label.kind.value} {label.source}"
