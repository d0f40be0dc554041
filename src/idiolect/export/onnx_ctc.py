"""A CTC model of `transformers` as ONNX, with its features and its tokens as plain numbers and strings."""

from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from idiolect.engines.onnx import MODEL_FILE
from idiolect.engines.spelling import Spelling, token_table
from idiolect.errors import ExportError
from idiolect.export.onnx import trace

if TYPE_CHECKING:
    import torch

    from idiolect.engines.pretrained import Pretrained


def write(checkpoint: Path, out: Path) -> Mapping[str, Any]:
    """Write ``model.onnx``; the rest goes into ``bundle.json``."""
    from idiolect.engines.pretrained import load

    loaded = load(checkpoint, "ctc", attn_implementation="eager")
    about = {"model_type": loaded.model_type, "features": features(loaded), **tokens(loaded)}
    if loaded.family.reads == "input_values":
        _trace_samples(loaded, out / MODEL_FILE)
    else:
        _trace_features(loaded, out / MODEL_FILE)
    return about


def features(loaded: Pretrained) -> dict[str, Any]:
    """What the model reads, for `engines.onnx_features`. Raises `ExportError` for features that are not known there."""
    extractor = loaded.processor.feature_extractor
    if type(extractor).__name__ == "Wav2Vec2FeatureExtractor":
        return {"name": "samples.v1", "normalize": bool(extractor.do_normalize)}
    if type(extractor).__name__ == "ParakeetFeatureExtractor":
        return {
            "name": "parakeet.v1",
            "mels": int(extractor.feature_size),
            "n_fft": int(extractor.n_fft),
            "window": int(extractor.win_length),
            "hop": int(extractor.hop_length),
            "preemphasis": float(extractor.preemphasis or 0.0),
        }
    raise ExportError(
        f"the features of a {loaded.model_type} model ({type(extractor).__name__}) cannot be made without transformers",
        hint="export to transformers",
    )


def tokens(loaded: Pretrained) -> dict[str, Any]:
    """The spelling of each token. Raises `ExportError` where a table cannot spell what the tokenizer spells."""
    tokenizer = loaded.processor.tokenizer
    table, silent, space = token_table(loaded)
    spelling = Spelling(table, silent, space)
    rng = random.Random(0)
    # Special tokens are not drawn: a CTC model emits none but the blank, and tokenizers differ in how they skip them.
    spoken = [number for number in range(len(table)) if number not in silent]
    for _ in range(50):
        ids = rng.choices(spoken, k=12)
        true = str(tokenizer.decode(ids, skip_special_tokens=True, group_tokens=False)).strip()
        if " ".join(spelling(ids).split()) != " ".join(true.split()):
            raise ExportError(
                f"the tokenizer spells {true!r} where its table gives {spelling(ids)!r}", hint="export to transformers"
            )
    return {"tokens": table, "silent": silent, "space": space, "blank": int(loaded.model.config.pad_token_id)}


def _trace_samples(loaded: Pretrained, path: Path) -> None:
    import torch

    class Samples(torch.nn.Module):
        def __init__(self, model: Any) -> None:
            super().__init__()
            self.model = model

        def forward(self, input_values: torch.Tensor) -> torch.Tensor:
            logits: torch.Tensor = self.model(input_values=input_values).logits
            return logits

    trace(Samples(loaded.model), (torch.randn(1, 24_000),), path, inputs=["input_values"], outputs=["logits"])


def _trace_features(loaded: Pretrained, path: Path) -> None:
    import torch

    frames_of = getattr(loaded.model, str(loaded.family.frames))

    class Features(torch.nn.Module):
        def __init__(self, model: Any) -> None:
            super().__init__()
            self.model = model

        def forward(
            self, input_features: torch.Tensor, attention_mask: torch.Tensor
        ) -> tuple[torch.Tensor, torch.Tensor]:
            logits: torch.Tensor = self.model(input_features=input_features, attention_mask=attention_mask).logits
            return logits, frames_of(attention_mask.sum(-1))

    sound = torch.randn(1, 151, int(loaded.processor.feature_extractor.feature_size))
    mask = torch.ones(1, 151, dtype=torch.int64)
    mask[0, -1] = 0
    names = ["input_features", "attention_mask"]
    trace(Features(loaded.model), (sound, mask), path, inputs=names, outputs=["logits", "length"])
