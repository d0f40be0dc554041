"""What may be said, as phones: made from a task, or an open loop of words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from idiolect.engines.decoding.compile import SILENCE, Arrays, Hubs, Scores, compile_hubs, hubs_of_graph
from idiolect.engines.decoding.confidence import DEFAULT_CONFIDENCE, Confidence, free_loop
from idiolect.engines.decoding.judging import judged, phone_scores
from idiolect.engines.decoding.path import Path
from idiolect.engines.decoding.search import best_path
from idiolect.errors import EngineError
from idiolect.tasks import Lexicon, Task, WordGraph


@dataclass(frozen=True, slots=True)
class PhoneGraph:
    """A compiled graph. Frozen: one graph serves any number of searches.

    arrays: states and the ways between them.
    meaning: the task's word graph, that says what a path means; None for an open loop.
    """

    arrays: Arrays
    meaning: WordGraph | None = None

    @staticmethod
    def from_task(task: Task, lexicon: Lexicon, *, minimum_frames: int = 1) -> PhoneGraph:
        """The sentences of `task`, every word with each of its pronunciations, silence allowed between words.

        `minimum_frames` is how long a phone lasts at least. Raises `TaskError` for a word that cannot be spoken.
        """
        lexicon.extend(task.words())
        graph = task.graph()
        return PhoneGraph(compile_hubs(hubs_of_graph(graph), lexicon, minimum_frames), graph)

    @staticmethod
    def word_loop(
        words: Sequence[str], lexicon: Lexicon, log_probs: Sequence[float], *, minimum_frames: int = 1
    ) -> PhoneGraph:
        """Any word after any other; `log_probs` are natural logarithms in the order of `words`."""
        if not words or len(words) != len(log_probs):
            raise EngineError(f"{len(words)} words and {len(log_probs)} log probabilities make no word loop")
        lexicon.extend(words)
        said = [(word, 0, float(score)) for word, score in zip(words, log_probs, strict=True)]
        hubs = Hubs(words=[said], reach=[[0]], start=0, finals=frozenset([0]))
        return PhoneGraph(compile_hubs(hubs, lexicon, minimum_frames))

    @property
    def states(self) -> int:
        """How many states a frame of the search touches."""
        return len(self.arrays.phone)

    def search(
        self,
        log_posteriors: Scores,
        *,
        log_prior: Scores | None = None,
        prior_scale: float = 0.4,
        transition_penalty: float = 0.0,
        word_scale: float = 1.0,
        confidence: Confidence = DEFAULT_CONFIDENCE,
        accept_threshold: float = 0.0,
    ) -> Path:
        """The best path over float32 ``(frames, 40)`` log posteriors, in the order of `PHONES`.

        log_prior: float32 (40,), how common each phone is; `prior_scale` times it is taken off (0.4 was best on the
            first network, where the whole of it favoured rare phones).
        transition_penalty: what entering a phone costs, in nats.
        word_scale: weight of the word probabilities of an open loop.
        accept_threshold: below this confidence the path is rejected: no intent, no slots.

        Raises `EngineError` for scores of another shape, or that are not numbers.
        """
        scores = phone_scores(log_posteriors, log_prior, prior_scale)
        if not len(scores):
            return Path("", 0.0)
        found = best_path(self.arrays, scores, penalty=transition_penalty, word_scale=word_scale)
        if found is None:
            return Path("", float("-inf"))
        return judged(
            found.words,
            frame_scores=found.frame_scores,
            free=free_loop(scores, transition_penalty + confidence.entry),
            speech=self.arrays.phone[found.states] != SILENCE,
            begins=np.diff(found.states, prepend=-1) != 0,
            meaning=self.meaning,
            confidence=confidence,
            threshold=accept_threshold,
        )
