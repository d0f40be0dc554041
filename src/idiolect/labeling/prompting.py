"""What to read aloud next: the prompt that adds most of what is still missing in a speaker's recordings.

Missing are terms, phones and diphones. What is heard for the n-th time is worth less than for the first: the worth of a
collection is the sum of log(1 + count) over its units, with the weights below. That sum is submodular, so that taking
the prompt that adds most per second, again and again, comes near the best choice there is (Nemhauser, Wolsey and Fisher
1978). Choosing sentences for their diphones in this way: François and Boëffard, The Greedy Algorithm and its
Application to the Construction of a Continuous Speech Database (LREC 2002).
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idiolect.labeling.prompt_sources import PromptSource, shuffled
from idiolect.labeling.sounds_of_text import Diphone, Speaking
from idiolect.tasks import PHONES
from idiolect.text import basic_v1

TERM, DIPHONE, PHONE = 6.0, 1.0, 0.5
"""What hearing each for the first time is worth against the others: a term is what the model is made for."""
_PER_PHONE, _PER_PROMPT = 0.08, 1.5
"""Seconds that reading takes: 12 phones a second, and a breath and a key between prompts."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """A text to read, and what it adds that the speaker has not said in any recording: terms, phones, diphones."""

    text: str
    source: str
    terms: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    diphones: tuple[Diphone, ...] = ()

    @property
    def adds(self) -> int:
        """How many units are new with it."""
        return len(self.terms) + len(self.phones) + len(self.diphones)

    def as_dict(self) -> dict[str, Any]:
        """JSON values; diphones as ``AE-T``."""
        pairs = ["-".join(pair) for pair in self.diphones]
        return {"text": self.text, "source": self.source, "terms": self.terms, "phones": self.phones, "diphones": pairs}


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of what the prompts can give a speaker has recorded: counts of each unit that a prompt holds.

    read, left: prompts that were read, and that were not. seconds: of this speaker's labelled recordings.
    """

    phones: dict[str, int]
    diphones: dict[Diphone, int]
    terms: dict[str, int]
    read: int
    left: int
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        """JSON values: each phone and term with its count, diphones as how many of how many."""
        return {
            "phones": self.phones,
            "terms": self.terms,
            "diphones": {"heard": sum(1 for count in self.diphones.values() if count), "all": len(self.diphones)},
            "read": self.read,
            "left": self.left,
            "seconds": round(self.seconds, 1),
        }


Unit = tuple[str, ...]
"""``("term", words…)``, ``("phone", p)`` or ``("diphone", p, q)``."""
_WEIGHTS = {"term": TERM, "diphone": DIPHONE, "phone": PHONE}


