"""A Whisper for CTranslate2, by `faster-whisper`: the same text as `seq2seq` gives, without torch.

`faster-whisper` takes the log-mel of a clip and pads that with zeros, where Whisper was trained on sound padded with
silence: an overfit model went from 5 % to 49 % WER. So its own `transcribe` is not used: the sound is padded to the
window first, and its features, tokenizer and word alignment do the rest. Each clip is one window, written greedily
without timestamps; no voice activity detection, no second try at another temperature.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from idiolect.engines.long import hear_pieces
from idiolect.engines.protocol import EngineOptions, Hypothesis, Word
from idiolect.errors import EngineError, MissingExtraError
from idiolect.units import Samples, Seconds, duration_of

NEEDED = ("model.bin", "config.json", "tokenizer.json")
"""What a folder must hold. Without a tokenizer of its own, `faster-whisper` would fetch one from the hub."""

MAGIC = 6
"""The newest version of the format in the first bytes of ``model.bin`` (CTranslate2 4)."""

STEP = 0.02
"""Seconds of sound behind one output of Whisper's encoder."""


class FasterWhisper:
    """Reads `EngineOptions.model`, `language`, `threads` and ``extra`` (``words``: False leaves word times out).

    Raises `EngineError` for a folder that is no Whisper for CTranslate2, before anything of it is loaded.
    """

    name = "faster-whisper"

    def __init__(self, options: EngineOptions) -> None:
        folder = checked(options.model)
        try:
            import faster_whisper
        except ImportError:
            raise MissingExtraError("a CTranslate2 bundle", "faster-whisper") from None
        try:
            self._whisper = faster_whisper.WhisperModel(
                str(folder), device="cpu", cpu_threads=options.threads, num_workers=1, local_files_only=True
            )
        except (RuntimeError, ValueError, TypeError) as error:
            raise EngineError(f"{folder} cannot be loaded: {error}") from error
        self._folder = folder
        if unknown := sorted(set(options.extra) - {"words"}):
            raise EngineError(f"the engine {self.name} does not read {unknown[0]!r}", hint="known: words")
        self._words = bool(options.extra.get("words", True))
        self._choices = (
            _read(folder / "generation_config.json") if (folder / "generation_config.json").is_file() else {}
        )
        self._language = self._known(options.language or self._choices.get("language"))
        self._check_features()
        self.version = f"{_identity(folder)} ctranslate2-{version('ctranslate2')}"

    @property
    def parameters(self) -> Mapping[str, Any]:
        """What was loaded, in which language it writes, and how it decodes."""
        return {
            "model": str(self._folder),
            "language": self._language,
            "task": "transcribe",
            "decoding": "greedy",
            "compute": self._whisper.model.compute_type,
            "words": self._words,
        }

    def transcribe(self, batch: Sequence[Samples]) -> list[Hypothesis]:
        """One `Hypothesis` per clip; confidence is ``exp`` of the mean log-probability, as in `faster-whisper`."""
        window = Seconds(float(self._whisper.feature_extractor.chunk_length))
        if self._language is None:
            # Each clip in the language that is heard in it.
            return hear_pieces(batch, lambda clips: [heard for clip in clips for heard in self._hear([clip])], window)
        return hear_pieces(batch, self._hear, window)

    def _hear(self, clips: Sequence[Samples]) -> list[Hypothesis]:
        import ctranslate2

        encoded = self._whisper.model.encode(ctranslate2.StorageView.from_array(self._features(clips)), to_cpu=True)
        speaking = self._speaking(self._language or self._heard_in(encoded))
        results = self._whisper.model.generate(
            encoded,
            [[*speaking.sot_sequence, speaking.no_timestamps]] * len(clips),
            beam_size=1,
            return_scores=True,
            length_penalty=1,
            # -1 and suppress_blank stand for what the model's own config leaves out, as in `transformers`.
            suppress_tokens=[-1],
            suppress_blank=True,
            # The library keeps half of this for the text; Whisper's 448 leave 224 tokens.
            max_length=int(self._choices.get("max_length") or 448),
        )
        texts = [[token for token in result.sequences_ids[0] if token < speaking.eot] for result in results]
        # Cross-attention and dynamic time warping over the frames of each clip, not over the padding.
        frames = [max(2, 2 * math.ceil(duration_of(clip) / STEP)) for clip in clips]
        times = self._whisper.find_alignment(speaking, texts, encoded, frames) if self._words else [()] * len(clips)
        return [
            _hypothesis(speaking.decode(tokens).strip(), float(result.scores[0]), len(tokens), words, clip)
            for tokens, result, words, clip in zip(texts, results, times, clips, strict=True)
        ]

    def _features(self, clips: Sequence[Samples]) -> Any:
        """Log-mel of each clip padded with silence to the window: float32 ``(clips, mels, frames)``."""
        extractor = self._whisper.feature_extractor
        made = []
        for clip in clips:
            whole = np.zeros(extractor.n_samples, dtype=np.float32)
            whole[: len(clip)] = clip[: len(whole)]
            made.append(extractor(whole, padding=extractor.hop_length)[:, : extractor.nb_max_frames])
        return np.ascontiguousarray(np.stack(made), dtype=np.float32)

    def _heard_in(self, encoded: Any) -> str:
        if not self._whisper.model.is_multilingual:
            return "en"
        # The languages of a clip come as ("<|en|>", probability), the likeliest first.
        return str(self._whisper.model.detect_language(encoded)[0][0][0]).strip("<|>")

    def _speaking(self, language: str) -> Any:
        from faster_whisper.tokenizer import Tokenizer

        multilingual = self._whisper.model.is_multilingual
        return Tokenizer(self._whisper.hf_tokenizer, multilingual, task="transcribe", language=language)

    def _known(self, language: str | None) -> str | None:
        if not self._whisper.model.is_multilingual:
            return "en"
        if language is None:
            return None
        code = language.replace("_", "-").split("-")[0].lower()
        if self._whisper.hf_tokenizer.token_to_id(f"<|{code}|>") is None:
            raise EngineError(f"{self._folder} does not know the language {language!r}")
        return code

    def _check_features(self) -> None:
        """A large-v3 with features for another Whisper hears noise and says nothing of it."""
        mels, made = self._whisper.model.n_mels, self._whisper.feature_extractor.mel_filters.shape[0]
        if mels != made:
            raise EngineError(
                f"{self._folder} reads {mels} mel bands, and its preprocessor_config.json makes {made}",
                hint="idiolect export --to ctranslate2 writes the right one",
            )


