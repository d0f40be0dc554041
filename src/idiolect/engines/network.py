"""The nano network: log-mel features → log-posteriors of phones. Small enough to learn on two cores in minutes.

A strided convolution brings 10 ms frames to 30 ms; then residual blocks of a depthwise convolution over time and two
dense layers with a gate (after ConvNeXt, arXiv:2201.03545, and the Conformer's convolution module, arXiv:2005.08100).
Dense layers are linear layers on ``(batch, frames, channels)``, so that they are plain matrix products where it
is exported and quantized; layer normalization, so that a clip's posteriors depend on that clip alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from idiolect.audio import FeatureSpec, log_mel
from idiolect.engines.phone_decoder import LogPosteriors
from idiolect.errors import EngineError
from idiolect.files import read_json
from idiolect.units import Samples


@dataclass(frozen=True, slots=True)
class NetworkSpec:
    """The shape of the network; JSON values in a checkpoint.

    stride: frames of features per frame of posteriors.
    kernel: frames (of posteriors) that a block's depthwise convolution spans; dilated 1, 2, 3, 1, 2, 3, ….
    """

    mels: int = 80
    phones: int = 40
    channels: int = 320
    blocks: int = 9
    kernel: int = 11
    stride: int = 3
    dropout: float = 0.1

    def as_dict(self) -> dict[str, Any]:
        """JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> NetworkSpec:
        """The inverse of `as_dict`; unknown keys raise `TypeError`."""
        return cls(**value)


class Block(nn.Module):
    """``(batch, frames, channels)`` → the same; residual."""

    def __init__(self, spec: NetworkSpec, dilation: int) -> None:
        super().__init__()
        channels = spec.channels
        self.depthwise = nn.Conv2d(
            channels,
            channels,
            (1, spec.kernel),
            padding=(0, dilation * (spec.kernel // 2)),
            dilation=(1, dilation),
            groups=channels,
        )
        self.norm = nn.LayerNorm(channels)
        self.gate = nn.Linear(channels, 2 * channels)
        self.out = nn.Linear(channels, channels)
        # Whole channels of a clip: one random number per value was a tenth of a step's time.
        self.dropout = nn.Dropout1d(spec.dropout)

    def forward(self, x: Tensor) -> Tensor:
        """One residual step."""
        # (batch, frames, channels) is (batch, channels, 1, frames) with the channels last in memory: no copy, and the
        # two-dimensional depthwise kernel for that layout is the quickest on a CPU (14 ms against 20 for Conv1d).
        y = self.depthwise(x.transpose(1, 2).unsqueeze(2)).squeeze(2).transpose(1, 2)
        y = functional.glu(self.gate(self.norm(y)), -1)
        stepped: Tensor = x + self.dropout(self.out(y).transpose(1, 2)).transpose(1, 2)
        return stepped


class PhoneNetwork(nn.Module):
    """float32 ``(batch, frames, mels)`` → logits ``(batch, ceil(frames / stride), phones)``."""

    def __init__(self, spec: NetworkSpec) -> None:
        super().__init__()
        self.spec = spec
        width = 3 * spec.stride
        self.stem = nn.Conv1d(spec.mels, spec.channels, width, stride=spec.stride, padding=width // 2)
        self.stem_norm = nn.LayerNorm(spec.channels)
        self.blocks = nn.ModuleList(Block(spec, 1 + index % 3) for index in range(spec.blocks))
        self.norm = nn.LayerNorm(spec.channels)
        self.out = nn.Linear(spec.channels, spec.phones)

    def forward(self, features: Tensor) -> Tensor:
        """Logits; `log_softmax` over the last axis makes them log-posteriors."""
        x = self.stem(features.transpose(1, 2)).transpose(1, 2)
        x = functional.silu(self.stem_norm(x))
        for block in self.blocks:
            x = block(x)
        logits: Tensor = self.out(functional.silu(self.norm(x)))
        return logits


def load_network(folder: Path) -> tuple[PhoneNetwork, FeatureSpec]:
    """The network in a checkpoint folder, ready to decode, and the features that it reads.

    Raises `EngineError` where the folder holds no nano checkpoint, or weights of another shape.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        stored = read_json(folder / "checkpoint.json")
        network = PhoneNetwork(NetworkSpec.from_dict(stored["network"]))
        network.load_state_dict(load_file(folder / "model.safetensors"))
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
        raise EngineError(f"{folder} holds no nano checkpoint: {error}") from error
    return network.eval(), FeatureSpec.from_dict(stored["features"])


def log_posteriors(network: PhoneNetwork, samples: Samples, features: FeatureSpec) -> LogPosteriors:
    """float32 ``(n,)`` → float32 ``(frames, phones)``. Call it on a network in evaluation mode."""
    sound = torch.from_numpy(log_mel(samples, features)).to(next(network.parameters()).device)
    with torch.inference_mode():
        found = network(sound[None]).float().log_softmax(-1)[0].cpu().numpy()
    return cast("LogPosteriors", found)
