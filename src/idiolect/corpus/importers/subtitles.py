"""Subtitles, SRT and VTT: each cue is a stretch of the audio or video of the same name.

VTT: https://www.w3.org/TR/webvtt1/. SRT has no standard; what players accept is accepted.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path

from idiolect.corpus.importers.entry import Entry, Skip
from idiolect.corpus.importers.fields import read_row
from idiolect.corpus.importers.lines import read_text, source_of
from idiolect.corpus.importers.places import beside
from idiolect.errors import ImportFileError

SUFFIXES = (".srt", ".vtt")
_TIME = r"(?:(\d+):)?(\d{1,2}):(\d{1,2})[,.](\d{1,3})"
_TIMES = re.compile(rf"\s*{_TIME}\s*-->\s*{_TIME}(?:\s.*)?")
_VOICE = re.compile(r"<v(?:\.[^ >]*)?\s+([^>]+)>")
_MARKUP = re.compile(r"<[^>]*>|\{\\[^}]*\}")
_LANGUAGE = re.compile(r"(.+)\.([a-z]{2,3}(?:-[A-Za-z0-9]{2,8})?)")
_NOT_CUES = ("WEBVTT", "NOTE", "STYLE", "REGION")


def read(path: Path) -> Iterator[Entry | Skip]:
    """The cues of a subtitle file. Raises `ImportFileError` where no audio or several files are called like it."""
    audio, language = audio_of(path)
    yield from cues(path, audio, language)


def audio_of(path: Path) -> tuple[Path, str | None]:
    """The file that `path` (``talk.srt``, ``talk.de.srt``) stands beside, and the language in its name."""
    match = _LANGUAGE.fullmatch(path.stem)
    for stem, language in [(path.stem, None), *([(match[1], match[2])] if match else [])]:
        found = beside(path, stem)
        if len(found) > 1:
            raise ImportFileError(path, f"could belong to any of {', '.join(file.name for file in found)}")
        if found:
            return found[0], language
    raise ImportFileError(path, "there is no audio file of this name beside it")


def cues(path: Path, audio: Path, language: str | None = None) -> Iterator[Entry | Skip]:
    """Each cue of `path` as a stretch of `audio`."""
    source = source_of(path)
    for number, times, lines in _blocks(read_text(path)):
        where = f"{path}:{number}"
        match = _TIMES.fullmatch(times)
        if match is None:
            yield Skip(where, f"no times of a cue: {times.strip()[:60]!r}")
            continue
        text = "\n".join(lines)
        voice = _VOICE.search(text)
        spoken = html.unescape(_MARKUP.sub("", text)).strip()
        if not spoken:
            yield Skip(where, "a cue without a text")
            continue
        row = {
            "audio": str(audio.absolute()),
            "text": spoken,
            "start": _seconds(match.groups()[:4]),
            "end": _seconds(match.groups()[4:]),
            "speaker": voice[1].strip() if voice else None,
            "language": language,
        }
        yield read_row(row, folder=path.parent, where=where, source=source)


def _blocks(text: str) -> Iterator[tuple[int, str, list[str]]]:
    """Number and text of each line with times, and the lines under it. Blank lines stand between blocks."""
    lines = [line.rstrip("\r") for line in text.split("\n")]
    begin = 0
    while begin < len(lines):
        end = next((at for at in range(begin, len(lines)) if not lines[at].strip()), len(lines))
        block = lines[begin:end]
        if block and not block[0].startswith(_NOT_CUES):
            # An SRT number or a VTT name may stand above the times.
            timed = next((at for at, line in enumerate(block[:2]) if "->" in line), 0)
            yield begin + timed + 1, block[timed], block[timed + 1 :]
        begin = end + 1


def _seconds(parts: tuple[str | None, ...]) -> float:
    hours, minutes, seconds, fraction = parts
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + float(f"{seconds}.{fraction}")
