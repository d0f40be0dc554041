"""When a take begins and ends. Fed with blocks, from wherever they come; no device and no clock here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from idiolect.audio.cutting import FRAME
from idiolect.audio.vad import MIN_SPEECH, THRESHOLD, SpeechDetector
from idiolect.errors import AudioError
from idiolect.units import SAMPLE_RATE, Samples, Seconds

Heard = Callable[[Samples], NDArray[np.float32]]
"""Next samples → probability of speech in each 32 ms they complete."""

SILENCE = Seconds(1.5)
"""Longer than people pause within a sentence."""

MARGIN = Seconds(0.5)


class Ended(StrEnum):
    """Why a take is over."""

    SILENCE = "silence"
    """The speaker has finished."""
    SECONDS = "seconds"
    """It is as long as it may be."""
    NOBODY = "nobody"
    """Nobody spoke within the patience."""
    STOPPED = "stopped"
    """The caller said so."""


@dataclass(frozen=True, slots=True)
class TakeSpec:
    """When to begin and when to stop.

    seconds: the longest a take may be; None: no limit.
    silence: stop after this much silence behind speech, and begin only when somebody speaks; None: begin at once, and
        stop by `seconds` or by the caller.
    margin: kept before the first and behind the last speech, so that no onset is lost: the detector answers
        up to 0.2 s late for a weak one.
    patience: give up when nobody has spoken for so long; None: wait.
    """

    seconds: Seconds | None = None
    silence: Seconds | None = SILENCE
    margin: Seconds = MARGIN
    patience: Seconds | None = None

    def __post_init__(self) -> None:
        wrong = {
            "seconds": self.seconds is not None and self.seconds <= 0,
            "silence": self.silence is not None and self.silence < 0.2,
            "margin": self.margin < 0,
            "patience": self.patience is not None and self.patience <= 0,
        }
        for name, bad in wrong.items():
            if bad:
                raise AudioError(f"a take cannot have {name} = {getattr(self, name)}")


class Take:
    """One take. Feed blocks until `ended` is set; then `samples` is the take and `rest` belongs to the next one."""

    def __init__(self, spec: TakeSpec, heard: Heard | None = None) -> None:
        self.spec = spec
        self.ended: Ended | None = None
        self._heard = None if spec.silence is None else heard or SpeechDetector().feed
        self._held: list[Samples] = []
        self._first = 0  # number of the first sample that is held
        self._position = 0  # samples fed
        self._frames = 0  # frames judged
        self._spoken = 0  # frames of speech since the onset
        self._onset: int | None = None if self._heard else 0
        self._last = 0  # one after the last sample of speech
        self._end: int | None = None

    @property
    def speaking(self) -> bool:
        """Whether the take has begun."""
        return self._onset is not None

    def feed(self, block: Samples) -> Ended | None:
        """Take the next samples, float32 ``(n,)`` at 16 kHz. What comes after the end becomes `rest`."""
        self._held.append(block)
        self._position += len(block)
        if self.ended is not None:
            return self.ended
        for probability in self._heard(block) if self._heard else ():
            self._judge(float(probability))
            if self.ended is not None:
                return self.ended
        self._limit()
        self._forget()
        return self.ended

    def stop(self) -> None:
        """End it here."""
        if self.ended is None:
            self._finish(Ended.STOPPED, self._position)

    @property
    def samples(self) -> Samples:
        """The take, float32 ``(n,)``: empty where nobody spoke."""
        if self._onset is None:
            return np.zeros(0, dtype=np.float32)
        end = self._position if self._end is None else self._end
        return self._all()[self._begin() - self._first : end - self._first]

    @property
    def rest(self) -> Samples:
        """What was fed behind the end."""
        end = self._position if self._end is None else self._end
        return self._all()[end - self._first :]

    def _all(self) -> Samples:
        return np.concatenate(self._held) if self._held else np.zeros(0, dtype=np.float32)

    def _begin(self) -> int:
        return max(self._first, (self._onset or 0) - self._margin)

    @property
    def _margin(self) -> int:
        return round(self.spec.margin * SAMPLE_RATE)

    def _judge(self, probability: float) -> None:
        """One more frame of 32 ms."""
        start, end = self._frames * FRAME, (self._frames + 1) * FRAME
        self._frames += 1
        if probability >= THRESHOLD:
            if self._onset is None:
                self._onset, self._spoken = start, 0
            self._spoken += 1
            self._last = end
        elif self._onset is not None and self.spec.silence is not None:
            if end - self._last < self.spec.silence * SAMPLE_RATE:
                return
            if self._spoken * FRAME >= MIN_SPEECH * SAMPLE_RATE:
                self._finish(Ended.SILENCE, min(self._last + self._margin, end))
            else:
                self._onset = None  # a click, a cough

    def _limit(self) -> None:
        spec = self.spec
        if self._onset is not None and spec.seconds is not None:
            longest = self._begin() + round(spec.seconds * SAMPLE_RATE)
            if self._position >= longest:
                self._finish(Ended.SECONDS, longest)
        elif self._onset is None and spec.patience is not None and self._position >= spec.patience * SAMPLE_RATE:
            self._finish(Ended.NOBODY, self._position)

    def _finish(self, why: Ended, end: int) -> None:
        self.ended, self._end = why, end

    def _forget(self) -> None:
        """While nobody speaks, hold the margin and the samples that wait to be judged."""
        if self._onset is not None or self.ended is not None:
            return
        needed = self._frames * FRAME - self._margin
        while self._held and self._first + len(self._held[0]) <= needed:
            self._first += len(self._held.pop(0))
