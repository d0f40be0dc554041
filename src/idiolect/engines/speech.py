"""The part of a clip in which somebody speaks: what our phone network is given.

Its features are normalized over what it is given, and it learned from speech with little silence around it. Orders of
8.6 s with 2.8 s of speech in them were understood more often so (kitchen noise of 12 dB: 80 % instead of 63 %,
docs/log.md).
"""

from __future__ import annotations

from dataclasses import dataclass

from idiolect.audio import find_speech
from idiolect.units import SAMPLE_RATE, Samples, Seconds

LISTENING = "speech.v1"
"""Changes whenever the same clip would be cut otherwise; stands in the parameters of a label."""

MARGIN = 0.5
"""Seconds kept before and after what the voice activity detector marks."""


UNSURE = 0.25
"""Probability of speech from which a clip counts as spoken in where no part of it reaches the usual 0.5."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """Samples, float32 ``(n,)``, and how many seconds into the clip they begin."""

    samples: Samples
    start: Seconds


def spoken_part(samples: Samples) -> Spoken | None:
    """From just before the first speech in float32 ``(n,)``, 16 kHz, to just after the last; None without any."""
    # In loud noise the detector is less sure of the same speech: it is asked again before a clip is called silent.
    spans = find_speech(samples) or find_speech(samples, threshold=UNSURE)
    if not spans:
        return None
    first = max(0, round((spans[0].start - MARGIN) * SAMPLE_RATE))
    last = round((spans[-1].end + MARGIN) * SAMPLE_RATE)
    return Spoken(samples[first:last], Seconds(first / SAMPLE_RATE))
