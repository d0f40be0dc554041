"""What others charge: rows of ``prices.toml``, each with its source and the day it was seen; a user's rows come first.

A price that nobody wrote down is unknown, never nothing: asking for it raises.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from math import ceil
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from idiolect.errors import PriceError
from idiolect.gateway.values import Money, Usage

STALE_AFTER = 90
"""Days after which a row warns: providers change prices several times a year."""

PACKAGED = Path(__file__).with_name("prices.toml")

_MILLION = 1_000_000
_NANO = 1_000_000_000
_ZERO = Decimal(0)
_RATES = ("per_minute", "per_hour", "per_million_input", "per_million_output", "per_million_characters")
_GIVEN = re.compile(r"(?P<first>\d+(?:\.\d+)?)(?:\+(?P<second>\d+(?:\.\d+)?))?/(?P<unit>min|hour|Mtok|Mchar)")


@dataclass(frozen=True, slots=True)
class Price:
    """One row: what one model of one provider costs, in dollars.

    provider: its name. hosts: where it answers (``api.groq.com``, with the port where it has one of its own).
    model: as the request names it; ``*`` for any model of these hosts. aliases: other names of the same price.
    per_minute, per_hour: of audio; a row has one of them. per_million_input, per_million_output: tokens.
    per_million_audio: tokens of audio in the input; where it is not given they cost what other tokens do.
    per_million_characters: of text to be spoken. A rate of 0 is free; a rate that is not given is not charged.
    minimum_seconds: audio that each request is billed at least. step_seconds: audio is rounded up to whole steps.
    batch_discount: the share taken off in the provider's batch API, 0 to 1.
    free_tier: in words; it is never counted, as it may be used up. source: where it is written. seen: when it was read
    there. note: what else to know. given: a user's own row.
    """

    provider: str
    model: str
    hosts: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    per_minute: Decimal | None = None
    per_hour: Decimal | None = None
    per_million_input: Decimal | None = None
    per_million_output: Decimal | None = None
    per_million_audio: Decimal | None = None
    per_million_characters: Decimal | None = None
    minimum_seconds: Decimal = _ZERO
    step_seconds: Decimal = _ZERO
    batch_discount: Decimal = _ZERO
    free_tier: str = ""
    source: str = ""
    seen: date | None = None
    note: str = ""
    given: bool = False

    def cost(self, usage: Usage, requests: int = 1, *, batch: bool = False) -> Money:
        """The most that `requests` cost which use `usage` together; of one request it is exact, to the next nanodollar.

        Minimum and rounding are counted for each request, as if all audio but a little were in one of them: nothing
        that they bill is above it. Whoever knows the requests adds them up one by one, and gets less.

        Raises:
            PriceError: a negative usage, or one that this row has no rate for: a price per token says nothing of audio.
        """
        self._check(usage)
        if requests <= 0:
            return Money()
        others = (requests - 1) * max(Fraction(self.minimum_seconds), Fraction(self.step_seconds))
        parts = (
            self._audio_rate() * (self.billed_seconds(usage.audio) + (others if usage.audio else 0)),
            _rate(self.per_million_input) * usage.input_tokens / _MILLION,
            _rate(self.per_million_output) * usage.output_tokens / _MILLION,
            _rate(self._audio_token_rate()) * usage.audio_tokens / _MILLION,
            _rate(self.per_million_characters) * usage.characters / _MILLION,
        )
        dollars = sum(parts, Fraction(0)) * (1 - Fraction(self.batch_discount) if batch else 1)
        return Money(ceil(dollars * _NANO) + (requests - 1 if dollars else 0))

    def billed_seconds(self, audio: float) -> Fraction:
        """The seconds that a request with `audio` seconds is billed: whole steps, and the minimum at least; 0 for none.

        >>> price = Price("groq", "whisper", minimum_seconds=Decimal(10), step_seconds=Decimal(1))
        >>> price.billed_seconds(2.0), price.billed_seconds(12.2)
        (Fraction(10, 1), Fraction(13, 1))
        """
        if audio <= 0:
            return Fraction(0)
        exact = Fraction(round(audio * _MILLION), _MILLION)  # a float's last digits must not start another step
        step = Fraction(self.step_seconds)
        whole = ceil(exact / step) * step if step else exact
        return max(whole, Fraction(self.minimum_seconds))

    @property
    def charges_audio(self) -> bool:
        """Whether it has a rate for minutes."""
        return self.per_minute is not None or self.per_hour is not None

    @property
    def rates(self) -> str:
        """Its rates in words: ``$0.006/min``, ``$2.5/Mtok in, $10/Mtok out``."""
        told = (
            (self.per_minute, "/min"),
            (self.per_hour, "/h"),
            (self.per_million_input, "/Mtok in"),
            (self.per_million_audio, "/Mtok audio in"),
            (self.per_million_output, "/Mtok out"),
            (self.per_million_characters, "/Mchar"),
        )
        return ", ".join(f"${rate.normalize():f}{unit}" for rate, unit in told if rate is not None)

    def age(self, today: date) -> int | None:
        """Days since the row was seen; None for a row that does not say."""
        return None if self.seen is None else (today - self.seen).days

    def stale(self, today: date) -> bool:
        """Whether the row is too old to be believed without a look."""
        age = self.age(today)
        return age is None or age > STALE_AFTER

    def warning(self, today: date) -> str | None:
        """What to say before money is spent by an old row; None for a fresh one."""
        if not self.stale(today):
            return None
        age = self.age(today)
        told = "has no date" if age is None else f"was seen {age} days ago"
        look = f" ({self.source})" if self.source else ""
        return (
            f"the price of {self.provider} {self.model} {told}: is it still right{look}? "
            "Then write today's date into the project's prices.toml: seen = YYYY-MM-DD"
        )

    def _audio_rate(self) -> Fraction:
        """Dollars per second."""
        return _rate(self.per_minute) / 60 + _rate(self.per_hour) / 3600

    def _audio_token_rate(self) -> Decimal | None:
        return self.per_million_input if self.per_million_audio is None else self.per_million_audio

    def _check(self, usage: Usage) -> None:
        amounts = asdict(usage)
        wrong = [f"{name} {value}" for name, value in amounts.items() if not value >= 0]
        if wrong:
            raise PriceError(f"nobody can use {', '.join(wrong)}")
        charged = {
            "audio": self.charges_audio,
            "input_tokens": self.per_million_input is not None,
            "output_tokens": self.per_million_output is not None,
            "characters": self.per_million_characters is not None,
            "audio_tokens": self._audio_token_rate() is not None,
        }
        used = [name for name, value in amounts.items() if value]
        if used and not any(charged[name] for name in used):
            raise PriceError(
                f"the price of {self.provider} {self.model} has no rate for {' or '.join(used)}: it is not known",
                hint=_HINT,
            )


NO_CHARGE = Price("local", "*", per_minute=_ZERO, per_million_input=_ZERO, per_million_output=_ZERO,
             per_million_characters=_ZERO, given=True)  # fmt: skip
"""What the user's own machine costs: nothing, whatever is used."""

