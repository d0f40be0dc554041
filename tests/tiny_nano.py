"""A small random nano checkpoint and sounds to hear with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

WORDS = {"yes": -0.7, "no": -0.7, "mocha": -1.6, "large": -1.6}


def sounds(count: int = 5) -> list[Any]:
    """Tones that change, of several lengths: float32 (n,), 16 kHz."""
    rng = np.random.default_rng(0)
    out = []
    for number in range(count):
        seconds = 0.6 + 0.37 * number
        time = np.arange(round(16_000 * seconds)) / 16_000
        pitch = 200 + 150 * np.floor(time * 7 + number)
        sound = 0.3 * np.sin(2 * np.pi * pitch * time) + 0.02 * rng.standard_normal(len(time))
        out.append(sound.astype(np.float32))
    return out


def nano_checkpoint(folder: Path) -> Path:
    """A small random nano network with a vocabulary of four words."""
    import torch
    from safetensors.torch import save_file

    from idiolect.audio import FeatureSpec
    from idiolect.engines.network import NetworkSpec, PhoneNetwork
    from idiolect.engines.phone_decoder import Prior, write_decoding
    from idiolect.files import write_json
    from idiolect.tasks import PHONES, Lexicon

    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    spec = NetworkSpec(channels=96, blocks=3)
    network = PhoneNetwork(spec)
    torch.nn.init.normal_(network.out.weight, std=0.5)
    save_file(dict(network.state_dict()), folder / "model.safetensors")
    prior = Prior(log_prior=tuple([-3.7] * len(PHONES)))
    write_decoding(folder, prior=prior, words=WORDS, lexicon=Lexicon.default().subset(WORDS), task=None)
    about = {"network": spec.as_dict(), "features": FeatureSpec().as_dict(), "dataset": "d41d8c", "seed": 3}
    write_json(
        folder / "checkpoint.json",
        {"family": "nano", "id": "0123456789abcdef", "recipe": {"minutes": 1}, "history": [1, 2], **about},
    )
    return folder
