"""How far a job is, as lines that its process writes and others read while it runs.

Each line is one JSON object, written at once: ``{"at": TIME, "what", "done", "total", "unit", "left"}``,
``{"at": TIME, "note": TEXT}`` or ``{"at": TIME, "exit": CODE}``.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

VARIABLE = "IDIOLECT_PROGRESS"
"""Names the file that a command writes its progress into."""
EVERY = 1.0
"""Seconds between two lines about the same work: 3,600 lines, 400 KB, an hour."""
READ = 65_536
"""Bytes at the end that are read: some minutes of lines, with the notes among them."""
NOTES = 40


class ProgressFile:
    """A `Progress` that appends to a file. Counting is cheap: a line is written at most once a second."""

    def __init__(self, path: Path, every: float = EVERY) -> None:
        self._path = path
        self._every = every
        self._what, self._unit = "", ""
        self._total: float | None = None
        self._done = 0.0
        self._began = self._said = time.monotonic()

    def start(self, what: str, total: float | None, unit: str = "clips") -> None:
        """Work begins: `total` steps of `unit` (None: not known)."""
        self._what, self._total, self._unit, self._done = what, total, unit, 0.0
        self._began = time.monotonic()
        self._tell()

    def advance(self, steps: float = 1) -> None:
        """`steps` more are done."""
        self._done += steps
        if time.monotonic() - self._said >= self._every:
            self._tell()

    def note(self, text: str) -> None:
        """Something a person wants to see now."""
        self._write({"note": text})

    def finish(self) -> None:
        """Work has ended."""
        if self._what:
            self._tell()
            self._what = ""

    def ended(self, code: int) -> None:
        """The command ends with this exit code."""
        self._write({"exit": code})

    def _tell(self) -> None:
        self._said = time.monotonic()
        left = None
        if self._total and self._done:
            left = round((self._said - self._began) / self._done * max(0.0, self._total - self._done), 1)
        self._write({"what": self._what, "done": self._done, "total": self._total, "unit": self._unit, "left": left})

    def _write(self, values: Mapping[str, Any]) -> None:
        line = json.dumps({"at": round(time.time(), 3), **values}, ensure_ascii=False) + "\n"
        # One write of one line to a file opened for appending: a reader never sees two lines mixed.
        handle = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(handle, line.encode())
        finally:
            os.close(handle)


@dataclass(frozen=True, slots=True)
class Told:
    """What a progress file says at its end. `left` is in seconds, as it was at `at` (seconds since 1970)."""

    what: str = ""
    done: float = 0.0
    total: float | None = None
    unit: str = ""
    left: float | None = None
    at: float | None = None
    notes: tuple[str, ...] = ()
    exit_code: int | None = None


def read_progress(path: Path) -> Told:
    """The newest state and the newest notes; a line that is not whole yet is left out."""
    state: dict[str, Any] = {}
    notes: list[str] = []
    code = None
    for line in _last_lines(path):
        if "note" in line:
            notes.append(str(line["note"]))
        elif "exit" in line:
            code = int(line["exit"])
        else:
            state = line
    return Told(**state, notes=tuple(notes[-NOTES:]), exit_code=code)


def _last_lines(path: Path) -> list[dict[str, Any]]:
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - READ))
            raw = file.read()
    except FileNotFoundError:
        return []
    whole = raw[: raw.rfind(b"\n") + 1].split(b"\n")[:-1]
    lines = [_parsed(line) for line in (whole[1:] if size > READ else whole)]
    return [line for line in lines if line]


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