_HINT = "give one: --price 0.006/min, or a [[price]] row in the project's prices.toml"


@dataclass(frozen=True, slots=True)
class Prices:
    """Every known row, the user's first; `today` is the day that ages are counted from."""

    rows: tuple[Price, ...]
    today: date

    @classmethod
    def load(cls, user_file: Path | None = None, *, today: date) -> Prices:
        """The packaged rows, behind those of the user. Raises `PriceError` with the file and row at fault."""
        own = read_prices(user_file, given=True) if user_file is not None and user_file.exists() else ()
        rows = own + read_prices(PACKAGED)
        for row in own:
            if row.seen is not None and row.seen > today:
                raise PriceError(f"{user_file}: {row.provider} {row.model} was seen on {row.seen}, which is to come")
        return cls(rows, today)

    def with_row(self, row: Price) -> Prices:
        """These prices with one more row that stands before all others."""
        return Prices((row, *self.rows), self.today)

    def find(self, destination: str, model: str) -> Price | None:
        """The first row for a model at a destination: a URL, a host, or a provider's name. None where none is known.

        A row that names the model stands before one for any model; a user's row stands before a packaged one.
        """
        for given in (True, False):
            here = [row for row in self.rows if row.given is given and _is_at(row, destination)]
            named = [row for row in here if model == row.model or model in row.aliases]
            found = named or [row for row in here if row.model == "*"]
            if found:
                return found[0]
        return None

    def price(self, destination: str, model: str) -> Price:
        """The same as `find`, or an error. Raises `PriceError` for a price that nobody wrote down."""
        found = self.find(destination, model)
        if found is None:
            raise PriceError(f"the price of {model!r} at {_host(destination) or destination} is not known", hint=_HINT)
        return found

    def warnings(self) -> list[str]:
        """One line for each row that is too old."""
        return [text for row in self.rows if (text := row.warning(self.today)) is not None]


