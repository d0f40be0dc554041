"""Takes as files: which folders there are, what is in one, and how a speaker's are deleted."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from idiolect.audio.parts import BYTES, check_rate
from idiolect.errors import CorpusError
from idiolect.files import read_json, write_text

FOLDER = "takes"
SITTINGS = "recordings"
"""What ``idiolect record`` writes: a folder for each sitting, with WAV files and their list."""
MANIFEST = "manifest.jsonl"
_ID = re.compile(r"[0-9a-f]{32}")
_PART = re.compile(r"(\d{8})\.pcm")


@dataclass(frozen=True, slots=True)
class NewTake:
    """What is known when a take begins.

    id: 32 hex digits, chosen by whoever records, so that beginning it twice is beginning it once.
    sample_rate: hertz, of the device.
    text: what is read aloud; None: free speech.
    person: who claims the text: the person at the page.
    """

    id: str
    speaker: str
    sample_rate: int
    text: str | None = None
    device: str = ""
    session: str = ""
    person: str = ""

    def __post_init__(self) -> None:
        if not _ID.fullmatch(self.id):
            raise CorpusError(f"{self.id!r} is no id of a take", hint="32 hex digits")
        if not self.speaker.strip():
            raise CorpusError("a take needs the name of who speaks")
        if self.text is not None and not self.text.strip():
            raise CorpusError("the text to read is empty", hint="Leave it out for free speech.")
        check_rate(self.sample_rate)

    def same(self, other: NewTake) -> bool:
        """Whether parts of the other belong here; it may go on in another session."""
        return all(getattr(self, name) == getattr(other, name) for name in ("id", "speaker", "text", "sample_rate"))


def checked(take_id: str) -> str:
    """The id is a name of a folder: nothing else may come in by it."""
    if not _ID.fullmatch(take_id):
        raise CorpusError(f"{take_id!r} is no id of a take", hint="32 hex digits")
    return take_id


def folders(root: Path) -> Iterator[Path]:
    """Those that hold a take, by name."""
    for folder in sorted(root.glob("*")):
        if _ID.fullmatch(folder.name) and (folder / "take.json").exists():
            yield folder


def read_take(folder: Path) -> NewTake:
    """What was said when it began."""
    return NewTake(**read_json(folder / "take.json"))


def end_of(folder: Path) -> int | None:
    """How many parts it has in all; None where it is not ended. Raises `CorpusError` for a damaged file."""
    try:
        return int(read_json(folder / "end.json")["parts"])
    except FileNotFoundError:
        return None
    except (json.JSONDecodeError, KeyError, ValueError) as error:
        raise CorpusError(f"{folder / 'end.json'} is damaged: {error}", hint="Throw the take away.") from error


def stored_in(folder: Path) -> dict[int, int]:
    """Number → samples of each part that is there."""
    found = {}
    for path in folder.iterdir():
        name = _PART.fullmatch(path.name)
        if name is not None:
            found[int(name[1])] = path.stat().st_size // BYTES
    return dict(sorted(found.items()))


def forget_takes(project: Path, speaker: str, *, dry_run: bool = False) -> int:
    """Delete every take of a speaker that lies beside the store; how many there were."""
    mine = [folder for folder in folders(project / FOLDER) if read_take(folder).speaker == speaker]
    for folder in [] if dry_run else mine:
        shutil.rmtree(folder)
    lists = sorted((project / SITTINGS).glob(f"*/{MANIFEST}"))
    return len(mine) + sum(_forget_sitting(path, speaker, dry_run=dry_run) for path in lists)


def _forget_sitting(path: Path, speaker: str, *, dry_run: bool) -> int:
    """The audio first, then its lines: killed in between, the same call again finishes."""
    lines = path.read_text(encoding="utf-8").splitlines()
    mine = [line for line in lines if _row(line).get("speaker") == speaker]
    if mine and not dry_run:
        for line in mine:
            (path.parent / Path(str(_row(line).get("audio"))).name).unlink(missing_ok=True)
        write_text(path, "".join(f"{line}\n" for line in lines if line not in mine))
    return len(mine)


def _row(line: str) -> dict[str, Any]:
    """One line of a list; nothing where a kill has cut it off."""
    try:
        row = json.loads(line)
    except json.JSONDecodeError:
        return {}
    return row if isinstance(row, dict) else {}
