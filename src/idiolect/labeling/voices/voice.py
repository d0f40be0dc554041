"""What a voice is, and one line for it to speak."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Voice:
    """One voice of one program: ``flite:slt``."""

    program: str
    voice: str
    language: str
    version: str

    @property
    def name(self) -> str:
        """What speaker and label say."""
        return f"{self.program}:{self.voice}"


@dataclass(frozen=True, slots=True)
class Line:
    """A text to be spoken into `path`, a WAV file. `stretch` above 1 is slower than the voice's own rate."""

    voice: Voice
    text: str
    stretch: float
    path: Path


@dataclass(frozen=True, slots=True)
class Program:
    """How a program is asked. `find` gives no voices where it is not installed.

    `speak` writes the file of each line; a line that the program fails on leaves no file.
    """

    find: Callable[[], list[Voice]]
    speak: Callable[[Sequence[Line]], None]


def as_ascii(text: str) -> str:
    """`text` for programs that know no other letters: ``café`` → ``cafe``."""
    plain = text.replace("\u2019", "'").replace("\u2018", "'")
    return unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode()
