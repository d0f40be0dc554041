"""Secrets in a text: found and replaced before it goes to a cloud, and put back into what comes back.

A secret becomes a placeholder such as ``[[EMAIL_1]]``: capitals, a number and doubled brackets, which language models
copy as they stand. Equal secrets share one, so that the text keeps its sense. What is found is what a pattern knows:
names and addresses of people are not, and a text with those is kept back by its sensitivity.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import NamedTuple

from idiolect.errors import SettingsError
from idiolect.gateway.secret_shapes import Span, find_secrets


@dataclass(frozen=True, slots=True)
class Secret:
    """One thing that was found. `text` is never shown, stored or logged; `placeholder` stands for it."""

    kind: str
    text: str = field(repr=False)
    placeholder: str
    count: int = 1
    """How often it stands in the texts."""


@dataclass(frozen=True, slots=True)
class Masked:
    """Texts that may go, and what restores the answer.

    texts: with placeholders, in the order that they were given. found: each different secret.
    """

    texts: tuple[str, ...]
    found: tuple[Secret, ...] = ()

    @property
    def text(self) -> str:
        """The first text: where there was one, the text."""
        return self.texts[0]

    @property
    def total(self) -> int:
        """How many places were masked: what the ledger says."""
        return sum(secret.count for secret in self.found)

    def counts(self) -> dict[str, int]:
        """How many of each kind, the commonest first."""
        kinds: Counter[str] = Counter()
        for secret in self.found:
            kinds[secret.kind] += secret.count
        return dict(kinds.most_common())

    def restore(self, answer: str) -> str:
        """`answer` with the secret for each placeholder, also where its case or a bracket was lost on the way."""
        if not self.found:
            return answer
        known = {secret.placeholder.strip("[]"): secret.text for secret in self.found}
        loose = re.compile("|".join(_loose(*name.split("_")) for name in known), re.IGNORECASE)
        return loose.sub(lambda found: known[_name(found[0])], answer)


class _Place(NamedTuple):
    text: int
    span: Span


def mask(text: str, patterns: Iterable[str] = ()) -> Masked:
    """Find what must not leave in one text, and replace it; see `mask_all`."""
    return mask_all([text], patterns)


def mask_all(texts: Sequence[str], patterns: Iterable[str] = ()) -> Masked:
    """Find what must not leave in texts that go together, and replace it: the same secret alike in all of them.

    E-mail addresses (also as they are spoken: "ann at example dot com"), phone numbers, seven or more digits spoken
    in a row, card numbers (Luhn), IBANs (mod 97), keys and tokens (known shapes, what follows ``password:``, random
    strings), and whatever matches one of `patterns` (regular expressions; case is ignored).

    Restoring the masked texts gives the texts, whatever they hold: numbers that stand in something like a placeholder
    already are not used.

    Raises:
        SettingsError: a pattern that is no regular expression, or that matches nothing at all.
    """
    own = [_pattern(pattern) for pattern in patterns]
    places = [_Place(number, span) for number, text in enumerate(texts) for span in find_secrets(text, own)]
    names: dict[str, str] = {}
    kinds: dict[str, str] = {}
    often: Counter[str] = Counter()
    taken = {name for text in texts for name in _taken(text)}
    masked = list(texts)
    for place in places:
        secret = texts[place.text][place.span.start : place.span.end]
        kinds.setdefault(secret, place.span.kind)
        if secret not in names:
            names[secret] = _free_name(kinds[secret], taken)
        often[secret] += 1
    for place in reversed(places):
        text = masked[place.text]
        secret = text[place.span.start : place.span.end]
        masked[place.text] = f"{text[: place.span.start]}[[{names[secret]}]]{text[place.span.end :]}"
    found = tuple(Secret(kinds[text], text, f"[[{name}]]", often[text]) for text, name in names.items())
    return Masked(tuple(masked), found)


_KINDS = ("EMAIL", "PHONE", "DIGITS", "CARD", "IBAN", "KEY", "GIVEN")
_ANY = re.compile(rf"({'|'.join(_KINDS)})[ _]?(\d+)", re.IGNORECASE)


def _loose(kind: str, number: str) -> str:
    """A placeholder as a model may give it back. Without any bracket it must keep its underscore: "key 1" is a text."""
    return rf"\[{{1,2}}[ \t]*{kind}[ _]?{number}[ \t]*\]{{1,2}}|(?<!\w){kind}_{number}(?!\w)"


def _name(written: str) -> str:
    found = _ANY.search(written)
    return f"{found[1].upper()}_{found[2]}" if found else written


def _taken(text: str) -> set[str]:
    return {f"{kind.upper()}_{number}" for kind, number in _ANY.findall(text)}


def _free_name(kind: str, taken: set[str]) -> str:
    name = next(name for number in count(1) if (name := f"{kind}_{number}") not in taken)
    taken.add(name)
    return name


def _pattern(pattern: str) -> re.Pattern[str]:
    try:
        compiled = re.compile(pattern, re.IGNORECASE)
    except re.error as error:
        raise SettingsError(f"{pattern!r} is no regular expression: {error}") from error
    if compiled.fullmatch(""):
        raise SettingsError(f"{pattern!r} matches nothing at all", hint="a pattern names at least one character")
    return compiled
