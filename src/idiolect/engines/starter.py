"""The model that comes with idiolect: a small phone network for general English, trained by ``scripts/starter.py``.

Its folder in the package is a bundle (``onnx``, int8) with the checkpoint it was made from inside, so that it is heard
with and trained from without a network. What it was trained on, how good it is and what it is bad at stand in its
``MODEL_CARD.md``.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from idiolect.engines.onnx import Onnx
from idiolect.engines.protocol import EngineOptions
from idiolect.errors import EngineError

STARTER = "starter"
"""The name that stands for its folder, as an engine and as a base to train from."""

FOLDER = Path(__file__).resolve().parent.parent / "models" / STARTER


def base_folder(base: str | Path) -> Path:
    """The checkpoint that `base` names: a folder, or the starter's. Raises `EngineError` where that is not there."""
    if str(base) != STARTER:
        return Path(base)
    if not (FOLDER / "checkpoint" / "checkpoint.json").is_file():
        raise EngineError(f"this installation has no starter model in {FOLDER}", hint="install idiolect again")
    return FOLDER / "checkpoint"


class Starter(Onnx):
    """Reads what `Onnx` reads but for `model`, which is the starter."""

    name = "starter"

    def __init__(self, options: EngineOptions) -> None:
        if options.model is not None:
            raise EngineError("the engine starter has its own model", hint="--model without --engine runs another one")
        if not FOLDER.is_dir():
            raise EngineError(f"this installation has no starter model in {FOLDER}", hint="install idiolect again")
        super().__init__(replace(options, model=FOLDER))
