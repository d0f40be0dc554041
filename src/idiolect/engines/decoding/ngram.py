"""An n-gram model as arrays: word sequences → log probabilities.

By back-off (Katz, "Estimation of probabilities from sparse data", 1987). The n-grams are a tree in breadth-first order:
node 0 is the empty context, nodes ``1 … words`` are the words, and the children of a node are one stretch of the next
order, sorted by word. A node is also a state of the search: what was said last. Natural logarithms throughout.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from idiolect.engines.decoding.arrays import fixed
from idiolect.errors import EngineError

Integers = NDArray[np.int32]
Floats = NDArray[np.float32]

START, END = "<s>", "</s>"
UNKNOWN = ("<unk>", "<UNK>")

_NEVER = -90.0
"""Log probabilities below are those of ``<s>`` (-99 in ARPA files), which is never said."""


class Grams(NamedTuple):
    """The n-grams of one order: `words` int (count, order), each with its log probability and back-off weight."""

    words: NDArray[np.int64]
    prob: NDArray[np.floating]
    backoff: NDArray[np.floating]


class Tree(NamedTuple):
    """What the compiled search reads. N nodes, C of them of an order below the highest.

    word, prob, backoff: (N,) the last word of the n-gram, its log probability, and its back-off weight.
    first: (C + 1,) where a node's children begin; they end where those of the next begin.
    shorter: (N,) the longest n-gram of the model that is a proper end of this one.
    """

    word: Integers
    prob: Floats
    backoff: Floats
    first: Integers
    shorter: Integers


@dataclass(frozen=True)
class NGram:
    """A model. Frozen, and without slots, so that the table of its words can be made when it is first asked for."""

    words: tuple[str, ...]
    tree: Tree

    @staticmethod
    def english() -> NGram:
        """The trigram model of 72,000 words in the PocketSphinx wheel; read once per process."""
        from idiolect.engines.decoding.ngram_files import english

        return english()

    @staticmethod
    def read(path: Path) -> NGram:
        """An ARPA file, plain or gzipped. Raises `EngineError` with the line that is not one."""
        from idiolect.engines.decoding.ngram_files import read_cached

        return read_cached(path)

    @staticmethod
    def of(words: Sequence[str], orders: Sequence[Grams]) -> NGram:
        """From the n-grams of each order, in any order; the words of an n-gram are indices into `words`.

        Raises `EngineError` for an n-gram whose context is none of the model.
        """
        return NGram(tuple(words), _tree(words, orders))

    @cached_property
    def index(self) -> Mapping[str, int]:
        """Word → its number."""
        return {word: at for at, word in enumerate(self.words)}

    @cached_property
    def start(self) -> int:
        """The state in which a sentence begins."""
        return 1 + self.index[START] if START in self.index else 0

    @cached_property
    def end(self) -> int:
        """The number of the word that ends a sentence, or -1."""
        return self.index.get(END, -1)

    @cached_property
    def unknown(self) -> float:
        """Log probability of a word that the model does not know: what it says, else that of its rarest word."""
        for word in UNKNOWN:
            if word in self.index:
                return float(self.tree.prob[1 + self.index[word]])
        known = self.tree.prob[1 : 1 + len(self.words)]
        return float(known[known > _NEVER].min(initial=0.0))

    def step(self, state: int, word: int) -> tuple[float, int]:
        """Log probability of the word of this number after `state`, and the state after it; -1 is unknown."""
        if word < 0:
            return self.unknown, 0
        tree, weight = self.tree, 0.0
        while state:
            if state < len(tree.first) - 1:
                first, last = int(tree.first[state]), int(tree.first[state + 1])
                child = first + int(np.searchsorted(tree.word[first:last], word))
                if child < last and tree.word[child] == word:
                    return weight + float(tree.prob[child]), self._state(child)
                weight += float(tree.backoff[state])
            state = int(tree.shorter[state])
        return weight + float(tree.prob[1 + word]), self._state(1 + word)

    def log_prob(self, words: Sequence[str], *, sentence: bool = True) -> float:
        """Of the whole of `words`; as a sentence, with its beginning and its end."""
        state, total = self.start if sentence else 0, 0.0
        for word in words:
            score, state = self.step(state, self.index.get(word, -1))
            total += score
        return total + (self.step(state, self.end)[0] if sentence and self.end >= 0 else 0.0)

    def _state(self, node: int) -> int:
        return node if node < len(self.tree.first) - 1 else int(self.tree.shorter[node])


def _tree(words: Sequence[str], orders: Sequence[Grams]) -> Tree:
    size = len(words)
    keys = np.arange(1, size + 1, dtype=np.int64)  # parent · (size + 1) + word + 1, ascending through all orders
    single = _by_word(size, orders[0])
    word = [np.array([-1]), np.arange(size)]
    prob, backoff = [np.zeros(1, np.float32), single.prob], [np.zeros(1, np.float32), single.backoff]
    shorter = [np.zeros(1 + size, dtype=np.int64)]
    for grams in orders[1:]:
        parent = 1 + grams.words[:, 0]
        for said in grams.words[:, 1:-1].T:
            parent = _child(keys, size, parent, said)
        if (parent < 0).any():
            gram = " ".join(words[at] for at in grams.words[int((parent < 0).argmax())])
            raise EngineError(f"the n-gram {gram!r} stands in the model without its context")
        key = parent * (size + 1) + grams.words[:, -1] + 1
        order = np.argsort(key, kind="stable")
        known = np.concatenate(shorter)
        shorter.append(_shorter(keys, size, known, parent[order], grams.words[order, -1]))
        keys = np.concatenate([keys, key[order]])
        word.append(grams.words[order, -1])
        prob.append(grams.prob[order])
        backoff.append(grams.backoff[order])
    contexts = 1 + sum(len(grams) for grams in word[1:-1]) if len(orders) > 1 else 1
    first = 1 + np.searchsorted(keys, np.arange(contexts + 1, dtype=np.int64) * (size + 1))
    return Tree(
        word=fixed(np.concatenate(word), "i4"),
        prob=fixed(np.concatenate(prob), "f4"),
        backoff=fixed(np.concatenate(backoff), "f4"),
        first=fixed(first, "i4"),
        shorter=fixed(np.concatenate(shorter), "i4"),
    )


def _by_word(size: int, grams: Grams) -> Grams:
    prob, backoff = np.full(size, -99.0, dtype=np.float32), np.zeros(size, dtype=np.float32)
    prob[grams.words[:, 0]] = grams.prob
    backoff[grams.words[:, 0]] = grams.backoff
    return Grams(grams.words, prob, backoff)


def _child(keys: NDArray[np.int64], size: int, parent: NDArray[np.int64], word: NDArray[np.int64]) -> NDArray[np.int64]:
    """The nodes of `word` under `parent`, -1 where there is none."""
    key = parent * (size + 1) + word + 1
    at = np.minimum(np.searchsorted(keys, key), len(keys) - 1)
    return np.where((keys[at] == key) & (parent >= 0), at + 1, -1)


def _shorter(
    keys: NDArray[np.int64], size: int, known: NDArray[np.int64], parent: NDArray[np.int64], word: NDArray[np.int64]
) -> NDArray[np.int64]:
    """For new nodes, the longest known n-gram that is a proper end of each."""
    context = known[parent]
    found = _child(keys, size, context, word)
    while (missing := found < 0).any():
        context[missing] = known[context[missing]]
        found[missing] = _child(keys, size, context[missing], word[missing])
    return found
