"""Any server that speaks OpenAI's transcription API, through the gateway only.

Each clip is one request, ``POST {url}/audio/transcriptions``, a multipart form as OpenAI's reference describes it
(https://platform.openai.com/docs/api-reference/audio/createTranscription). A clip is known to the gateway by the hash
of its samples, which is its id in the store: how far it may travel is looked up there, whoever calls.
"""

from __future__ import annotations

import json
import math
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Literal
from urllib.parse import urlsplit

import numpy as np

from idiolect.audio import encode, samples_hash
from idiolect.corpus.values import Sensitivity
from idiolect.engines.openai_answer import read_answer
from idiolect.engines.protocol import EngineOptions, Hypothesis
from idiolect.errors import EngineError
from idiolect.gateway import Forecast, Gateway, Request, Response, Usage
from idiolect.gateway.destinations import KNOWN, url_of
from idiolect.units import SAMPLE_RATE, Samples, Seconds, duration_of

CHOICES = {
    "url": "the base URL (http://localhost:8000/v1), or the name of a known cloud",
    "model": "the model as the server calls it",
    "key": "the name of the variable or entry that holds the key, never the key",
    "format": "verbose_json (word times) or json (with log-probabilities where the server has them)",
    "upload": "flac or opus",
    "prompt": "words to expect, for models that read them",
    "deadline": "seconds for one clip, with all tries",
}
_FORMATS = ("verbose_json", "json")
_SHORTEST = 0.1
"""Seconds: OpenAI refuses shorter audio; silence is added."""
_DEADLINE = 120.0
# Bounds for models that bill tokens, to forecast with: OpenAI's price per minute of gpt-4o-transcribe stands for about
# 17 tokens in each second of audio; speech gives some 4 tokens a second.
_TOKENS_IN, _TOKENS_OUT, _TOKENS_MORE = 25, 10, 64


