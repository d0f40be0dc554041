"""The families of `transformers` that idiolect knows, by ``config.model_type``.

There is no single auto class for speech, and the families differ in the names of their layers and in how they count
frames. What differs stands in this table; a family that is not here is refused by name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from idiolect.errors import EngineError

Kind = Literal["ctc", "seq2seq"]


@dataclass(frozen=True, slots=True)
class Family:
    """One ``model_type``.

    kind: ``ctc`` (`AutoModelForCTC`) or ``seq2seq`` (`AutoModelForSpeechSeq2Seq`).
    lora: endings of the names of the layers that a LoRA adapter sits on.
    frames: the model's method from input frames to output frames; None for seq2seq.
    reads: the input that is the sound: ``input_features`` (log-mel) or ``input_values`` (samples).
    prefix_space: the family spells the first word of a text with a space before it.
    """

    kind: Kind
    lora: tuple[str, ...]
    frames: str | None = None
    reads: Literal["input_features", "input_values"] = "input_values"
    prefix_space: bool = False


_WAV2VEC2 = Family(
    "ctc",
    lora=("q_proj", "k_proj", "v_proj", "out_proj", "intermediate_dense", "output_dense"),
    frames="_get_feat_extract_output_lengths",
)
_MOONSHINE = Family("seq2seq", lora=("q_proj", "k_proj", "v_proj", "o_proj", "fc1", "fc2"))

FAMILIES: dict[str, Family] = {
    "wav2vec2": _WAV2VEC2,
    "hubert": _WAV2VEC2,
    "wavlm": _WAV2VEC2,
    "wav2vec2-bert": Family(
        "ctc",
        lora=("linear_q", "linear_k", "linear_v", "linear_out", "intermediate_dense", "output_dense"),
        frames="_get_feat_extract_output_lengths",
        reads="input_features",
    ),
    "parakeet_ctc": Family(
        "ctc",
        lora=("q_proj", "k_proj", "v_proj", "o_proj", "linear1", "linear2"),
        frames="_get_subsampling_output_length",
        reads="input_features",
    ),
    "whisper": Family(
        "seq2seq",
        lora=("q_proj", "k_proj", "v_proj", "out_proj", "fc1", "fc2"),
        reads="input_features",
        # Whisper was trained on " Hello" (openai/whisper, decoding.py: the sampled text is stripped afterwards).
        prefix_space=True,
    ),
    "moonshine": _MOONSHINE,
    "moonshine_streaming": _MOONSHINE,
}


def family_of(model_type: str | None, where: object, kind: Kind | None = None) -> Family:
    """The row of `model_type`. Raises `EngineError` where it is unknown or of another kind than `kind`."""
    family = FAMILIES.get(model_type or "")
    known = ", ".join(name for name, row in FAMILIES.items() if kind in (None, row.kind))
    if family is None:
        raise EngineError(f"{where}: model_type {model_type!r} is not known here", hint=f"known: {known}")
    if kind is not None and family.kind != kind:
        raise EngineError(
            f"{where}: a {model_type} model is a {family.kind} model, not {kind}",
            hint=f"--engine {family.kind} runs it",
        )
    return family
