"""All that a sentence may mean, found by matching the templates themselves.

`WordGraph.parse` gives one reading and needs the graph; this one gives every reading with the line of its template, and
knows nothing of the graph: each checks the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from idiolect.tasks.phrases import Choice, IntentBlock, Phrase, Row, Rule, Shuffle, Slot, Words

_Slots = tuple[tuple[str, str], ...]
_Ends = frozenset[tuple[int, _Slots]]
"""Where a phrase may end, and the slots that it fills on the way."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """One reading of a sentence, and the line of the template that gives it."""

    intent: str
    slots: Mapping[str, str]
    line: int


def meanings(blocks: Sequence[IntentBlock], words: Sequence[str]) -> list[Meaning]:
    """Every different reading of `words`, in the order of the file; for equal ones the first line."""
    matcher = _Matcher(tuple(words))
    found: dict[tuple[str, frozenset[tuple[str, str]]], Meaning] = {}
    for block in blocks:
        lines = block.lines or (0,) * len(block.body.items)
        for template, line in zip(block.body.items, lines, strict=True):
            for end, slots in sorted(matcher.match(template, 0)):
                if end == len(words):
                    filled = {**dict(block.fixed), **dict(slots)}
                    key = (block.intent, frozenset(filled.items()))
                    found.setdefault(key, Meaning(block.intent, filled, line))
    return list(found.values())


@dataclass(slots=True)
class _Matcher:
    words: tuple[str, ...]
    known: dict[tuple[int, int], _Ends] = field(default_factory=dict)

    def match(self, phrase: Phrase, at: int) -> _Ends:
        """Where `phrase` may end if it begins at word `at`."""
        key = (id(phrase), at)
        if key not in self.known:
            self.known[key] = frozenset(self._match(phrase, at))
        return self.known[key]

    def _match(self, phrase: Phrase, at: int) -> Iterator[tuple[int, _Slots]]:
        if isinstance(phrase, Words):
            end = at + len(phrase.words)
            if self.words[at:end] == phrase.words:
                yield end, ()
        elif isinstance(phrase, Row):
            yield from self._row(phrase.items, at)
        elif isinstance(phrase, Choice):
            for item in phrase.items:
                yield from self.match(item, at)
        elif isinstance(phrase, Rule):
            yield from self.match(phrase.body, at)
        elif isinstance(phrase, Shuffle):
            yield from self._shuffle(phrase.items, frozenset(range(len(phrase.items))), at)
        else:
            yield from self._slot(phrase, at)

    def _row(self, items: Sequence[Phrase], at: int) -> Iterator[tuple[int, _Slots]]:
        ways: set[tuple[int, _Slots]] = {(at, ())}
        for item in items:
            ways = {(end, _filled(slots, more)) for here, slots in ways for end, more in self.match(item, here)}
        yield from ways

    def _shuffle(self, items: Sequence[Phrase], left: frozenset[int], at: int) -> Iterator[tuple[int, _Slots]]:
        if not left:
            yield at, ()
        for number in left:
            for here, slots in self.match(items[number], at):
                for end, more in self._shuffle(items, left - {number}, here):
                    yield end, _filled(slots, more)

    def _slot(self, slot: Slot, at: int) -> Iterator[tuple[int, _Slots]]:
        for value in slot.values:
            body = value.body
            ends: _Ends
            if isinstance(body, Words):  # by far the commonest, and lists are long: no memory for each of them
                end = at + len(body.words)
                ends = frozenset([(end, ())]) if self.words[at:end] == body.words else frozenset()
            else:
                ends = self.match(body, at)
            for end, inside in ends:
                said = " ".join(self.words[at:end]) if value.canonical is None else value.canonical
                yield end, _filled(inside, ((slot.name, said),))


def _filled(slots: _Slots, more: _Slots) -> _Slots:
    """As a table would have it: what comes later replaces what came before."""
    return tuple(sorted({**dict(slots), **dict(more)}.items()))
