"""Speech in a stream that does not end: where it begins and where it stops, while it comes.

The turns are the clips that `idiolect.audio.cut` would give for the whole stream with the same padding and pauses, to
the sample; a property test holds it so. A turn is given as soon as nothing that may still come can change it. What is
held is the turn under way and no more, so a stream may run for weeks. (One case differs: a sound that is nearly speech
for over a minute and then becomes speech is counted from its last minute.)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from idiolect.audio.cutting import FRAME, Ends, best_run, grouped, open_runs, speech_frames
from idiolect.audio.vad import MIN_SILENCE, MIN_SPEECH, PADDING, THRESHOLD, SpeechDetector
from idiolect.errors import AudioError
from idiolect.units import MAX_CLIP, SAMPLE_RATE, Samples, Seconds

PAUSE = Seconds(0.5)
"""A silence this long ends a turn; OpenAI's realtime interface has the same default."""

_DOUBTFUL = int(2 * MAX_CLIP * SAMPLE_RATE) // FRAME
"""Frames of what is nearly speech that are held, should they turn out to be its beginning."""

_MIN_SPEECH = max(1, round(MIN_SPEECH * SAMPLE_RATE / FRAME))
_MIN_SILENCE = max(1, round(MIN_SILENCE * SAMPLE_RATE / FRAME))


class Detector(Protocol):
    """What gives probabilities of speech: `SpeechDetector`, or a test's own."""

    def feed(self, samples: Samples) -> NDArray[np.float32]:
        """The next samples → the probabilities of the frames of 512 samples that they complete."""
        ...

    def finish(self) -> NDArray[np.float32]:
        """The probability of the last, unfilled frame, if there is one."""
        ...


@dataclass(frozen=True, slots=True)
class Turn:
    """A stretch of speech with some silence around it.

    number: from 0. start, end: samples from the start of the stream. samples: float32 ``(end - start,)``.
    """

    number: int
    start: int
    end: int
    samples: Samples


