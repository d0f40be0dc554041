"""From frames and words to a `Path`: the same confidence whichever search found it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from idiolect.engines.decoding.confidence import Confidence
from idiolect.engines.decoding.path import FRAME, Path, PathWord
from idiolect.engines.slot_confidence import slot_confidence
from idiolect.errors import EngineError
from idiolect.tasks import PHONES, WordGraph

Scores = NDArray[np.float32]

FASTEST = 17.0
"""Phones in a second of speech above which nobody said it. Real orders have 11.7 in the median and 15.3 at most (42 in
noise); digits and other single words that passed for one, squeezed into it, had 18.5 to 31 (docs/log.md)."""

Timed = tuple[str, int, int]
"""A word, its first frame, and its last (not included)."""


def phone_scores(log_posteriors: Scores, log_prior: Scores | None, prior_scale: float) -> Scores:
    """Log posteriors (frames, 40) less a share of the log prior. Raises `EngineError` for anything else."""
    scores = np.asarray(log_posteriors, dtype=np.float32)
    if scores.ndim != 2 or scores.shape[1] != len(PHONES):
        raise EngineError(f"log posteriors of shape {scores.shape}; a phone graph reads (frames, {len(PHONES)})")
    if np.isnan(scores).any():
        raise EngineError("the network's outputs are not numbers")
    if log_prior is not None:
        scores = scores - np.float32(prior_scale) * np.asarray(log_prior, dtype=np.float32)
    return scores


def judged(
    words: Sequence[Timed],
    *,
    frame_scores: Scores,
    free: Scores,
    speech: NDArray[np.bool_],
    meaning: WordGraph | None,
    confidence: Confidence,
    threshold: float,
    begins: NDArray[np.bool_] | None = None,
) -> Path:
    """A path and how sure it is.

    frame_scores, free: float32 (frames,), of this path and of a free loop of phones; speech: (frames,), which of the
    frames this path takes for speech; begins: (frames,), where a phone of our network begins. Below `threshold`, or
    said faster than anybody speaks, the path means nothing.
    """
    behind = (frame_scores - free).astype(np.float64)
    spoken = int(np.count_nonzero(speech))
    ratio = float(behind.sum()) / max(1, spoken)
    hurried = begins is not None and bool(np.count_nonzero(begins & speech) > FASTEST * FRAME * spoken)
    hurried = hurried and meaning is not None
    sure = confidence.of(ratio) if words and not hurried else 0.0
    heard = tuple(
        PathWord(word, start, end, confidence.of(float(behind[start:end].mean()))) for word, start, end in words
    )
    said = [word for word, *_ in words]
    parsed = meaning.parse(said) if meaning is not None and sure >= threshold and not hurried else None
    slots = {} if parsed is None else parsed.slots
    certain = [word.confidence for word in heard]
    return Path(
        text=" ".join(said),
        score=float(frame_scores.astype(np.float64).mean()),
        words=heard,
        intent=None if parsed is None else parsed.intent,
        slots=slots,
        confidence=sure,
        ratio=ratio,
        slot_confidence=slot_confidence(meaning, said, certain, slots, sure) if meaning is not None and slots else {},
    )


def align(scores: Scores, outputs: Sequence[int] | NDArray[np.int64], blank: int = -1) -> NDArray[np.int64]:
    """Which of `outputs` each frame reads, where all are read in order: int64 (frames,), -1 for a blank.

    Each lasts a frame or more; with `blank` (CTC) there may be blanks between, and must be where one is repeated.
    Raises `EngineError` where there are fewer frames than that takes.
    """
    states = np.array(outputs)
    skips = np.zeros(len(states), dtype=bool)
    if blank >= 0:
        states = np.insert(states, np.arange(1, len(outputs)), blank)
        skips = np.zeros(len(states), dtype=bool)
        skips[2::2] = states[2::2] != states[:-2:2]
    came = np.zeros((len(scores), len(states)), dtype=np.int64)
    best = np.full(len(states), -np.inf)
    best[0] = 0.0
    for at, row in enumerate(scores):
        if at:
            before = np.concatenate([[-np.inf], best[:-1]])
            over = np.where(skips, np.concatenate([[-np.inf, -np.inf], best])[: len(states)], -np.inf)
            ways = np.stack([best, before, over])
            came[at] = ways.argmax(axis=0)
            best = ways.max(axis=0)
        best = best + row[states]
    if not len(scores) or best[-1] == -np.inf:
        raise EngineError(f"{len(outputs)} outputs do not fit into {len(scores)} frames")
    found = np.zeros(len(scores), dtype=np.int64)
    state = len(states) - 1
    for at in range(len(scores) - 1, -1, -1):
        found[at] = state
        state -= int(came[at, state])
    return found if blank < 0 else np.where(found % 2, -1, found // 2)
