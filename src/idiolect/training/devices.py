"""One device or several, and the precision that the hardware has.

Several devices: the same program runs once per device (``torchrun`` or ``accelerate launch``), each draws its own
batches, and gradients are averaged before each step. Accelerate knows how the processes find each other.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import torch
from torch import nn


class Devices:
    """Where this process computes, and how many others compute with it.

    family: ``nano`` computes in bfloat16 on a CPU that has it (84 against 49 seconds of audio per second, one thread of
        an EPYC with AVX512-BF16); models of transformers on accelerators only.
    """

    def __init__(self, family: str) -> None:
        self._accelerator: Any = None
        if int(os.environ.get("WORLD_SIZE", "1")) > 1:
            from accelerate import Accelerator

            self._accelerator = Accelerator(cpu=not torch.cuda.is_available())
        self.rank: int = self._accelerator.process_index if self._accelerator else 0
        self.count: int = self._accelerator.num_processes if self._accelerator else 1
        self.device = self._accelerator.device if self._accelerator else _device()
        self._bfloat16 = _has_bfloat16(self.device, family)

    @property
    def main(self) -> bool:
        """Whether this process decodes dev and writes files."""
        return self.rank == 0

    def precision(self) -> AbstractContextManager[Any]:
        """Mixed precision where the hardware has it."""
        return torch.autocast(self.device.type, torch.bfloat16) if self._bfloat16 else nullcontext()

    def average(self, module: nn.Module) -> None:
        """Average gradients over all processes."""
        if self._accelerator is None:
            return
        for weight in module.parameters():
            if weight.requires_grad:
                # Every process takes part for every weight, or the others would wait for ever.
                gradient = torch.zeros_like(weight) if weight.grad is None else weight.grad
                weight.grad = self._accelerator.reduce(gradient, "mean")

    def same(self, value: float) -> float:
        """The main process's `value`, in every process."""
        if self._accelerator is None:
            return value
        from accelerate.utils import broadcast

        return float(broadcast(torch.tensor([value], dtype=torch.float64, device=self.device)).item())

    @contextmanager
    def main_first(self) -> Iterator[None]:
        """The main process goes first; the others find what it has made (alignments in the cache)."""
        if not self.main:
            self.wait()
        yield
        if self.main:
            self.wait()

    def wait(self) -> None:
        """Until every process is here."""
        if self._accelerator is not None:
            self._accelerator.wait_for_everyone()


def _device() -> torch.device:
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("cpu")


def _has_bfloat16(device: torch.device, family: str) -> bool:
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    # A private name of torch: where it is gone, float32 is right, only slower.
    asked = getattr(torch.cpu, "_is_avx512_bf16_supported", None)
    return family == "nano" and asked is not None and bool(asked())
