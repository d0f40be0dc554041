"""The beam search over a phone network: all words of a lexicon with an n-gram model, or a task, with key terms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np

from idiolect.engines.decoding.beam import BeamSearch, Sentence
from idiolect.engines.decoding.compile import SILENCE, Arrays
from idiolect.engines.decoding.confidence import DEFAULT_CONFIDENCE, Confidence, free_loop
from idiolect.engines.decoding.forest import Trees
from idiolect.engines.decoding.judging import Scores, align, judged, phone_scores
from idiolect.engines.decoding.ngram import NGram
from idiolect.engines.decoding.options import DecodingOptions
from idiolect.engines.decoding.path import Path
from idiolect.tasks import PHONES, Lexicon, WordGraph

KeyTerms = Mapping[str, float | None]
"""Term → what each of its words is worth in nats; None: `DecodingOptions.boost`."""


@dataclass(frozen=True, slots=True)
class PhoneBeam:
    """A search that hears any words of a lexicon, or what a task allows. Not for two threads at a time.

    meaning: the task's word graph, that says what a path means; None without a task.
    """

    beam: BeamSearch
    options: DecodingOptions
    meaning: WordGraph | None = None

    @staticmethod
    def open(
        lexicon: Lexicon,
        ngram: NGram | None = None,
        options: DecodingOptions | None = None,
        *,
        terms: KeyTerms | None = None,
    ) -> PhoneBeam:
        """Any words of `lexicon` in any order, weighed by `ngram`; the words of `terms` are added.

        Raises `TaskError` for a term that cannot be spoken.
        """
        options = options or DecodingOptions()
        entries = dict(lexicon.entries)
        added = [word for term in terms or {} for word in term.split() if word not in entries]
        entries |= lexicon.subset(added).entries
        search = BeamSearch.of(_trees(entries), len(PHONES), options, ngram=ngram, terms=terms)
        return PhoneBeam(search, options)

    @staticmethod
    def over(
        arrays: Arrays,
        meaning: WordGraph | None,
        options: DecodingOptions | None = None,
        *,
        ngram: NGram | None = None,
        terms: KeyTerms | None = None,
        word_scale: float = 1.0,
    ) -> PhoneBeam:
        """What a compiled graph allows (`PhoneGraph.arrays`), weighed by `ngram` and `terms` too.

        word_scale: weight of the log probabilities that stand in the graph.
        """
        options = options or DecodingOptions()
        trees = Trees.of_graph(arrays)
        search = BeamSearch.of(trees, len(PHONES), options, ngram=ngram, terms=terms, exit_scale=word_scale)
        return PhoneBeam(search, options, meaning)

    def search(
        self,
        log_posteriors: Scores,
        *,
        log_prior: Scores | None = None,
        prior_scale: float = 0.4,
        confidence: Confidence = DEFAULT_CONFIDENCE,
        accept_threshold: float = 0.0,
        nbest: int = 1,
    ) -> Path:
        """The best path over float32 ``(frames, 40)`` log posteriors, with the `nbest` best in its `alternatives`.

        The other arguments are those of `PhoneGraph.search`, and so are its errors.
        """
        scores = phone_scores(log_posteriors, log_prior, prior_scale)
        if not len(scores):
            return Path("", 0.0)
        lattice = self.beam.run(scores, keep_arcs=nbest > 1)
        best = lattice.best()
        if best is None:
            return Path("", float("-inf"))
        free = free_loop(scores, self.options.phone_penalty + confidence.entry)
        found = self._path(best, scores, free, confidence, accept_threshold)
        if nbest == 1:
            return found
        others = (self._path(one, scores, free, confidence, accept_threshold) for one in lattice.n_best(nbest))
        return replace(found, alternatives=tuple(others))

    def _path(self, sentence: Sentence, scores: Scores, free: Scores, confidence: Confidence, threshold: float) -> Path:
        phones = np.full(len(scores), SILENCE)
        entered = np.zeros(len(scores) + 1, dtype=bool)
        entered[0] = True
        for said in sentence.words:
            outputs = np.array(self.beam.outputs_of(said.node))
            at = align(scores[said.start : said.end], outputs)
            phones[said.start : said.end] = outputs[at]
            entered[said.start + 1 : said.end] = at[1:] != at[:-1]
            entered[[said.start, said.end]] = True
        own = scores[np.arange(len(scores)), phones] - np.float32(self.options.phone_penalty) * entered[:-1]
        return judged(
            [(self.beam.words[said.word], said.start, said.end) for said in sentence.words],
            frame_scores=own,
            free=free,
            speech=phones != SILENCE,
            begins=entered[:-1],
            meaning=self.meaning,
            confidence=confidence,
            threshold=threshold,
        )


def _trees(entries: Mapping[str, Sequence[str]]) -> Trees:
    """All words with all their pronunciations."""
    at = {phone: number for number, phone in enumerate(PHONES)}
    variants = list(chain.from_iterable(entries.values()))
    said = np.repeat(np.arange(len(entries)), [len(spoken) for spoken in entries.values()])
    lengths = [variant.count(" ") + 1 for variant in variants]
    phones = map(at.__getitem__, chain.from_iterable(map(str.split, variants)))
    return Trees.of_words(tuple(entries), said, np.fromiter(phones, np.int64, sum(lengths)), np.array(lengths))
