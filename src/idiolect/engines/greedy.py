"""Greedy CTC: the best token of each frame, runs merged, blanks dropped (Graves et al. 2006, section 3.2)."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from idiolect.engines.protocol import Hypothesis
from idiolect.engines.wording import TimedToken, words_of
from idiolect.units import Seconds

if TYPE_CHECKING:
    from idiolect.engines.ctc_beam import CtcBeam
    from idiolect.engines.knowledge import Knowledge
    from idiolect.engines.spelling import Spelling
    from idiolect.tasks import Task


def greedy(
    posterior: NDArray[np.float32], duration: Seconds, *, blank: int, spell: Callable[[list[int]], str]
) -> Hypothesis:
    """Of one clip: `posterior` is float ``(frames, tokens)``, sums to 1 over tokens and spans `duration` seconds.

    Confidence is the mean, over the tokens that were emitted, of the largest posterior in each token's run of frames.
    """
    best = posterior.argmax(-1)
    bounds = [0, *(np.flatnonzero(np.diff(best)) + 1).tolist(), len(best)]
    step = duration / len(best)
    tokens = [
        TimedToken(
            int(best[first]), Seconds(first * step), Seconds(end * step), float(posterior[first:end, best[first]].max())
        )
        for first, end in pairwise(bounds)
        if best[first] != blank
    ]
    text = spell([token.id for token in tokens])
    if not text:
        return Hypothesis("")
    confidence = float(np.mean([token.confidence for token in tokens]))
    return Hypothesis(text, min(1.0, confidence), words_of(tokens, spell))


def beam_of(spelling: Spelling, blank: int, knowledge: Knowledge, task: Task | None) -> CtcBeam | None:
    """The beam search that `knowledge` asks for, over `task` where there is one; None: greedy will do."""
    if not knowledge.beam:
        return None
    from idiolect.engines.ctc_beam import CtcBeam

    return CtcBeam.of(spelling, blank, knowledge, task)