def checked(model: Path | str | None) -> Path:
    """The folder of a Whisper for CTranslate2. Raises `EngineError` with what is missing or broken in it."""
    if model is None:
        raise EngineError("the engine faster-whisper needs a model", hint="--model FOLDER of a CTranslate2 bundle")
    folder = Path(model).expanduser()
    if not folder.is_dir():
        raise EngineError(f"{folder}: no such folder", hint="idiolect export --to ctranslate2 makes one")
    missing = [name for name in NEEDED if not (folder / name).is_file()]
    if missing:
        raise EngineError(f"{folder}: no {', '.join(missing)} in it", hint="it is no bundle for CTranslate2")
    for name in ("config.json", "tokenizer.json"):
        _read(folder / name)
    with (folder / "model.bin").open("rb") as weights:
        head = weights.read(64)
    if len(head) < 64 or not 1 <= int.from_bytes(head[:4], "little") <= MAGIC or b"WhisperSpec" not in head:
        raise EngineError(f"{folder / 'model.bin'} is no Whisper for CTranslate2")
    return folder


def _read(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise EngineError(f"{path} cannot be read: {error}") from error
    if not isinstance(value, dict):
        raise EngineError(f"{path} is not a JSON object")
    return value


def _identity(folder: Path) -> str:
    with (folder / "model.bin").open("rb") as weights:
        return hashlib.file_digest(weights, "blake2b").hexdigest()[:16]


def _hypothesis(text: str, score: float, count: int, words: Sequence[Any], clip: Samples) -> Hypothesis:
    if not text:
        return Hypothesis("")
    # The score is the sum of log-probabilities over the tokens of the text; the end of text counts as one more.
    confidence = min(1.0, math.exp(score * count / (count + 1)))
    longest = duration_of(clip)
    timed = tuple(
        Word(
            str(word["word"]).strip(),
            Seconds(min(float(word["start"]), longest)),
            Seconds(min(float(word["end"]), longest)),
            float(word["probability"]),
        )
        for word in words
        if str(word["word"]).strip()
    )
    return Hypothesis(text, confidence, timed)
