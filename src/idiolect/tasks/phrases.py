"""What a template says, as a frozen tree of whole words. Rules and lists are shared, so the tree is a small graph."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


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
    """A slot and the values that may fill it."""

    name: str
    values: tuple[Value, ...]
    list_name: str


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """A named phrase that templates refer to."""

    name: str
    body: Phrase


Phrase = Words | Row | Choice | Shuffle | Slot | Rule

EMPTY = Words()


@dataclass(frozen=True, slots=True, eq=False)
class IntentBlock:
    """Templates of one intent that share the slots which are always filled."""

    intent: str
    fixed: tuple[tuple[str, str], ...]
    body: Choice


def parts(phrase: Phrase) -> Iterator[Phrase]:
    """The phrases directly inside `phrase`."""
    if isinstance(phrase, Row | Choice | Shuffle):
        yield from phrase.items
    elif isinstance(phrase, Slot):
        for value in phrase.values:
            yield value.body
    elif isinstance(phrase, Rule):
        yield phrase.body


def words_of(blocks: tuple[IntentBlock, ...]) -> list[str]:
    """Every word that may be said, in the order of the file, each once. Shared phrases are walked once."""
    found: dict[str, None] = {}
    seen: set[int] = set()
    waiting: list[Phrase] = [block.body for block in reversed(blocks)]
    while waiting:
        phrase = waiting.pop()
        if id(phrase) in seen:
            continue
        seen.add(id(phrase))
        if isinstance(phrase, Words):
            found.update(dict.fromkeys(phrase.words))
        else:
            waiting.extend(reversed(list(parts(phrase))))
    return list(found)
