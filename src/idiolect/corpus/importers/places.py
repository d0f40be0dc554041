"""The audio file that a name in a list means. Files are paired with texts by name, never by position."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

# What ffmpeg's libraries read and people have; a file with another suffix may still be named explicitly.
_AUDIO = "wav flac ogg oga opus mp3 m4a m4b aac wma aif aiff aifc au amr caf sph webm weba mka"
_VIDEO = "mp4 m4v mkv mov avi 3gp ts mpg mpeg wmv flv"
SUFFIXES = frozenset(f".{name}" for name in f"{_AUDIO} {_VIDEO}".split())
# Where published corpora keep the audio that their table names by stem (LJSpeech, Common Voice, VoxPopuli).
_FOLDERS = ("", "clips", "wavs", "wav", "audio")


def is_audio(path: Path) -> bool:
    """True where the suffix is one of audio or video."""
    return path.suffix.lower() in SUFFIXES


def beside(path: Path, stem: str) -> list[Path]:
    """The audio files in the folder of `path` that are called `stem`, whatever their suffix."""
    found = (path.parent / f"{stem}{suffix}" for suffix in sorted(SUFFIXES | {suffix.upper() for suffix in SUFFIXES}))
    return [candidate for candidate in found if candidate.is_file()]


def find_audio(name: str, folder: Path) -> Path | str:
    """The file that a list in `folder` calls `name`, or in words why there is none.

    A relative name is looked up from `folder`, then in its ``clips``, ``wavs`` or ``audio``; a name without suffix is
    completed. An absolute name that is gone is looked up by its own end under `folder`: the collection was moved.
    """
    if "\0" in name or not name.strip():
        return "names no audio file"
    for candidate in _candidates(name.strip(), folder):
        if candidate.is_file():
            return candidate
        if is_audio(candidate):
            continue
        completed = beside(candidate, candidate.name)
        if len(completed) > 1:
            return f"{name} could be any of {', '.join(path.name for path in completed)}"
        if completed:
            return completed[0]
    return f"there is no audio file {name}"


def _candidates(name: str, folder: Path) -> Iterator[Path]:
    for spelling in dict.fromkeys((name, name.replace("\\", "/"))):
        path = Path(spelling).expanduser() if spelling.startswith("~/") else Path(spelling)
        if path.is_absolute():
            yield path
            yield from (folder.joinpath(*path.parts[first:]) for first in range(1, len(path.parts)))
        else:
            yield from (folder / inner / path for inner in _FOLDERS)
