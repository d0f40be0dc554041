"""The state of a run on disk: safetensors and JSON, whole or not at all, the last two of them.

``state/00000120/`` holds ``weights``, ``optimizer`` and ``ema`` as safetensors and ``state.json``. It is written beside
its place and renamed, so a kill leaves the one before.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from idiolect.files import read_json, write_json

KEPT = 2


@dataclass(slots=True)
class RunState:
    """Where a run is. All of it is JSON.

    step: steps that are done, of `steps`.
    skipped: batches whose loss was no number.
    joules: energy so far, by part of the machine, as far as it was counted.
    best: step, score and loss of the best weights so far; empty before the first decoding of dev.
    start: sums of the weights that learn, before the first step: did they move?
    identity: what must be the same for the run to go on: recipe, dataset, task.
    """

    identity: dict[str, Any]
    steps: int = 0
    step: int = 0
    skipped: int = 0
    seconds: float = 0.0
    best: dict[str, Any] = field(default_factory=dict)
    start: list[float] = field(default_factory=list)
    joules: dict[str, float] = field(default_factory=dict)


def learned(module: nn.Module) -> dict[str, Tensor]:
    """The weights that learn and the buffers that move with them (running means)."""
    weights = {name: tensor.detach() for name, tensor in module.named_parameters() if tensor.requires_grad}
    return weights | {name: tensor.detach() for name, tensor in module.named_buffers()}


@torch.no_grad()
def put_back(module: nn.Module, weights: Mapping[str, Tensor]) -> None:
    """Copy `weights` into `module`, in place."""
    for name, tensor in learned(module).items():
        tensor.copy_(weights[name])


class StateFolder:
    """``state/`` in the folder of a checkpoint."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "state"

    def newest(self) -> Path | None:
        """The newest whole state."""
        found = sorted(path.parent for path in self._folder.glob("[0-9]*/state.json"))
        return found[-1] if found else None

    def save(
        self, state: RunState, module: nn.Module, optimizer: torch.optim.Optimizer, ema: Mapping[str, Tensor]
    ) -> None:
        """Write a new state; then older ones go."""
        place = self._folder / f"{state.step:08d}"
        if place.exists():
            return
        beside = self._folder / f".{place.name}.{os.getpid()}"
        shutil.rmtree(beside, ignore_errors=True)
        beside.mkdir(parents=True)
        _save(learned(module), beside / "weights.safetensors")
        _save(_moments(optimizer), beside / "optimizer.safetensors")
        if ema:
            _save(ema, beside / "ema.safetensors")
        write_json(beside / "state.json", {name: getattr(state, name) for name in RunState.__slots__})
        beside.rename(place)
        self._forget_older()

    def load(
        self, place: Path, module: nn.Module, optimizer: torch.optim.Optimizer, ema: dict[str, Tensor]
    ) -> RunState:
        """Fill module, optimizer and running mean, and return where the run was."""
        put_back(module, load_file(place / "weights.safetensors"))
        _put_moments(optimizer, load_file(place / "optimizer.safetensors"))
        if ema:
            stored = load_file(place / "ema.safetensors")
            for name, tensor in ema.items():
                tensor.copy_(stored[name])
        return RunState(**read_json(place / "state.json"))

    def save_best(self, weights: Mapping[str, Tensor]) -> None:
        """The best weights so far. A run that goes on from before them finds the same again."""
        self._folder.mkdir(parents=True, exist_ok=True)
        beside = self._folder / ".best"
        _save(weights, beside)
        beside.replace(self._folder / "best.safetensors")

    def load_best(self) -> dict[str, Tensor]:
        """What `save_best` wrote."""
        return load_file(self._folder / "best.safetensors")

    def remove(self) -> None:
        """Forget the run."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _forget_older(self) -> None:
        for path in sorted(self._folder.glob("[0-9]*"))[:-KEPT]:
            shutil.rmtree(path, ignore_errors=True)


def _save(tensors: Mapping[str, Tensor], path: Path) -> None:
    save_file({name: tensor.cpu().contiguous().clone() for name, tensor in tensors.items()}, path)
    with path.open("rb") as written:
        os.fsync(written.fileno())


def _moments(optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    stored = optimizer.state_dict()["state"]
    return {f"{index}.{name}": tensor for index, values in stored.items() for name, tensor in values.items()}


def _put_moments(optimizer: torch.optim.Optimizer, stored: Mapping[str, Tensor]) -> None:
    state: dict[int, dict[str, Tensor]] = {}
    for key, tensor in stored.items():
        index, name = key.split(".", 1)
        state.setdefault(int(index), {})[name] = tensor
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
