"""One beam search for whatever is known: a task's graph or a lexicon, an n-gram model, key terms, in any combination.

`kernel.py` walks; here its arrays are made, and what it leaves is read: the best sentence, or the n best.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from idiolect.engines.decoding import kernel
from idiolect.engines.decoding.arrays import fixed
from idiolect.engines.decoding.compile import SILENCE
from idiolect.engines.decoding.forest import Trees, parents_of
from idiolect.engines.decoding.kernel import Forest, Terms, Weights
from idiolect.engines.decoding.ngram import NGram, Tree
from idiolect.engines.decoding.options import DecodingOptions
from idiolect.engines.decoding.terms import NO_TERMS, compile_terms

Scores = NDArray[np.float32]

POPS = 2000
"""Steps per sentence of an n-best list: sentences that differ only in their times are one."""


class Said(NamedTuple):
    """A word of a path: its number, the node that it ended at, its first frame, and its last (not included)."""

    word: int
    node: int
    start: int
    end: int


class Sentence(NamedTuple):
    """A path from the first frame to the last, and its score in nats, all weights included."""

    words: tuple[Said, ...]
    score: float


@dataclass(frozen=True, slots=True)
class Lattice:
    """What a search leaves. Columns of the rows: word, record before, node, first frame, end frame (arcs: record)."""

    records: NDArray[np.int32]
    record_scores: NDArray[np.float64]
    arcs: NDArray[np.int32]
    arc_scores: NDArray[np.float64]
    last: NDArray[np.int32]
    totals: NDArray[np.float64]

    def best(self) -> Sentence | None:
        """The best sentence, None where none fits."""
        if not len(self.last):
            return None
        at = int(self.totals.argmax())
        words, row = [], int(self.last[at])
        while row >= 0:
            word, before, node, start, end = (int(value) for value in self.records[row])
            words.append(Said(word, node, start, end))
            row = before
        return Sentence(tuple(reversed(words)), float(self.totals[at]))

    def n_best(self, count: int) -> list[Sentence]:
        """The best `count` sentences of different words, the best first; A* from the end, whose estimate is exact."""
        arriving = self._arriving()
        waiting: list[tuple[float, int, int, tuple[Said, ...]]] = [
            (-float(total), at, int(row), ())
            for at, (total, row) in enumerate(zip(self.totals, self.last, strict=True))
        ]
        heapq.heapify(waiting)
        found: dict[tuple[int, ...], Sentence] = {}
        number = len(waiting)
        for _ in range(POPS * count):
            if not waiting or len(found) == count:
                break
            cost, _, row, words = heapq.heappop(waiting)
            if row < 0:
                found.setdefault(tuple(said.word for said in words), Sentence(words, -cost))
                continue
            for at in arriving.get(row, ()):
                word, before, node, start, _ = (int(value) for value in self.arcs[at])
                lost = float(self.record_scores[row] - self.arc_scores[at])
                said = Said(word, node, start, int(self.records[row, 4]))
                number += 1
                heapq.heappush(waiting, (cost + lost, number, before, (said, *words)))
        return list(found.values())

    def _arriving(self) -> dict[int, list[int]]:
        ways: dict[int, list[int]] = {}
        for at, row in enumerate(self.arcs[:, 4].tolist()):
            ways.setdefault(row, []).append(at)
        return ways


@dataclass(frozen=True, slots=True)
class BeamSearch:
    """A search over one forest. Its room for tokens is its own: not for two threads at a time.

    words: what the numbers of words mean. number: of each word, in the n-gram model; -1 where it has none.
    parents: of each node, the node before it, or how many there are and more where it begins a tree.
    """

    forest: Forest
    words: tuple[str, ...]
    ngram: NGram
    number: NDArray[np.int32]
    terms: Terms
    weights: Weights
    parents: NDArray[np.int64] = field(repr=False)
    room: kernel.Room = field(repr=False)

    @staticmethod
    def of(
        trees: Trees,
        outputs: int,
        options: DecodingOptions,
        *,
        ngram: NGram | None = None,
        terms: Mapping[str, float | None] | None = None,
        blank: int = -1,
        exit_scale: float = 1.0,
    ) -> BeamSearch:
        """A search for a network of `outputs` outputs: phones with silence, or with a `blank` CTC.

        terms: key terms and the boost of each of their words, None for `options.boost`. exit_scale: weight of the log
        probabilities that stand in the trees.
        """
        number = np.full(len(trees.words), -1, dtype=np.int32)
        bonus = np.zeros(len(trees.words), dtype=np.float32)
        if ngram is not None:
            number = np.fromiter((ngram.index.get(word, -1) for word in trees.words), np.int32, len(trees.words))
            known = np.where(number >= 0, ngram.tree.prob[1 + np.maximum(number, 0)], ngram.unknown)
            bonus += np.float32(options.lm_scale) * known.astype(np.float32)
        automaton = NO_TERMS if not terms else _terms(terms, trees.words, options.boost, bonus)
        weights = Weights(
            beam=float(options.beam),
            tokens=options.tokens,
            lm=float(options.lm_scale) if ngram is not None else 0.0,
            unknown=0.0 if ngram is None else ngram.unknown,
            word_penalty=float(options.word_penalty),
            silence_penalty=float(options.silence_penalty),
            penalty=float(options.phone_penalty),
            silence=SILENCE if blank < 0 else blank,
            blank=blank,
            width=outputs + 1,
            keep_arcs=False,
        )
        return BeamSearch(
            forest=trees.weighed(bonus, exit_scale),
            words=trees.words,
            ngram=_NO_MODEL if ngram is None else ngram,
            number=fixed(number, "i4"),
            terms=automaton,
            weights=weights,
            parents=parents_of(trees.arrays),
            room=kernel.room_of(options.tokens, outputs),
        )

    def run(self, scores: Scores, *, keep_arcs: bool = False) -> Lattice:
        """Over float32 ``(frames, outputs)`` scores; `keep_arcs` where more than the best sentence is wanted."""
        self.room.table.stamp.fill(-1)
        self.room.end_table.stamp.fill(-1)
        given = fixed(scores, "f4")
        weights = self.weights._replace(keep_arcs=keep_arcs)
        models = (self.ngram.tree, self.terms, self.number)
        first = (self.ngram.start if weights.lm else 0) * len(self.terms.other)
        records, scored, arcs, weighed, count, ended = kernel.search(
            given, self.forest, models, weights, first, self.room
        )
        return Lattice(records, scored, arcs, weighed, *self._finals(count, ended))

    def _finals(self, count: int, ended: int) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
        """The ways in which the sentence may end: records, and the scores of whole sentences."""
        nodes, places = len(self.forest.token), len(self.forest.final)
        quiet, ends = self.room.here, self.room.ends
        place = np.concatenate([quiet.key[:count] - nodes, ends.key[:ended] // self.weights.width])
        at = np.flatnonzero((place >= 0) & (place < places))
        at = at[self.forest.final[place[at]]]
        context, score, record = (
            np.concatenate([a[:count], b[:ended]])[at]
            for a, b in ((quiet.context, ends.context), (quiet.score, ends.score), (quiet.record, ends.record))
        )
        states = len(self.terms.other)
        total = score - self.forest.place_look[place[at]] - (self.terms.held - self.terms.kept)[context % states]
        if self.weights.lm and self.ngram.end >= 0:
            ending = [self.ngram.step(int(state), self.ngram.end)[0] for state in context // states]
            total += self.weights.lm * np.array(ending, dtype=np.float64)
        return record, total

    def outputs_of(self, node: int) -> list[int]:
        """The outputs that a word reads which ends at `node`."""
        found = []
        while node < len(self.parents):
            found.append(int(self.forest.token[node]))
            node = int(self.parents[node])
        return found[::-1]


def _terms(terms: Mapping[str, float | None], words: Sequence[str], boost: float, bonus: Scores) -> Terms:
    """The automaton of those terms whose words are all known; adds their boosts to what the look ahead counts on."""
    index = {word: at for at, word in enumerate(words)}
    known: dict[Sequence[int], float] = {}
    for term, worth in terms.items():
        said = tuple(index.get(word, -1) for word in term.split())
        if min(said, default=-1) >= 0:
            known[said] = boost if worth is None else worth
            bonus[list(set(said))] += np.float32(known[said])
    return compile_terms(known)


_NO_MODEL = NGram(
    (), Tree(fixed([-1], "i4"), fixed([0], "f4"), fixed([0], "f4"), fixed([0, 0], "i4"), fixed([0], "i4"))
)
