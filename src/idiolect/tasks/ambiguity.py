"""Sentences that mean two things, found without writing the sentences of the task out.

All nodes that the same words lead to are followed together, each with what it has said beyond the others (the way a
transducer is made deterministic: Mohri, Finite-State Transducers in Language and Speech Processing, 1997). Where two of
them can end with different meanings, the words that led there are ambiguous.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from idiolect.tasks.graph import Mark, WordGraph
from idiolect.tasks.phrases import IntentBlock
from idiolect.tasks.readings import Meaning, meanings

LARGEST_SEARCH = 2_000_000
"""Nodes of all sets that are looked at: some 20 s of one core. A permutation of 8 optional lists takes 8 s."""
MOST_FOUND = 20
"""Pairs of templates that are reported."""


@dataclass(frozen=True, slots=True)
class Ambiguity:
    """A sentence with its different readings, in the order of the file."""

    sentence: str
    readings: tuple[Meaning, ...]


@dataclass(frozen=True, slots=True)
class Ambiguities:
    """What was found; `complete` says whether every sentence was looked at."""

    found: tuple[Ambiguity, ...]
    complete: bool


class _Said(NamedTuple):
    """What a path has said so far: slots as sorted pairs, and the words of each slot that is open."""

    intent: str = ""
    slots: tuple[tuple[str, str], ...] = ()
    heard: tuple[tuple[str, ...], ...] = ()


_Item = tuple[int, _Said]
_State = frozenset[_Item]


def find_ambiguities(graph: WordGraph, blocks: Sequence[IntentBlock]) -> Ambiguities:
    """Ambiguous sentences of the task that `graph` was built from: the shortest one for each pair of lines."""
    finals = frozenset(graph.finals)
    plain = plain_nodes(graph)
    first = _relative(_closed(graph, [(graph.start, _Said())]))
    came_from: dict[_State, tuple[_State, str] | None] = {first: None}
    waiting = deque([first])
    found: dict[tuple[int, ...], Ambiguity] = {}
    looked = 0
    while waiting and len(found) < MOST_FOUND and looked < LARGEST_SEARCH:
        state = waiting.popleft()
        if len({said for node, said in state if node in finals}) > 1:
            words = _words_to(state, came_from)
            readings = meanings(blocks, words)
            if len(readings) > 1:
                found.setdefault(_pair(readings), Ambiguity(" ".join(words), tuple(readings)))
        for word, items in _onward(graph, state):
            after = _relative(_closed(graph, items))
            looked += len(after)
            alone = len(after) == 1 and plain[min(after)[0]]
            if not alone and after not in came_from:
                came_from[after] = (state, word)
                waiting.append(after)
    return Ambiguities(tuple(found.values()), complete=not waiting)


def plain_nodes(graph: WordGraph) -> list[bool]:
    """For each node whether no sentence can have two meanings that differ from there on.

    That is so where words that may follow are all different, each leads to one node, that node is plain, and nothing is
    reached without a word in two ways. It spares the search the inside of long lists.
    """
    finals = frozenset(graph.finals)
    plain = [False] * graph.nodes
    for node in range(graph.nodes - 1, -1, -1):  # arcs lead upwards
        plain[node] = _is_plain(graph, node, finals, plain)
    return plain


def _is_plain(graph: WordGraph, start: int, finals: frozenset[int], plain: Sequence[bool]) -> bool:
    words: set[str] = set()
    reached, waiting, ends = {start}, [start], 0
    while waiting:
        node = waiting.pop()
        ends += node in finals
        for word, targets in graph.word_arcs.get(node, {}).items():
            if word in words or len(targets) > 1 or not plain[targets[0]]:
                return False
            words.add(word)
        for arc in graph.silent_arcs.get(node, ()):
            if arc.target in reached:
                return False
            reached.add(arc.target)
            waiting.append(arc.target)
    return ends < 2


def _pair(readings: Sequence[Meaning]) -> tuple[int, ...]:
    """Which templates differ; of one template, one example is enough."""
    return tuple(sorted({reading.line for reading in readings}))


def _onward(graph: WordGraph, state: _State) -> Iterator[tuple[str, list[_Item]]]:
    targets: dict[str, list[_Item]] = {}
    for node, said in sorted(state):
        for word, reached in graph.word_arcs.get(node, {}).items():
            heard = said._replace(heard=tuple((*words, word) for words in said.heard)) if said.heard else said
            targets.setdefault(word, []).extend((target, heard) for target in reached)
    yield from targets.items()


def _closed(graph: WordGraph, items: Iterable[_Item]) -> set[_Item]:
    """The items and all that they become without a word."""
    found = set(items)
    waiting = list(found)
    while waiting:
        node, said = waiting.pop()
        for arc in graph.silent_arcs.get(node, ()):
            item = (arc.target, said if arc.mark is None else _marked(said, arc.mark))
            if item not in found:
                found.add(item)
                waiting.append(item)
    return found


def _marked(said: _Said, mark: Mark) -> _Said:
    if mark.kind == "intent":
        return said._replace(intent=mark.name)
    if mark.kind == "open":
        return said._replace(heard=(*said.heard, ()))
    value = " ".join(said.heard[-1]) if mark.value is None else mark.value
    filled = tuple(sorted({**dict(said.slots), mark.name: value}.items()))
    return said._replace(slots=filled, heard=said.heard[:-1] if mark.kind == "close" else said.heard)


def _relative(items: set[_Item]) -> _State:
    """The items without what all of them have said."""
    saids = [said for _, said in items]
    intents = {said.intent for said in saids}
    shared = frozenset.intersection(*(frozenset(said.slots) for said in saids))
    return frozenset(
        (
            node,
            said._replace(
                intent="" if len(intents) == 1 else said.intent,
                slots=tuple(pair for pair in said.slots if pair not in shared),
            ),
        )
        for node, said in items
    )


def _words_to(state: _State, came_from: dict[_State, tuple[_State, str] | None]) -> list[str]:
    words: list[str] = []
    while (step := came_from[state]) is not None:
        state, word = step
        words.append(word)
    return words[::-1]
