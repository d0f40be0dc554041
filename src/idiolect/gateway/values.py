"""What goes through the door, and what it costs. Values only: nothing here opens, reads or writes anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, Decimal, InvalidOperation
from enum import StrEnum
from typing import Literal, Protocol

from idiolect.corpus.values import Sensitivity
from idiolect.units import Seconds

_NANO = 10**9
NOTHING_LONG = Seconds(0.0)


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """Dollars as a whole number of nanodollars, so that sums are exact. A cheap token costs about 20."""

    nanodollars: int = 0

    @classmethod
    def of(cls, dollars: Decimal | float | str) -> Money:
        """``Money.of("0.006")``; what is finer than a nanodollar is rounded up. Raises `ValueError`."""
        try:
            exact = Decimal(str(dollars).strip().removeprefix("$"))
            return cls(int((exact * _NANO).to_integral_value(ROUND_CEILING)))
        except (InvalidOperation, ValueError, OverflowError):
            raise ValueError(f"{dollars!r} is no amount in dollars") from None

    @property
    def dollars(self) -> float:
        """For JSON and plots; sums are made of `nanodollars`."""
        return self.nanodollars / _NANO

    def __add__(self, other: Money) -> Money:
        return Money(self.nanodollars + other.nanodollars)

    def __sub__(self, other: Money) -> Money:
        return Money(self.nanodollars - other.nanodollars)

    def __mul__(self, times: int) -> Money:
        return Money(self.nanodollars * times)

    def __bool__(self) -> bool:
        return self.nanodollars != 0

    def __str__(self) -> str:
        sign = "-" if self.nanodollars < 0 else ""
        whole, rest = divmod(abs(self.nanodollars), _NANO)
        return f"{sign}${whole}.{f'{rest:09d}'.rstrip('0').ljust(2, '0')}"


FREE = Money()


@dataclass(frozen=True, slots=True)
class Usage:
    """What a request uses: the most that it may be before, what it was after.

    audio: seconds heard or spoken. characters: of a text that is spoken. audio_tokens: of the input, beside
    `input_tokens`.
    """

    audio: Seconds = NOTHING_LONG
    input_tokens: int = 0
    output_tokens: int = 0
    characters: int = 0
    audio_tokens: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            Seconds(self.audio + other.audio),
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            self.characters + other.characters,
            self.audio_tokens + other.audio_tokens,
        )


class Reach(StrEnum):
    """How far a request goes."""

    LOOPBACK = "loopback"
    PRIVATE_NETWORK = "private-network"
    CLOUD = "cloud"

    @property
    def width(self) -> int:
        """0, 1 or 2: wider is farther."""
        return list(Reach).index(self)


FARTHEST: dict[Sensitivity, Reach] = {
    Sensitivity.PRIVATE: Reach.LOOPBACK,
    Sensitivity.INTERNAL: Reach.PRIVATE_NETWORK,
    Sensitivity.SHAREABLE: Reach.CLOUD,
}
"""How far each sensitivity may travel."""

Purpose = Literal["transcribe", "correct", "speak", "models"]


@dataclass(frozen=True, slots=True)
class Request:
    """What shall be sent, and what the rules need to know of it.

    sensitivity: the strictest of all that is in the body. The clips in `items` are looked up as well, and the stricter
        counts.
    items: ids of the clips in the body.
    usage: the most that it may use; the forecast, and what is reserved, is its price.
    key: the *name* of the secret that goes with it as a bearer token, never the secret.
    same_as: what makes another request the same as this one, where its bytes do not: clip, engine and parameters. What
        is the same is not paid for twice.
    masked: how many secrets were masked in its text. batch: it is charged at the price of the provider's batch API.
    deadline: seconds that all tries together may take. What costs nothing is tried again after any failure; what costs
        something only where the provider cannot have worked on it (no connection, 408, 429, 503).
    """

    url: str
    purpose: Purpose
    method: str = "POST"
    body: bytes = field(default=b"", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)
    engine: str = ""
    model: str = ""
    sensitivity: Sensitivity = Sensitivity.PRIVATE
    items: tuple[str, ...] = ()
    usage: Usage = Usage()
    key: str = ""
    same_as: str = ""
    masked: int = 0
    batch: bool = False
    deadline: Seconds = Seconds(60.0)  # noqa: RUF009 - a number, frozen


@dataclass(frozen=True, slots=True)
class Response:
    """What came back with a status of 200 to 299.

    request_id: ours, sent as ``X-Client-Request-Id`` and written in the ledger.
    destination, model: what its price was looked up by.
    cost: what is booked. replayed: it was paid for before and is given again from the ledger; nothing was sent or paid.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    request_id: str
    ledger_id: int
    destination: str
    model: str
    cost: Money
    replayed: bool = False
    batch: bool = False


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a run would send: the most that it may cost. `money` is 0 for what is free."""

    destination: str
    reach: Reach
    model: str
    requests: int
    usage: Usage
    money: Money

    def text(self) -> str:
        """One line for a person who is asked."""
        what = f"{self.requests} requests"
        if self.usage.audio:
            what += f", {self.usage.audio / 60:.1f} min of audio"
        if tokens := self.usage.input_tokens + self.usage.audio_tokens + self.usage.output_tokens:
            what += f", up to {tokens} tokens"
        cost = f"at most {self.money}" if self.money else "free"
        return f"{what} to {self.destination} ({self.reach}, {self.model or 'no model named'}): {cost}"


class PriceRow(Protocol):
    """What one model costs: `prices.Price`, or a fake."""

    def cost(self, usage: Usage, requests: int = 1, *, batch: bool = False) -> Money:
        """What `usage` costs, rounded up, with the provider's minimum for each request; or in a batch."""
        ...


class PriceSource(Protocol):
    """Where prices are looked up: `prices.Prices`, or a fake."""

    def find(self, destination: str, model: str) -> PriceRow | None:
        """The price of `model` at the destination of that name; None where it is unknown."""
        ...
