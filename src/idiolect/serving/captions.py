"""Captions: words with times to SubRip and WebVTT. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from idiolect.units import Seconds

if TYPE_CHECKING:
    from idiolect.engines import Word
    from idiolect.serving.transcript import Transcript

LINE = 42
"""Characters in a line; a cue has two (EBU and Netflix both say 42 and 2)."""
LONGEST = Seconds(7.0)
"""Seconds that one cue stays."""
PAUSE = Seconds(0.8)
"""A silence this long ends a cue."""


@dataclass(frozen=True, slots=True)
class Cue:
    """A text on the screen from `start` to `end`, in seconds from the start of the file."""

    start: Seconds
    end: Seconds
    text: str


def cues(transcript: Transcript) -> list[Cue]:
    """Words in groups that can be read; a clip whose words have no times is one cue."""
    found: list[Cue] = []
    for clip in transcript.clips:
        if clip.hypothesis.words:
            found += [_cue(group) for group in _groups(clip.hypothesis.words)]
        elif clip.hypothesis.text:
            found.append(Cue(clip.start, clip.end, clip.hypothesis.text))
    return found


def _groups(words: Sequence[Word]) -> Iterable[list[Word]]:
    group: list[Word] = []
    length = 0
    for word in words:
        full = length + 1 + len(word.word) > 2 * LINE
        if group and (full or word.start - group[-1].end >= PAUSE or word.end - group[0].start > LONGEST):
            yield group
            group, length = [], 0
        group.append(word)
        length += 1 + len(word.word)
    if group:
        yield group


def _cue(words: Sequence[Word]) -> Cue:
    return Cue(words[0].start, max(word.end for word in words), " ".join(word.word for word in words))


def srt(captions: Iterable[Cue]) -> str:
    """SubRip: numbered from 1, times as ``00:00:01,500``."""
    return "".join(
        f"{number}\n{_clock(cue.start, ',')} --> {_clock(cue.end, ',')}\n{_wrap(cue.text)}\n\n"
        for number, cue in enumerate(captions, start=1)
    )


def vtt(captions: Iterable[Cue]) -> str:
    """WebVTT: times as ``00:00:01.500``; ``&``, ``<`` and ``>`` are escaped as its grammar asks."""
    return "WEBVTT\n\n" + "".join(
        f"{_clock(cue.start, '.')} --> {_clock(cue.end, '.')}\n{_wrap(_escape(cue.text))}\n\n" for cue in captions
    )


def _clock(seconds: float, point: str) -> str:
    milliseconds = round(seconds * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{rest // 1000:02d}{point}{rest % 1000:03d}"


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _wrap(text: str) -> str:
    """Two lines of about equal length where one is not enough."""
    if len(text) <= LINE or " " not in text:
        return text
    spaces = [index for index, letter in enumerate(text) if letter == " "]
    middle = min(spaces, key=lambda index: abs(index - len(text) / 2))
    return f"{text[:middle]}\n{text[middle + 1 :]}"
