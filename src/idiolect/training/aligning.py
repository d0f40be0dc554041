"""Align in other processes: ``python -m idiolect.training.aligning`` reads clips from its input until it is closed.

Plain processes and pipes: a child does not run the caller's script again (as a spawned pool would), carries none of
torch's threads (as a forked one would), and ends when its parent does, however that ended.

One clip: a line of JSON (``samples``: how many, ``text``), then the samples as float32. One answer: a line of JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from queue import SimpleQueue
from typing import BinaryIO

import numpy as np

from idiolect.errors import TrainingError
from idiolect.training.alignment import Alignment, SphinxAligner, lexicon
from idiolect.units import Samples

_AHEAD = 8
"""Clips per process that wait: hours of samples must not stand in a queue."""


class _Child:
    """One process that aligns."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "idiolect.training.aligning"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def align(self, samples: Samples, text: str) -> Alignment | str:
        """As `SphinxAligner.align`. Raises `TrainingError` where the process is gone."""
        to, back = self._process.stdin, self._process.stdout
        assert to is not None  # noqa: S101 - both are pipes
        assert back is not None  # noqa: S101
        try:
            to.write(json.dumps({"samples": len(samples), "text": text}).encode() + b"\n")
            to.write(samples.astype(np.float32).tobytes())
            to.flush()
            answer = json.loads(back.readline())
        except (OSError, ValueError) as error:
            raise TrainingError(
                "a process that aligns has died; what was aligned stays",
                hint="Out of memory? Try again with threads=1",
            ) from error
        return str(answer["failed"]) if "failed" in answer else Alignment.from_text(answer["phones"], answer["score"])

    def close(self) -> None:
        """Let it end."""
        if self._process.stdin is not None:
            # A dead child's pipe cannot be flushed; whoever asked it knows already.
            with suppress(OSError):
                self._process.stdin.close()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()


def align_in_processes(clips: Iterable[tuple[Samples, str]], processes: int) -> Iterator[Alignment | str]:
    """The alignment of each (samples, text), in order."""
    children = [_Child() for _ in range(processes)]
    free: SimpleQueue[_Child] = SimpleQueue()
    for child in children:
        free.put(child)

    def work(clip: tuple[Samples, str]) -> Alignment | str:
        child = free.get()
        try:
            return child.align(*clip)
        finally:
            free.put(child)

    waiting: deque[Future[Alignment | str]] = deque()
    try:
        with ThreadPoolExecutor(processes) as threads:
            # The next clips are read while those before them are aligned.
            for clip in clips:
                waiting.append(threads.submit(work, clip))
                if len(waiting) >= processes * _AHEAD:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
    finally:
        for child in children:
            child.close()


def serve(source: BinaryIO, sink: BinaryIO) -> None:
    """Answer clips until `source` is closed."""
    aligner = SphinxAligner(lexicon())
    while head := source.readline():
        asked = json.loads(head)
        samples = np.frombuffer(source.read(4 * asked["samples"]), dtype=np.float32)
        found = aligner.align(samples, asked["text"])
        answer = {"failed": found} if isinstance(found, str) else {"phones": found.as_text(), "score": found.score}
        sink.write(json.dumps(answer).encode() + b"\n")
        sink.flush()


if __name__ == "__main__":
    try:
        serve(sys.stdin.buffer, sys.stdout.buffer)
    except (KeyboardInterrupt, BrokenPipeError):
        # Ctrl-C reaches parent and children, and a killed parent reads no more: what has to be said, the parent says.
        sys.exit(130)
