"""A small random nano checkpoint and sounds to hear with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

WORDS = {"yes": -0.7, "no": -0.7, "mocha": -1.6, "large": -1.6}


def buzz(seconds: float, pitch: float = 120.0) -> Any:
    """What the speech detector hears as speech: a buzz through two changing formants. float32 (n,), 16 kHz."""
    n = np.arange(round(16_000 * seconds))
    source = np.diff(np.floor(n * pitch * (1 + 0.1 * np.sin(n / 3000)) / 16_000), prepend=0)
    voice = np.zeros(len(n))
    ring = np.arange(400) / 16_000
    for number, start in enumerate(range(0, len(n), 3200)):
        low, high = [(700, 1200), (300, 2300)][number % 2]
        tract = np.exp(-300 * ring) * (np.sin(2 * np.pi * low * ring) + np.sin(2 * np.pi * high * ring))
        part = source[start : start + 3200]
        voice[start : start + 3200] = np.convolve(part, tract)[: len(part)] * np.hanning(len(part)) ** 0.5
    return (0.5 * voice / np.abs(voice).max()).astype(np.float32)


def sounds(count: int = 5) -> list[Any]:
    """Buzzes of several lengths and pitches with a little noise: float32 (n,), 16 kHz."""
    rng = np.random.default_rng(0)
    made = [buzz(0.6 + 0.37 * number, 110 + 13 * number) for number in range(count)]
    return [(one + 0.005 * rng.standard_normal(len(one))).astype(np.float32) for one in made]


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
