"""From what is labeled now to a dataset that never changes."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from idiolect.corpus import datasets, labels, leaks, recordings, tables
from idiolect.corpus.choosing import Trust, references, training_label
from idiolect.corpus.database import Database
from idiolect.corpus.forgetting import consents
from idiolect.corpus.leaks import Leak
from idiolect.corpus.splits import RULE, Shares, as_group_by, assign, choose_grouping
from idiolect.corpus.values import Clip, Dataset, DatasetItem, GroupBy, Label, Purpose, SourceKind, Split
from idiolect.errors import CorpusError
from idiolect.files import write_text
from idiolect.text import basic_v1

_NAME = re.compile(r"\w(?:[\w .-]*\w)?")
"""Reports are named after datasets: no separators of folders."""
_NAMED = 20
"""Clips that are left out for their text are named up to this many; all are counted."""


@dataclass(frozen=True, slots=True)
class FreezeOptions:
    """What goes into a dataset. Filters choose clips; they never move one.

    group_by, dev, test: None means what the project's first freeze chose; a value is kept for the next ones.
    collections, speakers, language: only clips of these. min_confidence, thresholds, engines, versions: see
        `choosing.Trust`.
    allow_machine_dev: dev clips without a person's text may be measured by an engine's, and are counted.
    include_silver: texts that a machine had a hand in may train.
    """

    group_by: GroupBy | None = None
    dev: float | None = None
    test: float | None = None
    collections: Sequence[str] | None = None
    speakers: Sequence[str] | None = None
    language: str | None = None
    min_confidence: float = 0.0
    thresholds: Mapping[str, float] = field(default_factory=dict)
    engines: Sequence[str] | None = None
    versions: Sequence[str] | None = None
    allow_machine_dev: bool = True
    include_silver: bool = False

    @property
    def trust(self) -> Trust:
        """Which machines may teach."""
        engines = None if self.engines is None else tuple(self.engines)
        versions = None if self.versions is None else tuple(self.versions)
        return Trust(self.min_confidence, self.thresholds, engines, versions, self.include_silver)


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be frozen. left_out: ids of clips by reason. leaks: what would be refused.

    settled: the grouping and the shares are those that an earlier freeze chose.
    """

    items: tuple[DatasetItem, ...]
    left_out: Mapping[str, Sequence[str]]
    group_by: GroupBy
    shares: Shares
    settled: bool
    leaks: tuple[Leak, ...]


def plan(connection: sa.Connection, options: FreezeOptions) -> Plan:
    """What would be frozen now; nothing is written."""
    clips = recordings.clips(connection)
    claimed: dict[str, list[Label]] = defaultdict(list)
    for label in labels.labels(connection):
        claimed[label.clip_id].append(label)
    kept = _kept_rule(connection)
    grouping, shares = _rule(kept, clips, options)
    items, left_out = _items(clips, claimed, grouping, shares, options)
    items = _consenting(connection, items, left_out)
    found = tuple(leaks.leaks(items, grouping))
    return Plan(tuple(items), left_out, grouping, shares, _as_rule(grouping, shares) == kept, found)


def freeze(database: Database, folder: Path, name: str, options: FreezeOptions) -> Dataset:
    """Freeze what is labeled now. The same content again gives the same dataset.

    Raises:
        LeakError: something stands on two sides; nothing is frozen.
        CorpusError: there is nothing to learn from.
    """
    if not _NAME.fullmatch(name):
        raise CorpusError(f"{name!r} is no name for a dataset", hint="letters, digits, spaces, and . _ - between them")
    with database.write() as connection:
        made = plan(connection, options)
        if not made.settled:
            _keep_rule(connection, _as_rule(made.group_by, made.shares))
        leaks.refuse(made.leaks)
        refuse_if_nothing_to_learn(made)
        parameters = _parameters(made.items, made.group_by, made.shares, options, made.left_out)
        key = datasets.save(connection, name, made.group_by, made.items, parameters)
        dataset = replace(datasets.dataset(connection, key), name=name)
    _write_manifest(folder / "datasets" / f"{key}.jsonl", dataset)
    return dataset


def _kept_rule(connection: sa.Connection) -> dict[str, Any]:
    table = tables.meta
    return connection.execute(sa.select(table.c.value).where(table.c.key == RULE)).scalar() or {}


def _keep_rule(connection: sa.Connection, value: Mapping[str, Any]) -> None:
    table = tables.meta
    connection.execute(sa.delete(table).where(table.c.key == RULE))
    connection.execute(sa.insert(table).values(key=RULE, value=dict(value)))


def _as_rule(grouping: GroupBy, shares: Shares) -> dict[str, Any]:
    return {"group_by": grouping, "dev": shares.dev, "test": shares.test}


