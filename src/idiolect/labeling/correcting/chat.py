"""A language model that answers: a small protocol, and one behind any OpenAI-compatible URL, through the gateway."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from idiolect.corpus.values import Sensitivity
from idiolect.gateway.completions import FRAME, PATH, Schema, as_bytes, base_url, question, read_completion, usual_key
from idiolect.gateway.masking import Masked, mask_all
from idiolect.gateway.values import FREE, Forecast, Money, Reach, Request, Usage
from idiolect.units import Seconds

if TYPE_CHECKING:
    from idiolect.gateway import Gateway

Messages = Sequence[Mapping[str, str]]
"""``role`` and ``content``, in order."""

NO_USAGE = Usage()
_NAME = "correction"


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


@dataclass(frozen=True, slots=True)
class Prepared:
    """A question as it is sent. usage: the most that it may use."""

    body: Mapping[str, Any]
    usage: Usage
    masked: Masked


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
        self.base = base_url(where)
        self.url = self.base + PATH
        self._model = model
        self.key = usual_key(self.base) if key is None else key
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
        made = self.prepare(messages, schema)
        response = self._gateway.send(
            Request(
                self.url,
                "correct",
                body=as_bytes(made.body),
                headers={"Content-Type": "application/json"},
                engine="chat",
                model=self._model,
                sensitivity=Sensitivity.SHAREABLE if clips else Sensitivity.PRIVATE,  # the clips decide
                items=clips,
                usage=made.usage,
                key=self.key,
                masked=made.masked.total,
                deadline=self._deadline,
            )
        )
        said = read_completion(response.body)
        cost = response.cost if said.usage is None else self._gateway.settle(response, said.usage)
        return ChatAnswer(said.text(), said.usage or NO_USAGE, cost, made.masked.total, made.masked.restore)

    def prepare(self, messages: Messages, schema: Mapping[str, Any]) -> Prepared:
        """The question as it is sent, with secrets masked where it goes to a cloud. Raises `GatewayError`."""
        masked = mask_all([message["content"] for message in messages] if self._is_cloud() else [], self._patterns)
        sent = [
            {**message, "content": masked.texts[place] if masked.texts else message["content"]}
            for place, message in enumerate(messages)
        ]
        body = self._body(sent, schema)
        return Prepared(body, self._most(body, len(sent)), masked)

    def forecast(self, questions: Sequence[Messages], schema: Mapping[str, Any]) -> Forecast:
        """See `Chat.forecast`; a token is at least one byte. Raises `GatewayError`."""
        return self._gateway.forecast(self.url, self._model, self._usages(questions, schema))

    def batch_forecast(self, questions: Sequence[Messages], schema: Mapping[str, Any]) -> Forecast:
        """The same at the price of the provider's batch API."""
        return self._gateway.forecast(self.url, self._model, self._usages(questions, schema), batch=True)

    def _usages(self, questions: Sequence[Messages], schema: Mapping[str, Any]) -> list[Usage]:
        return [self._most(self._body(messages, schema), len(messages)) for messages in questions]

    def _is_cloud(self) -> bool:
        if self._to_cloud is None:
            self._to_cloud = self._gateway.forecast(self.url, self._model, []).reach is Reach.CLOUD
        return self._to_cloud

    def _most(self, body: Mapping[str, Any], count: int) -> Usage:
        return Usage(input_tokens=len(as_bytes(body)) + FRAME * count, output_tokens=self._longest)

    def _body(self, messages: Messages, schema: Mapping[str, Any]) -> dict[str, Any]:
        return question(self.base, self._model, messages, Schema(_NAME, schema), self._longest)
