"""Bare audio and video: a file, with the text that lies beside it under the same name (``a.txt``, ``a.srt``)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from idiolect.corpus.importers import subtitles
from idiolect.corpus.importers.entry import Entry, Skip
from idiolect.corpus.importers.fields import read_row
from idiolect.corpus.importers.lines import read_text, source_of

TEXTS = (".txt", ".lab")


def read(path: Path) -> Iterator[Entry | Skip]:
    """`path` as one entry, or one for each cue where subtitles lie beside it. Without any text it is unlabelled."""
    cued = [found for suffix in subtitles.SUFFIXES if (found := path.with_suffix(suffix)).is_file()]
    if cued:
        yield from subtitles.cues(cued[0], path)
        for other in cued[1:]:
            yield Skip(str(other), f"{cued[0].name} was taken")
        return
    texts = [text for suffix in TEXTS if (text := path.with_suffix(suffix)).is_file()]
    if not texts:
        yield Entry(audio=path, where=str(path))
        return
    for text in texts:
        row = {"audio": str(path.absolute()), "text": read_text(text)}
        yield read_row(row, folder=path.parent, where=str(text), source=source_of(text))


def standard_input() -> Entry:
    """What is piped in: the store reads it."""
    return Entry(audio=None, where="-")
