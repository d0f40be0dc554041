"""Clips that sound a little like words, and what two engines say of them: for the tests of the studio."""

from __future__ import annotations

import numpy as np

from idiolect.corpus import NewLabel, SourceKind, WordTime

SENTENCES = (
    "two large coffees please",
    "one small tea with milk",
    "the door is open",
    "turn the light on",
    "call my sister",
    "what is the weather like",
    "three flat whites to go",
    "play some music",
    "no sugar for me",
    "set a timer for ten minutes",
    "a glass of water",
    "good morning everybody",
)


def hum(words, seed):
    """float32: something like a voice, a swell for each word; 0.4 s a word and 0.3 s of quiet on both sides."""
    rng = np.random.default_rng(seed)
    rate, pieces = 16000, []
    pitch = rng.uniform(90, 220)
    for _ in words:
        t = np.arange(int(0.4 * rate)) / rate
        tone = sum(np.sin(2 * np.pi * pitch * k * t + rng.uniform(0, 6)) / k for k in range(1, 9))
        pieces.append(0.2 * tone * np.sin(np.pi * t / t[-1]) ** 2)
    quiet = np.zeros(int(0.3 * rate))
    sound = np.concatenate([quiet, *pieces, quiet]) + rng.normal(0, 1e-3, int(0.4 * rate) * len(words) + 2 * len(quiet))
    return sound.astype(np.float32)


def worded(text, confidences):
    return tuple(
        WordTime(word, 0.3 + 0.4 * place, 0.7 + 0.4 * place, confidence)
        for place, (word, confidence) in enumerate(zip(text.split(), confidences, strict=True))
    )


def label_of(clip, source, text, confidence, seed):
    sure = np.clip(np.random.default_rng(seed).normal(confidence, 0.15, len(text.split())), 0.05, 0.99)
    return NewLabel(
        clip_id=clip.id,
        kind=SourceKind.ENGINE,
        source=source,
        version="1",
        text=text,
        confidence=confidence,
        words=worded(text, [round(float(value), 2) for value in sure]),
    )