class OpenAI:
    """Reads `EngineOptions.gateway`, `language`, `model` and ``extra`` (`CHOICES`). Safe to share between threads.

    Raises `EngineError` without a gateway, a URL or a model, and for choices that it does not know.
    """

    name = "openai"

    def __init__(self, options: EngineOptions) -> None:
        if unknown := sorted(set(options.extra) - set(CHOICES)):
            known = "; ".join(f"{name}: {about}" for name, about in CHOICES.items())
            raise EngineError(f"the engine {self.name} does not read {unknown[0]!r}", hint=f"known: {known}")
        if options.gateway is None:
            raise EngineError(
                f"the engine {self.name} sends audio out, and only a project says what may leave",
                hint="idiolect label --engine openai, in a project",
            )
        chosen = {name: str(value) for name, value in options.extra.items()}
        self._gateway: Gateway = options.gateway
        self.url, self._key = _where(chosen)
        self._model = chosen.get("model") or (str(options.model) if options.model else "")
        if not self._model:
            raise EngineError(f"the engine {self.name} needs a model", hint="--with model=whisper-1")
        self._format = chosen.get("format") or ("json" if self._model.startswith("gpt-4o") else "verbose_json")
        self._upload = _upload(chosen.get("upload", "flac"))
        if self._format not in _FORMATS:
            raise EngineError(f"format is {self._format!r}", hint=f"known: {', '.join(_FORMATS)}")
        self._prompt = chosen.get("prompt", "")
        self._language = None if options.language is None else options.language.replace("_", "-").split("-")[0].lower()
        self._deadline = _positive(chosen.get("deadline", str(_DEADLINE)))
        self.version = f"{self._model} at {urlsplit(self.url).netloc}"

    @property
    def parameters(self) -> Mapping[str, Any]:
        """All that the server is told, but not the key's name: another key hears the same."""
        return {
            "url": self.url,
            "model": self._model,
            "language": self._language,
            "prompt": self._prompt,
            "format": self._format,
            "upload": self._upload,
        }

    def transcribe(self, batch: Sequence[Samples]) -> list[Hypothesis]:
        """One request per clip, in order. Raises `GatewayError` for the first that is refused or gets no answer."""
        return [self._hear(samples) for samples in batch]

    def forecast(self, durations: Sequence[Seconds]) -> Forecast:
        """What clips of these durations would cost at most. Raises `GatewayError` where nothing may be sent there."""
        return self._gateway.forecast(self.url, self._model, [self._usage(seconds) for seconds in durations])

    def _hear(self, samples: Samples) -> Hypothesis:
        if not len(samples):
            return Hypothesis("")
        clip_id = samples_hash(samples)
        missing = int(_SHORTEST * SAMPLE_RATE) - len(samples)
        sent = samples if missing <= 0 else np.concatenate([samples, np.zeros(missing, np.float32)])
        form, kind = _multipart(self._fields(), f"clip.{self._ending}", encode(sent, self._upload))
        usage = self._usage(duration_of(sent))
        response = self._gateway.send(
            Request(
                f"{self.url}/audio/transcriptions",
                "transcribe",
                body=form,
                headers={"Content-Type": kind, "Accept": "application/json"},
                engine=self.name,
                model=self._model,
                sensitivity=Sensitivity.SHAREABLE,  # the door asks the store, and takes the stricter
                items=(clip_id,),
                usage=usage,
                key=self._key,
                same_as=json.dumps([clip_id, self.name, self.version, dict(self.parameters)], sort_keys=True),
                deadline=self._deadline,
            )
        )
        return self._read(response, usage, duration_of(samples))

    def _read(self, response: Response, forecast: Usage, duration: Seconds) -> Hypothesis:
        try:
            heard, used = read_answer(response.body, forecast, duration)
        except ValueError as error:
            self._gateway.discard(response)
            paid = (
                f"; {response.cost} was paid for it (row {response.ledger_id} of the ledger)" if response.cost else ""
            )
            raise EngineError(f"{self.url} gave no transcription: {error}{paid}", hint="--resend asks again") from error
        cost = response.cost if used is None else self._gateway.settle(response, used)
        return heard(cost.dollars)

    @property
    def _ending(self) -> str:
        return "flac" if self._upload == "flac" else "ogg"

    def _fields(self) -> list[tuple[str, str]]:
        fields = [("model", self._model), ("response_format", self._format), ("temperature", "0")]
        if self._language:
            fields.append(("language", self._language))
        if self._prompt:
            fields.append(("prompt", self._prompt))
        if self._format == "verbose_json":
            fields += [("timestamp_granularities[]", "word"), ("timestamp_granularities[]", "segment")]
        elif self._model.startswith("gpt-4o"):
            fields.append(("include[]", "logprobs"))
        return fields

    def _usage(self, seconds: Seconds) -> Usage:
        """The most that a clip of so many seconds may use."""
        return Usage(
            audio=Seconds(max(seconds, _SHORTEST)),
            input_tokens=math.ceil(seconds * _TOKENS_IN) + _TOKENS_MORE + len(self._prompt),
            output_tokens=math.ceil(seconds * _TOKENS_OUT) + _TOKENS_MORE,
        )


def _where(chosen: Mapping[str, str]) -> tuple[str, str]:
    """The base URL, and the name of its key."""
    said = chosen.get("url")
    if not said:
        raise EngineError(
            "the engine openai needs to know where the server is",
            hint=f"--with url=http://localhost:8000/v1, or a known cloud: {', '.join(KNOWN)}",
        )
    known = KNOWN.get(said)
    return url_of(said).rstrip("/"), chosen.get("key") or (known.key if known else "")


def _multipart(fields: Sequence[tuple[str, str]], file: str, content: bytes) -> tuple[bytes, str]:
    """The form, and its content type. RFC 7578."""
    border = uuid.uuid4().hex
    parts = [f'--{border}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n' for name, text in fields]
    kind = "audio/flac" if file.endswith("flac") else "audio/ogg"
    parts.append(
        f'--{border}\r\nContent-Disposition: form-data; name="file"; filename="{file}"\r\nContent-Type: {kind}\r\n\r\n'
    )
    return "".join(
        parts
    ).encode() + content + f"\r\n--{border}--\r\n".encode(), f"multipart/form-data; boundary={border}"


def _upload(value: str) -> Literal["flac", "opus"]:
    if value not in {"flac", "opus"}:
        raise EngineError(f"upload is {value!r}", hint="flac (lossless) or opus (about a tenth of it)")
    return "flac" if value == "flac" else "opus"


def _positive(text: str) -> Seconds:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < math.inf:
        raise EngineError(f"deadline is {text!r}", hint="seconds for one clip: 120")
    return Seconds(seconds)
