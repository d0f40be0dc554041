"""Which systems a page puts side by side where nobody, or only half, says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from idiolect.corpus.values import SPLITS, Split
from idiolect.evaluation.stored import StoredSystem, stored_systems

if TYPE_CHECKING:
    from idiolect.corpus import Corpus


@dataclass(frozen=True, slots=True)
class Chosen:
    """What can be chosen, and what is. names: of datasets, by id; splits: those of this dataset with an evaluation.

    judged: compared with `baseline`; both None where nothing was evaluated, `baseline` None where one system was.
    """

    names: dict[str, str]
    dataset_id: str
    split: Split
    splits: tuple[Split, ...]
    systems: tuple[StoredSystem, ...]
    judged: StoredSystem | None
    baseline: StoredSystem | None

    @property
    def pair(self) -> tuple[StoredSystem, ...]:
        """The baseline first, as `stored.stored_board` takes them; one system, or none, where there are no two."""
        return tuple(one for one in (self.baseline, self.judged) if one is not None)


def choose(corpus: Corpus, dataset: str = "", split: str = "", judged: str = "", baseline: str = "") -> Chosen:
    """Fill in what is not given: the newest evaluation, its newest system, and the one beside it.

    dataset: an id or a name; judged, baseline: keys of `StoredSystem`. What is not known counts as not given.
    """
    names = {key: name for name, key in corpus.dataset_names().items()}
    heads = [one for one in corpus.evaluation_heads() if one.dataset_id in names]
    by_name = {name: key for key, name in names.items()}
    wanted = by_name.get(dataset, dataset)
    if wanted not in names:
        wanted = str(heads[-1].dataset_id) if heads else next(reversed(names), "")
    here = [str(one.split) for one in heads if one.dataset_id == wanted]
    splits = tuple(name for name in SPLITS if name in here)
    side = cast("Split", split if split in SPLITS else here[-1] if here else "test")
    systems = stored_systems(corpus, wanted, side) if wanted else ()
    a, b = _two(systems, judged, baseline)
    return Chosen(names, wanted, side, splits, systems, a, b)


def _two(
    systems: Sequence[StoredSystem], judged: str, baseline: str
) -> tuple[StoredSystem | None, StoredSystem | None]:
    """The newest system, against the first of its own evaluation, else against the next newest."""
    known = {one.key: one for one in systems}
    if not systems:
        return None, None
    b = known.get(baseline)
    a = known.get(judged) or next((one for one in systems if one != b), systems[0])
    if b is None or b == a:
        beside = [one for one in systems if one != a and one.evaluation_id == a.evaluation_id]
        comparable = [one for one in systems if one != a and (one.normalizer, one.scorer) == (a.normalizer, a.scorer)]
        b = next(iter([*beside[-1:], *comparable]), None)
    return a, b
