"""A regular expression over all texts of a SQLite store, in a process of its own that is given a time.

Python's ``re`` goes back and tries again: ``(a+)+b`` takes 2^n steps on n letters, and holds the interpreter's lock
while it does, so that one such search would stop a whole server. A process can be ended. It imports nothing but a few
modules of the standard library: starting it takes 20 ms.
"""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
from array import array
from contextlib import closing
from pathlib import Path
from threading import BoundedSemaphore

SECONDS = 10.0
"""For one search; a plain one takes about a second over a million texts."""
_AT_ONCE = BoundedSemaphore(2)
"""Searches under way: who types fast asks often."""


class TooSlowError(Exception):
    """The search was ended."""


def matching(database: Path, pattern: str, *, seconds: float = SECONDS) -> list[int]:
    """The numbers of the clips whose text holds `pattern` somewhere, whatever its case; in no order.

    Raises `TooSlowError` after so many seconds, `OSError` where the search could not be made.
    """
    if not _AT_ONCE.acquire(timeout=seconds):
        raise TooSlowError
    try:
        made = subprocess.run(
            [sys.executable, "-I", "-S", __file__, str(database), str(seconds)],
            input=pattern.encode("utf-8", errors="replace"),
            capture_output=True,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise TooSlowError from None
    finally:
        _AT_ONCE.release()
    if made.returncode != 0:
        said = made.stderr.decode(errors="replace").strip().splitlines()
        raise OSError(said[-1] if said else f"the search ended with {made.returncode}")
    found = array("i")
    found.frombytes(made.stdout)
    return found.tolist()


def _search(database: str, seconds: float) -> None:
    """What the process does: the pattern comes in, numbers go out."""
    import resource

    # It ends also where the one who asked was killed, and cannot end it.
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 2, int(seconds) + 2))
    wanted = re.compile(sys.stdin.buffer.read().decode(), re.IGNORECASE)
    with closing(sqlite3.connect(f"{Path(database).absolute().as_uri()}?mode=ro", uri=True)) as store:
        rows = store.execute("SELECT number, text FROM clip_summary WHERE text IS NOT NULL")
        sys.stdout.buffer.write(array("i", (number for number, text in rows if wanted.search(text))).tobytes())


if __name__ == "__main__":
    _search(sys.argv[1], float(sys.argv[2]))
