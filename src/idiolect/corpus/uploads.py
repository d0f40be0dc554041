"""Files that a browser sends: kept as they are in ``uploads/`` until an import, in a process of its own, has read them.

Nothing here decodes: a file that breaks a decoder breaks the import's process, never the server's.
"""

from __future__ import annotations

import re
import secrets
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Self

from idiolect.errors import CorpusError
from idiolect.files import check_room

FOLDER = "uploads"
LARGEST = 4 * 1024**3
"""Bytes of one file: ten hours of stereo WAV."""
_LOOK = 16 * 1024**2
"""Bytes after which the disk is looked at again."""
_UNFINISHED = ".part"
_LONGEST_NAME = 200
"""Bytes; file systems take 255 a step."""


@dataclass(frozen=True, slots=True)
class Uploaded:
    """A whole file of a batch. name: with its folders. size: bytes."""

    name: str
    size: int


class Incoming:
    """One file while it arrives: ``with``, `write`, and `keep` at its end; left without `keep`, nothing stays."""

    def __init__(self, target: Path, name: str, largest: int) -> None:
        self._target, self._name, self._largest = target, name, largest
        self._written = 0
        self._file: BinaryIO | None = None
        self._part = target.with_name(target.name + _UNFINISHED)

    def __enter__(self) -> Self:
        self._file = self._part.open("wb")
        return self

    def write(self, piece: bytes) -> None:
        """Add bytes. Raises `CorpusError` where the file becomes too large, `UserError` where the disk is full."""
        assert self._file is not None  # noqa: S101 - only within `with`
        if self._written // _LOOK != (self._written + len(piece)) // _LOOK or not self._written:
            check_room(self._part.parent)
        self._written += len(piece)
        if self._written > self._largest:
            raise CorpusError(
                f"{self._name} is larger than {self._largest / 1024**3:.1f} GB",
                hint="idiolect import reads files of any size where they lie",
            )
        self._file.write(piece)

    def keep(self) -> Uploaded:
        """The file is whole. Raises `CorpusError` for an empty one."""
        assert self._file is not None  # noqa: S101 - only within `with`
        if not self._written:
            raise CorpusError(f"{self._name} is empty")
        self._file.close()
        self._part.replace(self._target)
        return Uploaded(self._name, self._written)

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()
        self._part.unlink(missing_ok=True)


class Uploads:
    """The batches of one project. A batch is what is imported together: audio, and the texts that go with it."""

    def __init__(self, folder: Path, *, largest: int = LARGEST) -> None:
        self._folder = folder / FOLDER
        self._largest = largest

    def begin(self) -> str:
        """A new, empty batch."""
        batch = secrets.token_hex(8)
        (self._folder / batch).mkdir(mode=0o700, parents=True)
        return batch

    def take(self, batch: str, name: str) -> Incoming:
        """Room for a file, which may lie in folders: ``clips/a.wav``. An equal name is replaced.

        Raises `CorpusError` for a name that is none; steps out of the batch are not taken.
        """
        printable = re.sub(r"[\x00-\x1f\x7f]", "", name.replace("\\", "/"))
        steps = [step.strip().lstrip(".") for step in printable.split("/")]
        plain = "/".join(step for step in steps if step)
        if not steps[-1] or len(plain.encode()) > _LONGEST_NAME or plain.endswith(_UNFINISHED):
            raise CorpusError(f"a file cannot be kept under the name {name!r}", hint="give it a shorter, plain name")
        target = self.folder(batch) / plain
        target.parent.mkdir(parents=True, exist_ok=True)
        return Incoming(target, plain, self._largest)

    def folder(self, batch: str) -> Path:
        """Where a batch lies. Raises `CorpusError` for one that is not there."""
        path = self._folder / batch
        if not re.fullmatch(r"[0-9a-f]{16}", batch) or not path.is_dir():
            raise CorpusError(f"there is no upload {batch!r}", hint="choose the files again")
        return path

    def files(self, batch: str) -> list[Uploaded]:
        """The whole files of a batch, by name."""
        inside = self.folder(batch)
        found = [path for path in inside.rglob("*") if path.is_file() and path.suffix != _UNFINISHED]
        return [Uploaded(path.relative_to(inside).as_posix(), path.stat().st_size) for path in sorted(found)]

    def drop(self, batch: str) -> None:
        """Remove a batch."""
        shutil.rmtree(self.folder(batch), ignore_errors=True)

    def tidy(self, imported: Iterable[str]) -> int:
        """Remove the batches whose folders stand among these words of finished imports. How many were removed."""
        done = set(imported)
        there = [path for path in self._folder.glob("*") if str(path) in done]
        for path in there:
            shutil.rmtree(path, ignore_errors=True)
        return len(there)
