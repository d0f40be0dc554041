"""The word graph of a task: every sentence is a path, and no sentence is ever written out.

Arcs always lead from a lower node to a higher one, so the order of the nodes is a topological order.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

from idiolect.errors import TaskError
from idiolect.tasks.phrases import EMPTY, Choice, IntentBlock, Phrase, Row, Rule, Shuffle, Slot, Words

LARGEST_GRAPH = 4_000_000
"""Arcs: about 1 GB of Python objects. Rules that repeat each other many levels deep pass it."""
LARGEST_EXACT_COUNT = 20_000
"""Sets of nodes that counting sentences exactly may visit (about a second)."""


class Mark(NamedTuple):
    """What an arc says about meaning: an intent, the start or end of a slot, or a slot that is always filled."""

    kind: Literal["intent", "open", "close", "fixed"]
    name: str
    value: str | None = None
    """For close and fixed, the canonical value; None: the words as spoken since the slot was opened."""


class Arc(NamedTuple):
    """From node to node, saying a word, or setting a mark, or neither."""

    source: int
    target: int
    word: str | None = None
    mark: Mark | None = None


class Parsed(NamedTuple):
    """What a sentence means."""

    intent: str
    slots: dict[str, str]


class _Trail(NamedTuple):
    """The last step of a path, and the steps before it."""

    before: _Trail | None
    step: str | Mark


_Active = dict[int, tuple[int, _Trail | None]]
"""Node → slots opened so far on the cheapest way there, and that way."""


@dataclass(frozen=True)
class WordGraph:
    """Nodes are ``0 … nodes - 1``. Without slots, so that what is looked up often can be kept beside it."""

    nodes: int
    arcs: tuple[Arc, ...]
    start: int
    finals: tuple[int, ...]

    @cached_property
    def silent_arcs(self) -> Mapping[int, list[Arc]]:
        """The arcs without a word, by source."""
        return _by_source(arc for arc in self.arcs if arc.word is None)

    @cached_property
    def word_arcs(self) -> Mapping[int, dict[str, list[int]]]:
        """Source → word → targets."""
        found: dict[int, dict[str, list[int]]] = {}
        for arc in self.arcs:
            if arc.word is not None:
                found.setdefault(arc.source, {}).setdefault(arc.word, []).append(arc.target)
        return found

    def parse(self, words: Iterable[str]) -> Parsed | None:
        """What the words mean, or None if they are no sentence of the graph.

        Of several readings the one with the fewest slots is taken, then the one that comes first in the file.
        """
        return self.parse_steps([((word,),) for word in words])

    def parse_steps(self, steps: Iterable[Sequence[tuple[str, ...]]]) -> Parsed | None:
        """The same for words of which some may be read in several ways: each step is one of its runs of words."""
        active = self._closed({self.start: (0, None)})
        for ways in steps:
            active = self._after(ways, active)
            if not active:
                return None
        ends = [active[node] for node in self.finals if node in active]
        return _meaning(min(ends, key=lambda end: end[0])[1]) if ends else None

    def closure(self, nodes: Iterable[int]) -> frozenset[int]:
        """`nodes` and all that they lead to without a word."""
        reached = set(nodes)
        waiting = list(reached)
        while waiting:
            for arc in self.silent_arcs.get(waiting.pop(), ()):
                if arc.target not in reached:
                    reached.add(arc.target)
                    waiting.append(arc.target)
        return frozenset(reached)

    def _after(self, ways: Sequence[tuple[str, ...]], active: _Active) -> _Active:
        """Where one of the runs of words leads from the active nodes; the cheapest way to each node is kept."""
        found: _Active = {}
        for way in ways:
            reached = active
            for word in way:
                reached = self._closed(self._moved(word, reached))
            for node, (cost, trail) in reached.items():
                if node not in found or cost < found[node][0]:
                    found[node] = (cost, trail)
        return found

    def _moved(self, word: str, active: _Active) -> _Active:
        moved: _Active = {}
        for node, (cost, trail) in active.items():
            for target in self.word_arcs.get(node, {}).get(word, ()):
                if target not in moved or cost < moved[target][0]:
                    moved[target] = (cost, _Trail(trail, word))
        return moved

    def _closed(self, active: _Active) -> _Active:
        """The active nodes and all that can be reached from them without a word."""
        waiting = list(active)
        heapq.heapify(waiting)
        while waiting:
            node = heapq.heappop(waiting)
            cost, trail = active[node]
            for arc in self.silent_arcs.get(node, ()):
                dearer = cost + (arc.mark is not None and arc.mark.kind == "open")
                known = active.get(arc.target)
                if known is None or dearer < known[0]:
                    if known is None:
                        heapq.heappush(waiting, arc.target)
                    active[arc.target] = (dearer, trail if arc.mark is None else _Trail(trail, arc.mark))
        return active

    def count(self) -> int:
        """How many different sentences there are: exact where that is found quickly, else an upper bound."""
        exact = self._count_exactly()
        return self._count_paths() if exact is None else exact

    def _count_paths(self) -> int:
        paths = [0] * self.nodes
        for node in self.finals:
            paths[node] = 1
        for arc in sorted(self.arcs, key=lambda arc: -arc.source):
            paths[arc.source] += paths[arc.target]
        return paths[self.start]

    def _count_exactly(self) -> int | None:
        """Counts over sets of nodes, so that a sentence with two paths counts once."""
        first = self.closure([self.start])
        onward: dict[frozenset[int], list[frozenset[int]]] = {}
        waiting = [first]
        while waiting:
            here = waiting.pop()
            if here in onward:
                continue
            if len(onward) >= LARGEST_EXACT_COUNT:
                return None
            onward[here] = self._steps(here)
            waiting.extend(onward[here])
        # A set whose lowest node is higher cannot lead to one whose lowest node is lower.
        sentences: dict[frozenset[int], int] = {}
        for here in sorted(onward, key=min, reverse=True):
            ends = any(node in here for node in self.finals)
            sentences[here] = ends + sum(sentences[there] for there in onward[here])
        return sentences[first]

    def _steps(self, here: frozenset[int]) -> list[frozenset[int]]:
        targets: dict[str, list[int]] = {}
        for node in here:
            for word, reached in self.word_arcs.get(node, {}).items():
                targets.setdefault(word, []).extend(reached)
        return [self.closure(reached) for reached in targets.values()]


def build_graph(blocks: Iterable[IntentBlock]) -> WordGraph:
    """The graph of all blocks. Raises `TaskError` where it would be larger than `LARGEST_GRAPH`."""
    builder = _Builder()
    ends: list[int] = []
    for block in blocks:
        node = builder.move(0, Mark("intent", block.intent))
        for name, value in block.fixed:
            node = builder.move(node, Mark("fixed", name, value))
        ends.append(builder.add(block.body, node))
    final = builder.join(ends)
    return WordGraph(nodes=builder.nodes, arcs=tuple(builder.arcs), start=0, finals=(final,))


class _Builder:
    """Grows arcs from a node and says where they end. The end of anything is newer than all that is inside."""

    def __init__(self) -> None:
        self.nodes = 1
        self.arcs: list[Arc] = []

    def node(self) -> int:
        self.nodes += 1
        return self.nodes - 1

    def arc(self, source: int, target: int, word: str | None = None, mark: Mark | None = None) -> int:
        if len(self.arcs) >= LARGEST_GRAPH:
            raise TaskError(
                f"the task has more than {LARGEST_GRAPH:,} arcs",
                hint="rules that use other rules several times multiply: use each once, or a list",
            )
        self.arcs.append(Arc(source, target, word, mark))
        return target

    def move(self, source: int, mark: Mark) -> int:
        return self.arc(source, self.node(), mark=mark)

    def join(self, ends: Iterable[int]) -> int:
        different = list(dict.fromkeys(ends))
        if len(different) == 1:
            return different[0]
        target = self.node()
        for end in different:
            self.arc(end, target)
        return target

    def add(self, phrase: Phrase, start: int) -> int:
        if isinstance(phrase, Words):
            return self.add_words(phrase.words, start, {})
        if isinstance(phrase, Row):
            for item in phrase.items:
                start = self.add(item, start)
            return start
        if isinstance(phrase, Choice):
            return self.add_choice(phrase, start)
        if isinstance(phrase, Shuffle):
            return self.add_shuffle(phrase, start)
        if isinstance(phrase, Rule):
            return self.add(phrase.body, start)
        return self.add_slot(phrase, start)

    def add_words(self, words: tuple[str, ...], start: int, known: dict[tuple[int, str], int]) -> int:
        """Words from `start` on, along those that `known` has already."""
        for word in words:
            key = (start, word)
            if key not in known:
                known[key] = self.arc(start, self.node(), word)
            start = known[key]
        return start

    def add_choice(self, phrase: Choice, start: int) -> int:
        known: dict[tuple[int, str], int] = {}
        ends = [
            self.add_words(item.words, start, known) if isinstance(item, Words) else self.add(item, start)
            for item in phrase.items
        ]
        return self.join(ends)

    def add_slot(self, slot: Slot, start: int) -> int:
        start = self.move(start, Mark("open", slot.name))
        known: dict[tuple[int, str], int] = {}
        ends: dict[tuple[int, str | None], None] = {}
        for value in slot.values:
            body = value.body
            end = self.add_words(body.words, start, known) if isinstance(body, Words) else self.add(body, start)
            ends[end, value.canonical] = None
        target = self.node()
        for end, canonical in ends:
            self.arc(end, target, mark=Mark("close", slot.name, canonical))
        return target

    def add_shuffle(self, phrase: Shuffle, start: int) -> int:
        """One node per set of items that have been said: 2^n copies instead of n!."""
        everything = (1 << len(phrase.items)) - 1
        arriving: dict[int, list[int]] = {0: [start]}
        for said in range(everything):
            node = self.join(arriving[said])
            for at, item in enumerate(phrase.items):
                if not said & 1 << at:
                    arriving.setdefault(said | 1 << at, []).append(self.add(item, node))
        return self.join(arriving[everything])


def may_be_empty(phrase: Phrase) -> bool:
    """Whether nothing at all is one of the things that `phrase` may say."""
    if isinstance(phrase, Words):
        return not phrase.words
    if isinstance(phrase, Choice):
        return not phrase.items or any(may_be_empty(item) for item in phrase.items)
    if isinstance(phrase, Slot):
        return phrase.values == () or any(value.body is EMPTY for value in phrase.values)
    if isinstance(phrase, Rule):
        return may_be_empty(phrase.body)
    return all(may_be_empty(item) for item in phrase.items)


def _by_source(arcs: Iterable[Arc]) -> dict[int, list[Arc]]:
    found: dict[int, list[Arc]] = {}
    for arc in arcs:
        found.setdefault(arc.source, []).append(arc)
    return found


def _meaning(trail: _Trail | None) -> Parsed:
    steps: list[str | Mark] = []
    while trail is not None:
        steps.append(trail.step)
        trail = trail.before
    intent, slots, heard = "", {}, list[str]()
    opened: list[int] = []  # a value may hold slots of its own
    for step in reversed(steps):
        if isinstance(step, str):
            heard.append(step)
        elif step.kind == "intent":
            intent = step.name
        elif step.kind == "open":
            opened.append(len(heard))
        else:
            begun = opened.pop() if step.kind == "close" else 0
            slots[step.name] = " ".join(heard[begun:]) if step.value is None else step.value
    return Parsed(intent, slots)
