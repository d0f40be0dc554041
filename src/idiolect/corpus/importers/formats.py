"""The formats: name to reader, and by what each is recognized. Strings, so that listing them loads none."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from idiolect.corpus.importers.commonvoice import TABLES
from idiolect.corpus.importers.entry import Entry, Skip
from idiolect.corpus.importers.lines import read_lines
from idiolect.errors import ImportFileError

Reader = Callable[[Path], Iterator[Entry | Skip]]


@dataclass(frozen=True, slots=True)
class Format:
    """One format as the table knows it.

    target: ``module:function``, called with the path.
    marks: a folder with a file of such a name is read as this format.
    endings: a file that ends so is read as this format.
    whole: the reader takes the folder itself, not the file that marks it.
    """

    target: str
    about: str
    marks: tuple[str, ...] = ()
    endings: tuple[str, ...] = ()
    whole: bool = False


_ROOM = "idiolect.corpus.importers"

# The first that fits is taken.
FORMATS: dict[str, Format] = {
    "kaldi": Format(f"{_ROOM}.kaldi:read", "a Kaldi data folder", ("wav.scp",), ("wav.scp",), whole=True),
    "common-voice": Format(
        f"{_ROOM}.commonvoice:read", "Mozilla Common Voice: a table beside clips/", ("validated.tsv",)
    ),
    "listenr": Format(f"{_ROOM}.listenr:read", "Listenr's manifest.jsonl: raw and corrected machine text"),
    "jsonl": Format(
        f"{_ROOM}.jsonl:read",
        "one JSON object per line, with audio (or audio_filepath) and text: ours and NeMo's",
        ("manifest.jsonl", "metadata.jsonl"),
        (".jsonl", ".ndjson"),
    ),
    "table": Format(
        f"{_ROOM}.tables:read",
        "CSV or TSV with a column that names the audio",
        ("metadata.csv", "metadata.tsv"),
        (".csv", ".tsv"),
    ),
    "librispeech": Format(
        f"{_ROOM}.librispeech:read", "*.trans.txt beside the audio", ("*.trans.txt",), (".trans.txt",), whole=True
    ),
    "subtitles": Format(
        f"{_ROOM}.subtitles:read", "SRT or VTT of the same name as its audio or video", (), (".srt", ".vtt")
    ),
    "audio": Format(f"{_ROOM}.audio_files:read", "audio or video, with a.txt or a.srt beside a.wav where there is one"),
}


def reader(name: str) -> Reader:
    """The function that reads the format `name`. Raises `ImportFileError` with the known names."""
    if name not in FORMATS:
        raise ImportFileError(name, "is no format that can be imported", hint=f"known: {', '.join(FORMATS)}")
    module, function = FORMATS[name].target.split(":")
    found: Reader = getattr(import_module(module), function)
    return found


def of_folder(folder: Path) -> tuple[str, Path] | None:
    """The format of a folder and what its reader is given; None where it is a folder of audio, or of folders."""
    for name, known in FORMATS.items():
        for mark in known.marks:
            if (marked := next(iter(sorted(folder.glob(mark))), None)) is not None and marked.is_file():
                return _sharper(name, marked), folder if known.whole else marked
    return None


def of_file(path: Path) -> str:
    """The format of a file; ``audio`` where nothing says otherwise, and then decoding tells."""
    if path.name in TABLES and (path.parent / "clips").is_dir():
        return "common-voice"
    lowered = path.name.lower()
    for name, known in FORMATS.items():
        if any(lowered.endswith(ending) for ending in known.endings):
            return _sharper(name, path)
    return "audio"


def _sharper(name: str, path: Path) -> str:
    """Listenr's manifests are known by their fields, and a ``validated.tsv`` without clips/ is any table."""
    if name == "common-voice" and not (path.parent / "clips").is_dir():
        return "table"
    if name == "jsonl" and (first := next(read_lines(path), None)) is not None:
        try:
            row = json.loads(first[1])
        except json.JSONDecodeError:
            return name
        if isinstance(row, dict) and {"audio_path", "raw_transcription"} <= row.keys():
            return "listenr"
    return name
