"""The arrays that the beam search walks: from a task's graph, or from all words of a lexicon at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from idiolect.engines.decoding.arrays import fixed
from idiolect.engines.decoding.compile import Arrays
from idiolect.engines.decoding.kernel import Forest

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Trees:
    """A `Forest` before anything is weighed, and the words that its exits count."""

    arrays: Forest
    words: tuple[str, ...]

    @staticmethod
    def of_graph(graph: Arrays) -> Trees:
        """The trees of a compiled graph: one for each hub where words begin."""
        places, hubs = len(graph.silence), len(graph.link_first)
        nodes = len(graph.phone) - places
        total = nodes + places
        source = graph.source[:nodes].astype(np.int64)
        # Sources from `total` on are hubs; here they come right after the nodes.
        group = np.where(source >= total, source - total + nodes, source)
        exits = np.flatnonzero(graph.exit_word >= 0)
        ended = np.searchsorted(graph.exit_first, exits, side="right") - 1
        state = graph.exit_state[exits]
        by_node = np.argsort(state, kind="stable")
        hub = np.repeat(np.arange(hubs), np.diff([*graph.link_first, len(graph.link)]))
        by_place = np.argsort(graph.link, kind="stable")
        final = np.zeros(places, dtype=bool)
        final[graph.finals] = True
        arrays = _forest(
            token=graph.phone[:nodes],
            loops=graph.loops[:nodes],
            group=group,
            groups=nodes + hubs,
            exits=(state[by_node], graph.exit_word[exits][by_node], ended[by_node], graph.exit_score[exits][by_node]),
            links=(graph.link[by_place], hub[by_place]),
            final=final,
            start=graph.start,
        )
        return Trees(arrays, graph.words)

    @staticmethod
    def of_words(
        words: Sequence[str], said: NDArray[np.int64], outputs: NDArray[np.int64], lengths: NDArray[np.int64]
    ) -> Trees:
        """One tree, from whose words one comes back to its beginning.

        said: (n,), which of `words` each spelling is. lengths: (n,), how long the spellings are, at least 1; `outputs`
        are all of them, one after another, at most 65,534 each.
        """
        table = np.zeros((len(said), int(lengths.max(initial=1))), dtype=">u2")
        table[np.arange(table.shape[1]) < lengths[:, None]] = 1 + outputs  # 0 is the end of a spelling
        order = np.argsort(table.view(f"S{2 * table.shape[1]}")[:, 0], kind="stable")
        table, lengths = table[order].astype(np.int64), lengths[order]
        node, parent, token = _prefixes(table, lengths)
        end = node[np.arange(len(node)), lengths - 1]
        size = len(token)
        word = said[order]
        by_node = np.lexsort([word, end])
        arrays = _forest(
            token=token,
            loops=np.ones(size, dtype=bool),
            group=np.where(parent < 0, size, parent),
            groups=size + 1,
            exits=(end[by_node], word[by_node], np.zeros(len(end)), np.zeros(len(end))),
            links=([0], [0]),
            final=np.ones(1, dtype=bool),
            start=0,
        )
        return Trees(arrays, tuple(words))

    def weighed(self, word_scores: Floats, exit_scale: float) -> Forest:
        """The forest with its look ahead.

        word_scores: float32 (words,), what it counts on for a word; the search itself adds what it finds in the models.
        exit_scale: weight of the scores that stand at the exits.
        """
        arrays = self.arrays
        nodes, places = len(arrays.token), len(arrays.final)
        exit_score = arrays.exit_score * np.float32(exit_scale)
        look = np.full(nodes, -np.inf, dtype=np.float32)
        owner = np.repeat(np.arange(nodes), np.diff(arrays.exit_first))
        np.maximum.at(look, owner, exit_score + word_scores[arrays.exit_word])
        parent = parents_of(arrays)
        for node in _deepest_first(parent, nodes):
            np.maximum.at(look, parent[node], look[node])
        tree = np.full(len(arrays.child_first) - 1 - nodes, -np.inf, dtype=np.float32)
        roots = np.flatnonzero(parent >= nodes)
        np.maximum.at(tree, parent[roots] - nodes, look[roots])
        place = np.full(places, -np.inf, dtype=np.float32)
        np.maximum.at(place, np.repeat(np.arange(places), np.diff(arrays.link_first)), tree[arrays.link])
        place[~np.isfinite(place)] = 0  # nothing follows
        return arrays._replace(
            exit_score=fixed(exit_score, "f4"), look=fixed(look, "f4"), place_look=fixed(place, "f4")
        )


def parents_of(arrays: Forest) -> NDArray[np.int64]:
    """For each node the one before it; for the first of tree d, the number of nodes + d."""
    found = np.empty(len(arrays.token), dtype=np.int64)
    found[arrays.child] = np.repeat(np.arange(len(arrays.child_first) - 1), np.diff(arrays.child_first))
    return found


def _forest(
    *,
    token: ArrayLike,
    loops: ArrayLike,
    group: NDArray[np.int64],
    groups: int,
    exits: tuple[ArrayLike, ...],
    links: tuple[ArrayLike, ArrayLike],
    final: NDArray[np.bool_],
    start: int,
) -> Forest:
    """From rows to stretches: `group` is what each node follows; exits are sorted by node, links by place."""
    nodes = len(group)
    node, word, place, score = exits
    from_place, tree = links
    return Forest(
        token=fixed(token, "i4"),
        loops=fixed(loops, "?"),
        child_first=fixed(np.searchsorted(np.sort(group), np.arange(groups + 1)), "i4"),
        child=fixed(np.argsort(group, kind="stable"), "i4"),
        exit_first=fixed(np.searchsorted(np.asarray(node), np.arange(nodes + 1)), "i4"),
        exit_word=fixed(word, "i4"),
        exit_place=fixed(place, "i4"),
        exit_score=fixed(score, "f4"),
        link_first=fixed(np.searchsorted(np.asarray(from_place), np.arange(len(final) + 1)), "i4"),
        link=fixed(tree, "i4"),
        look=fixed(np.zeros(nodes), "f4"),
        place_look=fixed(np.zeros(len(final)), "f4"),
        final=fixed(final, "?"),
        start=fixed([start], "i4"),
    )


def _prefixes(
    table: NDArray[np.int64], lengths: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Nodes of the prefix tree of sorted rows: the node at each place of each row, and each node's parent and token."""
    depth = np.arange(table.shape[1])
    differs = np.ones(table.shape, dtype=bool)
    differs[1:] = np.logical_or.accumulate(table[1:] != table[:-1], axis=1)
    new = differs & (depth < lengths[:, None])
    node = np.zeros(table.shape, dtype=np.int64)
    node[new] = np.arange(np.count_nonzero(new))
    node = np.maximum.accumulate(node, axis=0)
    row, at = np.nonzero(new)
    parent = np.where(at > 0, node[row, at - 1], -1)
    return node, parent, table[row, at] - 1


def _deepest_first(parent: NDArray[np.int64], nodes: int) -> list[NDArray[np.int64]]:
    """The nodes that follow another node, in groups of equal depth, the deepest first."""
    levels: list[NDArray[np.int64]] = []
    level = np.flatnonzero(parent >= nodes)
    depth = np.full(nodes, -1)
    depth[level] = 0
    while (missing := np.flatnonzero(depth < 0)).size:
        ready = missing[depth[parent[missing]] == len(levels)]
        depth[ready] = len(levels) + 1
        levels.append(ready)
    return levels[::-1]
