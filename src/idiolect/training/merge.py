"""A checkpoint into plain `transformers` weights: a LoRA adapter is added into its base."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from idiolect.errors import TrainingError


def merge(checkpoint_folder: Path | str, out: Path) -> Path:
    """Write the model of `checkpoint_folder` to `out` as one `transformers` folder, whole or not at all.

    Its logits are those of the base with its adapter, within rounding. Raises `TrainingError` where `out` is there
    already, and `EngineError` where the checkpoint is of no family of `transformers`, or its base is gone.
    """
    from idiolect.engines.pretrained import load
    from idiolect.training.hf import fresh_generation

    if out.exists():
        raise TrainingError(f"{out} is there already", hint="choose another folder, or remove it")
    loaded = load(checkpoint_folder)
    language = getattr(loaded.model.generation_config, "language", None) if loaded.family.kind == "seq2seq" else None
    generation = fresh_generation(loaded.model, language)
    if generation is not None:
        loaded.model.generation_config = generation
    out.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    try:
        loaded.model.save_pretrained(temporary)
        loaded.processor.save_pretrained(temporary)
        temporary.chmod(0o755)
        temporary.replace(out)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return out
