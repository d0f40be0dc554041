"""A checkpoint into plain `transformers` weights: a LoRA adapter is added into its base."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from idiolect.errors import TrainingError

if TYPE_CHECKING:
    from idiolect.engines.pretrained import Pretrained


def merge(checkpoint_folder: Path | str, out: Path) -> Path:
    """Write the model of `checkpoint_folder` to `out` as one `transformers` folder, whole or not at all.

    Its logits are those of the base with its adapter, within rounding. Raises `TrainingError` where `out` is there
    already, and `EngineError` where the checkpoint is of no family of `transformers`, or its base is gone.
    """
    if out.exists():
        raise TrainingError(f"{out} is there already", hint="choose another folder, or remove it")
    out.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    try:
        write_merged(checkpoint_folder, temporary)
        temporary.chmod(0o755)
        temporary.replace(out)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return out


def write_merged(checkpoint_folder: Path | str, folder: Path) -> Pretrained:
    """The same into a folder that is there, beside what it holds; returns the model that was written."""
    from idiolect.engines.pretrained import load, quiet
    from idiolect.training.hf import fresh_generation

    loaded = load(checkpoint_folder)
    language = getattr(loaded.model.generation_config, "language", None) if loaded.family.kind == "seq2seq" else None
    generation = fresh_generation(loaded.model, language)
    if generation is not None:
        loaded.model.generation_config = generation
    with quiet():
        loaded.model.save_pretrained(folder)
        loaded.processor.save_pretrained(folder)
    return loaded
