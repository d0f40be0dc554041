"""Which word stands for which: the cheapest edits from a reference to a hypothesis, and their picture."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein

from idiolect.evaluation.counts import Counts

Pair = tuple[str | None, str | None]
"""(reference, hypothesis): equal is a hit, different a substitution, None on one side a deletion or an insertion."""


@dataclass(frozen=True, slots=True)
class Alignment:
    """The pairs of one reference and one hypothesis, in order."""

    pairs: tuple[Pair, ...]

    @property
    def counts(self) -> Counts:
        """The pairs, counted."""
        marks = [_mark(pair) for pair in self.pairs]
        return Counts(marks.count(" "), marks.count("S"), marks.count("D"), marks.count("I"))

    def picture(self, width: int = 100) -> str:
        """``REF`` over ``HYP``, word under word, with S, D or I below each error; wrapped at `width` columns."""
        return "\n\n".join(_lines(row) for row in _rows(self.pairs, width - len("REF  ")))


def align(reference: Sequence[str], hypothesis: Sequence[str]) -> Alignment:
    """Align two sequences of words (or of characters) with the fewest edits (Levenshtein, by RapidFuzz).

    >>> align("a large mocha".split(), "a mocha please".split()).counts
    Counts(hits=2, substitutions=0, deletions=1, insertions=1)
    """
    pairs: list[Pair] = []
    for step in Levenshtein.opcodes(reference, hypothesis):
        left: list[str | None] = list(reference[step.src_start : step.src_end])
        right: list[str | None] = list(hypothesis[step.dest_start : step.dest_end])
        longest = max(len(left), len(right))
        left += [None] * (longest - len(left))
        right += [None] * (longest - len(right))
        pairs += zip(left, right, strict=True)
    return Alignment(tuple(pairs))


def count_words(reference: str, hypothesis: str) -> Counts:
    """Edit counts over the words of two normalized texts."""
    return align(reference.split(), hypothesis.split()).counts


def count_characters(reference: str, hypothesis: str) -> Counts:
    """Edit counts over the characters (spaces too, as jiwer counts them) of two normalized texts."""
    return align(reference, hypothesis).counts


def _mark(pair: Pair) -> str:
    reference, hypothesis = pair
    if reference is None:
        return "I"
    if hypothesis is None:
        return "D"
    return " " if reference == hypothesis else "S"


def _rows(pairs: Sequence[Pair], width: int) -> Iterator[list[Pair]]:
    row: list[Pair] = []
    used = 0
    for pair in pairs:
        size = _cell(pair) + 1
        if row and used + size > width + 1:
            yield row
            row, used = [], 0
        row.append(pair)
        used += size
    yield row


def _lines(row: Sequence[Pair]) -> str:
    reference, hypothesis, marks = ["REF"], ["HYP"], ["   "]
    for pair in row:
        size = _cell(pair)
        reference.append(_pad(pair[0], size))
        hypothesis.append(_pad(pair[1], size))
        marks.append(_mark(pair).ljust(size))
    lines = [f"{first}  {' '.join(rest)}" for first, *rest in (reference, hypothesis, marks)]
    return "\n".join(line.rstrip() for line in lines if line.strip())


def _pad(word: str | None, size: int) -> str:
    return "*" * size if word is None else word + " " * (size - _columns(word))


def _cell(pair: Pair) -> int:
    return max(_columns(word) for word in pair if word is not None)


def _columns(word: str) -> int:
    """How many columns a terminal gives `word`: wide East Asian characters take two, combining ones none."""
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in word)
    return len(word) + wide - sum(unicodedata.combining(character) > 0 for character in word)