class Turns:
    """Feed samples as they come; get each turn once it is over.

    pause: seconds of silence that end a turn; ``inf``: only `finish` and the longest length do. longest: seconds of the
    longest turn; longer speech is cut as `cut` does it. padding: seconds of silence kept on both sides, at most half of
    `pause`: so no sample is in two turns.
    """

    def __init__(
        self,
        *,
        pause: Seconds = PAUSE,
        longest: Seconds = MAX_CLIP,
        padding: Seconds = PADDING,
        threshold: float = THRESHOLD,
        detector: Detector | None = None,
    ) -> None:
        if pause < MIN_SILENCE:
            raise AudioError(f"a pause of {pause} s cannot end a turn", hint=f"{MIN_SILENCE} s or more")
        padding = Seconds(min(padding, pause / 2))
        if longest < 1 or longest < 4 * padding:
            raise AudioError(f"turns of at most {longest} s with {padding} s of padding are too short")
        self._detector = detector or SpeechDetector()
        self._threshold = threshold
        self._padding = int(padding * SAMPLE_RATE)
        self._room = (int(longest * SAMPLE_RATE) - 2 * self._padding) // FRAME
        self._join = int(min(pause, 3600.0) * SAMPLE_RATE) // FRAME
        self._number = 0
        self._total = 0
        self._end_before: int | None = None
        self._given = 0
        # The frames that are held: their probabilities, the number of the first, and whether speech was cut before it.
        self._known = np.zeros(0, dtype=np.float32)
        self._first = 0
        self._within = False
        self._audio = np.zeros(0, dtype=np.float32)
        self._audio_first = 0
        self._spans: list[Ends] = []

    @property
    def total(self) -> int:
        """Samples that came so far."""
        return self._total

    @property
    def under_way(self) -> Turn | None:
        """The turn that is not over, as far as it has come; None where nobody speaks.

        After half a pause it does not grow any more: should the pause go on, this is the turn.
        """
        if not self._spans:
            return None
        start, end = self._spans[0][0], self._spans[-1][1]
        speaking = self._undecided() <= end
        last = self._total if speaking else self._sample(end)
        return self._turn(self._sample(start), last, after=2 * (self._total - last))

    def feed(self, samples: Samples) -> list[Turn]:
        """The next float32 ``(n,)`` at 16 kHz → the turns that are over by them."""
        self._audio = np.concatenate([self._audio, samples])
        self._total += len(samples)
        return self._look(self._detector.feed(samples), ended=False)

    def cut_here(self) -> list[Turn]:
        """What is under way is a turn now, whatever comes next."""
        return self._look(np.zeros(0, dtype=np.float32), ended=True)

    def finish(self) -> list[Turn]:
        """The stream has ended → what was under way. Nothing may be fed afterwards."""
        return self._look(self._detector.finish(), ended=True)

    def _look(self, probabilities: NDArray[np.float32], *, ended: bool) -> list[Turn]:
        self._known = np.concatenate([self._known, probabilities])
        found: list[Turn] = []
        self._spans = self._speech()
        while self._spans:
            groups = grouped(self._spans, self._join)
            over = ended or len(groups) > 1 or self._undecided() - groups[0][-1][1] > self._join
            run, left = best_run(self._known, groups[0], self._room)
            if not left and not over:
                break
            rest = left or [span for group in groups[1:] for span in group]
            start, end = (self._sample(frame) for frame in run)
            following = self._sample(rest[0][0]) if rest else None
            after = 2 * (self._total - end) if following is None else following - end
            found.append(self._turn(start, end, after=after))
            self._number += 1
            self._end_before, self._given = end, found[-1].end
            # Where speech is cut in its middle, what is left of it is speech, however short or weak.
            self._forget(
                self._first + (rest[0][0] if rest else max(self._undecided(), run[1])),
                within=bool(left) and following == end,
            )
            self._spans = self._speech()
        if not self._spans:
            self._forget(self._first + max(self._undecided(), len(self._known) - _DOUBTFUL))
        return found

    def _speech(self) -> list[Ends]:
        """Stretches of speech among the frames that are held."""
        led = _MIN_SPEECH if self._within else 0
        spans = speech_frames(self._led(), self._threshold, _MIN_SPEECH, _MIN_SILENCE)
        return [(max(0, a - led), b - led) for a, b in spans if b > led]

    def _undecided(self) -> int:
        """The first frame that may still become speech by what comes next."""
        known = self._led()
        first = len(known)
        for a, b in reversed(open_runs(known, self._threshold)):
            passed = b == len(known) or bool((known[a:b] >= self._threshold).any())
            if passed and first - b >= _MIN_SILENCE:
                break
            first = a if passed else first
        return max(0, first - (_MIN_SPEECH if self._within else 0))

    def _led(self) -> NDArray[np.float32]:
        """The probabilities, after some frames of certain speech where it was cut in its middle."""
        return np.concatenate([np.ones(_MIN_SPEECH, np.float32), self._known]) if self._within else self._known

    def _turn(self, start: int, end: int, *, after: int) -> Turn:
        before = 2 * start if self._end_before is None else start - self._end_before
        first = max(self._given, start - min(self._padding, before // 2))
        last = end + min(self._padding, (after + 1) // 2)
        samples = self._audio[first - self._audio_first : last - self._audio_first].copy()
        return Turn(self._number, first, last, samples)

    def _sample(self, frame: int) -> int:
        return min((self._first + frame) * FRAME, self._total)

    def _forget(self, frame: int, *, within: bool | None = None) -> None:
        """Hold nothing before this frame of the stream but the padding of what begins with it."""
        if frame > self._first or within:
            self._within = bool(within)
        self._known = self._known[frame - self._first :]
        self._first = frame
        keep = max(self._audio_first, min(frame * FRAME, self._total) - self._padding)
        self._audio = self._audio[keep - self._audio_first :]
        self._audio_first = keep
