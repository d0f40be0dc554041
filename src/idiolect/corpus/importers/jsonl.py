"""One JSON object per line: our own manifests and NeMo's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from idiolect.corpus.importers.entry import Entry, Skip
from idiolect.corpus.importers.fields import read_row
from idiolect.corpus.importers.lines import flaw, read_lines, source_of


def read(path: Path) -> Iterator[Entry | Skip]:
    """The lines of a manifest."""
    source = source_of(path)
    for where, row in objects(path):
        yield row if isinstance(row, Skip) else read_row(row, folder=path.parent, where=where, source=source)


def objects(path: Path) -> Iterator[tuple[str, dict[str, Any] | Skip]]:
    """Each line as ``file:line`` and its object; a `Skip` where it holds none."""
    for number, line in read_lines(path):
        where = f"{path}:{number}"
        yield where, _object(line, where)


def _object(line: str, where: str) -> dict[str, Any] | Skip:
    if (wrong := flaw(line)) is not None:
        return Skip(where, wrong)
    try:
        value = json.loads(line)
    except (json.JSONDecodeError, RecursionError) as error:
        return Skip(where, f"not JSON: {error}")
    return value if isinstance(value, dict) else Skip(where, f"a JSON {type(value).__name__}, not an object")
