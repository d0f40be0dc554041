"""What every engine behind a server is told, and how it sends one clip: through the gateway only.

A clip is known to the gateway by the hash of its samples, which is its id in the store: how far it may travel is looked
up there, whoever calls.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from idiolect.audio import samples_hash
from idiolect.corpus.values import Sensitivity
from idiolect.engines.protocol import EngineOptions
from idiolect.errors import EngineError
from idiolect.gateway import Gateway, Request, Response, Usage
from idiolect.gateway.completions import base_url, usual_key
from idiolect.gateway.destinations import KNOWN
from idiolect.units import SAMPLE_RATE, Samples, Seconds

CHOICES = {
    "url": "the base URL (http://localhost:8000/v1), or the name of a known cloud",
    "model": "the model as the server calls it",
    "key": "the name of the variable or entry that holds the key, never the key",
    "prompt": "words to expect, for models that read them",
    "deadline": "seconds for one clip, with all tries",
}
"""What all of them read."""
SHORTEST = 0.1
"""Seconds: OpenAI refuses shorter audio; silence is added."""
_DEADLINE = 120.0


@dataclass(frozen=True, slots=True)
class Hosted:
    """Where one engine sends clips, and as what. Safe to share between threads.

    key: the name of the secret. language: two or three letters, or None. deadline: seconds for one clip.
    """

    engine: str
    gateway: Gateway
    url: str
    key: str
    model: str
    prompt: str
    language: str | None
    deadline: Seconds

    @classmethod
    def of(cls, engine: str, options: EngineOptions, own: dict[str, str], example: str) -> Hosted:
        """Read `EngineOptions.gateway`, `language`, `model` and what `CHOICES` names in ``extra``.

        own: the choices that only this engine reads. example: a model, for the hint.

        Raises `EngineError` without a gateway, a URL or a model, and for a choice that nobody reads.
        """
        known = CHOICES | own
        if unknown := sorted(set(options.extra) - set(known)):
            said = "; ".join(f"{name}: {about}" for name, about in known.items())
            raise EngineError(f"the engine {engine} does not read {unknown[0]!r}", hint=f"known: {said}")
        if options.gateway is None:
            raise EngineError(
                f"the engine {engine} sends audio out, and only a project says what may leave",
                hint=f"idiolect label --engine {engine}, in a project",
            )
        chosen = {name: str(value) for name, value in options.extra.items()}
        url = _where(engine, chosen)
        model = chosen.get("model") or (str(options.model) if options.model else "")
        if not model:
            raise EngineError(f"the engine {engine} needs a model", hint=f"--with model={example}")
        language = None if options.language is None else options.language.replace("_", "-").split("-")[0].lower()
        key = chosen.get("key") or usual_key(url)
        deadline = _positive(chosen.get("deadline", str(_DEADLINE)))
        return cls(engine, options.gateway, url, key, model, chosen.get("prompt", ""), language, deadline)

    @property
    def version(self) -> str:
        """``whisper-1 at api.openai.com``."""
        return f"{self.model} at {urlsplit(self.url).netloc}"

    @property
    def parameters(self) -> dict[str, Any]:
        """What the server is told, but not the key's name: another key hears the same."""
        return {"url": self.url, "model": self.model, "language": self.language, "prompt": self.prompt}

    def send(
        self, path: str, body: bytes, kind: str, *, samples: Samples, usage: Usage, parameters: Mapping[str, Any]
    ) -> Response:
        """Send what was made of one clip. parameters: the engine's; with the clip they say what is not paid for twice.

        kind: the content type. Raises `GatewayError`.
        """
        clip_id = samples_hash(samples)
        return self.gateway.send(
            Request(
                self.url + path,
                "transcribe",
                body=body,
                headers={"Content-Type": kind, "Accept": "application/json"},
                engine=self.engine,
                model=self.model,
                sensitivity=Sensitivity.SHAREABLE,  # the door asks the store, and takes the stricter
                items=(clip_id,),
                usage=usage,
                key=self.key,
                same_as=json.dumps([clip_id, self.engine, self.version, dict(parameters)], sort_keys=True),
                deadline=self.deadline,
            )
        )

    def unusable(self, response: Response, why: str) -> EngineError:
        """The error for an answer that is none. It is kept no longer, so that ``--resend`` may ask again."""
        self.gateway.discard(response)
        paid = f"; {response.cost} was paid for it (row {response.ledger_id} of the ledger)" if response.cost else ""
        return EngineError(f"{self.url} gave no transcription: {why}{paid}", hint="--resend asks again")


def padded(samples: Samples) -> Samples:
    """Float32 ``(n,)`` with silence added up to what servers take."""
    missing = int(SHORTEST * SAMPLE_RATE) - len(samples)
    return samples if missing <= 0 else np.concatenate([samples, np.zeros(missing, np.float32)])


def _where(engine: str, chosen: Mapping[str, str]) -> str:
    if not chosen.get("url"):
        raise EngineError(
            f"the engine {engine} needs to know where the server is",
            hint=f"--with url=http://localhost:8000/v1, or a known cloud: {', '.join(KNOWN)}",
        )
    return base_url(chosen["url"])


def _positive(text: str) -> Seconds:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < math.inf:
        raise EngineError(f"deadline is {text!r}", hint="seconds for one clip: 120")
    return Seconds(seconds)
