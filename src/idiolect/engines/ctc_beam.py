"""The beam search over any CTC model: what a task allows, the words of a language model, or any pieces; with key terms.

The best path and not the sum over paths is searched (`ctc.py` sums nothing either); a blank between two words or two
equal pieces is part of the search's topology.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from idiolect.engines.decoding.beam import BeamSearch, Sentence
from idiolect.engines.decoding.compile import compile_spelled, hubs_of_graph
from idiolect.engines.decoding.confidence import DEFAULT_CONFIDENCE
from idiolect.engines.decoding.forest import Trees
from idiolect.engines.decoding.judging import align, judged
from idiolect.engines.decoding.options import DecodingOptions
from idiolect.engines.knowledge import Knowledge
from idiolect.engines.protocol import Alternative, Hypothesis, Word
from idiolect.engines.spelling import Spelling
from idiolect.engines.wording import TimedToken, words_of
from idiolect.errors import EngineError
from idiolect.tasks import WordGraph
from idiolect.units import Seconds

if TYPE_CHECKING:
    from idiolect.tasks import Task

OPTIONS = DecodingOptions(lm_scale=0.7, beam=20.0, tokens=1000)
"""The outputs of CTC models are decided: a language model weighs less against them than against frames of phones."""

ACCEPT = 0.5
"""Confidence below which what is heard is none of the task."""

Posteriors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class CtcBeam:
    """A search for one model; not for two threads at a time.

    pieces: whether its words are single tokens: no words were given to search.
    """

    search: BeamSearch
    spelling: Spelling
    blank: int
    pieces: bool
    meaning: WordGraph | None
    accept: float
    nbest: int

    @staticmethod
    def of(spelling: Spelling, blank: int, knowledge: Knowledge, task: Task | None = None) -> CtcBeam:
        """Over `task`, else over the words of the language model in `knowledge`, else over any pieces.

        Raises `EngineError` for words of the task that the model has no tokens for.
        """
        graph = None if task is None else task.graph()
        ngram, terms = knowledge.ngram(), knowledge.key_terms()
        if graph is not None:
            trees = Trees.of_graph(compile_spelled(hubs_of_graph(graph), lambda word: _spelled(spelling, word), 1))
        elif ngram is not None:
            said = [word for word in ngram.words if word[:1] not in "<["]
            trees = _tree(list(dict.fromkeys([*said, *(word for term in terms for word in term.split())])), spelling)
        else:
            trees = _pieces(spelling)
            terms = _spelled_terms(terms, spelling, knowledge.options(OPTIONS).boost)
        search = BeamSearch.of(trees, len(spelling), knowledge.options(OPTIONS), ngram=ngram, terms=terms, blank=blank)
        pieces = graph is None and ngram is None
        accept = ACCEPT if knowledge.accept is None else knowledge.accept
        return CtcBeam(search, spelling, blank, pieces, graph, accept, knowledge.nbest)

    def hear(self, log_posteriors: Posteriors, duration: Seconds) -> Hypothesis:
        """Of one clip: float32 ``(frames, tokens)``, natural logarithms, that span `duration` seconds."""
        if not len(log_posteriors):
            return Hypothesis("")
        lattice = self.search.run(log_posteriors, keep_arcs=self.nbest > 1)
        best = lattice.best()
        if best is None:
            return Hypothesis("")
        found = self._read(best, log_posteriors, duration)
        if self.nbest == 1:
            return found
        others = (self._read(one, log_posteriors, duration) for one in lattice.n_best(self.nbest))
        alternatives = tuple(Alternative(one.text, one.confidence, one.intent, one.slots) for one in others)
        return Hypothesis(
            found.text, found.confidence, found.words, found.intent, found.slots, found.slot_confidence, alternatives
        )

    def _read(self, sentence: Sentence, scores: Posteriors, duration: Seconds) -> Hypothesis:
        outputs = np.full(len(scores), self.blank)
        tokens: list[list[TimedToken]] = []
        step = duration / len(scores)
        for said in sentence.words:
            ids = self.search.outputs_of(said.node)
            at = align(scores[said.start : said.end], ids, self.blank)
            outputs[said.start : said.end] = np.where(at < 0, self.blank, np.array(ids)[at])
            tokens.append(
                [
                    _token(number, said.start + np.flatnonzero(at == where), scores, step)
                    for where, number in enumerate(ids)
                ]
            )
        flat = [token for own in tokens for token in own]
        sure = float(np.mean([token.confidence for token in flat])) if flat else 0.0
        if self.pieces:
            return Hypothesis(self.spelling([one.id for one in flat]), sure, words_of(flat, self.spelling))
        words = tuple(
            Word(self.search.words[said.word], own[0].start, own[-1].end, _mean(own))
            for said, own in zip(sentence.words, tokens, strict=True)
        )
        text = " ".join(word.word for word in words)
        if self.meaning is None:
            return Hypothesis(text, sure, words)
        path = judged(
            [(self.search.words[said.word], said.start, said.end) for said in sentence.words],
            frame_scores=scores[np.arange(len(scores)), outputs],
            free=scores.max(axis=1),
            speech=outputs != self.blank,
            meaning=self.meaning,
            confidence=DEFAULT_CONFIDENCE,
            threshold=self.accept,
        )
        return Hypothesis(text, path.confidence, words, path.intent, path.slots, path.slot_confidence)


def _token(number: int, frames: NDArray[np.int64], scores: Posteriors, step: float) -> TimedToken:
    sure = float(np.exp(scores[frames, number].max()))
    start, end = int(frames[0]) * step, (int(frames[-1]) + 1) * step
    return TimedToken(number, Seconds(start), Seconds(end), min(1.0, sure))


def _mean(tokens: Sequence[TimedToken]) -> float:
    return sum(token.confidence for token in tokens) / len(tokens)


def _spelled(spelling: Spelling, word: str) -> list[list[int]]:
    ways = spelling.spell(word)
    if not ways:
        raise EngineError(f"the model has no tokens to write {word!r} with", hint="write it as the model writes words")
    return ways


def _tree(words: Sequence[str], spelling: Spelling) -> Trees:
    """All of `words` that the model can write, in any order."""
    ways = [(word, spelling.spell(word)) for word in words]
    known = [(word, spelled) for word, spelled in ways if spelled]
    rows = [(number, ids) for number, (_, spelled) in enumerate(known) for ids in spelled]
    if not rows:
        raise EngineError("the model has no tokens for any word of the language model")
    return Trees.of_words(
        [word for word, _ in known],
        np.array([number for number, _ in rows]),
        np.array([one for _, ids in rows for one in ids]),
        np.array([len(ids) for _, ids in rows]),
    )


def _pieces(spelling: Spelling) -> Trees:
    """Each token a word of its own, whose name is its number."""
    ids = np.array(spelling.spoken)
    return Trees.of_words([str(number) for number in ids], np.arange(len(ids)), ids, np.ones(len(ids), dtype=np.int64))


def _spelled_terms(terms: dict[str, float | None], spelling: Spelling, boost: float) -> dict[str, float | None]:
    """Terms as tokens: the boost of a term is shared out among its tokens."""
    found: dict[str, float | None] = {}
    for term, worth in terms.items():
        words = term.split()
        ids: list[int] = []
        for at, word in enumerate(words):
            ways = _spelled(spelling, word)
            ids += ways[len(ways) // 2 if at and spelling.parted else 0]
        found[" ".join(map(str, ids))] = (boost if worth is None else worth) * len(words) / len(ids)
    return found
