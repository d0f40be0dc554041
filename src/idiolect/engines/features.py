"""From samples to what a `transformers` model reads. The same when it learns and when it listens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from idiolect.units import MAX_CLIP, SAMPLE_RATE, Samples, Seconds

if TYPE_CHECKING:
    import torch

    from idiolect.engines.pretrained import Pretrained


def features_of(loaded: Pretrained, clips: Sequence[Samples]) -> dict[str, torch.Tensor]:
    """The model's inputs for a batch of clips, padded, with a mask where the family takes one.

    Whisper's sound is padded with silence to its whole window *before* the log-mel is taken, as in its training; a
    log-mel padded with zeros is another sound (an overfit model went from 5 % to 49 % WER that way).
    """
    extractor = loaded.processor.feature_extractor
    choices = {"padding": "max_length", "return_attention_mask": True} if windowed(loaded) else {"padding": True}
    given = extractor(list(clips), sampling_rate=int(SAMPLE_RATE), return_tensors="pt", **choices)
    return {name: given[name] for name in (loaded.family.reads, "attention_mask") if name in given}


def window_of(loaded: Pretrained) -> Seconds:
    """The longest clip that the model hears whole: its window, else `MAX_CLIP`."""
    return Seconds(float(loaded.processor.feature_extractor.chunk_length)) if windowed(loaded) else MAX_CLIP


def windowed(loaded: Pretrained) -> bool:
    """Whether the model reads windows of one fixed length (Whisper)."""
    return loaded.model_type == "whisper"