def given_price(text: str, *, destination: str, model: str, today: date) -> Price:
    """The row that ``--price`` says: ``0.006/min``, ``0.36/hour``, ``0.15+0.60/Mtok`` (in and out), ``15/Mchar``.

    Raises `PriceError` for anything else.
    """
    found = _GIVEN.fullmatch(text.strip().removeprefix("$"))
    two = found is not None and found["second"] is not None
    if found is None or two is not (found["unit"] == "Mtok"):
        raise PriceError(
            f"--price {text!r} is no price", hint="0.006/min, 0.36/hour, 0.15+0.60/Mtok (in and out) or 15/Mchar"
        )
    first = Decimal(found["first"])
    rates: dict[str, dict[str, Any]] = {
        "min": {"per_minute": first},
        "hour": {"per_hour": first},
        "Mtok": {"per_million_input": first, "per_million_output": Decimal(found["second"] or 0)},
        "Mchar": {"per_million_characters": first},
    }
    host = _host(destination) or destination
    return Price(host, model, hosts=(host,), seen=today, source="--price", given=True, **rates[found["unit"]])


def read_prices(path: Path, *, given: bool = False) -> tuple[Price, ...]:
    """The ``[[price]]`` rows of a file. Raises `PriceError` with the file and row at fault."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PriceError(f"{path} is not TOML: {error}") from error
    unknown = sorted(set(table) - {"price"})
    if unknown or not isinstance(table.get("price", []), list):
        raise PriceError(f"{path}: {', '.join(unknown) or 'price'} is not a list of [[price]] rows")
    return tuple(_row(path, number, row, given=given) for number, row in enumerate(table.get("price", []), start=1))


def _row(path: Path, number: int, row: Mapping[str, Any], *, given: bool) -> Price:
    where = f"{path}, row {number} ({row.get('provider', '?')} {row.get('model', '?')})"
    known = {field.name: str(field.type) for field in fields(Price)} | {"given": ""}
    values: dict[str, Any] = {}
    for name, value in row.items():
        if not known.get(name):
            allowed = ", ".join(name for name, kind in known.items() if kind)
            raise PriceError(f"{where}: there is no {name!r}", hint=f"known: {allowed}")
        values[name] = _value(f"{where}: {name}", known[name], value)
    if not values.get("provider") or not values.get("model"):
        raise PriceError(f"{where} does not say provider and model")
    if not any(name in values for name in _RATES):
        raise PriceError(f"{where} has no rate", hint=f"one of {', '.join(_RATES)}; 0 where it is free")
    if "per_minute" in values and "per_hour" in values:
        raise PriceError(f"{where} has per_minute and per_hour", hint="audio is charged once: leave one")
    if ("per_million_input" in values) != ("per_million_output" in values):
        raise PriceError(
            f"{where} has a rate for tokens of one way only", hint="per_million_input and per_million_output"
        )
    if "per_million_audio" in values and "per_million_input" not in values:
        raise PriceError(
            f"{where} has a rate for tokens of audio only", hint="per_million_input and per_million_output"
        )
    if values.get("batch_discount", _ZERO) > 1:
        raise PriceError(
            f"{where}: batch_discount is {values['batch_discount']}", hint="a share: 0.5 is half the price"
        )
    return Price(**values, given=given)


def _value(where: str, kind: str, value: Any) -> Any:
    if kind.startswith("tuple") and isinstance(value, list) and all(isinstance(one, str) for one in value):
        return tuple(value)
    if kind.startswith("Decimal") and isinstance(value, int | Decimal) and not isinstance(value, bool):
        try:
            if Decimal(value) >= 0:
                return Decimal(value)
        except InvalidOperation:  # nan compares with nothing
            pass
    elif (kind == "str" and isinstance(value, str)) or (kind.startswith("date") and type(value) is date):
        return value
    raise PriceError(f"{where} is {value!r}", hint="amounts in dollars, 0 or more; dates as 2026-05-05; lists of texts")


def _rate(rate: Decimal | None) -> Fraction:
    return Fraction(rate or 0)


def _is_at(row: Price, destination: str) -> bool:
    host = _host(destination)
    return destination == row.provider or bool({host, host.partition(":")[0], destination} & set(row.hosts))


def _host(destination: str) -> str:
    """``host`` or ``host:port`` of a URL; a bare host is itself."""
    return urlsplit(destination if "://" in destination else f"//{destination}").netloc.rpartition("@")[2].lower()
