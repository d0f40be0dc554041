"""The process in which one engine is measured: ``python -m idiolect.evaluation.worker FD``."""

from __future__ import annotations

import signal
import sys
import time
from dataclasses import replace
from multiprocessing.connection import Connection

from idiolect.engines import create
from idiolect.errors import IdiolectError
from idiolect.evaluation.environment import peak_bytes
from idiolect.evaluation.system import Ready, timed


def serve(line: Connection) -> None:
    """Make the engine that comes first, then answer clips until the line is closed."""
    source = line.recv()
    started = time.perf_counter()
    try:
        engine = create(source.engine, source.options)
    except IdiolectError as error:
        line.send((error.message, error.hint))
        return
    line.send(Ready(engine.name, engine.version, dict(engine.parameters), time.perf_counter() - started))
    while True:
        try:
            samples = line.recv()
        except EOFError:
            return
        line.send(replace(timed(engine, samples), peak_bytes=peak_bytes()))


def main() -> None:
    """Answer on the inherited socket. Ctrl-C is for the parent, which then closes the line."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with Connection(int(sys.argv[1])) as line:
        serve(line)


if __name__ == "__main__":
    main()
