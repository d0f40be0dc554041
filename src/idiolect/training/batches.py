"""Which examples stand in which batch.

Nothing is remembered: batch `index` of step `step` is drawn by (seed, step, index) alone, so that a run that was killed
draws what it would have drawn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from idiolect.audio import Augmenter
from idiolect.training.learner import Example, Learner
from idiolect.training.recipe import Recipe
from idiolect.units import Samples

NEIGHBOURS = 64
"""Clips of about the same length, of which a batch of whole clips is drawn."""


class Batches:
    """Draws examples: crops of one length for nano, whole clips of about one length for the others.

    Half of what is drawn (`batch.target_share`) is the project's own speech, however little of the material that is.
    """

    def __init__(self, examples: Sequence[Example], recipe: Recipe) -> None:
        self._recipe = recipe
        longest = recipe.batch.longest if recipe.family != "nano" else float("inf")
        fitting = sorted((e for e in examples if e.duration <= longest), key=lambda e: (e.duration, e.clip_id))
        own = [example for example in fitting if example.target]
        rest = [example for example in fitting if not example.target]
        self._pools = [_Pool(pool) for pool in (own, rest) if pool]
        self._share = recipe.batch.target_share if own and rest else 1.0

    def __len__(self) -> int:
        return sum(len(pool.examples) for pool in self._pools)

    def draw(self, step: int, index: int) -> tuple[list[Example], np.random.Generator]:
        """The examples of one batch, and the generator that augments them."""
        rng = np.random.default_rng((self._recipe.seed, step, index))
        return (self._crops(rng) if self._recipe.family == "nano" else self._whole(rng)), rng

    def _pool(self, rng: np.random.Generator) -> _Pool:
        # One number is drawn whether or not there is a choice: adding material changes which, not how many.
        first = rng.random() < self._share
        return self._pools[0 if first else -1]

    def _crops(self, rng: np.random.Generator) -> list[Example]:
        count = max(1, round(self._recipe.batch.seconds / self._recipe.nano.crop))
        return [self._pool(rng).any(rng) for _ in range(count)]

    def _whole(self, rng: np.random.Generator) -> list[Example]:
        drawn = [self._pool(rng).any(rng)]
        anchor = longest = drawn[0].duration
        while True:
            other = self._pool(rng).near(anchor, rng)
            longest = max(longest, other.duration)
            if (len(drawn) + 1) * longest > self._recipe.batch.seconds:
                return drawn
            drawn.append(other)


class _Pool:
    """Examples in order of duration, drawn by weight."""

    def __init__(self, examples: Sequence[Example]) -> None:
        self.examples = examples
        self._durations = np.array([example.duration for example in examples])
        self._edges = np.cumsum([example.weight for example in examples])

    def any(self, rng: np.random.Generator) -> Example:
        """One of all."""
        return self._between(0, len(self.examples), rng)

    def near(self, duration: float, rng: np.random.Generator) -> Example:
        """One of those that last about `duration` seconds."""
        at = int(np.searchsorted(self._durations, duration))
        first = max(0, min(at - NEIGHBOURS // 2, len(self.examples) - NEIGHBOURS))
        return self._between(first, min(first + NEIGHBOURS, len(self.examples)), rng)

    def _between(self, first: int, last: int, rng: np.random.Generator) -> Example:
        low = self._edges[first - 1] if first else 0.0
        drawn = rng.uniform(low, self._edges[last - 1])
        return self.examples[min(int(np.searchsorted(self._edges, drawn, side="right")), last - 1)]


def make_batch(
    learner: Learner,
    examples: Sequence[Example],
    samples: Mapping[str, Samples],
    augmenter: Augmenter | None,
    rng: np.random.Generator,
) -> Mapping[str, Any]:
    """Read, augment (nano augments its own crops: `augmenter` is None) and hand over to the learner."""
    read = [samples[example.clip_id] for example in examples]
    if augmenter is not None:
        read = [augmenter.augment(clip, rng).samples for clip in read]
    return learner.batch(read, examples, rng)
