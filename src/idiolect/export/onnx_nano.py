"""The nano network as ONNX, with the files that its decoder reads."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from idiolect.engines.onnx import MODEL_FILE
from idiolect.engines.phone_decoder import DECODING_FILES
from idiolect.export.onnx import trace
from idiolect.tasks import PHONES

if TYPE_CHECKING:
    import torch


def write(checkpoint: Path, out: Path) -> Mapping[str, Any]:
    """Write ``model.onnx`` (log-mel in, log-posteriors out) and copy the decoding files of the checkpoint."""
    import torch

    from idiolect.engines.network import load_network

    class Posteriors(torch.nn.Module):
        def __init__(self, network: torch.nn.Module) -> None:
            super().__init__()
            self.network = network

        def forward(self, features: torch.Tensor) -> torch.Tensor:
            logits: torch.Tensor = self.network(features)
            return logits.log_softmax(-1)

    network, features = load_network(checkpoint)
    example = torch.randn(1, 200, features.mels)
    trace(Posteriors(network), (example,), out / MODEL_FILE, inputs=["features"], outputs=["log_posteriors"])
    for name in DECODING_FILES:
        if (checkpoint / name).is_file():
            shutil.copyfile(checkpoint / name, out / name)
    return {"features": features.as_dict(), "phones": list(PHONES)}
