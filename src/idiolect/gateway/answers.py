"""What an answer means: for the ledger, and for whoever waits for it."""

from __future__ import annotations

import json
from typing import Any

from idiolect.corpus.ledger import Closing, State
from idiolect.errors import (
    AnswerError,
    BudgetError,
    DestinationError,
    GatewayError,
    OfflineError,
    PriceError,
    SecretError,
)
from idiolect.gateway.delivery import Delivery
from idiolect.gateway.destinations import Address
from idiolect.gateway.keys import Secret
from idiolect.gateway.values import Money

KEPT = 2**20
"""Bytes of an answer that was paid for and is kept, so that a kill before its label is written loses nothing."""
_SAID = 300
"""Characters of a provider's own words in a message."""


_STOPS = (BudgetError, DestinationError, OfflineError, PriceError, SecretError)
_STOPPING_STATUS = frozenset({401, 402, 403, 404})
"""Wrong key, no credit, not allowed, no such model: the next request would be told the same."""


def stops_a_run(error: BaseException) -> bool:
    """Whether what follows would be refused for the same reason; else it is this one request that failed."""
    if isinstance(error, AnswerError):
        return error.absent or error.status in _STOPPING_STATUS
    return isinstance(error, _STOPS)


def closing_of(delivery: Delivery, forecast: Money, secret: Secret | None) -> Closing:
    """What is written in the ledger. Only an answer of 200 to 299 is one; the key is taken out of all that is kept."""
    answer = delivery.answer
    if answer is not None and 200 <= answer.status < 300:
        body = answer.body if secret is None else secret.hide_bytes(answer.body)
        return Closing(
            State.DONE,
            forecast.nanodollars,
            status=answer.status,
            attempts=delivery.tries,
            answered=_shown(answer.headers.get("x-request-id", ""), secret)[:100],
            answer=body if forecast and len(body) <= KEPT else None,
        )
    billed = bool(forecast) and delivery.doubtful
    return Closing(
        State.UNKNOWN if billed else State.FAILED,
        forecast.nanodollars if billed else 0,
        status=None if answer is None else answer.status,
        attempts=delivery.tries,
        answered="" if answer is None else _shown(answer.headers.get("x-request-id", ""), secret)[:100],
        note=_shown(delivery.reason if answer is None else _words(answer.body), secret),
    )


def error_of(delivery: Delivery, closing: Closing, address: Address, entry_id: int) -> GatewayError:
    """What is raised. `closing` has the provider's words without the key."""
    answer = delivery.answer
    status = None if answer is None else answer.status
    if answer is not None and status is not None and 300 <= status < 400:
        return _redirected(answer.headers.get("location", ""), address)
    what = f"{address.origin} answered {status}" if status is not None else f"{address.origin} gave no answer"
    message = f"{what}: {closing.note}" if closing.note else what
    if closing.state is State.UNKNOWN:
        return AnswerError(
            f"{message}; it may have been billed {Money(closing.cost)} (row {entry_id} of the ledger)",
            status=status,
            command="idiolect ledger settle --unbilled (the provider did not bill it), or --resend (pay again)",
        )
    if delivery.absent:
        hint = "Is the server running, and is that its address?"
        return AnswerError(message.removeprefix(f"{what}: ") or message, absent=True, hint=hint)
    hints = {401: "is the key right?", 403: "may this key do that?", 404: "is the URL right, and the model's name?"}
    return AnswerError(message, status=status, hint=hints.get(status or 0))


def _redirected(location: str, address: Address) -> DestinationError:
    from idiolect.gateway.destinations import read_url

    try:
        where = read_url(location).origin if "://" in location else f"another path: {location[:100]}"
    except DestinationError:
        where = "nowhere"
    return DestinationError(
        f"{address.origin} sends on to {where}; redirects are not followed", hint="if that is right, name that URL"
    )


def _words(body: bytes) -> str:
    """What a provider says of an error: the ``message`` of its JSON, else the beginning of its text."""
    try:
        value: Any = json.loads(body)
    except ValueError:
        return _line(body.decode("utf-8", "replace"))
    error = value.get("error", value) if isinstance(value, dict) else value
    message = error.get("message", error) if isinstance(error, dict) else error
    return _line(message if isinstance(message, str) else json.dumps(message, ensure_ascii=False))


def _line(text: str) -> str:
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def _shown(text: str, secret: Secret | None) -> str:
    return (text if secret is None else secret.hide(text))[:_SAID]
