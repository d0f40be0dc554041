"""A task: what may be said, and what it means."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b

from idiolect.tasks.expanding import expand
from idiolect.tasks.graph import Parsed, WordGraph, build_graph
from idiolect.tasks.jsgf import write_jsgf
from idiolect.tasks.numbers import spoken_steps
from idiolect.tasks.phrases import IntentBlock, Kind, Slot, walk, words_of
from idiolect.tasks.sampling import sample
from idiolect.text import basic_v1

Answer = str | int | float | bool
"""A slot's value in JSON."""


@dataclass(frozen=True)
class Task:
    """Sentence templates with their intents and slots. Without slots of its own, so that its graph is built once.

    text: the task file, whole.
    language: BCP 47 code, as the file says.
    """

    text: str
    language: str
    blocks: tuple[IntentBlock, ...]

    @property
    def id(self) -> str:
        """Hash of the file's text: 32 hex digits of blake2b."""
        return blake2b(self.text.encode(), digest_size=16).hexdigest()

    @property
    def intents(self) -> tuple[str, ...]:
        """The names of the intents, in the order of the file."""
        return tuple(dict.fromkeys(block.intent for block in self.blocks))

    def graph(self) -> WordGraph:
        """Every sentence as a path of words and marks. Built once."""
        return self._graph

    @cached_property
    def _graph(self) -> WordGraph:
        return build_graph(self.blocks)

    def parse(self, text: str) -> Parsed | None:
        """Intent and slots of a transcript, compared as `basic_v1` writes it; None if it is no sentence of the task.

        A number in digits ("12", "2.5", "50%") counts as each of the ways to say it in the task's language.
        """
        if any(char.isdigit() for char in text):
            steps = spoken_steps(text, self.language)
            return self._graph.parse_steps(steps) if steps else None
        words = basic_v1(text).split()
        return self._graph.parse(words) if words else None

    def answer(self, intent: str, slots: Mapping[str, str]) -> dict[str, Answer]:
        """The slots of a `Parsed` as JSON has them: numbers and truth values where the task's lists say so."""
        kinds = self.kinds.get(intent, {})
        return {name: _as_json(value, kinds.get(name, "text")) for name, value in slots.items()}

    @cached_property
    def kinds(self) -> Mapping[str, Mapping[str, Kind]]:
        """Intent → slot → what its values are in JSON; text where lists of different kinds fill one slot."""
        found: dict[str, dict[str, Kind]] = {}
        for block in self.blocks:
            of_intent = found.setdefault(block.intent, {})
            for phrase in walk([block.body]):
                if isinstance(phrase, Slot):
                    known = of_intent.setdefault(phrase.name, phrase.kind)
                    of_intent[phrase.name] = known if known == phrase.kind else "text"
        for block in self.blocks:  # a fixed slot is text, unless it is of the kind that lists give it
            for name, value in block.fixed:
                kind = found[block.intent].get(name, "text")
                found[block.intent][name] = kind if _is_kind(value, kind) else "text"
        return found

    def sample(self, count: int, seed: int) -> list[str]:
        """`count` sentences, each alternative as likely as the next; different ones as long as there are any."""
        return sample(self.blocks, count, seed)

    def expand(self) -> Iterator[str]:
        """Every sentence, each once; found as they are asked for, however many there are."""
        return expand(self._graph)

    def words(self) -> list[str]:
        """Every word that may be said, each once, in the order of the file."""
        return words_of(self.blocks)

    def count(self) -> int:
        """How many sentences there are: exact where that is found quickly, else an upper bound."""
        return self._graph.count()

    def jsgf(self) -> str:
        """The sentences as a JSGF grammar."""
        return write_jsgf(self.blocks)


def _is_kind(value: str, kind: Kind) -> bool:
    if kind == "boolean":
        return value in {"true", "false"}
    try:
        return kind == "text" or math.isfinite(float(value))
    except ValueError:
        return False


def _as_json(value: str, kind: Kind) -> Answer:
    if not _is_kind(value, kind):  # it comes from elsewhere: an engine, an old label
        return value
    if kind == "boolean":
        return value == "true"
    if kind == "number":
        number = float(value)
        return int(number) if number == int(number) else number
    return value
