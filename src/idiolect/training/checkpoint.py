"""A finished model on disk: ``checkpoint.json`` beside its weights, written last."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from idiolect.corpus import Corpus, Dataset, ModelRecord
from idiolect.errors import TrainingError
from idiolect.files import read_json, write_json
from idiolect.training.recipe import Recipe

PACKAGES = ("idiolect", "torch", "numpy", "transformers", "peft", "pocketsphinx")
FILE = "checkpoint.json"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A trained model. `dev` is its score on dev (``wer``, ``accepted``, ``clips``); empty without dev clips."""

    folder: Path
    id: str
    family: str
    dev: Mapping[str, Any]

    @classmethod
    def load(cls, folder: Path) -> Checkpoint:
        """The checkpoint in `folder`. Raises `TrainingError` where there is none."""
        try:
            stored = read_json(folder / FILE)
            return cls(folder, stored["id"], stored["family"], stored["dev"])
        except (OSError, ValueError, KeyError) as error:
            raise TrainingError(f"{folder} holds no checkpoint: {error}") from error


def write_checkpoint(
    folder: Path,
    *,
    family: str,
    recipe: Recipe,
    identity: Mapping[str, Any],
    dev: Mapping[str, Any],
    history: Sequence[Mapping[str, Any]],
    facts: Mapping[str, Any],
) -> Checkpoint:
    """Name the weights that lie in `folder` by their content, and say what made them."""
    made = content_id(folder)
    value = {
        "id": made,
        "family": family,
        "recipe": recipe.as_dict(),
        "dataset": identity["dataset"],
        "task": identity["task"],
        "base": recipe.base or None,
        "seed": recipe.seed,
        "dev": dict(dev),
        "history": [dict(row) for row in history],
        "versions": versions(),
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        **facts,
    }
    write_json(folder / FILE, value)
    return Checkpoint(folder, made, family, dict(dev))


def register(corpus: Corpus, dataset: Dataset, recipe: Recipe, checkpoint: Checkpoint) -> None:
    """Tell the store of the model, so that forgetting a speaker can name it."""
    folder = checkpoint.folder.absolute()
    home = corpus.folder.absolute()
    corpus.add_model(
        ModelRecord(
            id=checkpoint.id,
            name=folder.name,
            family=checkpoint.family,
            folder=str(folder.relative_to(home) if folder.is_relative_to(home) else folder),
            dataset_id=dataset.id,
            base=recipe.base or None,
            recipe=recipe.as_dict(),
            seed=recipe.seed,
            versions=versions(),
            dev_score=checkpoint.dev.get("wer"),
        )
    )


def content_id(folder: Path) -> str:
    """16 hex digits of the weights' content: equal weights, equal id."""
    digest = hashlib.blake2b(digest_size=8)
    for path in sorted(folder.rglob("*.safetensors")):
        if "state" not in path.relative_to(folder).parts:
            digest.update(str(path.relative_to(folder)).encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def versions() -> dict[str, str]:
    """Python and the packages that can change a number."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
