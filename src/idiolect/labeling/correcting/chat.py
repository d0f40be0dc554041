"""A language model that answers: a small protocol, and one behind any OpenAI-compatible URL, through the gateway."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from idiolect.corpus.values import Sensitivity
from idiolect.errors import AnswerError
from idiolect.gateway.destinations import KNOWN, url_of
from idiolect.gateway.masking import mask_all
from idiolect.gateway.values import FREE, Forecast, Money, Reach, Request, Response, Usage
from idiolect.units import Seconds

if TYPE_CHECKING:
    from idiolect.gateway import Gateway

Messages = Sequence[Mapping[str, str]]
"""``role`` and ``content``, in order."""

_PATH = "/chat/completions"
NO_USAGE = Usage()
_FRAME = 16
"""Tokens that each message costs beside its text, at most (OpenAI counts 3 or 4)."""


@dataclass(frozen=True, slots=True)
class ChatAnswer:
    """What came back: JSON as the schema says, if the model keeps to it.

    restore: puts masked secrets back into a text taken out of it. cost: what was booked.
    """

    text: str
    usage: Usage = NO_USAGE
    cost: Money = FREE
    masked: int = 0
    restore: Callable[[str], str] = str


class Chat(Protocol):
    """A language model with structured answers. Called from several threads."""

    @property
    def model(self) -> str:
        """Its name: the source of the labels."""
        ...

    def ask(self, messages: Messages, schema: Mapping[str, Any], *, clips: tuple[str, ...] = ()) -> ChatAnswer:
        """One question, answered. clips: the ids of all clips whose texts stand in it.

        Raises `AnswerError` for an answer that is none, and `GatewayError`.
        """
        ...

    def forecast(self, questions: Sequence[Messages], schema: Mapping[str, Any]) -> Forecast:
        """What these questions would cost at most."""
        ...


class GatewayChat:
    """A chat model behind ``URL/chat/completions``: Ollama, llama.cpp, Lemonade, vLLM, Groq, OpenAI.

    where: the base URL (``http://localhost:11434/v1``), or the name of a known cloud.
    key: the name of the secret; None: the usual one of a known cloud.
    patterns: what else to mask before a text goes to a cloud.
    longest: tokens that an answer may have; thinking models need more of them.
    """

    def __init__(
        self,
        gateway: Gateway,
        where: str,
        model: str,
        *,
        key: str | None = None,
        patterns: Sequence[str] = (),
        longest: int = 1024,
        deadline: Seconds = Seconds(60.0),  # noqa: B008 - a number
    ) -> None:
        self._gateway = gateway
        base = url_of(where).rstrip("/")
        self._url = base if base.endswith(_PATH) else base + _PATH
        self._model = model
        usual = next((known.key for known in KNOWN.values() if self._url.startswith(known.url + "/")), "")
        self._key = usual if key is None else key
        self._patterns = tuple(patterns)
        mask_all([], self._patterns)  # a pattern that is none is refused before anything is asked
        self._longest = longest
        self._deadline = deadline
        self._to_cloud: bool | None = None

    @property
    def model(self) -> str:
        """The name that the server knows it by."""
        return self._model

    def ask(self, messages: Messages, schema: Mapping[str, Any], *, clips: tuple[str, ...] = ()) -> ChatAnswer:
        """See `Chat.ask`. Secrets are masked before a text goes to a cloud."""
        masked = mask_all([message["content"] for message in messages] if self._is_cloud() else [], self._patterns)
        sent = [
            {**message, "content": masked.texts[place] if masked.texts else message["content"]}
            for place, message in enumerate(messages)
        ]
        body = self._body(sent, schema)
        response = self._gateway.send(
            Request(
                self._url,
                "correct",
                body=body,
                headers={"Content-Type": "application/json"},
                engine="chat",
                model=self._model,
                sensitivity=Sensitivity.SHAREABLE if clips else Sensitivity.PRIVATE,  # the clips decide
                items=clips,
                usage=self._most(body, len(sent)),
                key=self._key,
                masked=masked.total,
                deadline=self._deadline,
            )
        )
        text, usage = read_completion(response)
        cost = response.cost if usage is None else self._gateway.settle(response, usage)
        return ChatAnswer(text, usage or NO_USAGE, cost, masked.total, masked.restore)

    def forecast(self, questions: Sequence[Messages], schema: Mapping[str, Any]) -> Forecast:
        """See `Chat.forecast`; a token is at least one byte. Raises `GatewayError`."""
        usages = [self._most(self._body(messages, schema), len(messages)) for messages in questions]
        return self._gateway.forecast(self._url, self._model, usages)

    def _is_cloud(self) -> bool:
        if self._to_cloud is None:
            self._to_cloud = self._gateway.forecast(self._url, self._model, []).reach is Reach.CLOUD
        return self._to_cloud

    def _most(self, body: bytes, count: int) -> Usage:
        return Usage(input_tokens=len(body) + _FRAME * count, output_tokens=self._longest)

    def _body(self, messages: Messages, schema: Mapping[str, Any]) -> bytes:
        named = {"name": "correction", "strict": True, "schema": dict(schema)}
        value: dict[str, Any] = {"model": self._model, "messages": [dict(one) for one in messages]}
        value["response_format"] = {"type": "json_schema", "json_schema": named}
        if self._url.startswith(KNOWN["openai"].url):  # its newer models take neither of the other two
            value["max_completion_tokens"] = self._longest
        else:
            value |= {"max_tokens": self._longest, "temperature": 0}
        return json.dumps(value, ensure_ascii=False, sort_keys=True).encode()


def read_completion(response: Response) -> tuple[str, Usage | None]:
    """The text of the first choice, and the tokens that the server reports; None where it reports none.

    Raises `AnswerError` for a body that is no chat completion, a refusal, or an answer that was cut off.
    """
    try:
        value = json.loads(response.body)
        choice = value["choices"][0]
        content = choice["message"]["content"]
    except (ValueError, KeyError, IndexError, TypeError):
        raise AnswerError(f"the server's answer is no chat completion: {response.body[:80]!r}") from None
    if choice["message"].get("refusal"):
        raise AnswerError("the model refused to answer")
    if choice.get("finish_reason") == "length":
        raise AnswerError("the answer was cut off", hint="--longest gives it more tokens")
    if not isinstance(content, str):
        raise AnswerError(f"the message of the answer is {type(content).__name__}, not a text")
    return content, _reported(value.get("usage"))


def _reported(usage: Any) -> Usage | None:
    if not isinstance(usage, dict):
        return None
    asked, answered = usage.get("prompt_tokens"), usage.get("completion_tokens")
    if type(asked) is not int or type(answered) is not int or min(asked, answered) < 0:
        return None
    return Usage(input_tokens=asked, output_tokens=answered)