def _rule(kept: Mapping[str, Any], clips: Sequence[Clip], options: FreezeOptions) -> tuple[GroupBy, Shares]:
    """Grouping and shares: as given, else as kept from an earlier freeze, else chosen now."""
    usual = Shares()
    shares = Shares(
        dev=options.dev if options.dev is not None else kept.get("dev", usual.dev),
        test=options.test if options.test is not None else kept.get("test", usual.test),
    )
    grouping = options.group_by or kept.get("group_by")
    if grouping is None:
        testable = [clip for clip in clips if not (clip.recording.train_only or clip.recording.synthetic)]
        grouping = choose_grouping(testable, shares)
    return as_group_by(grouping), shares


def _items(
    clips: Sequence[Clip],
    claimed: Mapping[str, Sequence[Label]],
    grouping: GroupBy,
    shares: Shares,
    options: FreezeOptions,
) -> tuple[list[DatasetItem], dict[str, list[str]]]:
    """The items in order of clip id, and the clips that were left out, by reason."""
    left_out: dict[str, list[str]] = defaultdict(list)
    # Over the whole store, not over what the filter lets through: a filter must not change a split.
    splits, text_twice = assign(clips, _prompts(clips, claimed), grouping, shares)
    items: list[DatasetItem] = []
    for clip in sorted(clips, key=lambda clip: clip.id):
        if not _wanted(clip, options):
            continue
        if clip.id in text_twice:
            left_out["the same prompt was read on another side of the split"].append(clip.id)
            continue
        item = _item(clip, splits[clip.id], claimed.get(clip.id, ()), options)
        if isinstance(item, str):
            left_out[item].append(clip.id)
        else:
            items.append(item)
    return _without_shared(items, grouping, left_out), left_out


def _consenting(
    connection: sa.Connection, items: list[DatasetItem], left_out: dict[str, list[str]]
) -> list[DatasetItem]:
    withdrawn = {name for name, granted in consents(connection).items() if not granted}
    gone = {item.clip.id for item in items if item.clip.recording.speaker in withdrawn}
    if gone:
        left_out["the speaker has withdrawn consent"] = sorted(gone)
    return [item for item in items if item.clip.id not in gone]


def _wanted(clip: Clip, options: FreezeOptions) -> bool:
    recording = clip.recording
    return (
        (options.collections is None or recording.collection in options.collections)
        and (options.speakers is None or recording.speaker in options.speakers)
        and (options.language is None or recording.language == options.language)
    )


def _prompts(clips: Sequence[Clip], claimed: Mapping[str, Sequence[Label]]) -> dict[str, set[str]]:
    """The normalized texts of each prompted clip: all that people ever claimed."""
    prompts: dict[str, set[str]] = {}
    for clip in clips:
        if not clip.recording.prompted:
            continue
        people = [label for label in claimed.get(clip.id, ()) if label.kind is SourceKind.HUMAN]
        prompts[clip.id] = {basic_v1(label.text) for label in people if label.text}
    return prompts


def _item(clip: Clip, split: Split, claimed: Sequence[Label], options: FreezeOptions) -> DatasetItem | str:
    """The item of a clip, or why it has none."""
    scored_by = references(claimed)
    label = training_label(claimed, options.trust)
    certain = [one for one in scored_by if not one.silver]
    by_machine = label is not None and label.kind is not SourceKind.HUMAN
    if split == "train":
        return DatasetItem(clip, split, label) if label is not None else "no label that may train"
    if split == "test":
        if not certain:
            return "test without a person's claim"
        return DatasetItem(clip, split, None if by_machine or (label and label.silver) else label, scored_by)
    if label is None:
        return "dev without a label that may choose a checkpoint"
    if by_machine and not options.allow_machine_dev:
        return "dev with a machine's label only"
    return DatasetItem(clip, split, label, scored_by)


def _without_shared(
    items: Sequence[DatasetItem], grouping: GroupBy, left_out: dict[str, list[str]]
) -> list[DatasetItem]:
    """What gives way to dev and test, and to test.

    Train-only material, where it shares what the grouping keeps apart, or a prompt; and prompted clips whose text a
    machine heard, where somebody read that text: `assign` knows people's texts only, since a machine's mishearing must
    not throw a clip out of test.
    """
    test = [item for item in items if item.split == "test"]
    dev = [item for item in items if item.split == "dev"]
    read = _keys(test, leaks.prompted_texts)
    dev = _kept(dev, _heard, {"prompt": (leaks.prompted_texts, read)}, "a machine's text", left_out)
    held = [*test, *dev]
    rules = {"recording": (_recordings, _keys(held, _recordings))}
    if grouping == "speaker":
        rules["speaker"] = (leaks.speakers, _keys(held, leaks.speakers))
        rules["session"] = (_own_sessions, _keys(held, _own_sessions))
    if grouping == "session":
        rules["session"] = (_shared_sessions, _keys(held, _shared_sessions))
    prompts = {"prompt": (leaks.prompted_texts, _keys(held, leaks.prompted_texts))}
    train = [item for item in items if item.split == "train"]
    train = _kept(train, _extra, rules | prompts, "train-only", left_out)
    train = _kept(train, _heard, prompts, "a machine's text", left_out)
    return sorted([*train, *held], key=lambda item: item.clip.id)


