"""What a person reads beside a dataset: what to know before trusting it, what its clips say, what was made of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING

from idiolect.corpus.values import Dataset

if TYPE_CHECKING:
    from idiolect.corpus.store import Corpus

FINDINGS = (
    "dev_is_machine_labelled",
    "scoring_only",
    "speaker_dependent",
    "speakers_unknown",
    "test_texts_in_train",
    "forgotten",
)
"""Parameters of a dataset that say what its scores do not mean, the gravest first."""


def findings_of(dataset: Dataset) -> dict[str, int]:
    """What a person should know before trusting a score on it, with how many clips it is about; only what is so."""
    return {name: int(found) for name in FINDINGS if (found := dataset.parameters.get(name))}


def texts_of(corpus: Corpus, clip_ids: Iterable[str]) -> dict[str, str]:
    """What is said in these clips: by the newest text of a person, else by the oldest label; empty: nobody knows."""
    found = {}
    for clip_id in dict.fromkeys(clip_ids):
        label = corpus.reference(clip_id) or next(iter(corpus.labels(clip_id=clip_id)), None)
        found[clip_id] = "" if label is None else label.text or ""
    return found


def models_by_dataset(corpus: Corpus) -> dict[str, list[str]]:
    """The names of the models that each dataset made, by its id, oldest first; ``""``: by none that is known."""
    made: defaultdict[str, list[str]] = defaultdict(list)
    for model in corpus.models():
        made[model.dataset_id or ""].append(model.name)
    return dict(made)
