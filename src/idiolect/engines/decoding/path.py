"""What a search finds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from idiolect.engines.protocol import Alternative, Hypothesis, Word
from idiolect.units import Seconds

FRAME = Seconds(0.03)
"""One frame of the nano network: every third of the 10 ms frames of its features."""


@dataclass(frozen=True, slots=True)
class PathWord:
    """A word, from its first frame up to, and without, its last."""

    word: str
    start_frame: int
    end_frame: int
    confidence: float


@dataclass(frozen=True, slots=True)
class Path:
    """The best path through a graph.

    score: mean log score per frame, penalties included.
    ratio: how much worse than a free loop of phones it is, per frame of speech; 0 is as good.
    confidence: in [0, 1], from `ratio`.
    intent, slots: what it means, for graphs of a task; None and empty where it is rejected.
    slot_confidence: how sure each slot is, in [0, 1].
    alternatives: the best paths of different words, this one first; empty where they were not asked for.
    """

    text: str
    score: float
    words: tuple[PathWord, ...] = ()
    intent: str | None = None
    slots: Mapping[str, str] = field(default_factory=dict)
    confidence: float = 0.0
    ratio: float = 0.0
    slot_confidence: Mapping[str, float] = field(default_factory=dict)
    alternatives: tuple[Path, ...] = ()

    def hypothesis(self, frame_seconds: Seconds = FRAME) -> Hypothesis:
        """The same with times in seconds, as engines answer."""
        words = tuple(
            Word(
                word.word,
                Seconds(round(word.start_frame * frame_seconds, 3)),
                Seconds(round(word.end_frame * frame_seconds, 3)),
                word.confidence,
            )
            for word in self.words
        )
        others = tuple(Alternative(one.text, one.confidence, one.intent, one.slots) for one in self.alternatives)
        return Hypothesis(self.text, self.confidence, words, self.intent, self.slots, self.slot_confidence, others)
