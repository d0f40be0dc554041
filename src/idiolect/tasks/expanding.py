"""The sentences of a task one after the other, each once, without ever holding them all."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from idiolect.tasks.graph import WordGraph
from idiolect.tasks.phrases import Choice, Phrase, Rule, Shuffle, Slot, Words


def expand(graph: WordGraph) -> Iterator[str]:
    """Every sentence of `graph`, each once, depth first.

    The nodes that the same words lead to are followed together, so two ways to say a sentence give it once. Between
    two sentences lies no more work than the words of one: from every node a sentence can be finished.
    """
    finals = frozenset(graph.finals)
    words: list[str] = []
    ways: list[Iterator[tuple[str, frozenset[int]]]] = [_onward(graph, graph.closure([graph.start]))]
    while ways:
        step = next(ways[-1], None)
        if step is None:
            ways.pop()
            if words:
                words.pop()
            continue
        word, nodes = step
        words.append(word)
        if not finals.isdisjoint(nodes):
            yield " ".join(words)
        ways.append(_onward(graph, nodes))


def _onward(graph: WordGraph, nodes: frozenset[int]) -> Iterator[tuple[str, frozenset[int]]]:
    """Each word that may come next, and the nodes it leads to."""
    targets: dict[str, list[int]] = {}
    for node in sorted(nodes):
        for word, reached in graph.word_arcs.get(node, {}).items():
            targets.setdefault(word, []).extend(reached)
    for word, reached in targets.items():
        yield word, graph.closure(reached)


def spellings(phrase: Phrase) -> Iterator[tuple[str, ...]]:
    """The words of each way to say `phrase`, in the order of the file; one that can be said in two ways comes twice."""
    if isinstance(phrase, Words):
        yield phrase.words
    elif isinstance(phrase, Choice):
        for item in phrase.items:
            yield from spellings(item)
    elif isinstance(phrase, Rule):
        yield from spellings(phrase.body)
    elif isinstance(phrase, Slot):
        for value in phrase.values:
            yield from spellings(value.body)
    elif isinstance(phrase, Shuffle):
        for order in itertools.permutations(phrase.items):
            yield from _rows(order)
    else:
        yield from _rows(phrase.items)


def _rows(items: tuple[Phrase, ...]) -> Iterator[tuple[str, ...]]:
    if not items:
        yield ()
        return
    for first in spellings(items[0]):
        for rest in _rows(items[1:]):
            yield first + rest