class Prompter:
    """Prompts for one speaker, the most useful first. The same sources, recordings and seed: the same order.

    The units of all prompts lie in one row after the other, so that all of them are weighed at once: 2 ms for 2,000.
    """

    def __init__(
        self,
        sources: Sequence[PromptSource],
        said: Iterable[str] = (),
        *,
        seconds: float = 0.0,
        seed: int = 0,
        language: str = "en",
    ) -> None:
        """Weigh the prompts of `sources`; nothing is chosen yet.

        said: the texts of what the speaker has recorded so far; a prompt among them is not asked again.
        seconds: how long those recordings are.
        """
        self._speaking = Speaking(language)
        self._sources = {text: source.name for source in reversed(sources) for text in source.texts}
        self._order = [text for text in shuffled(self._sources, seed) if basic_v1(text)]
        self._keys = np.array([basic_v1(text) for text in self._order], dtype=object)
        self._written = _written(term for source in sources for term in source.terms)
        self._terms: dict[str, list[tuple[str, ...]]] = {}
        for words in self._written:
            self._terms.setdefault(words[0], []).append(words)
        spoken = list(said)
        self._speaking.prepare([*self._order, *spoken])
        units = [self._units_of(text) for text in self._order]
        self._known = dict(zip(self._order, units, strict=True))
        self._number = {unit: number for number, unit in enumerate(dict.fromkeys(itertools.chain(*units)))}
        self._unit = np.array([self._number[unit] for one in units for unit in one], dtype=np.int64)
        self._count = np.array([count for one in units for count in one.values()], dtype=np.float64)
        self._first = np.cumsum([0, *(len(one) for one in units)])
        self._weight = np.array([_WEIGHTS[unit[0]] for unit in self._number], dtype=np.float64)
        phones = (sum(count for unit, count in one.items() if unit[0] == "phone") for one in units)
        self._seconds_of = _PER_PROMPT + _PER_PHONE * np.array(list(phones), dtype=np.float64)
        self.restart(spoken, seconds)

    def restart(self, said: Iterable[str] = (), seconds: float = 0.0) -> None:
        """Begin again with what a speaker, perhaps another one, has recorded: the prompts stay weighed."""
        self._heard = np.zeros(len(self._number))
        self._read: set[str] = set()
        self._seconds = seconds
        for text in said:
            self.said(text)

    def said(self, text: str, seconds: float = 0.0) -> None:
        """A text was recorded: it counts from now on, and is not asked again."""
        if text not in self._known:
            self._speaking.prepare([text])
            self._known[text] = self._units_of(text)
        for unit, count in self._known[text].items():
            if unit in self._number:
                self._heard[self._number[unit]] += count
        self._read.add(basic_v1(text))
        self._seconds += seconds

    def choose(self, count: int = 1, *, without: Iterable[str] = ()) -> list[Prompt]:
        """The next `count` prompts, each chosen as if those before it were read; fewer where there are no more.

        without: prompts that are skipped for now.
        """
        heard = self._heard.copy()
        asked = self._read | {basic_v1(text) for text in without}
        open_ = np.array([key not in asked for key in self._keys], dtype=bool)
        chosen: list[Prompt] = []
        while len(chosen) < count and open_.any():
            best = int(np.argmax(np.where(open_, self._rates(heard), -1.0)))  # the first among equals
            row = slice(self._first[best], self._first[best + 1])
            chosen.append(self._prompt(best, self._unit[row][heard[self._unit[row]] == 0]))
            heard[self._unit[row]] += self._count[row]
            open_ &= self._keys != self._keys[best]  # and no other spelling of the same words
        return chosen

    def coverage(self) -> Coverage:
        """How far this speaker is with these prompts."""
        counts = {unit: int(self._heard[number]) for unit, number in self._number.items()}
        read = sum(1 for key in self._keys if key in self._read)
        return Coverage(
            {phone: counts["phone", phone] for phone in PHONES if ("phone", phone) in counts},
            {(unit[1], unit[2]): counts[unit] for unit in sorted(counts) if unit[0] == "diphone"},
            {term: counts.get(("term", *words), 0) for words, term in self._written.items()},
            read,
            len(self._order) - read,
            self._seconds,
        )

    def _rates(self, heard: NDArray[np.float64]) -> NDArray[np.float64]:
        """What each prompt would add for each second of reading it."""
        before = 1 + heard[self._unit]
        gains = np.append(self._weight[self._unit] * np.log2((before + self._count) / before), 0.0)
        sums = np.add.reduceat(gains, self._first[:-1]) if len(self._order) else gains[:0]
        sums[np.diff(self._first) == 0] = 0.0  # a prompt without any unit: reduceat gives it its neighbour's
        rates: NDArray[np.float64] = sums / self._seconds_of
        return rates

    def _prompt(self, place: int, new: NDArray[np.int64]) -> Prompt:
        units = list(self._number)
        added = [units[number] for number in new]
        text = self._order[place]
        return Prompt(
            text,
            self._sources[text],
            tuple(self._written[unit[1:]] for unit in added if unit[0] == "term"),
            tuple(unit[1] for unit in added if unit[0] == "phone"),
            tuple((unit[1], unit[2]) for unit in added if unit[0] == "diphone"),
        )

    def _units_of(self, text: str) -> Counter[Unit]:
        sounds = self._speaking.sounds(text)
        found: Counter[Unit] = Counter()
        found.update({("phone", phone): count for phone, count in sounds.phones.items()})
        found.update({("diphone", *pair): count for pair, count in sounds.diphones.items()})
        words = basic_v1(text).split()
        for place, word in enumerate(words):
            for term in self._terms.get(word, ()):
                if tuple(words[place : place + len(term)]) == term:
                    found["term", *term] += 1
        return found


def _written(terms: Iterable[str]) -> dict[tuple[str, ...], str]:
    """The words of each term, as they are compared, and the term as it was first written."""
    found: dict[tuple[str, ...], str] = {}
    for term in terms:
        words = tuple(basic_v1(term).split())
        if words:
            found.setdefault(words, term)
    return found
