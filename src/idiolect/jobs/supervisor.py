"""The small process between a job and whoever started it: it waits for the command and writes its exit code.

``python -m idiolect.jobs.supervisor JOBS/ID``. It leads a session of its own, so that neither a closed terminal nor the
death of the server reaches it. SIGTERM to it stops the command: Ctrl-C first (work saves its state on it), a
termination after `GRACE` seconds or at the next SIGTERM, then a kill.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType

from idiolect.files import read_json, write_json
from idiolect.jobs.processes import Process
from idiolect.jobs.progress_file import VARIABLE

GRACE = 60
"""Seconds: saving the state of a large model to a slow disk takes a while."""
STEPS = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)
CANNOT_START = 70


class Supervisor:
    """One command, from its start to its end."""

    def __init__(self, folder: Path, grace: int = GRACE) -> None:
        self.folder = folder
        self.grace = grace
        self.process: subprocess.Popen[bytes] | None = None
        self._next = 0
        self._asked = False

    def run(self) -> int:
        """Start the command, wait for its end, write what came of it; the exit code."""
        # A shell that starts things in the background lets them ignore Ctrl-C, and they hand that on.
        signal.signal(signal.SIGINT, lambda *_: None)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGALRM, self._stop)
        code = self._command()
        write_json(self.folder / "exit.json", {"code": code, "ended": time.time()})
        return code

    def _command(self) -> int:
        job = read_json(self.folder / "job.json")
        environment = {
            **os.environ,
            **job["environment"],
            VARIABLE: str(self.folder / "progress.jsonl"),
            "IDIOLECT_JOB": self.folder.name,
        }
        with (self.folder / "log").open("ab") as log:
            try:
                self.process = subprocess.Popen(
                    job["command"],
                    cwd=job["where"],
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    process_group=0,
                )
            except OSError as error:
                log.write(f"error: cannot start: {error}\n".encode())
                return CANNOT_START
            command = Process.of(self.process.pid)
            write_json(
                self.folder / "process.json",
                {"supervisor": Process.here().as_dict(), "command": command and command.as_dict()},
            )
            if self._next == 0 and (self._asked or (self.folder / "stop").exists()):
                self._stop()
            return self.process.wait()

    def _stop(self, number: int = 0, frame: FrameType | None = None) -> None:  # noqa: ARG002 - a signal handler
        """The next of `STEPS` to the command and its workers; one step further after `grace` seconds."""
        if self.process is None:
            self._asked = True
            return
        step = STEPS[min(self._next, len(STEPS) - 1)]
        self._next += 1
        try:
            os.killpg(self.process.pid, step)
        except ProcessLookupError:
            return
        signal.alarm(self.grace)


if __name__ == "__main__":
    Supervisor(Path(sys.argv[1])).run()
