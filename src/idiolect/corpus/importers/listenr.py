"""Listenr's ``manifest.jsonl``: what a machine heard in each wav, and what a language model made of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from idiolect.corpus.importers.entry import Entry, Skip
from idiolect.corpus.importers.fields import read_row
from idiolect.corpus.importers.jsonl import objects
from idiolect.corpus.importers.lines import source_of
from idiolect.corpus.values import SourceKind

RAW = "listenr"
CORRECTED = "listenr-llm"


def read(path: Path) -> Iterator[Entry | Skip]:
    """Two claims per utterance where the language model changed something, else one; no claim of these is a person's.

    A manifest that Listenr made of a published corpus names no recognizer: its text is that corpus's, a reference.
    """
    for where, row in objects(path):
        if isinstance(row, Skip):
            yield row
        else:
            yield from _claims(row, path, where)


def _claims(row: Mapping[str, Any], path: Path, where: str) -> Iterator[Entry | Skip]:
    fields = {
        "audio": row.get("audio_path"),
        "text": row.get("raw_transcription"),
        "session": row.get("session_id"),
        "speaker": row.get("speaker"),
        "language": row.get("language"),
    }
    raw = read_row(fields, folder=path.parent, where=where, source=source_of(path))
    if isinstance(raw, Skip):
        yield raw
        return
    if row.get("source") and not row.get("whisper_model"):
        yield raw
        return
    yield replace(raw, kind=SourceKind.ENGINE, source=RAW)
    corrected = read_row(
        {**fields, "text": row.get("corrected_transcription")}, folder=path.parent, where=where, source=CORRECTED
    )
    if isinstance(corrected, Skip):
        yield corrected
    elif corrected.text not in (None, raw.text):
        yield replace(corrected, kind=SourceKind.ENGINE)
