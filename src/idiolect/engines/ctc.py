"""Any CTC model of `transformers`: Parakeet, wav2vec2, HuBERT, WavLM, wav2vec2-BERT.

Greedy decoding: the best token of each frame, runs merged, blanks dropped (Graves et al. 2006, section 3.2). With a
language model, key terms or ``search=beam``: the beam search, over the task where there is one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from idiolect.engines.features import features_of
from idiolect.engines.greedy import beam_of, greedy
from idiolect.engines.knowledge import Knowledge
from idiolect.engines.long import hear_pieces
from idiolect.engines.pretrained import Pretrained, load, set_threads, version_of
from idiolect.engines.protocol import EngineOptions, Hypothesis
from idiolect.engines.reading import read_by_task
from idiolect.engines.spelling import Spelling, token_table
from idiolect.units import Samples, duration_of

if TYPE_CHECKING:
    import torch


_LEAST = np.float32(1e-30)
"""Posteriors below are taken for this: the logarithm of 0 is no score."""


class Ctc:
    """Reads `EngineOptions.model`, `task`, `threads` and, of `extra`, `Knowledge`.

    Raises `EngineError` where the model is none of its kind. Without a beam search, the text is read by the task.
    """

    name = "ctc"

    def __init__(self, options: EngineOptions) -> None:
        self._knowledge = Knowledge.of(options.extra, self.name)
        self._task = options.task
        self._loaded = load(options.model, "ctc")
        self._beam = beam_of(Spelling(*token_table(self._loaded)), blank_of(self._loaded), self._knowledge, self._task)
        self.version = version_of(self._loaded)
        set_threads(options.threads)

    @property
    def parameters(self) -> Mapping[str, Any]:
        """What was loaded and how it decodes."""
        source = self._loaded.source
        adapter = None if source.adapter is None else str(source.adapter)
        chosen: dict[str, Any] = {"model": source.base, "adapter": adapter}
        if self._task is not None:
            chosen["task"] = self._task.id
        return chosen | {"decoding": "greedy" if self._beam is None else "beam"} | self._knowledge.parameters

    def transcribe(self, batch: Sequence[Samples]) -> list[Hypothesis]:
        """One `Hypothesis` per clip, with word times from the frames and confidence from the posteriors."""
        return hear_pieces(batch, self._hear)

    def _hear(self, clips: Sequence[Samples]) -> list[Hypothesis]:
        if self._beam is None:
            return [read_by_task(heard, self._task) for heard in decode_ctc(self._loaded, clips)]
        found = zip(posteriors_of(self._loaded, clips), clips, strict=True)
        return [self._beam.hear(np.log(np.maximum(one, _LEAST)), duration_of(clip)) for one, clip in found]


def decode_ctc(loaded: Pretrained, clips: Sequence[Samples]) -> list[Hypothesis]:
    """Greedy hypotheses of clips that fit the model, float32 ``(n,)`` at 16 kHz each.

    Confidence is the mean, over the tokens that were emitted, of the largest posterior in each token's run of frames.
    """
    return [
        greedy(posterior, duration_of(clip), blank=blank_of(loaded), spell=lambda ids: _spell(loaded, ids))
        for posterior, clip in zip(posteriors_of(loaded, clips), clips, strict=True)
    ]


def posteriors_of(loaded: Pretrained, clips: Sequence[Samples]) -> list[NDArray[np.float32]]:
    """Of each clip, float32 ``(frames, tokens)``; rows sum to 1."""
    import torch

    if not _masks(loaded) and len(clips) > 1:
        # Models trained without a mask (wav2vec2-base, HuBERT-base) hear the padding: one clip at a time.
        return [posterior for clip in clips for posterior in posteriors_of(loaded, [clip])]
    model = loaded.model
    inputs = features_of(loaded, clips)
    with torch.inference_mode():
        logits = model(**{name: tensor.to(model.device) for name, tensor in inputs.items()}).logits
        posteriors = logits.float().softmax(-1).cpu().numpy()
    lengths = output_frames(loaded, inputs, posteriors.shape[1])
    return [posterior[:length] for posterior, length in zip(posteriors, lengths, strict=True)]


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
