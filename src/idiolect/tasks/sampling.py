"""Sentences of a task by chance: each template, then each alternative and each value, is as likely as the next."""

from __future__ import annotations

import random
from collections.abc import Sequence

from idiolect.tasks.phrases import Choice, IntentBlock, Phrase, Row, Rule, Shuffle, Words

_PATIENCE = 200
"""Repeats in a row after which a task is taken to have no new sentences."""


def sample(blocks: Sequence[IntentBlock], count: int, seed: int) -> list[str]:
    """`count` sentences; each once as long as new ones are found. Same task, count and seed: same sentences."""
    rng = random.Random(seed)
    templates = [template for block in blocks for template in block.body.items]
    sentences: dict[str, None] = {}
    repeats: list[str] = []
    while len(sentences) < count and len(repeats) < _PATIENCE:
        sentence = " ".join(say(rng.choice(templates), rng))
        if sentence in sentences:
            repeats.append(sentence)
        else:
            sentences[sentence] = None
            repeats.clear()
    found = list(sentences)
    return found + [rng.choice(found) for _ in range(count - len(found))]


def say(phrase: Phrase, rng: random.Random) -> list[str]:
    """The words of one way to say `phrase`."""
    if isinstance(phrase, Words):
        return list(phrase.words)
    if isinstance(phrase, Choice):
        return say(rng.choice(phrase.items), rng)
    if isinstance(phrase, Rule):
        return say(phrase.body, rng)
    if isinstance(phrase, Row | Shuffle):
        items = list(phrase.items)
        if isinstance(phrase, Shuffle):
            rng.shuffle(items)
        return [word for item in items for word in say(item, rng)]
    return say(rng.choice(phrase.values).body, rng)
