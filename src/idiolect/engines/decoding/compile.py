"""A word graph and a lexicon → the arrays that the search runs over.

Nodes of the word graph that say the same from here on become one *hub* (sentences share their ends); the words that
leave a hub share the beginnings of their pronunciations (a tree per hub). In a tree every state but the first is
entered from one state only, so a frame of the search is a gather and a maximum.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from idiolect.tasks import PHONES, Lexicon, WordGraph

Integers = NDArray[np.int32]
Scores = NDArray[np.float32]

Spell = Callable[[str], list[list[int]]]
"""A word → the sequences of outputs that say it."""

_PHONE_AT = {phone: at for at, phone in enumerate(PHONES)}
SILENCE = _PHONE_AT["SIL"]


@dataclass(frozen=True, slots=True)
class Hubs:
    """Where words begin and end.

    words: for each hub, the words that leave it: (word, hub it leads to, log probability).
    reach: for each hub, the hubs that it leads to without a word, itself included.
    """

    words: Sequence[Sequence[tuple[str, int, float]]]
    reach: Sequence[Sequence[int]]
    start: int
    finals: frozenset[int]


@dataclass(frozen=True, slots=True)
class Arrays:
    """The compiled graph. S states, D hubs where words begin, A hubs where words end, X ways to end a word.

    phone: (S,) which output of the network a state reads.
    source: (S,) what enters it: a state, below S; S + d, a hub where words begin; S + D + a, where they end.
    loops: (S,) whether a state may last longer than a frame.
    silence: (A,) the silent state after a hub where words end.
    exit_state, exit_word, exit_score: (X,) the last states of words, sorted by the hub they lead to.
    exit_first: (A,) where each hub's exits begin.
    link, link_first: which hubs where words end lead to each hub where words begin, sorted by the latter; (D,) first.
    start: which of the A the sentence begins at; finals: those it may end at.
    """

    phone: Integers
    source: Integers
    loops: NDArray[np.bool_]
    silence: Integers
    exit_state: Integers
    exit_word: Integers
    exit_score: Scores
    exit_first: Integers
    link: Integers
    link_first: Integers
    start: int
    finals: Integers
    words: tuple[str, ...]


def hubs_of_graph(graph: WordGraph) -> Hubs:
    """Merge the nodes of a word graph that say the same from here on; marks count as nothing."""
    words: dict[int, list[tuple[str, int]]] = {}
    silent: dict[int, list[int]] = {}
    for arc in graph.arcs:
        if arc.word is None:
            silent.setdefault(arc.source, []).append(arc.target)
        else:
            words.setdefault(arc.source, []).append((arc.word, arc.target))
    finals = set(graph.finals)
    hub_of: dict[int, int] = {}
    known: dict[object, int] = {}
    kept: list[tuple[list[tuple[str, int, float]], list[int], bool]] = []
    for node in range(graph.nodes - 1, -1, -1):  # arcs lead upwards: what a node leads to is merged already
        onward = frozenset(hub_of[target] for target in silent.get(node, ()))
        said = frozenset((word, hub_of[target]) for word, target in words.get(node, ()))
        if not said and len(onward) == 1 and node not in finals:
            hub_of[node] = next(iter(onward))
            continue
        key = (said, onward, node in finals)
        if key not in known:
            known[key] = len(kept)
            kept.append(([(word, hub, 0.0) for word, hub in sorted(said)], sorted(onward), node in finals))
        hub_of[node] = known[key]
    reach = _closures([onward for _, onward, _ in kept])
    ends = {hub for hub, (_, _, final) in enumerate(kept) if final}
    return Hubs(
        words=[said for said, _, _ in kept],
        reach=reach,
        start=hub_of[graph.start],
        finals=frozenset(hub for hub, reached in enumerate(reach) if not ends.isdisjoint(reached)),
    )


def _closures(onward: Sequence[Sequence[int]]) -> list[list[int]]:
    """For each hub, all that it leads to without a word; hubs lead to hubs of lower number."""
    closures: list[list[int]] = []
    for hub, targets in enumerate(onward):
        reached = {hub}
        for target in targets:
            reached.update(closures[target])
        closures.append(sorted(reached))
    return closures


def spoken_by(lexicon: Lexicon) -> Spell:
    """Each word by the phones of its variants. Raises `TaskError` for a word that cannot be spoken."""
    return lambda word: [[_PHONE_AT[phone] for phone in variant] for variant in dict.fromkeys(lexicon.pronounce(word))]


def compile_hubs(hubs: Hubs, lexicon: Lexicon, minimum_frames: int) -> Arrays:
    """The arrays of a graph of hubs, each word by its phones. Raises `TaskError` for a word that cannot be spoken."""
    return compile_spelled(hubs, spoken_by(lexicon), minimum_frames)


def compile_spelled(hubs: Hubs, spell: Spell, minimum_frames: int) -> Arrays:
    """The arrays of a graph of hubs, each word by the outputs that `spell` gives for it."""
    reached = _reachable(hubs)
    begins = [hub for hub in reached if hubs.words[hub]]
    ends = sorted({hubs.start, *(target for hub in begins for _, target, _ in hubs.words[hub])})
    end_at = {hub: at for at, hub in enumerate(ends)}
    tree = _Trees(spell, minimum_frames)
    for at, hub in enumerate(begins):
        for word, target, score in hubs.words[hub]:
            tree.add(at, word, end_at[target], score)
    states = len(tree.phone)
    total = states + len(ends)
    source = [total + ~entry if entry < 0 else entry for entry in tree.source]
    source += [total + len(begins) + at for at in range(len(ends))]
    link, link_first = _links(hubs, begins, end_at)
    exits = _exits(tree, end_at[hubs.start], nobody=total + len(begins) + len(ends))
    return Arrays(
        phone=np.array(tree.phone + [SILENCE] * len(ends), dtype=np.int32),
        source=np.array(source, dtype=np.int32),
        loops=np.array(tree.loops + [True] * len(ends), dtype=bool),
        silence=np.arange(states, total, dtype=np.int32),
        exit_state=np.array([state for _, state, _, _ in exits], dtype=np.int32),
        exit_word=np.array([word for _, _, word, _ in exits], dtype=np.int32),
        exit_score=np.array([score for *_, score in exits], dtype=np.float32),
        exit_first=np.searchsorted([end for end, *_ in exits], np.arange(len(ends))).astype(np.int32),
        link=link,
        link_first=link_first,
        start=end_at[hubs.start],
        finals=np.array([end_at[hub] for hub in ends if hub in hubs.finals], dtype=np.int32),
        words=tuple(tree.words),
    )


@dataclass(slots=True)
class _Trees:
    """One tree of phones per hub where words begin. A negative source ``~d`` is hub d."""

    spell: Spell
    minimum_frames: int
    phone: list[int] = field(default_factory=list)
    source: list[int] = field(default_factory=list)
    loops: list[bool] = field(default_factory=list)
    exits: dict[tuple[int, int, int], float] = field(default_factory=dict)
    words: dict[str, int] = field(default_factory=dict)
    children: dict[tuple[int, int], int] = field(default_factory=dict)
    spoken: dict[str, list[list[int]]] = field(default_factory=dict)

    def add(self, hub: int, word: str, target: int, score: float) -> None:
        if word not in self.spoken:
            self.spoken[word] = self.spell(word)
        number = self.words.setdefault(word, len(self.words))
        for phones in self.spoken[word]:
            state = ~hub
            for phone in phones:
                state = self.child(state, phone)
            self.exits[target, state, number] = score

    def child(self, state: int, phone: int) -> int:
        """The state for `phone` after `state`, with the states before it that make it last its least."""
        key = (state, phone)
        if key not in self.children:
            for copy in range(self.minimum_frames):
                self.phone.append(phone)
                self.source.append(state)
                self.loops.append(copy == self.minimum_frames - 1)
                state = len(self.phone) - 1
            self.children[key] = state
        return self.children[key]


def _reachable(hubs: Hubs) -> list[int]:
    seen: set[int] = set()
    waiting = [hubs.start]
    while waiting:
        hub = waiting.pop()
        if hub not in seen:
            seen.add(hub)
            waiting.extend(hubs.reach[hub])
            waiting.extend(target for _, target, _ in hubs.words[hub])
    return sorted(seen)


def _links(hubs: Hubs, begins: Iterable[int], end_at: Mapping[int, int]) -> tuple[Integers, Integers]:
    arriving: dict[int, list[int]] = {hub: [] for hub in begins}
    for hub, at in end_at.items():
        for onward in hubs.reach[hub]:
            if onward in arriving:
                arriving[onward].append(at)
    flat = [at for sources in arriving.values() for at in sources]
    firsts = np.cumsum([0, *(len(sources) for sources in arriving.values())])[:-1]
    return np.array(flat, dtype=np.int32), firsts.astype(np.int32)


def _exits(tree: _Trees, start: int, nobody: int) -> list[tuple[int, int, int, float]]:
    """The ways to end a word, by hub; the start, which no word may lead to, gets one from `nobody`."""
    rows = [(target, state, word, score) for (target, state, word), score in tree.exits.items()]
    if not any(target == start for target, *_ in rows):
        rows.append((start, nobody, -1, 0.0))
    return sorted(rows)
