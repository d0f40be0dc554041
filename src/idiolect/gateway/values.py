"""What is counted and what it costs, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from idiolect.units import Seconds

NANO = 1_000_000_000
"""Nanodollars in a dollar: a token of the cheapest models costs tens of them, so that whole numbers add up exactly."""

_NO_TIME = Seconds(0.0)


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An amount of US dollars, held as a whole number of nanodollars, so that sums are exact."""

    nano: int = 0

    @classmethod
    def dollars(cls, amount: str | int | Decimal) -> Money:
        """So many dollars; an amount finer than a nanodollar is rounded up. Raises `decimal.InvalidOperation`."""
        scaled = Decimal(amount) * NANO
        whole = int(scaled)
        return cls(whole + 1 if scaled > whole else whole)

    def __add__(self, other: Money) -> Money:
        return Money(self.nano + other.nano)

    def __sub__(self, other: Money) -> Money:
        return Money(self.nano - other.nano)

    def __mul__(self, count: int) -> Money:
        return Money(self.nano * count)

    def __bool__(self) -> bool:
        return self.nano != 0

    def __str__(self) -> str:
        """``$0.04``, ``$0.000667``: cents at least, and every digit that is not zero.

        >>> str(Money(1_500_000_000)), str(Money(667_000))
        ('$1.50', '$0.000667')
        """
        whole, rest = divmod(abs(self.nano), NANO)
        digits = f"{rest:09d}".rstrip("0").ljust(2, "0")
        return f"{'-' if self.nano < 0 else ''}${whole}.{digits}"


@dataclass(frozen=True, slots=True)
class Usage:
    """What a request uses: the most that it may be before it is sent, what it was after."""

    audio: Seconds = _NO_TIME
    input_tokens: int = 0
    output_tokens: int = 0
    characters: int = 0
