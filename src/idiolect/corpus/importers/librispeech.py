"""LibriSpeech: ``103-1240.trans.txt`` with lines ``103-1240-0000 CHAPTER ONE``, beside ``103-1240-0000.flac``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from idiolect.corpus.importers.entry import Entry, Skip
from idiolect.corpus.importers.fields import read_row
from idiolect.corpus.importers.lines import read_lines, source_of
from idiolect.corpus.importers.places import is_audio

ENDING = ".trans.txt"
_SPEAKER_AND_CHAPTER = re.compile(r"(\d+)-(\d+)-\d+")


def read(path: Path) -> Iterator[Entry | Skip]:
    """One transcript, or all of them in a folder; a file that no transcript names is unlabelled."""
    if not path.is_dir():
        yield from _transcript(path)
        return
    named: set[Path] = set()
    for transcript in sorted(path.rglob(f"*{ENDING}")):
        for found in _transcript(transcript):
            if isinstance(found, Entry) and found.audio is not None:
                named.add(found.audio)
            yield found
    for audio in sorted(path.rglob("*")):
        if is_audio(audio) and audio not in named and not audio.name.startswith("."):
            row = {"audio": str(audio.absolute()), **_who(audio.stem)}
            yield read_row(row, folder=audio.parent, where=str(audio), source="")


def _transcript(path: Path) -> Iterator[Entry | Skip]:
    source = source_of(path)
    for number, line in read_lines(path):
        name, _, text = line.strip().partition(" ")
        row = {"audio": name, "text": text, "prompted": True, **_who(name)}
        yield read_row(row, folder=path.parent, where=f"{path}:{number}", source=source)


def _who(name: str) -> dict[str, str]:
    """Speaker and chapter: one sitting, as far as the corpus tells."""
    match = _SPEAKER_AND_CHAPTER.fullmatch(name)
    return {"speaker": match[1], "session": f"{match[1]}-{match[2]}"} if match else {}
