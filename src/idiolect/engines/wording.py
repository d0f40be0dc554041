"""From the tokens of a model to words with times. The same for every tokenizer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from idiolect.engines.protocol import Word
from idiolect.units import Seconds


@dataclass(frozen=True, slots=True)
class TimedToken:
    """A token that was heard, with its times in seconds and its probability."""

    id: int
    start: Seconds
    end: Seconds
    confidence: float


def words_of(tokens: Sequence[TimedToken], decode: Callable[[list[int]], str]) -> tuple[Word, ...]:
    """The words of `decode(ids)`, each from the start of its first token to the end of its last.

    A token belongs to the word that the text so far ends with, so that no tokenizer's mark for a word's
    beginning needs to be known. Tokens that add nothing to see (a delimiter) belong to no word.
    """
    ids = [token.id for token in tokens]
    texts = decode(ids).split()
    members: list[list[TimedToken]] = [[] for _ in texts]
    before = ""
    for count, token in enumerate(tokens, start=1):
        now = decode(ids[:count]).strip()
        if now != before and now:
            members[min(len(now.split()), len(texts)) - 1].append(token)
        before = now
    return tuple(_word(text, own) for text, own in zip(texts, members, strict=True) if own)


def _word(text: str, tokens: Sequence[TimedToken]) -> Word:
    confidence = sum(token.confidence for token in tokens) / len(tokens)
    return Word(text, tokens[0].start, max(token.end for token in tokens), confidence)
