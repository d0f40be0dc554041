"""OpenAI's chat API: what a question is in bytes, and what an answer says. Nothing here sends anything.

https://platform.openai.com/docs/api-reference/chat/create; vLLM, llama.cpp, Ollama, Lemonade and Groq speak the same.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from idiolect.errors import AnswerError
from idiolect.gateway.destinations import KNOWN, url_of
from idiolect.gateway.values import Usage

PATH = "/chat/completions"
FRAME = 16
"""Tokens that each message costs beside its text, at most (OpenAI counts 3 or 4)."""

Form = Literal["json_schema", "json_object", "none"]
"""How a server is told to answer in JSON; `none`: by the words of the question only."""
FORMS: tuple[Form, ...] = ("json_schema", "json_object", "none")


@dataclass(frozen=True, slots=True)
class Schema:
    """The JSON that is asked for. `body` is JSON Schema in the subset that `response_format` takes everywhere."""

    name: str
    body: Mapping[str, Any]
    form: Form = "json_schema"


@dataclass(frozen=True, slots=True)
class Completion:
    """What came back. `usage` is None where the server reports none; `fault` says why there is no text."""

    content: str = ""
    usage: Usage | None = None
    fault: str = ""
    hint: str | None = None

    def text(self) -> str:
        """The content. Raises `AnswerError` where there is none."""
        if self.fault:
            raise AnswerError(self.fault, hint=self.hint)
        return self.content


def base_url(where: str) -> str:
    """The base URL (``http://localhost:8000/v1``) of a URL, or of a known cloud. Raises `DestinationError`."""
    return url_of(where).rstrip("/").removesuffix(PATH)


def usual_key(base: str) -> str:
    """The name of the key that a known cloud usually goes by; empty for other servers."""
    return next((known.key for known in KNOWN.values() if (base + "/").startswith(known.url + "/")), "")


def is_openai(base: str) -> bool:
    """Whether it is OpenAI itself, whose newer models take other parameters than its imitators do."""
    return base.startswith(KNOWN["openai"].url)


def question(
    base: str, model: str, messages: Sequence[Mapping[str, Any]], schema: Schema, longest: int
) -> dict[str, Any]:
    """The body of a request, as JSON values. longest: tokens that the answer may have."""
    value: dict[str, Any] = {"model": model, "messages": [dict(one) for one in messages]}
    if schema.form == "json_schema":
        named = {"name": schema.name, "strict": True, "schema": dict(schema.body)}
        value["response_format"] = {"type": "json_schema", "json_schema": named}
    elif schema.form == "json_object":
        value["response_format"] = {"type": "json_object"}
    if is_openai(base):  # its newer models take neither of the other two
        value["max_completion_tokens"] = longest
    else:
        value |= {"max_tokens": longest, "temperature": 0}
    return value


def as_bytes(value: Mapping[str, Any]) -> bytes:
    """The same value in the same bytes, whoever made it."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True).encode()


def read_completion(body: bytes) -> Completion:
    """The text of the first choice and the tokens that are reported; what is no completion has a fault."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return Completion(fault=_no_completion(body))
    return completion_of(value) if isinstance(value, dict) else Completion(fault=_no_completion(body))


def completion_of(value: Mapping[str, Any]) -> Completion:
    """The same of a body that is read already: a line of a batch has it as an object."""
    usage = _usage(value.get("usage"))
    try:
        choice = value["choices"][0]
        message = choice["message"]
        content, refusal, ended = message["content"], message.get("refusal"), choice.get("finish_reason")
    except (KeyError, IndexError, TypeError, AttributeError):
        return Completion(usage=usage, fault=_no_completion(as_bytes(value)))
    if refusal:
        return Completion(usage=usage, fault="the model refused to answer")
    if ended == "length":
        return Completion(usage=usage, fault="the answer was cut off", hint="--longest gives it more tokens")
    if ended == "content_filter":
        return Completion(usage=usage, fault="the provider's filter cut the answer off")
    if not isinstance(content, str):
        return Completion(usage=usage, fault=f"the message of the answer is {type(content).__name__}, not a text")
    return Completion(content, usage)


def read_object(text: str, names: Sequence[str]) -> Mapping[str, Any]:
    """The JSON object that `text` is, and nothing else, with fields of these `names` only.

    Raises `AnswerError`: words around it, a name that stands there twice, or one that nobody asked for.
    """
    try:
        value = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise AnswerError(f"the answer is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise AnswerError(f"the answer is {shown(value)}, not a JSON object")
    if unknown := sorted(set(value) - set(names)):
        raise AnswerError(f"the answer has {', '.join(map(repr, unknown))}, which nobody asked for")
    return value


def shown(value: Any) -> str:
    """A JSON value for a message: its beginning."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:60]}…"


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A name that stands there twice has no one meaning."""
    if len({name for name, _ in pairs}) < len(pairs):
        raise ValueError("a name stands there twice")
    return dict(pairs)


def _no_completion(body: bytes) -> str:
    return f"the server's answer is no chat completion: {body[:80]!r}"


def _usage(said: Any) -> Usage | None:
    """Tokens, those of audio apart from the others: they have a price of their own."""
    if not isinstance(said, dict):
        return None
    asked, answered = said.get("prompt_tokens"), said.get("completion_tokens")
    if type(asked) is not int or type(answered) is not int or min(asked, answered) < 0:
        return None
    details = said.get("prompt_tokens_details")
    heard = details.get("audio_tokens") if isinstance(details, dict) else 0
    audio = heard if type(heard) is int and 0 <= heard <= asked else 0
    return Usage(input_tokens=asked - audio, output_tokens=answered, audio_tokens=audio)
