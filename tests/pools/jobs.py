"""Functions that workers make: they travel by their name, so they stand in a module of their own."""

from __future__ import annotations

import os
import signal
from functools import partial
from pathlib import Path

from idiolect.errors import EngineError


def power(exponent):
    return lambda number: number**exponent


def unmade():
    raise EngineError("no such model", hint="idiolect train")


def process_of():
    return lambda _: os.getpid()


def fatal(folder, deadly, once):
    """Squares, but dies with `deadly`; `once`: only the first time."""
    return partial(_square, Path(folder), deadly, once)


def _square(folder, deadly, once, number):
    mark = folder / "died"
    if number == deadly and not (once and mark.exists()):
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return number * number
