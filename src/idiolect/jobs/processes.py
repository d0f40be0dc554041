"""Which process is meant: a number alone is given to another one later."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_STATE, _START = 0, 19
"""Fields of ``/proc/PID/stat`` behind the name in brackets (proc(5): 3 state, 22 starttime)."""


@dataclass(frozen=True, slots=True)
class Process:
    """One process: its number, when it began (clock ticks since the machine started) and which start of the machine."""

    pid: int
    began: int
    boot: str

    @classmethod
    def of(cls, pid: int) -> Process | None:
        """The process of that number; None where none lives."""
        found = _living(pid)
        return None if found is None else cls(pid, found, _boot())

    @classmethod
    def here(cls) -> Process:
        """This one."""
        return cls(os.getpid(), _living(os.getpid()) or 0, _boot())

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Process:
        """The inverse of `as_dict`."""
        return cls(int(value["pid"]), int(value["began"]), str(value["boot"]))

    def as_dict(self) -> dict[str, Any]:
        """JSON values."""
        return asdict(self)

    def lives(self) -> bool:
        """Whether it is still the same one, and no zombie."""
        return self.boot == _boot() and _living(self.pid) == self.began

    def signal(self, number: signal.Signals, *, group: bool = False) -> None:
        """Send a signal to it, or to all of its group; nothing where it is gone."""
        if not self.lives():
            return
        try:
            if group:
                os.killpg(self.pid, number)
            else:
                os.kill(self.pid, number)
        except ProcessLookupError:
            return


def _living(pid: int) -> int | None:
    """When the process began, in clock ticks; None where there is none, or only its exit code is left."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[_STATE] in "ZX" else int(fields[_START])


def _boot() -> str:
    return _BOOT.read_text(encoding="ascii").strip()
