"""Mozilla Common Voice: ``validated.tsv`` and its sisters beside ``clips/``; people read the sentences aloud."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from idiolect.corpus.importers import tables
from idiolect.corpus.importers.entry import Entry, Skip
from idiolect.errors import ImportFileError

TABLES = ("validated.tsv", "train.tsv", "dev.tsv", "test.tsv", "other.tsv", "invalidated.tsv")


def read(path: Path) -> Iterator[Entry | Skip]:
    """A table, or a folder's ``validated.tsv``: what two listeners agreed on."""
    table = path / TABLES[0] if path.is_dir() else path
    if not table.is_file():
        raise ImportFileError(path, f"has no {TABLES[0]}", hint="name the table: idiolect import train.tsv")
    for found in tables.read(table):
        yield replace(found, prompted=True) if isinstance(found, Entry) else found
