"""Where a system is good and where it is bad: the clips cut by what they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from idiolect.corpus.values import Clip

DURATIONS = (0, 2, 5, 10, 30)
"""Edges in seconds. Commands are below 5 s, read sentences below 10 s, and no clip passes 30 s."""

SNRS = (0, 10, 20, 30)
"""Edges in dB. Below 10 dB most people say that it is noisy; above 30 dB that it is quiet."""


OTHERS = "other speakers"

WORDS = (0, 3, 6, 11, 21)
"""Edges in words of the reference: commands are below 11, read sentences below 30."""

MOST_SPEAKERS = 12
"""So many speakers stand for themselves, those with the most clips; the others are one slice."""


@dataclass(frozen=True, slots=True)
class Slice:
    """Some of the clips: `by` what they were cut, which `value` they have, their places among all."""

    by: str
    value: str
    places: tuple[int, ...]


def slices(clips: Sequence[Clip]) -> tuple[Slice, ...]:
    """The clips by collection, language, duration and signal-to-noise ratio; a cut with one value only is left out."""
    cuts = ((by, [key(clip) for clip in clips]) for by, key in _CUTS.items())
    return tuple(part for by, values in cuts for part in _cut(by, values))


def finer_slices(clips: Sequence[Clip], words: Sequence[int | None]) -> tuple[Slice, ...]:
    """The same by speaker too, and by how many words the reference has (None: there is no text)."""
    of_words = ["unknown" if count is None else _word_bucket(count) for count in words]
    speakers = [*_cut("speaker", _speakers(clips))]
    return (*speakers, *slices(clips), *_cut("words", of_words))


def _cut(by: str, values: Sequence[str]) -> Iterator[Slice]:
    places: dict[str, list[int]] = {}
    for place, value in enumerate(values):
        places.setdefault(value, []).append(place)
    if len(places) > 1:
        yield from (Slice(by, value, tuple(places[value])) for value in sorted(places, key=_order))


def _speakers(clips: Sequence[Clip]) -> list[str]:
    known = [clip.recording.speaker or "unknown" for clip in clips]
    kept = {name for name, _ in Counter(known).most_common(MOST_SPEAKERS)}
    return [name if name in kept else OTHERS for name in known]


def _word_bucket(count: int) -> str:
    """``3-5 words``: whole numbers, so that the upper edge is in it."""
    for low, high in pairwise(WORDS):
        if count < high:
            return f"{low}-{high - 1} words"
    return f"≥ {WORDS[-1]} words"


def bucket(value: float, edges: Sequence[float], unit: str) -> str:
    """Between which edges `value` lies: ``2-5 s``, ``< 0 dB``, ``≥ 30 s``."""
    if value < edges[0]:
        return f"< {edges[0]} {unit}"
    for low, high in pairwise(edges):
        if low <= value < high:
            return f"{low}-{high} {unit}"
    return f"≥ {edges[-1]} {unit}"


def _snr(clip: Clip) -> str:
    return bucket(clip.quality["snr"], SNRS, "dB") if "snr" in clip.quality else "unknown"


def _order(value: str) -> tuple[int, float, str]:
    """Buckets by their lower edge, below and above at the ends; names by the alphabet; unknown last."""
    if value in {"unknown", OTHERS}:
        return (3, 0.0, value)
    if value.startswith("<"):
        return (0, 0.0, value)
    if value.startswith("≥"):
        return (2, 0.0, value)
    first = value.split("-", maxsplit=1)[0]
    return (1, float(first) if first.isdecimal() else 0.0, value)


_CUTS: dict[str, Callable[[Clip], str]] = {
    "collection": lambda clip: clip.recording.collection or "unknown",
    "language": lambda clip: clip.recording.language or "unknown",
    "duration": lambda clip: bucket(clip.duration, DURATIONS, "s"),
    "snr": _snr,
}
