"""Clips longer than a model's window: cut at silences, heard piece by piece, joined again."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

from idiolect.engines.protocol import Hypothesis
from idiolect.units import MAX_CLIP, SAMPLE_RATE, Samples, Seconds, duration_of

SHORTEST = Seconds(0.1)
"""Below this nothing can be said (the shortest English words last about 0.15 s), and some networks have no frame."""

Piece = tuple[Seconds, Samples]


def hear_pieces(
    batch: Sequence[Samples], hear: Callable[[Sequence[Samples]], list[Hypothesis]], longest: Seconds = MAX_CLIP
) -> list[Hypothesis]:
    """`hear` applied to clips of at most `longest` seconds; what is too short to hold a word is not asked about."""
    pieces = [_pieces(samples, longest) for samples in batch]
    flat = [samples for clip in pieces for _, samples in clip]
    heard = iter(hear(flat) if flat else [])
    return [_join([(offset, next(heard)) for offset, _ in clip]) for clip in pieces]


def _pieces(samples: Samples, longest: Seconds) -> list[Piece]:
    if duration_of(samples) < SHORTEST:
        return []
    if duration_of(samples) <= longest:
        return [(Seconds(0.0), samples)]
    from idiolect.audio import cut

    spans = cut(samples, longest=longest)
    return [
        (span.start, samples[round(span.start * SAMPLE_RATE) : round(span.end * SAMPLE_RATE)])
        for span in spans
        if span.end - span.start >= SHORTEST
    ]


def _join(pieces: Sequence[tuple[Seconds, Hypothesis]]) -> Hypothesis:
    if not pieces:
        return Hypothesis("")
    if len(pieces) == 1 and not pieces[0][0]:
        return pieces[0][1]
    said = [(offset, heard) for offset, heard in pieces if heard.text]
    words = tuple(
        replace(word, start=Seconds(word.start + offset), end=Seconds(word.end + offset))
        for offset, heard in said
        for word in heard.words
    )
    return Hypothesis(" ".join(heard.text for _, heard in said), _confidence([heard for _, heard in said]), words)


def _confidence(said: Sequence[Hypothesis]) -> float | None:
    """The mean over words: a piece counts by the number of its words."""
    known = [(heard.confidence, len(heard.text.split())) for heard in said if heard.confidence is not None]
    total = sum(count for _, count in known)
    return math.fsum(value * count for value, count in known) / total if total else None
