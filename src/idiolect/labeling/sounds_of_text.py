"""Which sounds a text holds: phones, and pairs of them as they follow each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise

from idiolect.tasks import PHONES, Lexicon
from idiolect.text import basic_v1

SILENCE = PHONES[0]
Diphone = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Sounds:
    """How often each phone (without silence) and each pair stands in a text; the ends of the text pair with silence."""

    phones: Counter[str] = field(default_factory=Counter)
    diphones: Counter[Diphone] = field(default_factory=Counter)


class Speaking:
    """Texts → sounds, as the commonest pronunciation has them. Words that nobody can say have no sounds."""

    def __init__(self, language: str = "en", lexicon: Lexicon | None = None) -> None:
        self._lexicon = lexicon or Lexicon.default(language)
        self._silent: set[str] = set()

    def prepare(self, texts: Iterable[str]) -> None:
        """Ask for the words of all these texts in one go: espeak-ng is a program, and starts slowly."""
        words = {word for text in texts for word in basic_v1(text).split()}
        self._silent |= set(self._lexicon.unspeakable(sorted(words)))

    def sounds(self, text: str) -> Sounds:
        """Of one text, which `prepare` was given."""
        words = [word for word in basic_v1(text).split() if word not in self._silent]
        phones = [phone for word in words for phone in self._lexicon.pronounce(word)[0]]
        if not phones:
            return Sounds()
        framed = [SILENCE, *phones, SILENCE]
        return Sounds(Counter(phones), Counter(pairwise(framed)))
