"""Any server that speaks OpenAI's transcription API, through the gateway only.

Each clip is one request, ``POST {url}/audio/transcriptions``, a multipart form as OpenAI's reference describes it
(https://platform.openai.com/docs/api-reference/audio/createTranscription).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from idiolect.audio import encode
from idiolect.engines.hosted import SHORTEST, Hosted, padded
from idiolect.engines.openai_answer import read_answer
from idiolect.engines.protocol import EngineOptions, Hypothesis
from idiolect.errors import EngineError
from idiolect.gateway import Forecast, Response, Usage
from idiolect.gateway.forms import multipart
from idiolect.units import Samples, Seconds, duration_of

CHOICES = {
    "format": "verbose_json (word times) or json (with log-probabilities where the server has them)",
    "upload": "flac or opus",
}
"""Beside those of every engine behind a server."""
_FORMATS = ("verbose_json", "json")
# Bounds for models that bill tokens, to forecast with: OpenAI's price per minute of gpt-4o-transcribe stands for about
# 17 tokens in each second of audio; speech gives some 4 tokens a second.
_TOKENS_IN, _TOKENS_OUT, _TOKENS_MORE = 25, 10, 64


class OpenAI:
    """Reads what `Hosted.of` reads, and `CHOICES`. Safe to share between threads.

    Raises `EngineError` without a gateway, a URL or a model, and for choices that it does not know.
    """

    name = "openai"

    def __init__(self, options: EngineOptions) -> None:
        self._hosted = Hosted.of(self.name, options, CHOICES, "whisper-1")
        self.url, self.version = self._hosted.url, self._hosted.version
        self._model = self._hosted.model
        chosen = {name: str(value) for name, value in options.extra.items()}
        self._format = chosen.get("format") or ("json" if self._model.startswith("gpt-4o") else "verbose_json")
        self._upload = _upload(chosen.get("upload", "flac"))
        if self._format not in _FORMATS:
            raise EngineError(f"format is {self._format!r}", hint=f"known: {', '.join(_FORMATS)}")

    @property
    def parameters(self) -> Mapping[str, Any]:
        """All that the server is told, but not the key's name: another key hears the same."""
        return self._hosted.parameters | {"format": self._format, "upload": self._upload}

    def transcribe(self, batch: Sequence[Samples]) -> list[Hypothesis]:
        """One request per clip, in order. Raises `GatewayError` for the first that is refused or gets no answer."""
        return [self._hear(samples) for samples in batch]

    def forecast(self, durations: Sequence[Seconds]) -> Forecast:
        """What clips of these durations would cost at most. Raises `GatewayError` where nothing may be sent there."""
        usages = [self._usage(seconds) for seconds in durations]
        return self._hosted.gateway.forecast(self.url, self._model, usages)

    def _hear(self, samples: Samples) -> Hypothesis:
        if not len(samples):
            return Hypothesis("")
        sent = padded(samples)
        ending = "flac" if self._upload == "flac" else "ogg"
        form, kind = multipart(self._fields(), f"clip.{ending}", f"audio/{ending}", encode(sent, self._upload))
        usage = self._usage(duration_of(sent))
        response = self._hosted.send(
            "/audio/transcriptions", form, kind, samples=samples, usage=usage, parameters=self.parameters
        )
        return self._read(response, usage, duration_of(samples))

    def _read(self, response: Response, forecast: Usage, duration: Seconds) -> Hypothesis:
        try:
            heard, used = read_answer(response.body, forecast, duration)
        except ValueError as error:
            raise self._hosted.unusable(response, str(error)) from error
        cost = response.cost if used is None else self._hosted.gateway.settle(response, used)
        return heard(cost.dollars)

    def _fields(self) -> list[tuple[str, str]]:
        fields = [("model", self._model), ("response_format", self._format), ("temperature", "0")]
        if self._hosted.language:
            fields.append(("language", self._hosted.language))
        if self._hosted.prompt:
            fields.append(("prompt", self._hosted.prompt))
        if self._format == "verbose_json":
            fields += [("timestamp_granularities[]", "word"), ("timestamp_granularities[]", "segment")]
        elif self._model.startswith("gpt-4o"):
            fields.append(("include[]", "logprobs"))
        return fields

    def _usage(self, seconds: Seconds) -> Usage:
        """The most that a clip of so many seconds may use."""
        return Usage(
            audio=Seconds(max(seconds, SHORTEST)),
            input_tokens=math.ceil(seconds * _TOKENS_IN) + _TOKENS_MORE + len(self._hosted.prompt),
            output_tokens=math.ceil(seconds * _TOKENS_OUT) + _TOKENS_MORE,
        )


def _upload(value: str) -> Literal["flac", "opus"]:
    if value not in {"flac", "opus"}:
        raise EngineError(f"upload is {value!r}", hint="flac (lossless) or opus (about a tenth of it)")
    return "flac" if value == "flac" else "opus"
