"""What secrets look like in a text: shapes, check digits, and strings that are too random to be words."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple


class Span(NamedTuple):
    """Where a secret stands in a text, and what it is: EMAIL, PHONE, DIGITS, CARD, IBAN, KEY or GIVEN."""

    start: int
    end: int
    kind: str


def find_secrets(text: str, patterns: Sequence[re.Pattern[str]] = ()) -> list[Span]:
    """Every secret in `text`, from left to right; what overlaps is one, so that no part of a secret stays."""
    spans = [
        *(Span(*found.span(), "GIVEN") for pattern in patterns for found in pattern.finditer(text)),
        *_keys(text),
        *(Span(*found.span(), "EMAIL") for shape in (_EMAIL, _SPOKEN_EMAIL) for found in shape.finditer(text)),
        *_ibans(text),
        *_cards(text),
        *_phones(text),
        *(Span(*found.span(), "DIGITS") for found in _SPOKEN_DIGITS.finditer(text)),
    ]
    joined: list[Span] = []
    for span in sorted((one for one in spans if one.end > one.start), key=lambda one: (one.start, -one.end)):
        if joined and span.start < joined[-1].end:
            last = joined[-1]
            joined[-1] = Span(last.start, max(last.end, span.end), last.kind)
        else:
            joined.append(span)
    return joined


_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,8}[a-z]{2,24}(?![\w-])", re.IGNORECASE)
_SPOKEN_EMAIL = re.compile(
    r"\b[\w'-]+(?: (?:dot|underscore|dash|hyphen) [\w'-]+){0,3} at [\w'-]+(?: dot [\w'-]+){0,3}"
    r" dot (?:com|org|net|edu|gov|io|info|de|uk|fr|eu|nl|at|ch)\b",
    re.IGNORECASE,
)
_DIGIT = "(?:zero|oh|one|two|three|four|five|six|seven|eight|nine)"
_SPOKEN_DIGITS = re.compile(rf"\b{_DIGIT}(?:[ ,-]+{_DIGIT}){{6,}}\b", re.IGNORECASE)
"""Seven digits in a row: a phone number without its area code is the shortest number that names somebody."""

_KEYS = re.compile(
    r"""-----BEGIN[ ][A-Z ]*PRIVATE[ ]KEY-----.*?(?:-----END[ ][A-Z ]*PRIVATE[ ]KEY-----|\Z)  # PEM
    | \beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*                                                       # JSON web token
    | \b(?:sk|pk|rk)[-_](?:[a-z]+[-_])*[\w-]{16,}                                             # OpenAI, Stripe
    | \bgsk_\w{16,} | \bhf_\w{16,} | \bgh[pousr]_\w{16,} | \bgithub_pat_\w{16,}               # Groq, GitHub
    | \bglpat-[\w-]{16,} | \bxox[abposr]-[\w-]{10,} | \bnpm_\w{16,}                           # GitLab, Slack
    | \b(?:AKIA|ASIA)[A-Z0-9]{16}\b | \bAIza[\w-]{30,}                                        # AWS, Google
    """,
    re.VERBOSE | re.DOTALL,
)
_AFTER_ITS_NAME = re.compile(
    r"\b(?:password|passwd|secret|token|api[-_ ]?key)\s*(?:=|:)\s*(?P<secret>[^\s,;]{6,})"
    r"|\bBearer\s+(?P<bearer>[\w.~+/=-]{16,})",
    re.IGNORECASE,
)
_BLOB = re.compile(r"(?<![\w+/=-])[\w+/=-]{20,}(?![\w+/=-])")
_RANDOM_BITS = 3.0
"""Bits per character (Shannon, over the string's own characters). Random hexadecimal of 20 characters has about 3.5;
what repeats itself, such as a ruled line, has less than 2."""


def _keys(text: str) -> Iterator[Span]:
    for found in _KEYS.finditer(text):
        yield Span(*found.span(), "KEY")
    for found in _AFTER_ITS_NAME.finditer(text):
        yield Span(*found.span("secret" if found["secret"] else "bearer"), "KEY")
    for found in _BLOB.finditer(text):
        if _is_random(found[0]):
            yield Span(*found.span(), "KEY")


def _is_random(blob: str) -> bool:
    """Keys have digits or changes of case all over; words joined by dashes a year or a version."""
    runs = len(re.findall(r"\d+", blob))
    turns = len(re.findall(r"[a-z](?=[A-Z])|[A-Z](?=[a-z])", blob))
    letters = sum(character.isalpha() for character in blob)
    bits = -sum(many / len(blob) * math.log2(many / len(blob)) for many in Counter(blob).values())
    return (runs >= 3 or (runs >= 1 and turns >= 6)) and letters >= 3 and bits >= _RANDOM_BITS


_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}", re.IGNORECASE)


def _ibans(text: str) -> Iterator[Span]:
    """ISO 13616: the number whose first four characters go to the end, letters as 10 to 35, is 1 modulo 97."""
    for found in _IBAN.finditer(text):
        for end in range(len(found[0]), 14, -1):
            part = found[0][:end]
            whole = not (found[0][end - 1 : end + 1]).isalnum() or end == len(found[0]) or not found[0][end].isalnum()
            if whole and not part.endswith(" ") and _is_iban(part.replace(" ", "")):
                yield Span(found.start(), found.start() + end, "IBAN")
                break


def _is_iban(characters: str) -> bool:
    if not (15 <= len(characters) <= 34 and characters.isascii()):
        return False
    return int("".join(str(int(one, 36)) for one in characters[4:] + characters[:4])) % 97 == 1


_NUMBERS = re.compile(r"(?<!\d)\d+(?:[ -]\d+)*(?!\d)", re.ASCII)


def _cards(text: str) -> Iterator[Span]:
    """13 to 19 digits (ISO/IEC 7812) whose last one checks; another group beside them does not hide them."""
    for found in _NUMBERS.finditer(text):
        groups = [(one.start(), one.end()) for one in re.finditer(r"\d+", found[0])]
        for first, (start, _) in enumerate(groups):
            ends = [end for _, end in groups[first:] if _is_card(re.sub(r"\D", "", found[0][start:end]))]
            if ends:
                yield Span(found.start() + start, found.start() + ends[-1], "CARD")


def _is_card(digits: str) -> bool:
    if not 13 <= len(digits) <= 19 or len(set(digits)) == 1:
        return False
    doubled = [int(one) * (1 + place % 2) for place, one in enumerate(reversed(digits))]
    return sum(one - 9 if one > 9 else one for one in doubled) % 10 == 0


_PHONE = re.compile(r"(?<![\w.,+])(?:\+|\(\+?)?\d(?:[()/ .-]{0,2}\d){6,16}(?!\w|[.,]\d)", re.ASCII)
_DECIMAL = re.compile(r"\d+\.\d+")
_DATE = re.compile(
    r"\d{4}([-./ ])\d{1,2}\1\d{1,2}|\d{1,2}([-./ ])\d{1,2}\2\d{4}|(?:1[5-9]|20)\d\d ?[- /] ?(?:1[5-9]|20)\d\d"
)
_LOCAL = re.compile(r"\d{3}[-. ]\d{4}")


def _phones(text: str) -> Iterator[Span]:
    for found in _PHONE.finditer(text):
        if _is_phone(found[0]):
            yield Span(*found.span(), "PHONE")


def _is_phone(written: str) -> bool:
    """A ``+`` or a leading 0 (E.164: up to 15 digits), ten digits or more, or 555-0199; no date, no decimal."""
    if _DATE.fullmatch(written) or _DECIMAL.fullmatch(written):
        return False
    digits = sum(character.isdigit() for character in written)
    marked = written.startswith(("+", "(", "0"))
    return digits <= 15 and (digits >= 10 or (marked and digits >= 8) or _LOCAL.fullmatch(written) is not None)
