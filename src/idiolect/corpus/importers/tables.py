"""CSV and TSV: a header names the columns, or (as LJSpeech's) the first column is the file and the last the text."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from idiolect.corpus.importers.entry import Entry, Skip
from idiolect.corpus.importers.fields import AUDIO, NAMES, read_row
from idiolect.corpus.importers.lines import read_lines, read_text, source_of
from idiolect.corpus.importers.places import find_audio
from idiolect.errors import ImportFileError

_DELIMITERS = ("\t", ",", ";", "|")
# The longest cell; csv's own 131,072 is less than the words of a long recording can take.
_LONGEST_CELL = 10_000_000


def read(path: Path) -> Iterator[Entry | Skip]:
    """The rows of a table. Raises `ImportFileError` where no column names the audio: rows are never counted off."""
    first = next(read_lines(path), None)
    if first is None:
        raise ImportFileError(path, "is empty")
    number, header = first
    delimiter = next((mark for mark in _DELIMITERS if _names_audio(header.split(mark))), None)
    if delimiter is not None:
        yield from _rows(path, delimiter)
    elif (delimiter := _without_header(path, header)) is not None:
        yield from _headless(path, delimiter)
    else:
        raise ImportFileError(
            path,
            f"no column names the audio: {header[:80]!r}",
            line=number,
            hint=f"call it one of {', '.join(AUDIO)}; texts and files are paired by name, never by position",
        )


def _names_audio(columns: list[str]) -> bool:
    return any(column.strip().strip('"').lower() in AUDIO for column in columns)


def _rows(path: Path, delimiter: str) -> Iterator[Entry | Skip]:
    rows = _cells(path, delimiter)
    columns = [column.strip() for column in next(rows)[1]]
    known = {spelling for spellings in NAMES.values() for spelling in spellings}
    twice = sorted({column for column in columns if columns.count(column) > 1 and column.lower() in known})
    if twice:
        raise ImportFileError(path, f"two columns are called {twice[0]!r}", line=1)
    source = source_of(path)
    for number, cells in rows:
        where = f"{path}:{number}"
        if len(cells) != len(columns):
            yield Skip(where, f"{len(cells)} columns, where the header has {len(columns)}")
        else:
            yield read_row(dict(zip(columns, cells, strict=True)), folder=path.parent, where=where, source=source)


def _cells(path: Path, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Rows with the number of the line each begins on; blank lines are left out.

    Tabs separate without quoting: Common Voice has sentences that begin with a quotation mark and do not close it,
    and as CSV such a mark would swallow the rows that follow.
    """
    if delimiter in "\t|":
        for number, line in read_lines(path):
            yield number, line.split(delimiter)
        return
    csv.field_size_limit(_LONGEST_CELL)
    reader = csv.reader(read_text(path).splitlines(keepends=True), delimiter=delimiter, strict=True)
    begins = 1
    try:
        for cells in reader:
            if cells:
                yield begins, cells
            begins = reader.line_num + 1
    except csv.Error as error:
        raise ImportFileError(path, f"is not CSV from here on: {error}", line=begins) from error


def _without_header(path: Path, line: str) -> str | None:
    """The mark that splits `line` into a file that is there and a text, if any does."""
    for mark in reversed(_DELIMITERS):
        cells = line.split(mark)
        if 2 <= len(cells) <= 3 and isinstance(find_audio(cells[0], path.parent), Path):
            return mark
    return None


def _headless(path: Path, delimiter: str) -> Iterator[Entry | Skip]:
    source = source_of(path)
    for number, cells in _cells(path, delimiter):
        where = f"{path}:{number}"
        if not 2 <= len(cells) <= 3:
            yield Skip(where, f"{len(cells)} columns, where a file and its text were expected")
        else:
            yield read_row({"audio": cells[0], "text": cells[-1]}, folder=path.parent, where=where, source=source)
