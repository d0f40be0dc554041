"""Viterbi search over compiled arrays: a gather and a few maxima per frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from idiolect.engines.decoding.compile import Arrays

Scores = NDArray[np.float32]

_NEVER = np.float32(-np.inf)


@dataclass(frozen=True, slots=True)
class Found:
    """The best path: its words with first and last frame (the last one not included), and the state at each frame.

    frame_scores: float32 (frames,), penalties and word scores included.
    """

    words: tuple[tuple[str, int, int], ...]
    states: NDArray[np.int32]
    frame_scores: Scores


@dataclass(frozen=True, slots=True)
class _History:
    """For the way back: per frame, which states stayed, and what arrived at each hub, with silence and without."""

    stayed: NDArray[np.uint8]
    exits: Scores
    arrived: Scores
    silent: Scores


def best_path(arrays: Arrays, scores: Scores, *, penalty: float, word_scale: float) -> Found | None:
    """The best path over ``(frames, phones)`` scores, or None where no sentence fits into so few frames."""
    history = _forward(arrays, scores, penalty, word_scale)
    return _way_back(arrays, scores, history, penalty, word_scale)


def _forward(arrays: Arrays, scores: Scores, penalty: float, word_scale: float) -> _History:
    frames = len(scores)
    states, begins, ends = len(arrays.phone), len(arrays.link_first), len(arrays.silence)
    buffer = np.full(states + begins + ends + 1, _NEVER, dtype=np.float32)  # the last one is nobody
    here = buffer[:states]
    leaving = buffer[states : states + begins]
    arrived = buffer[states + begins : -1]
    arrived[arrays.start] = 0
    leaving[:] = np.maximum.reduceat(arrived[arrays.link], arrays.link_first)
    exit_score = arrays.exit_score * np.float32(word_scale)
    must_leave = np.flatnonzero(~arrays.loops)
    history = _History(
        stayed=np.zeros((frames, (states + 7) // 8), dtype=np.uint8),
        exits=np.zeros((frames, len(arrays.exit_state)), dtype=np.float32),
        arrived=np.zeros((frames, ends), dtype=np.float32),
        silent=np.zeros((frames, ends), dtype=np.float32),
    )
    for at in range(frames):
        entered = buffer[arrays.source]
        entered -= np.float32(penalty)
        here[must_leave] = _NEVER
        history.stayed[at] = np.packbits(here > entered)
        np.maximum(here, entered, out=here)
        here += scores[at][arrays.phone]
        here -= here.max()  # keeps float32 exact over long audio; only differences within a frame matter
        exits = buffer[arrays.exit_state] + exit_score
        history.exits[at] = exits
        np.maximum.reduceat(exits, arrays.exit_first, out=arrived)
        history.arrived[at] = arrived
        silent = here[arrays.silence]
        history.silent[at] = silent
        leaving[:] = np.maximum.reduceat(np.maximum(arrived, silent)[arrays.link], arrays.link_first)
    return history


def _way_back(arrays: Arrays, scores: Scores, history: _History, penalty: float, word_scale: float) -> Found | None:
    frames = len(scores)
    at = frames - 1
    last = np.maximum(history.arrived[at], history.silent[at])[arrays.finals]
    if not len(last) or last.max() == _NEVER:
        return None
    hub = int(arrays.finals[int(last.argmax())])
    states = np.zeros(frames, dtype=np.int32)
    own = np.zeros(frames, dtype=np.float32)
    words: list[tuple[str, int, int]] = []
    while at >= 0:
        silent = int(arrays.silence[hub])
        if history.silent[at, hub] >= history.arrived[at, hub]:
            at = _back_to_entry(history, states, silent, at)
            own[at + 1] -= penalty
            continue
        first = int(arrays.exit_first[hub])
        last_exit = int(arrays.exit_first[hub + 1]) if hub + 1 < len(arrays.exit_first) else len(arrays.exit_state)
        way = first + int(history.exits[at, first:last_exit].argmax())
        end, state = at + 1, int(arrays.exit_state[way])
        own[at] += arrays.exit_score[way] * word_scale
        while state < len(arrays.phone):
            at = _back_to_entry(history, states, state, at)
            own[at + 1] -= penalty
            state = int(arrays.source[state])
        words.append((arrays.words[arrays.exit_word[way]], at + 1, end))
        hub = _hub_before(arrays, history, state - len(arrays.phone), at)
    own += scores[np.arange(frames), arrays.phone[states]]
    return Found(words=tuple(reversed(words)), states=states, frame_scores=own)


def _back_to_entry(history: _History, states: NDArray[np.int32], state: int, at: int) -> int:
    """Note `state` for all frames that it lasted; the frame before it was entered."""
    while True:
        states[at] = state
        if not history.stayed[at, state >> 3] >> (7 - (state & 7)) & 1:
            return at - 1
        at -= 1


def _hub_before(arrays: Arrays, history: _History, begin: int, at: int) -> int:
    """Which hub, after frame `at`, led best to the place where the next word begins."""
    if at < 0:
        return arrays.start
    first = int(arrays.link_first[begin])
    last = int(arrays.link_first[begin + 1]) if begin + 1 < len(arrays.link_first) else len(arrays.link)
    hubs = arrays.link[first:last]
    return int(hubs[int(np.maximum(history.arrived[at, hubs], history.silent[at, hubs]).argmax())])
