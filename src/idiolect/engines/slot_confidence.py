"""How sure a slot is: as sure as the least sure of its words, since one wrong word makes another value."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence

from idiolect.tasks import WordGraph

Trail = tuple["Trail | None", str | int]
"""The last step of a reading, and those before it: the number of a word, or ``+slot`` where one opens, ``-slot``."""

Active = dict[int, tuple[int, Trail | None]]
"""Node → slots opened so far on the way there, and that way."""


def slot_confidence(
    graph: WordGraph, words: Sequence[str], sure: Sequence[float], slots: Mapping[str, str], whole: float
) -> dict[str, float]:
    """Slot → confidence, where `sure` is that of each of `words`; `whole` for slots that no word stands for."""
    heard = slot_words(graph, words)
    return {name: min((sure[at] for at in heard.get(name, ())), default=whole) for name in slots}


def slot_words(graph: WordGraph, words: Sequence[str]) -> dict[str, list[int]]:
    """Slot → the numbers of the words that it was heard in, by the reading that `WordGraph.parse` takes."""
    active = _closed(graph, {graph.start: (0, None)})
    for number, word in enumerate(words):
        moved: Active = {}
        for node, (cost, trail) in active.items():
            for target in graph.word_arcs.get(node, {}).get(word, ()):
                if target not in moved or cost < moved[target][0]:
                    moved[target] = (cost, (trail, number))
        active = _closed(graph, moved)
    ends = [active[node] for node in graph.finals if node in active]
    return _inside(min(ends, key=lambda end: end[0])[1]) if ends else {}


def _closed(graph: WordGraph, active: Active) -> Active:
    """The active nodes and all that can be reached from them without a word; arcs lead upwards."""
    waiting = list(active)
    heapq.heapify(waiting)
    while waiting:
        node = heapq.heappop(waiting)
        cost, trail = active[node]
        for arc in graph.silent_arcs.get(node, ()):
            kind = "" if arc.mark is None else arc.mark.kind
            dearer = cost + (kind == "open")
            if arc.target in active and active[arc.target][0] <= dearer:
                continue
            if arc.target not in active:
                heapq.heappush(waiting, arc.target)
            step = {"open": "+", "close": "-"}.get(kind)
            active[arc.target] = (dearer, trail if step is None or arc.mark is None else (trail, step + arc.mark.name))
    return active


def _inside(trail: Trail | None) -> dict[str, list[int]]:
    steps: list[str | int] = []
    while trail is not None:
        trail, step = trail
        steps.append(step)
    found: dict[str, list[int]] = {}
    said: list[int] = []
    for step in reversed(steps):
        if isinstance(step, int):
            said.append(step)
        elif step[0] == "+":
            said = []
        else:
            found[step[1:]] = list(said)
    return found
