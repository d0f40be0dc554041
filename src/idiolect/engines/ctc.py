"""Any CTC model of `transformers`: Parakeet, wav2vec2, HuBERT, WavLM, wav2vec2-BERT.

Greedy decoding: the best token of each frame, runs merged, blanks dropped (Graves et al. 2006, section 3.2).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from idiolect.engines.features import features_of
from idiolect.engines.greedy import greedy
from idiolect.engines.long import hear_pieces
from idiolect.engines.pretrained import Pretrained, load, set_threads, version_of
from idiolect.engines.protocol import EngineOptions, Hypothesis
from idiolect.units import Samples, duration_of

if TYPE_CHECKING:
    import torch


class Ctc:
    """Reads `EngineOptions.model` and `threads`. Raises `EngineError` where the model is none of its kind."""

    name = "ctc"

    def __init__(self, options: EngineOptions) -> None:
        self._loaded = load(options.model, "ctc")
        self.version = version_of(self._loaded)
        set_threads(options.threads)

    @property
    def parameters(self) -> Mapping[str, Any]:
        """What was loaded and how it decodes."""
        source = self._loaded.source
        adapter = None if source.adapter is None else str(source.adapter)
        return {"model": source.base, "adapter": adapter, "decoding": "greedy"}

    def transcribe(self, batch: Sequence[Samples]) -> list[Hypothesis]:
        """One `Hypothesis` per clip, with word times from the frames and confidence from the posteriors."""
        return hear_pieces(batch, lambda clips: decode_ctc(self._loaded, clips))


def decode_ctc(loaded: Pretrained, clips: Sequence[Samples]) -> list[Hypothesis]:
    """Hypotheses of clips that fit the model, float32 ``(n,)`` at 16 kHz each.

    Confidence is the mean, over the tokens that were emitted, of the largest posterior in each token's run of frames.
    """
    import torch

    if not _masks(loaded) and len(clips) > 1:
        # Models trained without a mask (wav2vec2-base, HuBERT-base) hear the padding: one clip at a time.
        return [hypothesis for clip in clips for hypothesis in decode_ctc(loaded, [clip])]
    model = loaded.model
    inputs = features_of(loaded, clips)
    with torch.inference_mode():
        logits = model(**{name: tensor.to(model.device) for name, tensor in inputs.items()}).logits
        posteriors = logits.float().softmax(-1).cpu().numpy()
    lengths = output_frames(loaded, inputs, posteriors.shape[1])
    return [
        greedy(posterior[:length], duration_of(clip), blank=blank_of(loaded), spell=lambda ids: _spell(loaded, ids))
        for posterior, length, clip in zip(posteriors, lengths, clips, strict=True)
    ]


def output_frames(loaded: Pretrained, inputs: Mapping[str, torch.Tensor], frames: int) -> list[int]:
    """How many of the `frames` outputs of each clip are real, not padding."""
    sound = inputs[loaded.family.reads]
    mask = inputs.get("attention_mask")
    if mask is None:
        return [frames] * len(sound)
    lengths = getattr(loaded.model, str(loaded.family.frames))(mask.sum(-1))
    return [max(1, min(frames, int(length))) for length in lengths]


def blank_of(loaded: Pretrained) -> int:
    """The id of CTC's blank, which `transformers` calls the padding token."""
    return int(loaded.model.config.pad_token_id)


def _masks(loaded: Pretrained) -> bool:
    return bool(getattr(loaded.processor.feature_extractor, "return_attention_mask", True))


def _spell(loaded: Pretrained, ids: list[int]) -> str:
    # The runs are merged already; merging again would lose the second "l" of "hello".
    return str(loaded.processor.tokenizer.decode(ids, skip_special_tokens=True, group_tokens=False)).strip()