_Keys = Callable[[DatasetItem], list[str]]


def _kept(
    items: Sequence[DatasetItem],
    concerns: Callable[[DatasetItem], bool],
    rules: Mapping[str, tuple[_Keys, set[str]]],
    whose: str,
    left_out: dict[str, list[str]],
) -> list[DatasetItem]:
    kept = []
    for item in items:
        shared = next((what for what, (keys, those) in rules.items() if those.intersection(keys(item))), None)
        if shared is not None and concerns(item):
            left_out[f"{whose}, with a {shared} of dev or test"].append(item.clip.id)
        else:
            kept.append(item)
    return kept


def _keys(items: Sequence[DatasetItem], keys: _Keys) -> set[str]:
    return {key for item in items for key in keys(item)}


def _extra(item: DatasetItem) -> bool:
    return item.clip.recording.train_only or item.clip.recording.synthetic


def _heard(item: DatasetItem) -> bool:
    return item.label is not None and item.label.kind is not SourceKind.HUMAN


def _recordings(item: DatasetItem) -> list[str]:
    return [item.clip.recording.id]


def _own_sessions(item: DatasetItem) -> list[str]:
    return leaks.sessions(item, of_speaker=True)


def _shared_sessions(item: DatasetItem) -> list[str]:
    return leaks.sessions(item, of_speaker=False)


def refuse_if_nothing_to_learn(made: Plan) -> None:
    """Raises `CorpusError` where no clip trains, with the reasons."""
    if any(item.split == "train" for item in made.items):
        return
    reasons = "; ".join(f"{len(found)} clips: {reason}" for reason, found in made.left_out.items()) or "no clip fits"
    raise CorpusError(f"nothing to train on: {reasons}", hint="idiolect label --engine sphinx, or idiolect review")


def _parameters(
    items: Sequence[DatasetItem],
    grouping: GroupBy,
    shares: Shares,
    options: FreezeOptions,
    left_out: Mapping[str, Sequence[str]],
) -> dict[str, Any]:
    own = [item for item in items if not (item.clip.recording.train_only or item.clip.recording.synthetic)]
    kinds = Counter(f"{item.split} {item.label.kind}" for item in items if item.label is not None)
    heard = {basic_v1(label.text) for item in items if item.split == "test" for label in item.references if label.text}
    return {
        "rule": RULE,
        "group_by": grouping,
        "dev": shares.dev,
        "test": shares.test,
        "collections": None if options.collections is None else sorted(options.collections),
        "speakers": None if options.speakers is None else sorted(options.speakers),
        "language": options.language,
        "min_confidence": options.min_confidence,
        "thresholds": dict(options.thresholds),
        "engines": None if options.engines is None else list(options.engines),
        "versions": None if options.versions is None else list(options.versions),
        "include_silver": options.include_silver,
        "counts": dict(Counter(item.split for item in items)),
        "labels": dict(sorted(kinds.items())),
        "dev_is_machine_labelled": sum(
            item.split == "dev" and item.label is not None and item.label.kind is not SourceKind.HUMAN for item in items
        ),
        "scoring_only": sum(
            item.split == "test" and all(label.purpose is Purpose.SCORING for label in item.references)
            for item in items
        ),
        "speaker_dependent": bool(leaks.on_both_sides(own, leaks.speakers)) and grouping != "speaker",
        "speakers_unknown": sum(item.clip.recording.speaker is None for item in own),
        "test_texts_in_train": sum(
            item.split == "train" and item.label is not None and basic_v1(item.label.text or "") in heard
            for item in items
        ),
        "left_out": {
            reason: {"count": len(found), "clips": sorted(found)[:_NAMED]} for reason, found in sorted(left_out.items())
        },
    }


def _write_manifest(path: Path, dataset: Dataset) -> None:
    """One JSON object per item, for people and other tools; the database is what counts."""
    lines = []
    for item in dataset.items:
        recording = item.clip.recording
        text = item.label.text if item.label is not None else None
        said = next((label.text for label in item.references if label.text is not None and not label.silver), None)
        meant = next((label for label in item.references if label.intent is not None), None)
        line = {
            "clip": item.clip.id,
            "split": item.split,
            "audio": recording.path if recording.copied else None,
            "start": item.clip.start,
            "duration": item.clip.duration,
            "text": text,
            "reference": said,
            "intent": None if meant is None else meant.intent,
            "slots": {} if meant is None else dict(meant.slots),
            "label": None if item.label is None else {"kind": item.label.kind, "source": item.label.source},
            "speaker": recording.speaker,
        }
        lines.append(json.dumps(line, ensure_ascii=False) + "\n")
    write_text(path, "".join(lines))
