"""A real PostgreSQL for the tests: its own cluster in a temporary folder, spoken to over a unix socket only.

Text is sorted by rules of English (ICU), unlike SQLite's bytes, so that what relies on the order of a database fails.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

_PLACES = "/usr/lib/postgresql"
_USER = "postgres"
"""PostgreSQL refuses root; Debian's package makes this user."""


class NoPostgres(Exception):  # noqa: N818 - it is no error: the tests are skipped
    """No server can be had here; the message says why."""


class Server:
    """A running cluster, which hands out databases."""

    def __init__(self, folder: Path, programs: Path) -> None:
        self.folder = folder
        self._programs = programs

    def database(self) -> str:
        """The SQLAlchemy URL of a new, empty database."""
        name = f"t{uuid.uuid4().hex}"
        self._psql("postgres", f"CREATE DATABASE {name}")
        return f"postgresql+psycopg://{_USER}@/{name}?host={quote(str(self.folder), safe='')}"

    def rows(self, url: str, query: str) -> list[list[str]]:
        """What another client reads in the database of that URL: each row as texts."""
        name = url.partition("@/")[2].partition("?")[0]
        return [line.split("|") for line in self._psql(name, query).splitlines()]

    def wait(self, running: subprocess.Popen[bytes]) -> None:
        """Until it takes connections."""
        end = time.monotonic() + 60
        while subprocess.run([self._programs / "pg_isready", "-q", "-h", self.folder], check=False).returncode:
            if running.poll() is not None or time.monotonic() > end:
                raise NoPostgres(f"the server did not start: {(self.folder / 'log').read_text()[-500:]}")
            time.sleep(0.1)

    def _psql(self, database: str, command: str) -> str:
        words = ["-h", str(self.folder), "-U", _USER, "-d", database, "-v", "ON_ERROR_STOP=1", "-Atqc", command]
        return _run([str(self._programs / "psql"), *words])


@contextmanager
def server() -> Iterator[Server]:
    """A cluster that lives as long as the context. Raises `NoPostgres`."""
    programs = _programs()
    # A path of a unix socket has at most 107 bytes: not below pytest's folder.
    with tempfile.TemporaryDirectory(prefix="pg-") as name:
        folder = Path(name)
        if os.geteuid() == 0:
            owner = _postgres()
            os.chown(folder, owner.pw_uid, owner.pw_gid)
        data = str(folder / "data")
        icu = ["--locale-provider=icu", "--icu-locale=en"]
        auth = ["--auth=trust", f"--username={_USER}", "--encoding=UTF8", "--no-sync"]
        _run([str(programs / "initdb"), "-D", data, *auth, "--locale=C", *icu], served=True)
        settings = {"listen_addresses": "", "unix_socket_directories": name, "fsync": "off", "max_connections": "200"}
        words = [str(programs / "postgres"), "-D", data, *(f"--{key}={value}" for key, value in settings.items())]
        # A run of the tests that is killed takes its server with it.
        dies_too = ["setpriv", "--pdeathsig", "INT"] if shutil.which("setpriv") else []
        with (folder / "log").open("wb") as log:
            running = subprocess.Popen([*dies_too, *words], **_as_served(), stdout=log, stderr=log)
        made = Server(folder, programs)
        try:
            made.wait(running)
            yield made
        finally:
            running.send_signal(signal.SIGINT)  # fast: it closes connections and stops
            running.wait(60)


def _programs() -> Path:
    """The folder of the newest server's programs."""
    found = sorted(Path(_PLACES).glob("*/bin/initdb"), key=lambda path: float(path.parent.parent.name))
    on_path = shutil.which("initdb")
    if not found and on_path is None:
        raise NoPostgres("PostgreSQL is not installed (Debian: apt install postgresql)")
    folder = found[-1].parent if found else Path(str(on_path)).resolve().parent
    if not (folder / "psql").exists():
        raise NoPostgres(f"{folder} has no psql")
    return folder


def _postgres() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(_USER)
    except KeyError:
        raise NoPostgres("PostgreSQL refuses root, and there is no user postgres") from None


def _as_served() -> dict[str, Any]:
    """As a user that PostgreSQL accepts, in a folder that it may enter."""
    common: dict[str, Any] = {"cwd": "/", "stdin": subprocess.DEVNULL}
    if os.geteuid() != 0:
        return common
    owner = _postgres()
    return {**common, "user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}


def _run(words: list[str], *, served: bool = False) -> str:
    """What the program says."""
    where = _as_served() if served else {"stdin": subprocess.DEVNULL}
    done = subprocess.run(
        words, **where, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=90, check=False
    )
    if done.returncode:
        raise NoPostgres(f"{Path(words[0]).name} failed: {done.stdout.strip()[-500:]}")
    return done.stdout
