"""What a file is, for messages: its first and last bytes say more than its name."""

from __future__ import annotations

import os
from typing import BinaryIO

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"SQLite format 3", "an SQLite database"),
    (b"\x7fELF", "a program"),
    (b"RIFF", "a RIFF file without usable audio"),
    (b"fLaC", "a FLAC file without usable audio"),
    (b"OggS", "an Ogg file without usable audio"),
    (b"ID3", "an MP3 file without usable audio"),
)

_SHOWN = 40
"""Characters of a text that a message quotes."""


def describe(file: BinaryIO) -> str:
    """What the bytes of `file` look like, as words for a message. Leaves `file` at its start."""
    file.seek(0)
    head = file.read(512)
    file.seek(0)
    if not head:
        return "an empty file (0 bytes)"
    if not head.strip(b"\0"):
        return "a file that begins with zeros only"
    for magic, name in _MAGIC:
        if head.startswith(magic):
            return name
    if head[4:8] == b"ftyp":
        return "an MP4 file without usable audio (its index may be cut off)"
    text = _as_text(head)
    if text is not None:
        return f"text: {text[:_SHOWN]!r}"
    return f"unknown bytes: {head[:8].hex(' ')}"


def _as_text(head: bytes) -> str | None:
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 4:  # else the 512 bytes end inside a character
            return None
        text = head[: error.start].decode("utf-8")
    return text if all(c.isprintable() or c in "\r\n\t\f\ufeff" for c in text) else None


def cut_off(file: BinaryIO) -> str | None:
    """How much a WAV or Ogg file promises and does not hold, in words; None where it is whole or cannot be known.

    FFmpeg and libsndfile read such files to their end and say nothing. Leaves `file` at its start.
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    head = file.read(12)
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        found = _wav_cut_off(file, size)
    elif head[:4] == b"OggS":
        found = _ogg_cut_off(file, size)
    else:
        found = None
    file.seek(0)
    return found


def _wav_cut_off(file: BinaryIO, size: int) -> str | None:
    """WAV is a row of parts, each with four letters and a length; the samples are in ``data``."""
    while len(part := file.read(8)) == 8:
        length = int.from_bytes(part[4:], "little")
        if part[:4] == b"data":
            # A program that writes into a pipe cannot go back: it leaves 0 or 2^32 - 1 (or nearly) there.
            missing = file.tell() + length - size
            if length >= 0xFFFFF000 or missing <= 1:
                return None
            return f"its header promises {length} bytes of samples, {missing} are missing"
        file.seek(length + length % 2, os.SEEK_CUR)
    return None


def _ogg_cut_off(file: BinaryIO, size: int) -> str | None:
    """The last page of an Ogg stream carries the flag 4, end of stream (RFC 3533)."""
    file.seek(max(0, size - 0x20000))
    tail = file.read()
    at = tail.rfind(b"OggS")
    if at < 0 or len(tail) < at + 6 or tail[at + 5] & 4:
        return None
    return "its last page is missing"
