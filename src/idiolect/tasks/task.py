"""A task: what may be said, and what it means."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b

from idiolect.tasks.graph import Parsed, WordGraph, build_graph
from idiolect.tasks.jsgf import write_jsgf
from idiolect.tasks.phrases import IntentBlock, words_of
from idiolect.tasks.sampling import sample
from idiolect.text import basic_v1


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
        """Intent and slots of a transcript, compared as `basic_v1` writes it; None if it is no sentence of the task."""
        words = basic_v1(text).split()
        return self._graph.parse(words) if words else None

    def sample(self, count: int, seed: int) -> list[str]:
        """`count` sentences, each alternative as likely as the next; different ones as long as there are any."""
        return sample(self.blocks, count, seed)

    def words(self) -> list[str]:
        """Every word that may be said, each once, in the order of the file."""
        return words_of(self.blocks)

    def count(self) -> int:
        """How many sentences there are: exact where that is found quickly, else an upper bound."""
        return self._graph.count()

    def jsgf(self) -> str:
        """The sentences as a JSGF grammar."""
        return write_jsgf(self.blocks)
