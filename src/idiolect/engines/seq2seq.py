"""Any encoder-decoder of `transformers` that writes text: Whisper, Moonshine. Greedy, so the same twice."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from idiolect.engines.features import features_of, window_of
from idiolect.engines.long import hear_pieces
from idiolect.engines.pretrained import Pretrained, load, set_threads, version_of
from idiolect.engines.protocol import EngineOptions, Hypothesis, Word
from idiolect.engines.wording import TimedToken, words_of
from idiolect.errors import EngineError
from idiolect.units import Samples, Seconds, duration_of

if TYPE_CHECKING:
    import torch

TOKENS_PER_SECOND = 13
"""Where Moonshine is cut off: twice the 6.5 tokens a second that its model card gives, for tokens of single letters."""

PROMPT = 4
"""Tokens before the text of a Whisper: start, language, task, no timestamps."""


class Seq2Seq:
    """Reads `EngineOptions.model`, `language`, `threads` and ``extra["words"]`` (False: no word times, quicker)."""

    name = "seq2seq"

    def __init__(self, options: EngineOptions) -> None:
        # Word times come from the cross-attention, which only the plain implementation of attention gives.
        loaded = load(options.model, "seq2seq", attn_implementation="eager")
        self._loaded = loaded
        self._language = language_of(loaded, options.language)
        if unknown := sorted(set(options.extra) - {"words"}):
            raise EngineError(f"the engine {self.name} does not read {unknown[0]!r}", hint="known: words")
        self._words = bool(options.extra.get("words", True)) and has_times(loaded)
        self.version = version_of(loaded)
        set_threads(options.threads)

    @property
    def parameters(self) -> Mapping[str, Any]:
        """What was loaded, in which language it writes, and how it decodes."""
        source = self._loaded.source
        adapter = None if source.adapter is None else str(source.adapter)
        return {
            "model": source.base,
            "adapter": adapter,
            "language": self._language,
            "task": "transcribe",
            "decoding": "greedy",
            "words": self._words,
        }

    def transcribe(self, batch: Sequence[Samples]) -> list[Hypothesis]:
        """One `Hypothesis` per clip; word times where the model says which of its heads follow the sound."""
        return hear_pieces(
            batch,
            lambda clips: decode_seq2seq(self._loaded, clips, language=self._language, words=self._words),
            window_of(self._loaded),
        )


def decode_seq2seq(
    loaded: Pretrained, clips: Sequence[Samples], *, language: str | None = None, words: bool = False
) -> list[Hypothesis]:
    """Hypotheses of clips that fit the model's window, float32 ``(n,)`` at 16 kHz each.

    Confidence is ``exp`` of the mean log-probability of the text's tokens. `language` as `language_of` gave it.
    """
    import torch

    with torch.inference_mode():
        out = _generate(loaded, clips, language, words=words)
        # Whisper's `generate` hands these back on the CPU, the others' on the device.
        logits = torch.stack([step.float().cpu() for step in out["logits"]], dim=1)
        log_probs = logits.log_softmax(-1)
    count = log_probs.shape[1]
    emitted = out["sequences"][:, -count:].cpu()
    chosen = log_probs.gather(-1, emitted.unsqueeze(-1)).squeeze(-1).exp().tolist()
    times = out["token_timestamps"][:, -count:].tolist() if words else [None] * len(clips)
    return [
        _hypothesis(loaded, ids, probabilities, ends, duration_of(clip))
        for ids, probabilities, ends, clip in zip(emitted.tolist(), chosen, times, clips, strict=True)
    ]


def language_of(loaded: Pretrained, language: str | None) -> str | None:
    """The model's own code for `language` (BCP 47): ``en`` for ``en-US``.

    None where the model has but one, and where nothing is asked for: then the language that it was saved with, else
    the one that it hears. Raises `EngineError` for a language that the model does not know.
    """
    choices = loaded.model.generation_config
    known = getattr(choices, "lang_to_id", None)
    if not known or getattr(choices, "is_multilingual", True) is False:
        return None
    if language is None:
        return getattr(choices, "language", None)
    code = language.replace("_", "-").split("-")[0].lower()
    if f"<|{code}|>" not in known:
        spoken = ", ".join(sorted(token.strip("<|>") for token in known))
        raise EngineError(f"{loaded.source.base} does not know the language {language!r}", hint=f"it knows {spoken}")
    return code


def has_times(loaded: Pretrained) -> bool:
    """Whether the model says which of its cross-attention heads follow the sound."""
    return bool(getattr(loaded.model.generation_config, "alignment_heads", None))


def _generate(
    loaded: Pretrained, clips: Sequence[Samples], language: str | None, *, words: bool
) -> Mapping[str, torch.Tensor]:
    model = loaded.model
    inputs = {name: tensor.to(model.device) for name, tensor in features_of(loaded, clips).items()}
    mask = inputs.get("attention_mask")
    choices: dict[str, Any] = {"do_sample": False, "num_beams": 1}
    choices |= {"return_dict_in_generate": True, "output_logits": True}
    if loaded.model_type == "whisper":
        choices |= {"force_unique_generate_call": True, "return_token_timestamps": words, "return_timestamps": False}
        choices |= {"max_new_tokens": model.config.max_target_positions - PROMPT}
        if language is not None:
            choices |= {"language": language, "task": "transcribe"}
        # The encoder runs here, so that its attention (a gigabyte a clip in Whisper small) is not kept with the rest.
        encoded = model.get_encoder()(inputs[loaded.family.reads])
        with warnings.catch_warnings():
            # The library hands a tensor to numpy.repeat where clips have different lengths.
            warnings.filterwarnings("ignore", message="__array_wrap__", category=DeprecationWarning)
            return dict(model.generate(encoder_outputs=encoded, attention_mask=mask, **choices))
    longest = max(duration_of(clip) for clip in clips)
    limit = min(model.config.max_position_embeddings - 1, max(16, math.ceil(longest * TOKENS_PER_SECOND)))
    return dict(model.generate(**inputs, max_new_tokens=limit, **choices))


def _hypothesis(
    loaded: Pretrained, ids: list[int], probabilities: list[float], ends: list[float] | None, duration: Seconds
) -> Hypothesis:
    stops = _stops(loaded)
    length = len(list(takewhile(lambda token: token not in stops, ids)))
    tokenizer = loaded.processor.tokenizer
    text = str(tokenizer.decode(ids[:length], skip_special_tokens=True)).strip()
    if not text:
        return Hypothesis("")
    confidence = math.exp(math.fsum(math.log(max(p, 1e-30)) for p in probabilities[:length]) / length)
    words: tuple[Word, ...] = ()
    if ends is not None:
        clipped = [Seconds(min(end, duration)) for end in ends[:length]]
        # `transformers` gives the time at which each token ends; the next one starts there.
        tokens = [
            TimedToken(*token) for token in zip(ids, [Seconds(0.0), *clipped], clipped, probabilities, strict=False)
        ]
        words = words_of(tokens, lambda part: str(tokenizer.decode(part, skip_special_tokens=True)))
    return Hypothesis(text, min(1.0, confidence), words)


def _stops(loaded: Pretrained) -> set[int]:
    """The tokens that end a text."""
    end = loaded.model.generation_config.eos_token_id
    return {*(end if isinstance(end, list) else [end]), loaded.model.config.pad_token_id}
