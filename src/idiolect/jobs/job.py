"""One job as its folder tells it.

``jobs/ID/`` holds ``job.json`` (the order), ``process.json`` (who works on it), ``progress.jsonl``, ``log``, ``stop``
(somebody asked for it) and ``exit.json`` (it is over).
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from idiolect.files import read_json
from idiolect.jobs.processes import Process
from idiolect.jobs.progress_file import Told, read_progress

State = Literal["running", "done", "failed", "stopped", "lost"]

BEGINS = 60.0
"""Seconds in which a job without a process is taken to be starting still."""
INTERRUPTED = (130, -2)
"""Exit codes of Ctrl-C: ours, and that of a Python that was not ours yet."""
LOG_READ = 1 << 20
"""Bytes at the end of a log that are read."""


@dataclass(frozen=True, slots=True)
class Job:
    """One command and how far it is.

    argv: the words behind ``idiolect``. about: what the one who started it wants to know again (a dataset, a run).
    state: ``lost``: the machine or the job went away and nobody saw how it ended; `Jobs.again` goes on.
    what, done, total, unit, left_seconds: the work under way. started, ended: seconds since 1970.
    problem: the command's own words about why it failed. stopping: somebody asked for its end.
    """

    id: str
    title: str
    argv: tuple[str, ...]
    state: State
    started: float
    what: str = ""
    done: float = 0.0
    total: float | None = None
    unit: str = ""
    left_seconds: float | None = None
    notes: tuple[str, ...] = ()
    ended: float | None = None
    exit_code: int | None = None
    problem: str = ""
    stopping: bool = False
    dismissed: bool = False
    about: Mapping[str, str] = field(default_factory=dict)

    @property
    def running(self) -> bool:
        """Whether its process lives."""
        return self.state == "running"


def read_job(folder: Path) -> Job:
    """The job in `folder`. Raises `OSError` or `ValueError` where there is none."""
    order = read_json(folder / "job.json")
    # The processes first: one that ends after this look has written its exit code before the next one.
    alive = any(process.lives() for process in processes(folder).values())
    end = _json(folder / "exit.json")
    told = read_progress(folder / "progress.jsonl")
    started = float(order["started"][-1])
    stop = (folder / "stop").exists()
    code = end["code"] if end else None if alive else told.exit_code
    starting = not (folder / "process.json").exists() and time.time() - started < BEGINS
    state = _state(code, alive=alive or starting, stop=stop)
    return Job(
        id=folder.name,
        title=order["title"],
        argv=tuple(order["argv"]),
        state=state,
        started=started,
        what=told.what,
        done=told.done,
        total=told.total,
        unit=told.unit,
        left_seconds=_left(told) if state == "running" else None,
        notes=told.notes,
        ended=None if state == "running" else end["ended"] if end else _last_sign(folder, started),
        exit_code=code,
        problem=problem_in(folder / "log") if state == "failed" else "",
        stopping=stop and state == "running",
        dismissed=bool(order.get("dismissed")),
        about=order["about"],
    )


def processes(folder: Path) -> dict[str, Process]:
    """Who works on the job: ``supervisor`` and ``command``, as far as they were written down."""
    stored = _json(folder / "process.json")
    return {name: Process.from_dict(value) for name, value in stored.items() if value}


def problem_in(log: Path) -> str:
    """What a command said last about its error: from its last line ``error: …`` on."""
    lines = last_lines(log, 60)
    begins = [place for place, line in enumerate(lines) if line.startswith(("error: ", "Error: "))]
    return "\n".join(lines[begins[-1] :]).split(": ", 1)[1] if begins else ""


def last_lines(path: Path, count: int) -> list[str]:
    """The last lines of a text file; none where there is no file."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - LOG_READ))
            return file.read().decode("utf-8", errors="replace").splitlines()[-count:]
    except FileNotFoundError:
        return []


def _state(code: int | None, *, alive: bool, stop: bool) -> State:
    if code is None:
        return "running" if alive else "stopped" if stop else "lost"
    if code == 0:
        return "done"
    return "stopped" if stop or code in INTERRUPTED else "failed"


def _left(told: Told) -> float | None:
    """The estimate, less the time since it was made."""
    return None if told.left is None or told.at is None else max(0.0, told.left - (time.time() - told.at))


def _last_sign(folder: Path, started: float) -> float:
    """When a job of which nobody saw the end was last heard of."""
    signs = [path.stat().st_mtime for name in ("progress.jsonl", "log") if (path := folder / name).exists()]
    return max([started, *signs])


def _json(path: Path) -> dict[str, Any]:
    try:
        found = read_json(path)
    except FileNotFoundError:
        return {}
    return found if isinstance(found, dict) else {}
