"""A Kaldi data folder: ``wav.scp``, and ``segments``, ``text``, ``utt2spk``, ``utt2lang`` where they are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from idiolect.corpus.importers.entry import Entry, Skip
from idiolect.corpus.importers.fields import read_row
from idiolect.corpus.importers.lines import read_lines, source_of
from idiolect.corpus.importers.places import find_audio

MARKER = "wav.scp"
_STRETCHES = "segments"  # Kaldi's name for the file
_RECIPE_DEPTH = 3
"""Names in ``wav.scp`` are relative to where the recipe runs: usually ``data/train/../..``."""


@dataclass(slots=True)
class _Map:
    """A file of ``key value…`` lines: values by key with their line numbers, and what was wrong."""

    path: Path
    values: dict[str, tuple[str, int]] = field(default_factory=dict)
    skips: list[Skip] = field(default_factory=list)

    def where(self, key: str) -> str:
        return f"{self.path}:{self.values[key][1]}"

    def get(self, key: str) -> str | None:
        return self.values[key][0] if key in self.values else None


def read(path: Path) -> Iterator[Entry | Skip]:
    """The utterances of the folder, or of the folder of the ``wav.scp`` that is named.

    A line of ``wav.scp`` that is a command (it ends with ``|``) is listed and never run.
    """
    folder = path if path.is_dir() else path.parent
    names = (MARKER, _STRETCHES, "text", "utt2spk", "utt2lang")
    recordings, stretches, texts, speakers, languages = (_read_map(folder / name) for name in names)
    for listed in (recordings, stretches, texts, speakers, languages):
        yield from listed.skips
    files = {name: _file(value, name, folder) for name, (value, _) in recordings.values.items()}
    for name, found in files.items():
        if isinstance(found, str):
            yield Skip(recordings.where(name), found)
    utterances = stretches if stretches.values else recordings
    for name, (value, _) in utterances.values.items():
        row = _row(name, value if utterances is stretches else None)
        audio = row if isinstance(row, str) else files.get(row["recording"] or "")
        where = texts.where(name) if name in texts.values else utterances.where(name)
        if isinstance(audio, Path) and not isinstance(row, str):
            row |= {"audio": str(audio.absolute()), "text": texts.get(name)}
            row |= {"speaker": speakers.get(name), "language": languages.get(name)}
            yield read_row(row, folder=folder, where=where, source=source_of(texts.path))
        elif utterances is stretches or name in texts.values:
            yield Skip(where, f"utterance {name}: {audio or f'{MARKER} does not have its recording'}")
    for name in sorted(texts.values.keys() - utterances.values.keys()):
        yield Skip(texts.where(name), f"a text without audio: {name}")


def _row(name: str, stretch: str | None) -> dict[str, str | None] | str:
    if stretch is None:
        return {"recording": name}
    parts = stretch.split()
    if len(parts) != 3:
        return f"utterance {name} is {stretch!r}, not a recording, a start and an end"
    # An end of -1 means the end of the recording.
    return {"recording": parts[0], "start": parts[1], "end": None if parts[2] in {"-1", "-1.0", "-1.00"} else parts[2]}


def _file(name: str, recording: str, folder: Path) -> Path | str:
    if name.rstrip().endswith("|"):
        return f"recording {recording} is a command, which is not run: {name}"
    found: Path | str = f"there is no audio file {name}"
    for base in [folder.absolute(), *folder.absolute().parents][:_RECIPE_DEPTH]:
        found = find_audio(name, base)
        if isinstance(found, Path):
            return found
    return found


def _read_map(path: Path) -> _Map:
    found = _Map(path)
    if not path.is_file():
        return found
    lines: dict[str, list[tuple[str, int]]] = {}
    for number, line in read_lines(path):
        key, *value = line.split(maxsplit=1)
        lines.setdefault(key, []).append((value[0].strip() if value else "", number))
    for key, given in lines.items():
        if len({value for value, _ in given}) == 1:
            found.values[key] = given[0]
        else:
            found.skips.extend(Skip(f"{path}:{number}", f"{key} has {len(given)} values") for _, number in given)
    return found
