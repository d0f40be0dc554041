"""The studio in a process of its own, and pages of it in a browser: what every browser test begins with."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

from idiolect.project import Project

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
SAFE = ["--no-sandbox", "--disable-gpu"]
"""What Chromium needs in a container."""


def microphone(sound):
    """Flags for a browser whose microphone plays the file, in a loop from an arbitrary offset, and asks nobody."""
    asks_nobody = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
    return [*asks_nobody, f"--use-file-for-fake-audio-capture={sound}"]


@contextmanager
def copy_of(made, folder):
    """A copy of the project `made` in `folder`, open."""
    shutil.copytree(made, folder / made.name)
    with Project.find(folder / made.name) as opened:
        yield opened


class Studio:
    """``idiolect studio`` in a process of its own, which can be killed and started again at the same port."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = 0
        self.start_again()

    def start_again(self, *more: str) -> str:
        """Start it with these options more; gives its address with the token."""
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        command = [sys.executable, "-m", "idiolect", "studio", "-p", str(self.folder), "--port", str(self.port)]
        command += ["--json", "--person", "tester", *more]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True)
        line = self.process.stdout.readline()
        assert line, "the studio said nothing and ended"
        self.url = json.loads(line)["url"]
        self.base = self.url.partition("/?")[0]
        self.port = int(self.base.rpartition(":")[2])
        return self.url

    def kill(self) -> None:
        """As the kernel would for want of memory."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()


def watched(context, base):
    """A page of `context`; console errors, refused resources and requests to other hosts go to `page.faults`.

    What holds one of the texts in `page.forgiven` is none: the browser tells of it when it likes.
    """
    page = context.new_page()
    page.faults, page.forgiven = [], []

    def note(said):
        if said.type == "error" and not any(text in said.text for text in page.forgiven):
            page.faults.append(said.text)

    page.on("console", note)
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    page.on(
        "request",
        lambda asked: (
            None if asked.url.startswith((base, "data:", "blob:")) else page.faults.append(f"asked {asked.url}")
        ),
    )
    return page


def until(page, expression, *, wanted=True, seconds=60):
    """Ask until it is so. Playwright's own waiting is by eval in the page, which the policy of the studio refuses."""
    end = time.monotonic() + seconds
    while (found := page.evaluate(expression)) != wanted:
        assert time.monotonic() < end, f"{expression} is {found!r}, not {wanted!r}"
        page.wait_for_timeout(100)


def until_true(true, seconds=120.0):
    """Call it until it is true."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.1)
