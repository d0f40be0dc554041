"""How words are spoken: the 39 ARPAbet phones without stress.

CMUdict (as it comes with PocketSphinx) knows 127,000 English words with their variants. ``english.txt`` adds what other
dictionaries give and it does not ("almond" with an l, which it writes in the plural only). What neither knows is asked
of espeak-ng where that is installed, and else guessed from the letters.
"""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from idiolect.errors import TaskError
from idiolect.files import write_text
from idiolect.tasks.espeak import espeak_pronunciations
from idiolect.tasks.letters import spell_word

PHONES: tuple[str, ...] = (
    "SIL",
    *("AA", "AE", "AH", "AO", "AW", "AY", "B", "CH", "D", "DH", "EH", "ER", "EY", "F", "G", "HH", "IH", "IY", "JH"),
    *("K", "L", "M", "N", "NG", "OW", "OY", "P", "R", "S", "SH", "T", "TH", "UH", "UW", "V", "W", "Y", "Z", "ZH"),
)
"""What a phone network tells apart, in the order of its outputs: silence, then the 39."""

_PHONE_SET = frozenset(PHONES)
LEXICON = "english.v1"
"""Changes whenever a known word would be spoken in another way."""
_ADDED = Path(__file__).with_name("english.txt")

Pronunciation = tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Lexicon:
    """Words and their pronunciations. Words are as `basic_v1` writes them.

    `entries` holds each word's variants as phones with spaces between, the commonest first; `guessed` remembers what
    was not there, so that espeak-ng is asked once per word. `language` is the one that it is asked in.
    """

    entries: Mapping[str, tuple[str, ...]]
    guessed: dict[str, tuple[str, ...]] = field(default_factory=dict)
    language: str = "en"

    @staticmethod
    def default(language: str = "en") -> Lexicon:
        """CMUdict from the PocketSphinx wheel and our additions; read once per process (about 0.15 s).

        For a language other than English (a BCP 47 code) no word is known; espeak-ng says them all, in the nearest
        English phones.
        """
        base = language.partition("-")[0].lower()
        return _cmudict() if base == "en" else _foreign(base)

    @staticmethod
    def load(path: Path) -> Lexicon:
        """A lexicon that `save` wrote. Raises `TaskError` with the line that is not one."""
        entries: dict[str, list[str]] = {}
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            word, tab, phones = line.partition("\t")
            if not tab or not word or not phones or not _PHONE_SET.issuperset(phones.split()):
                raise TaskError(f"not a word, a tab and its phones: {line!r}", path=path, line=number)
            entries.setdefault(word, []).append(phones)
        return Lexicon({word: tuple(variants) for word, variants in entries.items()})

    def save(self, path: Path) -> None:
        """One line per variant: the word, a tab, its phones; sorted, so that equal lexicons are equal files."""
        known = {**self.guessed, **self.entries}
        lines = [f"{word}\t{phones}\n" for word in sorted(known) for phones in known[word]]
        write_text(path, "".join(lines))

    def __contains__(self, word: str) -> bool:
        """Whether the word stands in the lexicon itself, not guessed."""
        return word in self.entries

    def pronounce(self, word: str) -> list[Pronunciation]:
        """Every pronunciation of `word`, the commonest first; at least one.

        Raises `TaskError` for a word without letters or digits that can be spoken.
        """
        variants = self.entries.get(word) or self.guessed.get(word)
        if variants is None:
            self._guess([word])
            variants = self.guessed[word]
        return [tuple(variant.split()) for variant in variants]

    def extend(self, words: Iterable[str]) -> Lexicon:
        """This lexicon, with pronunciations for all of `words`; unknown ones are asked for in one go."""
        self._guess(words)
        return self

    def subset(self, words: Iterable[str]) -> Lexicon:
        """Only `words`, guessed where they were not known: what goes into a bundle."""
        wanted = list(dict.fromkeys(words))
        self._guess(wanted)
        known = {word: self.entries.get(word) or self.guessed[word] for word in wanted}
        return Lexicon(known, language=self.language)

    def _guess(self, words: Iterable[str]) -> None:
        for word in self.unspeakable(words):
            raise TaskError(f"nobody can say how {word!r} is spoken", hint="write it in letters, as it is said")

    def over(self, other: Lexicon) -> Lexicon:
        """The words of both; those of this one are said as it says."""
        return Lexicon({**other.entries, **self.entries}, language=other.language)

    def unspeakable(self, words: Iterable[str]) -> list[str]:
        """Those of `words` that nobody can say; the others are guessed, in one go, where they were not known."""
        missing = [word for word in dict.fromkeys(words) if word not in self.entries and word not in self.guessed]
        asked = espeak_pronunciations([word for word in missing if _is_latin(word)], self.language)
        silent: list[str] = []
        for word in missing:
            phones = asked.get(word) or (self._spell(word) if _is_latin(word) else ())
            if phones:
                self.guessed[word] = (" ".join(phones),)
            else:
                silent.append(word)
        return silent

    def _spell(self, word: str) -> Pronunciation:
        return spell_word(word, self.entries)


def _is_latin(word: str) -> bool:
    """Of other scripts espeak-ng says no more than their name, "Chinese letter"."""
    return all("LATIN" in unicodedata.name(char, "") for char in word if char.isalpha())


@functools.cache
def _foreign(language: str) -> Lexicon:
    return Lexicon({}, language=language)


@functools.cache
def _cmudict() -> Lexicon:
    from pocketsphinx import get_model_path

    text = Path(get_model_path("en-us/cmudict-en-us.dict")).read_text(encoding="utf-8")
    entries: dict[str, tuple[str, ...]] = {}
    for line in text.splitlines():
        word, _, phones = line.partition(" ")
        if word.endswith(")"):
            base = word[: word.rindex("(")]
            entries[base] = (*entries.get(base, ()), phones)
        else:
            entries[word] = (phones,)
    for word, variants in Lexicon.load(_ADDED).entries.items():
        entries[word] = (*entries.get(word, ()), *variants)
    return Lexicon(entries)
