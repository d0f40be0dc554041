"""Paths to entries: which format each is in, and what claims one thing twice."""

from __future__ import annotations

import glob
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from idiolect.corpus.importers.audio_files import TEXTS, standard_input
from idiolect.corpus.importers.entry import Entry, Skip
from idiolect.corpus.importers.formats import FORMATS, of_file, of_folder, reader
from idiolect.corpus.importers.places import beside, is_audio
from idiolect.corpus.values import SourceKind
from idiolect.errors import ImportFileError

Found = Entry | Skip


def find_entries(
    paths: Sequence[str | Path],
    format: str | None = None,  # noqa: A002 - the name that users type
) -> tuple[list[Entry], list[Skip]]:
    """What the files, folders and globs in `paths` hold; ``-`` is audio on standard input.

    format: a name in `FORMATS`; None: by the name of each file, and by what marks a folder.

    Nothing vanishes: whatever was listed and cannot be taken comes back as a `Skip` with its file, line and reason.
    Two different human texts for one stretch of audio are both skipped. No audio is decoded here. Raises
    `ImportFileError` where a path does not exist, or a list as a whole cannot be read.
    """
    if format is not None:
        reader(format)
    found: list[Found] = []
    for path in paths:
        if str(path) == "-":
            found.append(standard_input())
        else:
            for one in _expand(path):
                found.extend(_in_format(one, format) if format is not None else _in(one))
    skips = [one for one in found if isinstance(one, Skip)]
    entries, doubles = _without_doubles(one for one in found if isinstance(one, Entry))
    return entries, skips + doubles


def _expand(path: str | Path) -> list[Path]:
    plain = Path(path).expanduser()
    if plain.exists():
        return [plain]
    if glob.has_magic(str(plain)):
        # A file's name may hold brackets: it was looked for as it is first.
        below = plain.relative_to(plain.anchor) if plain.anchor else plain
        if matches := sorted(Path(plain.anchor).glob(str(below))):
            return matches
        raise ImportFileError(path, "nothing is called so")
    raise ImportFileError(path, "there is no such file or folder")


def _in_format(path: Path, format: str) -> Iterator[Found]:  # noqa: A002 - as above
    if not path.is_dir() or FORMATS[format].whole or format == "common-voice":
        yield from reader(format)(path)
        return
    known = FORMATS[format]
    marked = [file for mark in known.marks or ("manifest.jsonl",) for file in path.glob(mark)]
    if format == "audio":
        yield from _audio_folder(path, set(), lists=False)
    elif marked:
        yield from reader(format)(marked[0])
    else:
        lists = [file for file in sorted(path.iterdir()) if file.name.lower().endswith(known.endings or ("/",))]
        for file in lists:
            yield from reader(format)(file)
        if not lists:
            raise ImportFileError(path, f"holds nothing in the format {format!r}")


def _in(path: Path) -> Iterator[Found]:
    if not path.is_dir():
        yield from reader(of_file(path))(path)
        return
    empty = True
    for found in _folder(path, set()):
        empty = False
        yield found
    if empty:
        yield Skip(str(path), "a folder without audio")


def _folder(folder: Path, seen: set[Path]) -> Iterator[Found]:
    recognized = of_folder(folder)
    if recognized is not None:
        name, path = recognized
        yield from reader(name)(path)
    else:
        yield from _audio_folder(folder, seen, lists=True)


def _audio_folder(folder: Path, seen: set[Path], *, lists: bool) -> Iterator[Found]:
    """The audio under `folder`, and with `lists` the folders under it that are in a format of their own."""
    real = folder.resolve()
    if real in seen:  # a link back up
        return
    seen.add(real)
    try:
        inside = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError as error:
        yield Skip(str(folder), error.strerror or str(error))
        return
    for path in inside:
        if path.is_dir():
            yield from _folder(path, seen) if lists else _audio_folder(path, seen, lists=False)
        elif is_audio(path):
            yield from reader("audio")(path)
        elif lists:
            yield from _text(path)


def _text(path: Path) -> Iterator[Found]:
    """A text in a folder of audio: read with its audio, or for itself, or listed as one without."""
    if beside(path, path.stem):
        return
    if path.suffix.lower() in TEXTS:
        yield Skip(str(path), "a text without audio: no audio file beside it is called so")
    elif of_file(path) != "audio":
        try:
            yield from reader(of_file(path))(path)
        except ImportFileError as error:
            yield Skip(str(path), error.message)


def _without_doubles(entries: Iterable[Entry]) -> tuple[list[Entry], list[Skip]]:
    """One claim per source and stretch, where people are one source; the unlabelled twin of a claim adds nothing."""
    alike: dict[tuple[Path | None, float | None, float | None, str | None], list[Entry]] = {}
    claimed: set[Path] = set()
    for entry in entries:
        file = entry.audio and entry.audio.resolve()
        claimant = None if not entry.claims else entry.kind if entry.kind is SourceKind.HUMAN else entry.source
        alike.setdefault((file, entry.start, entry.end, claimant), []).append(entry)
        if file and entry.claims:
            claimed.add(file)
    kept: list[Entry] = []
    skips: list[Skip] = []
    for (file, start, end, claimant), same in alike.items():
        if claimant is None and file in claimed and start is None and end is None:
            continue
        if all(_says(entry) == _says(same[0]) for entry in same):
            kept.append(same[0])
            skips.extend(Skip(entry.where, f"listed twice; first at {same[0].where}") for entry in same[1:])
        else:
            skips.extend(_conflict(entry, same) for entry in same)
    return kept, skips


def _says(entry: Entry) -> tuple[object, ...]:
    return entry.text, entry.intent, tuple(sorted(entry.slots.items())), entry.silver_text


def _conflict(entry: Entry, same: Sequence[Entry]) -> Skip:
    other = next(one for one in same if _says(one) != _says(entry))
    return Skip(entry.where, f"two texts for {entry.audio}: {entry.text!r} here, {other.text!r} at {other.where}")
