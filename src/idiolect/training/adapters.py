"""LoRA adapters: put on, checked to have moved, saved. Hu et al. 2021, "LoRA: Low-Rank Adaptation"."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from idiolect.engines.families import Family
from idiolect.engines.pretrained import quiet
from idiolect.errors import MissingExtraError, TrainingError
from idiolect.files import write_text

if TYPE_CHECKING:
    import torch

    from idiolect.training.recipe import Adapter


def add_adapter(model: Any, family: Family, choices: Adapter, base: str) -> Any:
    """`model` with an adapter on the layers that `family` names (or `choices.targets`): a `peft.PeftModel`.

    Only the adapter learns. Raises `TrainingError` where the model has no such layers.
    """
    try:
        import peft
    except ImportError:
        raise MissingExtraError("LoRA", "train") from None
    if choices.rank < 1:
        raise TrainingError(f"adapter.rank is {choices.rank}", hint="1 or more; 16 is usual")
    targets = list(choices.targets or family.lora)
    lora = peft.LoraConfig(
        r=choices.rank,
        lora_alpha=choices.alpha,  # type: ignore[arg-type]  # peft divides it by the rank: any number does
        lora_dropout=choices.dropout,
        target_modules=targets,
    )
    with quiet():
        try:
            adapted = peft.get_peft_model(model, lora)
        except ValueError as error:
            known = sorted(
                {name.split(".")[-1] for name, layer in model.named_modules() if "Linear" in repr(layer)[:9]}
            )
            raise TrainingError(f"{base}: no layer is named {', '.join(targets)}", hint=", ".join(known)) from error
    adapted.peft_config["default"].base_model_name_or_path = base
    return adapted


def movement(module: torch.nn.Module) -> float:
    """How far the adapter is from doing nothing: the norm of its second matrices, which start at zero."""
    squares = [
        float(weights.detach().float().square().sum())
        for name, weights in module.named_parameters()
        if "lora_B" in name
    ]
    return math.sqrt(math.fsum(squares))


def save_adapter(module: Any, folder: Path) -> None:
    """Write the adapter as safetensors, with the name of its base. Only the adapter: a few megabytes."""
    # "auto" would ask the hub whether the base has grown tokens.
    module.save_pretrained(str(folder), safe_serialization=True, save_embedding_layers=False)
    # peft writes a model card with placeholders; ours is written when a model is exported.
    (folder / "README.md").unlink(missing_ok=True)
    _point_at_base(folder)


def _point_at_base(folder: Path) -> None:
    """A base on this disk is named absolutely, so that the adapter loads from any working directory."""
    path = folder / "adapter_config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    base = config.get("base_model_name_or_path") or ""
    if base and Path(base).exists():
        config["base_model_name_or_path"] = os.fspath(Path(base).resolve())
        write_text(path, json.dumps(config, indent=2, sort_keys=True) + "\n")
