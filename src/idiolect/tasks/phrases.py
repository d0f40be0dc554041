"""What a template says, as a frozen tree of whole words. Rules and lists are shared, so the tree is a small graph."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "number", "boolean"]
"""What the values of a list are in JSON."""


@dataclass(frozen=True, slots=True, eq=False)
class Words:
    """Normalized words, one after the other; none of them is the empty phrase."""

    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """Phrases one after the other."""

    items: tuple[Phrase, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """One of the phrases."""

    items: tuple[Phrase, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Shuffle:
    """All of the phrases, in any order."""

    items: tuple[Phrase, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Value:
    """One value of a list: its words, and the canonical value (None: the words as they are spoken)."""

    body: Phrase
    canonical: str | None


@dataclass(frozen=True, slots=True, eq=False)
class Slot:
    """A slot and the values that may fill it. `kind` says what its canonical values are in JSON."""

    name: str
    values: tuple[Value, ...]
    list_name: str
    kind: Kind = "text"


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """A named phrase that templates refer to."""

    name: str
    body: Phrase


Phrase = Words | Row | Choice | Shuffle | Slot | Rule

EMPTY = Words()


@dataclass(frozen=True, slots=True, eq=False)
class IntentBlock:
    """Templates of one intent that share the slots which are always filled.

    lines: where each template of `body` stands in the file, counted from 1.
    """

    intent: str
    fixed: tuple[tuple[str, str], ...]
    body: Choice
    lines: tuple[int, ...] = ()


def parts(phrase: Phrase) -> Iterator[Phrase]:
    """The phrases directly inside `phrase`."""
    if isinstance(phrase, Row | Choice | Shuffle):
        yield from phrase.items
    elif isinstance(phrase, Slot):
        for value in phrase.values:
            yield value.body
    elif isinstance(phrase, Rule):
        yield phrase.body


def walk(phrases: Iterable[Phrase]) -> Iterator[Phrase]:
    """Every phrase in `phrases` and inside them, in the order of the file, each once."""
    seen: set[int] = set()
    waiting = list(phrases)[::-1]
    while waiting:
        phrase = waiting.pop()
        if id(phrase) not in seen:
            seen.add(id(phrase))
            yield phrase
            waiting.extend(reversed(list(parts(phrase))))


def words_of(blocks: tuple[IntentBlock, ...]) -> list[str]:
    """Every word that may be said, in the order of the file, each once. Shared phrases are walked once."""
    found: dict[str, None] = {}
    for phrase in walk(block.body for block in blocks):
        if isinstance(phrase, Words):
            found.update(dict.fromkeys(phrase.words))
    return list(found)
