"""Numbers of a task: ranges, how numbers are spoken in several languages, and back.

English is written here. Other languages come from Unicode's CLDR rules by `unicode_rbnf`, which hassil brings; the
rules for a language give several wordings where gender or case changes them ("ein", "eine").
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from idiolect.text import basic_v1

if TYPE_CHECKING:
    from unicode_rbnf import RbnfEngine

LARGEST_RANGE = 100_000
"""Numbers in one range."""
LARGEST_READ = 9_999
"""The largest number whose words `words_number` knows."""

_INLINE = re.compile(r"(\d+)\.\.(\d+)(?:,(\d+))?")
_UNITS = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = ("zero", "ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_POINT = {"en": "point", "de": "komma", "fr": "virgule", "es": "coma", "it": "virgola", "nl": "komma", "pt": "vírgula"}
_PERCENT = {
    "en": "percent", "de": "prozent", "fr": "pour cent", "es": "por ciento", "it": "per cento", "nl": "procent",
    "pt": "por cento",
}  # fmt: skip
_DROPPED = {"de": (("einhundert", "hundert"), ("eintausend", "tausend"))}
"""Beginnings that people shorten: hundertfünf for einhundertfünf."""

_IN_TEMPLATE = re.compile(r"\{[^}]*\}|<[^>]*>|(?<![\w.,'\])}>])\d+(?:\.\d+)?(?![\w'\[({<]|[.,]\d)")
_IN_TRANSCRIPT = re.compile(r"(?<![\w.])[-−]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:[.,]\d+)?(?![\w])\s*%?")  # noqa: RUF001


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


def number_text(number: float) -> str:
    """A number in digits: ``12`` and ``2.5``, never ``1e+06``."""
    return str(int(number)) if number == int(number) else f"{number:.10f}".rstrip("0")


def number_words(number: float, language: str = "en") -> str:
    """How a number is read aloud, in its first wording; its digits where the language's words are not known.

    >>> number_words(1205), number_words(-3.5), number_words(21, "de")
    ('one thousand two hundred five', 'minus three point five', 'einundzwanzig')
    """
    wordings = number_wordings(number, language)
    return wordings[0] if wordings else number_text(number)


def number_wordings(number: float, language: str = "en") -> tuple[str, ...]:
    """Every wording of a number, as `basic_v1` writes it, the plainest first; none for an unknown language.

    At most one digit after the point is spoken. `language` is a BCP 47 code; only its first part counts.
    """
    base = language.partition("-")[0].lower()
    whole, tenths = divmod(round(abs(number) * 10), 10)
    wordings = _english(whole) if base == "en" else _by_rules(whole, base)
    if tenths:
        point = _POINT.get(base)
        wordings = tuple(f"{wordings[0]} {point} {digit}" for digit in _spoken(tenths, base)) if point else ()
    if number < 0:
        wordings = tuple(f"{_minus(base)} {wording}" for wording in wordings)
    return wordings


def words_number(text: str, language: str = "en") -> int | None:
    """The whole number from 0 to `LARGEST_READ` that `text` says, in words or in digits; None where it says none."""
    plain = basic_v1(text)
    if plain.isdecimal():
        return int(plain)
    base = language.partition("-")[0].lower()
    for last in (99, 999, LARGEST_READ):  # the rules of other languages take up to 4 s for the largest table
        if (found := _inverse(base, last).get(plain)) is not None:
            return found
    return None


def spell_template(text: str, language: str) -> str:
    """A template with its free-standing numbers in words, so that a decoder knows how "12" sounds.

    What stands in ``{…}`` and ``<…>``, and digits inside a word ("b2b"), stay.
    """

    def spell(found: re.Match[str]) -> str:
        return found[0] if found[0][0] in "{<" else digits_words(found[0], language)[0]

    return _IN_TEMPLATE.sub(spell, text)


def digits_words(digits: str, language: str) -> tuple[str, ...]:
    """Wordings of a number written in digits; digit by digit after a leading zero; the digits where none is known."""
    if len(digits) > 1 and digits.isdecimal() and digits[0] == "0":
        return (_one_by_one(digits, language),)
    whole, _, behind = digits.partition(".")
    wordings = number_wordings(float(whole), language)
    point = _POINT.get(language.partition("-")[0].lower())
    if behind:
        return (f"{wordings[0]} {point} {_one_by_one(behind, language)}",) if wordings and point else (digits,)
    return wordings or (digits,)


def _one_by_one(digits: str, language: str) -> str:
    return " ".join(number_words(int(digit), language) for digit in digits)


def spoken_steps(text: str, language: str) -> list[tuple[tuple[str, ...], ...]]:
    """A transcript word by word; a number in digits becomes all the ways to say it.

    >>> spoken_steps("Set 12%", "en")
    [(('set',),), (('12',), ('twelve',)), (('percent',),)]
    """
    steps: list[tuple[tuple[str, ...], ...]] = []
    at = 0
    for found in _IN_TRANSCRIPT.finditer(text):
        steps += _plain_steps(text[at : found.start()])
        steps += _number_steps(found[0], language)
        at = found.end()
    return steps + _plain_steps(text[at:])


def _plain_steps(text: str) -> list[tuple[tuple[str, ...], ...]]:
    return [((word,),) for word in basic_v1(text).split()]


def _number_steps(written: str, language: str) -> list[tuple[tuple[str, ...], ...]]:
    digits = re.sub(r",(?=\d{3}(?:\D|$))", "", written.rstrip("% \t\n")).replace("−", "-").replace(",", ".")  # noqa: RUF001
    ways = dict.fromkeys([basic_v1(digits), *_read_digits(digits, language)])
    steps = [tuple(tuple(way.split()) for way in ways)]
    percent = _PERCENT.get(language.partition("-")[0].lower(), "percent").split()
    return steps + [((word,),) for word in percent if written.endswith("%")]


def _read_digits(digits: str, language: str) -> Iterator[str]:
    yield from digits_words(digits, language)
    if digits.isdecimal() and len(digits) > 1:
        yield _one_by_one(digits, language)
    if digits.isdecimal() and len(digits) in {3, 4} and digits[0] != "0" and digits[-2] != "0":
        yield f"{number_words(int(digits[:-2]), language)} {number_words(int(digits[-2:]), language)}"  # 1984, 630


def _spoken(whole: int, base: str) -> tuple[str, ...]:
    return _english(whole) if base == "en" else _by_rules(whole, base)


def _minus(base: str) -> str:
    if base == "en":
        return "minus"
    return _by_rules(-1, base)[0].removesuffix(_by_rules(1, base)[0]).strip()


def _english(number: int) -> tuple[str, ...]:
    wordings = [_whole(number, ""), _whole(number, "and ")]
    if number in {100, 1_000, 1_000_000}:
        wordings.append(wordings[0].replace("one", "a", 1))
    return tuple(dict.fromkeys(wordings))


@functools.lru_cache(maxsize=10_000)
def _whole(number: int, link: str) -> str:
    for size, name in ((1_000_000_000, "billion"), (1_000_000, "million"), (1_000, "thousand"), (100, "hundred")):
        if number >= size:
            rest = number % size
            joint = link if 0 < rest < 100 else ""
            return f"{_whole(number // size, link)} {name}" + (f" {joint}{_whole(rest, link)}" if rest else "")
    if number < len(_UNITS):
        return _UNITS[number]
    return _TENS[number // 10] + (f" {_UNITS[number % 10]}" if number % 10 else "")


@functools.lru_cache(maxsize=LARGEST_RANGE)
def _by_rules(number: int, base: str) -> tuple[str, ...]:
    engine = _rules(base)
    if engine is None:
        return ()
    said = engine.format_number(number)
    texts = [said.text, *said.text_by_ruleset.values()]
    plain = [basic_v1(text.replace("\u00ad", "")) for text in texts]  # CLDR marks joints with soft hyphens
    for beginning, short in _DROPPED.get(base, ()):
        plain += [short + text.removeprefix(beginning) for text in plain if text.startswith(beginning)]
    return tuple(dict.fromkeys(plain))


@functools.cache
def _rules(base: str) -> RbnfEngine | None:
    from unicode_rbnf import RbnfEngine

    try:
        return RbnfEngine.for_language(base)
    except ValueError:
        return None


@functools.cache
def _inverse(base: str, last: int) -> dict[str, int]:
    return {wording: number for number in range(last + 1) for wording in number_wordings(number, base)}
