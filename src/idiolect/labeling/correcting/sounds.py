"""How far two words are from each other by ear: an edit distance over phones that knows which phones are near."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from itertools import islice, product
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from idiolect.tasks import Lexicon

Pronounce = Callable[[str], Sequence[tuple[str, ...]]]
"""A word to its pronunciations (ARPAbet without stress); empty where nobody can say it."""

_VARIANTS = 8
"""Pronunciations of a group of words that are tried: the commonest come first."""

# Place (0 lips to 1 throat), manner (0 stop, .3 affricate, .4 fricative, .7 nasal, .8 liquid, 1 glide), voiced.
_CONSONANTS = {
    "P": (0.0, 0.0, 0), "B": (0.0, 0.0, 1), "T": (0.4, 0.0, 0), "D": (0.4, 0.0, 1), "K": (0.8, 0.0, 0),
    "G": (0.8, 0.0, 1), "CH": (0.5, 0.3, 0), "JH": (0.5, 0.3, 1), "F": (0.1, 0.4, 0), "V": (0.1, 0.4, 1),
    "TH": (0.3, 0.4, 0), "DH": (0.3, 0.4, 1), "S": (0.4, 0.4, 0), "Z": (0.4, 0.4, 1), "SH": (0.5, 0.4, 0),
    "ZH": (0.5, 0.4, 1), "HH": (1.0, 0.4, 0), "M": (0.0, 0.7, 1), "N": (0.4, 0.7, 1), "NG": (0.8, 0.7, 1),
    "L": (0.4, 0.8, 1), "R": (0.5, 0.8, 1), "W": (0.0, 1.0, 1), "Y": (0.6, 1.0, 1),
}  # fmt: skip
# Height (0 open to 1 close), backness, glide (0 none, .5 towards R, 1 a diphthong).
_VOWELS = {
    "AA": (0.0, 0.8, 0.0), "AE": (0.1, 0.1, 0.0), "AH": (0.4, 0.5, 0.0), "AO": (0.3, 1.0, 0.0), "AW": (0.1, 0.6, 1.0),
    "AY": (0.1, 0.4, 1.0), "EH": (0.4, 0.1, 0.0), "ER": (0.5, 0.5, 0.5), "EY": (0.6, 0.1, 1.0), "IH": (0.8, 0.2, 0.0),
    "IY": (1.0, 0.0, 0.0), "OW": (0.5, 1.0, 1.0), "OY": (0.4, 0.8, 1.0), "UH": (0.8, 0.8, 0.0), "UW": (1.0, 1.0, 0.0),
}  # fmt: skip

_DIFFERENT = 1.0
_LEAST = 0.2
"""Any two phones that are not the same are so far apart at least."""


@cache
def phone_distance(one: str, other: str) -> float:
    """0 for the same phone, 0.2 to 1 for others; a vowel and a consonant are 1 apart.

    The features are those of the IPA chart, weighted alike: M and N, or IH and IY, come out under 0.4.
    """
    if one == other:
        return 0.0
    for table in (_CONSONANTS, _VOWELS):
        if one in table and other in table:
            apart = sum(abs(a - b) for a, b in zip(table[one], table[other], strict=True))
            return min(_DIFFERENT, max(_LEAST, apart / 1.5))
    return _DIFFERENT


def phones_apart(one: Sequence[str], other: Sequence[str]) -> float:
    """The cheapest edits from one row of phones to the other; one more or less costs 1 (Wagner and Fischer, 1974)."""
    row = [float(place) for place in range(len(other) + 1)]
    for count, phone in enumerate(one, start=1):
        before, row = row, [float(count)]
        for place, against in enumerate(other, start=1):
            row.append(min(before[place] + 1, row[-1] + 1, before[place - 1] + phone_distance(phone, against)))
    return row[-1]


def ear_of(lexicon: Lexicon) -> Ear:
    """An `Ear` that says words as the lexicon does; a word that nobody can say is like no other."""

    def pronounce(word: str) -> Sequence[tuple[str, ...]]:
        return [] if lexicon.unspeakable([word]) else lexicon.pronounce(word)

    return Ear(pronounce)


class Ear:
    """Compares groups of words by their phones, and remembers what it compared. Words are as `basic_v1` writes them."""

    def __init__(self, pronounce: Pronounce) -> None:
        self._pronounce = pronounce
        self._phones: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
        self._apart: dict[tuple[tuple[str, ...], tuple[str, ...]], float] = {}

    def phones(self, words: tuple[str, ...]) -> list[tuple[str, ...]]:
        """The pronunciations of words in a row, at most eight; none where one of them cannot be said."""
        if words not in self._phones:
            each = [self._pronounce(word) for word in words]
            rows = islice(product(*each), _VARIANTS)
            self._phones[words] = [tuple(phone for word in row for phone in word) for row in rows]
        return self._phones[words]

    def edits(self, one: tuple[str, ...], other: tuple[str, ...]) -> float:
        """Edits between the nearest pronunciations; as many as there are letters where one side cannot be said."""
        if (one, other) not in self._apart:
            pairs = product(self.phones(one), self.phones(other))
            letters = float(max(len("".join(one)), len("".join(other))))
            self._apart[one, other] = min((phones_apart(*pair) for pair in pairs), default=letters)
        return self._apart[one, other]

    def distance(self, one: tuple[str, ...], other: tuple[str, ...]) -> float:
        """`edits` for each phone of the longer side, 0 (the same sound) to 1; 1 where one side is silent or unknown."""
        if not one or not other or not self.phones(one) or not self.phones(other):
            return 1.0
        longest = max(min(map(len, self.phones(one))), min(map(len, self.phones(other))), 1)
        return min(1.0, self.edits(one, other) / longest)
