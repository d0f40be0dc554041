"""Number ranges of a task, as they are spoken in English."""

from __future__ import annotations

import re
from collections.abc import Iterator

LARGEST_RANGE = 100_000
"""Numbers in one range."""

_INLINE = re.compile(r"(\d+)\.\.(\d+)(?:,(\d+))?")
_UNITS = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = ("zero", "ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")


def parse_inline_range(name: str) -> tuple[int, int, int] | None:
    """``0..100,5`` → (0, 100, 5); None if it is not of that form."""
    found = _INLINE.fullmatch(name)
    if found is None:
        return None
    first, last, step = int(found[1]), int(found[2]), int(found[3] or 1)
    return (first, last, step) if first <= last and step > 0 and (last - first) // step < LARGEST_RANGE else None


def ranged_numbers(first: int, last: int, step: int, fractions: str | None) -> Iterator[float]:
    """The numbers of a range; between them halves or tenths if `fractions` says so."""
    between = {None: (), "halves": (0.5,), "tenths": tuple(tenth / 10 for tenth in range(1, 10))}[fractions]
    for whole in range(first, last + 1, step):
        yield whole
        for fraction in between:
            yield whole + fraction


def number_words(number: float) -> str:
    """How a number is read aloud.

    >>> number_words(1205), number_words(-3.5)
    ('one thousand two hundred five', 'minus three point five')
    """
    if number < 0:
        return f"minus {number_words(-number)}"
    whole, tenths = divmod(round(number * 10), 10)
    return _whole(whole) + (f" point {_UNITS[tenths]}" if tenths else "")


def _whole(number: int) -> str:
    for size, name in ((1_000_000, "million"), (1_000, "thousand"), (100, "hundred")):
        if number >= size:
            rest = number % size
            return f"{_whole(number // size)} {name}" + (f" {_whole(rest)}" if rest else "")
    if number < len(_UNITS):
        return _UNITS[number]
    return _TENS[number // 10] + (f" {_UNITS[number % 10]}" if number % 10 else "")
