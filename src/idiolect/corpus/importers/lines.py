"""Text files as they come: UTF-8 with or without a mark, and bad bytes that are named, not dropped."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from pathlib import Path

from idiolect.errors import ImportFileError

_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_text(path: Path) -> str:
    """The text of `path`; a byte that is not UTF-8 becomes a lone surrogate, so that its line can be named.

    Raises `ImportFileError` where the file cannot be read or is UTF-16 (as spreadsheets write "Unicode text").
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ImportFileError(path, error.strerror or str(error)) from error
    if data.startswith(_UTF16):
        raise ImportFileError(path, "is UTF-16, not UTF-8", hint="save it again as UTF-8")
    return data.removeprefix(codecs.BOM_UTF8).decode("utf-8", "surrogateescape")


def read_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Each line that is not blank, with its number from 1. Only line feeds end a line: a text may hold U+2028."""
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        if line.strip():
            yield number, line.rstrip("\r")


def flaw(text: str) -> str | None:
    """What makes `text` unfit to be stored, or None."""
    for place, character in enumerate(text, start=1):
        if "\udc80" <= character <= "\udcff":
            return f"not UTF-8: byte 0x{ord(character) - 0xDC00:02x} at character {place}"
        if character == "\0":
            return f"a zero byte at character {place}"
    return None


def source_of(path: Path) -> str:
    """``folder/file``: says where a label came from, and is the same on every machine."""
    return "/".join(path.absolute().parts[-2:])
