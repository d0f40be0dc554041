"""Starting, finding, stopping and going on with jobs."""

from __future__ import annotations

import fcntl
import os
import re
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from idiolect.errors import ConflictError, JobError
from idiolect.files import read_json, write_json
from idiolect.jobs.job import Job, last_lines, processes, read_job

ALONE = frozenset({"train", "improve"})
"""Commands that take all of a machine: one of them at a time, unless asked."""

_ID = re.compile(r"[0-9]{8}-[0-9]{6}-[a-z]+-[0-9a-f]{6}")
_ENDED = ("exit.json", "stop", "process.json", "progress.jsonl")
"""What is of one run of a job, and goes before the next."""


class Jobs:
    """The jobs of the project in `folder`. Any number of processes may ask at once."""

    def __init__(self, folder: Path) -> None:
        self.project = folder.absolute()
        self.folder = self.project / "jobs"

    def start(
        self,
        argv: Sequence[str],
        title: str,
        *,
        about: Mapping[str, str] | None = None,
        at_once: bool = False,
    ) -> Job:
        """Start ``idiolect`` with the words `argv` on this project, and come back at once.

        at_once: start although another training runs.

        Raises `JobError` for no words; `ConflictError` where another training runs.
        """
        words = [str(word) for word in argv]
        if not words or not words[0].isalpha():
            raise JobError(f"{' '.join(words)!r} is no command of idiolect")
        with self._one_at_a_time():
            self._refuse_second(words, at_once=at_once)
            folder = self.folder / f"{time.strftime('%Y%m%d-%H%M%S')}-{words[0]}-{secrets.token_hex(3)}"
            folder.mkdir(mode=0o700)
            write_json(
                folder / "job.json",
                {
                    "title": title,
                    "argv": words,
                    "command": [sys.executable, "-m", "idiolect", *words],
                    "where": str(self.project),
                    "environment": {"IDIOLECT_PROJECT": str(self.project), "PYTHONUNBUFFERED": "1"},
                    "about": dict(about or {}),
                    "started": [time.time()],
                },
            )
            _begin(folder)
        return self.get(folder.name)

    def list(self) -> list[Job]:
        """All jobs, newest first."""
        found = [job for path in self.folder.glob("*/job.json") if (job := _read(path.parent)) is not None]
        return sorted(found, key=lambda job: (job.started, job.id), reverse=True)

    def get(self, job_id: str) -> Job:
        """The job of that id, or of its beginning or its end. Raises `JobError`."""
        return read_job(self._place(job_id))

    def stop(self, job_id: str) -> Job:
        """Ask a job to end: its state is saved. Asked again, it is ended harder."""
        place = self._place(job_id)
        if not read_job(place).running:
            return read_job(place)
        before = (place / "stop").exists()
        (place / "stop").touch()
        known = processes(place)
        if "supervisor" in known and known["supervisor"].lives():
            known["supervisor"].signal(signal.SIGTERM)
        elif "command" in known:
            known["command"].signal(signal.SIGTERM if before else signal.SIGINT, group=True)
        return read_job(place)

    def again(self, job_id: str, *, at_once: bool = False) -> Job:
        """The same command once more: idiolect's work goes on where it was. Raises `ConflictError` where it runs."""
        place = self._place(job_id)
        with self._one_at_a_time():
            job = read_job(place)
            if job.running:
                raise ConflictError(f"{job.title} is running already")
            self._refuse_second(job.argv, at_once=at_once)
            order = read_json(place / "job.json")
            write_json(place / "job.json", {**order, "started": [*order["started"], time.time()], "dismissed": False})
            for name in _ENDED:
                (place / name).unlink(missing_ok=True)
            with (place / "log").open("a", encoding="utf-8") as log:
                log.write(f"\n--- again, {time.strftime('%Y-%m-%d %H:%M:%S')} ---\n")
            _begin(place)
        return self.get(job.id)

    def log(self, job_id: str, last: int = 200) -> Sequence[str]:
        """The last lines of what the command said."""
        return last_lines(self._place(job_id) / "log", last)

    def dismiss(self, job_id: str) -> Job:
        """Show it no more among what is new; its folder stays. Raises `ConflictError` while it runs."""
        place = self._place(job_id)
        if read_job(place).running:
            raise ConflictError("it is running", hint="stop it first")
        write_json(place / "job.json", {**read_json(place / "job.json"), "dismissed": True})
        return read_job(place)

    def wait(self, job_id: str, seconds: float) -> Job:
        """The job when it has ended, or after `seconds`."""
        until = time.monotonic() + seconds
        while (job := self.get(job_id)).running and time.monotonic() < until:
            time.sleep(0.1)
        return job

    def _place(self, job_id: str) -> Path:
        if _ID.fullmatch(job_id) and (self.folder / job_id / "job.json").exists():
            return self.folder / job_id
        known = [path.parent for path in sorted(self.folder.glob("*/job.json"))]
        found = [path for path in known if job_id and (path.name.startswith(job_id) or path.name.endswith(job_id))]
        if len(found) != 1:
            raise JobError(f"no single job {job_id!r} here", hint="idiolect jobs list shows them")
        return found[0]

    def _refuse_second(self, argv: Sequence[str], *, at_once: bool) -> None:
        if at_once or argv[0] not in ALONE:
            return
        from idiolect.units import show_duration  # loads numpy, and every command imports this room

        for job in self.list():
            if job.running and job.argv[0] in ALONE:
                left = "" if job.left_seconds is None else f", {show_duration(job.left_seconds)} left"
                raise ConflictError(
                    f"{job.title} is running{left}", hint="two trainings at once take twice as long: wait, or stop it"
                )

    @contextmanager
    def _one_at_a_time(self) -> Iterator[None]:
        """Two who start at the same moment see each other."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self.folder / ".lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _read(folder: Path) -> Job | None:
    try:
        return read_job(folder)
    except (OSError, ValueError, KeyError):
        return None


def _begin(folder: Path) -> None:
    """A supervisor in a session of its own; a thread takes its exit code, so that it does not stay as a zombie."""
    process: subprocess.Popen[Any] = subprocess.Popen(
        [sys.executable, "-m", "idiolect.jobs.supervisor", str(folder)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=folder,
        env=dict(os.environ),
        start_new_session=True,
    )
    threading.Thread(target=process.wait, daemon=True).start()
