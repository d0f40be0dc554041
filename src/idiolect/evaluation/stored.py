"""What stored evaluations say of two systems, or more, on one split of a dataset."""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from idiolect.corpus.values import Split
from idiolect.errors import EvaluationError
from idiolect.evaluation.board import Board, board_of
from idiolect.evaluation.bootstrap import Interval
from idiolect.evaluation.examples import spoken
from idiolect.evaluation.pareto import Candidate, PriceOf, price_here
from idiolect.evaluation.references import references_of
from idiolect.evaluation.report import Heard
from idiolect.evaluation.scores import Score

if TYPE_CHECKING:
    from idiolect.corpus import Corpus


@dataclass(frozen=True, slots=True)
class StoredSystem:
    """A system as the newest evaluation of it knows it.

    key: names it in addresses, ``evaluation:name``. identity: the same however often it is evaluated. label: its name,
    with the evaluation's date where two share it (the same engine with another task). found: its part of the report, as
    JSON.
    """

    key: str
    identity: str
    label: str
    name: str
    evaluation_id: str
    dataset_id: str
    split: Split
    evaluated_at: datetime
    normalizer: str
    scorer: str
    found: Mapping[str, Any]

    def candidate(self, measure: str, price_of: PriceOf = price_here) -> Candidate | None:
        """Its score and what it takes; None where it has no such score."""
        score = next((one for one in self.found.get("scores", ()) if one["measure"] == measure), None)
        if score is None:
            return None
        engine, parameters = str(self.found.get("engine", "")), self.found.get("parameters", {})
        price = price_of(engine, parameters)
        return Candidate(self.label, _score(score), self.found.get("rtf"), self.found.get("size_bytes"), price)


def stored_systems(corpus: Corpus, dataset_id: str, split: Split) -> tuple[StoredSystem, ...]:
    """The systems that were evaluated there, the newest evaluation of each, newest first.

    Two of one name are two where engine, version, parameters, normalizer or scorer differ.
    """
    newest: dict[str, StoredSystem] = {}
    for record in corpus.evaluation_heads(dataset_id, split):
        conditions = record.report.get("conditions", {})
        for found in record.report.get("systems", ()):
            normalizer, scorer = conditions.get("normalizer", ""), conditions.get("scorer", "")
            told = [found.get(name) for name in ("name", "engine", "version", "parameters")]
            name, identity = str(found["name"]), json.dumps([*told, normalizer, scorer], sort_keys=True)
            moment = record.created_at or datetime.now(UTC)
            newest.pop(identity, None)
            newest[identity] = StoredSystem(
                f"{record.id}:{name}",
                _short(name, told),
                name,
                name,
                record.id,
                dataset_id,
                split,
                moment,
                normalizer,
                scorer,
                found,
            )
    many = Counter(one.name for one in newest.values())
    return tuple(
        one if many[one.name] == 1 else replace(one, label=f"{one.name} ({one.evaluated_at:%Y-%m-%d %H:%M:%S})")
        for one in reversed(newest.values())
    )


def stored_board(
    corpus: Corpus, systems: Sequence[StoredSystem], *, measure: str | None = None, seed: int = 0
) -> Board:
    """These systems side by side, the first as what the others are compared with.

    Raises:
        EvaluationError: they are of different datasets or splits, were scored by different rules, or share no clip.
    """
    for name in ("dataset_id", "split", "normalizer", "scorer"):
        found = {one.label: getattr(one, name) for one in systems}
        if len(set(found.values())) > 1:
            told = ", ".join(f"{label}: {value}" for label, value in found.items())
            raise EvaluationError(f"these differ in {name.removesuffix('_id')}: {told}", hint="evaluate them together")
    if len({one.label for one in systems}) < len(systems) or not systems:
        raise EvaluationError("a system cannot be compared with itself", hint="choose another one")
    items = corpus.dataset(systems[0].dataset_id).split(systems[0].split)
    clips = [spoken(item.clip, references) for item in items if (references := references_of(item))]
    return board_of(clips, {one.label: heard_by(corpus, one) for one in systems}, measure=measure, seed=seed)


def heard_by(corpus: Corpus, system: StoredSystem) -> dict[str, Heard]:
    """What it heard, by clip id. Times are not kept per clip: nan."""
    items = corpus.evaluation_items(system.evaluation_id, system.name)
    return {one.clip_id: Heard(one.clip_id, system.label, one.hypothesis, math.nan, one.counts) for one in items}


def _short(name: str, told: Sequence[Any]) -> str:
    digest = hashlib.blake2b(json.dumps(told, sort_keys=True).encode(), digest_size=4).hexdigest()
    return f"{name}@{digest}"


def _score(found: Mapping[str, Any]) -> Score:
    low, high = (math.nan if edge is None else edge for edge in (found["interval"]["low"], found["interval"]["high"]))
    value = math.nan if found["value"] is None else found["value"]
    return Score(found["measure"], value, Interval(low, high), found["counted"], found["of"], found["clips"])
