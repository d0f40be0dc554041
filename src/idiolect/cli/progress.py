"""Progress on stderr: a bar with an estimate in a terminal, plain lines elsewhere."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from idiolect.jobs.progress_file import VARIABLE, ProgressFile
from idiolect.progress import Progress

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

EVERY = 10.0
"""Seconds between two plain lines: a log stays readable, and a silent minute never looks like a hang."""


def progress_for(stream: TextIO | None = None) -> Progress:
    """A bar if `stream` (stderr) is a terminal, else lines; a job's file as well, where a variable names one."""
    target = stream or sys.stderr
    shown: Progress = Bar(target) if target.isatty() else Lines(target)
    path = os.environ.get(VARIABLE)
    return Each((shown, ProgressFile(Path(path)))) if path else shown


def tell_exit(code: int) -> None:
    """Write the exit code of a job's command into its file, in case nobody waits for it."""
    path = os.environ.get(VARIABLE)
    if path and Path(path).exists():
        ProgressFile(Path(path)).ended(code)


class Each:
    """Tells several."""

    def __init__(self, tellers: Sequence[Progress]) -> None:
        self._tellers = tellers

    def start(self, what: str, total: float | None, unit: str = "clips") -> None:
        """Work begins: `total` steps of `unit` (None: not known)."""
        for one in self._tellers:
            one.start(what, total, unit)

    def advance(self, steps: float = 1) -> None:
        """`steps` more are done."""
        for one in self._tellers:
            one.advance(steps)

    def note(self, text: str) -> None:
        """Something a person wants to see now."""
        for one in self._tellers:
            one.note(text)

    def finish(self) -> None:
        """Work has ended."""
        for one in self._tellers:
            one.finish()


class Lines:
    """A line when work begins and ends, and one every ten seconds between."""

    def __init__(self, stream: TextIO, every: float = EVERY) -> None:
        self._stream = stream
        self._every = every
        self._what, self._unit = "", ""
        self._total: float | None = None
        self._done = 0.0
        self._began = self._said = time.monotonic()

    def start(self, what: str, total: float | None, unit: str = "clips") -> None:
        """Work begins: `total` steps of `unit` (None: not known)."""
        self._what, self._total, self._unit, self._done = what, total, unit, 0.0
        self._began = self._said = time.monotonic()
        self._say(f"{what}: {'' if total is None else f'{total:g} '}{unit}")

    def advance(self, steps: float = 1) -> None:
        """`steps` more are done."""
        self._done += steps
        now = time.monotonic()
        if now - self._said >= self._every:
            self._said = now
            of = "" if self._total is None else f"/{self._total:g}"
            self._say(f"{self._what}: {self._done:g}{of} {self._unit}{self._left(now)}")

    def note(self, text: str) -> None:
        """Something a person wants to see now."""
        self._say(f"  {text}")

    def finish(self) -> None:
        """Work has ended."""
        if self._what:
            took = time.monotonic() - self._began
            self._say(f"{self._what}: done, {self._done:g} {self._unit} in {_show(took)}")
            self._what = ""

    def _left(self, now: float) -> str:
        if not self._total or not self._done:
            return ""
        return f", about {_show((now - self._began) / self._done * (self._total - self._done))} left"

    def _say(self, text: str) -> None:
        print(text, file=self._stream, flush=True)


class Bar:
    """Rich's bar with counts, elapsed time and estimate; notes scroll above it."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._bar: RichProgress | None = None
        self._task: TaskID | None = None

    def start(self, what: str, total: float | None, unit: str = "clips") -> None:
        """Work begins: `total` steps of `unit` (None: not known)."""
        from rich import progress
        from rich.console import Console

        self.finish()
        self._bar = progress.Progress(
            progress.TextColumn("{task.description}"),
            progress.BarColumn(),
            progress.TextColumn("{task.completed:.6g}/{task.total:.6g}" if total else "{task.completed:.6g}"),
            progress.TextColumn(unit),
            progress.TimeElapsedColumn(),
            progress.TextColumn("left"),
            progress.TimeRemainingColumn(),
            console=Console(file=self._stream),
        )
        self._bar.start()
        self._task = self._bar.add_task(what, total=total)

    def advance(self, steps: float = 1) -> None:
        """`steps` more are done."""
        if self._bar is not None and self._task is not None:
            self._bar.advance(self._task, steps)

    def note(self, text: str) -> None:
        """Something a person wants to see now."""
        if self._bar is not None:
            self._bar.console.print(f"  {text}", markup=False, highlight=False)
        else:
            print(f"  {text}", file=self._stream, flush=True)

    def finish(self) -> None:
        """Work has ended."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


def _show(seconds: float) -> str:
    from idiolect.units import show_duration

    return show_duration(seconds)
