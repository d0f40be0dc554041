"""From probabilities of speech to clips. Arithmetic on whole samples; no network here."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FRAME = 512
"""Samples for which there is one probability: 32 ms at 16 kHz."""

_RELEASE = 0.15
"""Speech goes on until the probability is this much below the threshold where it began."""

_FIRST_SHARE = 1 / 3
"""A clip that must be cut keeps at least this share of the longest length, where a pause allows it."""

Ends = tuple[int, int]
"""First and one after the last, in samples or frames."""


def speech_frames(
    probabilities: NDArray[np.float32], threshold: float, min_speech: int, min_silence: int
) -> list[Ends]:
    """Stretches of speech, in frames: in order, at least `min_silence` apart and at least `min_speech` long."""
    loud = probabilities >= threshold
    found: list[Ends] = []
    for a, b in open_runs(probabilities, threshold):
        # A stretch over the lower line counts where some frame of it passes the upper one.
        if not loud[a:b].any():
            continue
        if found and a - found[-1][1] < min_silence:
            found[-1] = (found[-1][0], b)
        else:
            found.append((a, b))
    return [(a, b) for a, b in found if b - a >= min_speech]


def open_runs(probabilities: NDArray[np.float32], threshold: float) -> list[Ends]:
    """Stretches over the lower line, where speech that has begun goes on: in frames, in order."""
    open_ = probabilities >= threshold - _RELEASE
    edges = np.flatnonzero(np.diff(np.concatenate([[False], open_, [False]]).astype(np.int8)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def clips_around(
    probabilities: NDArray[np.float32], spans: list[Ends], total: int, *, longest: int, padding: int, join: int
) -> list[Ends]:
    """Clips, in samples, that hold all `spans` (in frames): see `idiolect.audio.cut` for what they promise."""
    room = longest - 2 * padding
    runs: list[Ends] = []
    for group in grouped(spans, join // FRAME):
        runs += _fitted(probabilities, group, room // FRAME)
    return _padded([(a * FRAME, min(b * FRAME, total)) for a, b in runs], total, padding)


def grouped(spans: list[Ends], join: int) -> list[list[Ends]]:
    """Spans with pauses of at most `join` frames between them."""
    groups: list[list[Ends]] = []
    for span in spans:
        if groups and span[0] - groups[-1][-1][1] <= join:
            groups[-1].append(span)
        else:
            groups.append([span])
    return groups


def _fitted(probabilities: NDArray[np.float32], group: list[Ends], room: int) -> list[Ends]:
    """One group as runs of at most `room` frames."""
    runs: list[Ends] = []
    left = list(group)
    while left:
        run, left = best_run(probabilities, left, room)
        runs.append(run)
    return runs


def best_run(probabilities: NDArray[np.float32], group: list[Ends], room: int) -> tuple[Ends, list[Ends]]:
    """The first run of at most `room` frames of a group, and the spans that are left (the first one may be cut)."""
    start = group[0][0]
    fit = sum(1 for _, end in group if end - start <= room)  # spans are in order: the first `fit`
    if fit == len(group):
        return (start, group[-1][1]), []
    if fit == 0:
        a, b = group[0]
        at = a + _least(probabilities[a : a + room])
        return (start, at), [(at, b), *group[1:]]
    keep = _best_pause(group, fit, start + int(room * _FIRST_SHARE))
    return (start, group[keep - 1][1]), group[keep:]


def _least(probabilities: NDArray[np.float32]) -> int:
    """Where to cut speech without a pause: before the least probable frame of the last two thirds."""
    first = max(1, int(len(probabilities) * _FIRST_SHARE))
    return first + int(np.argmin(probabilities[first:]))


def _best_pause(spans: list[Ends], fit: int, earliest: int) -> int:
    """How many of the first `fit` spans to keep, so that the pause after them is the longest (the later on a tie)."""
    late = [k for k in range(1, fit + 1) if spans[k - 1][1] >= earliest]
    return max(late or range(1, fit + 1), key=lambda k: (spans[k][0] - spans[k - 1][1], k))


def _padded(runs: list[Ends], total: int, padding: int) -> list[Ends]:
    """Each run with padding, or half the pause to its neighbor where that is less."""
    clips: list[Ends] = []
    for index, (start, end) in enumerate(runs):
        before = start - runs[index - 1][1] if index else 2 * start
        after = runs[index + 1][0] - end if index + 1 < len(runs) else 2 * (total - end)
        clips.append((start - min(padding, before // 2), end + min(padding, (after + 1) // 2)))
    return clips
