"""Paths to entries."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from idiolect.corpus.importers.entry import Entry, Skip


def find_entries(paths: Sequence[str | Path], format: str | None = None) -> tuple[list[Entry], list[Skip]]:  # noqa: A002 - the name users type
    """What the files, folders and globs in `paths` hold; ``-`` is audio on standard input."""
    raise NotImplementedError
