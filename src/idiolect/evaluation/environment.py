"""Where and with what a number was made."""

from __future__ import annotations

import os
import platform
import re
from importlib import metadata
from pathlib import Path

_PACKAGES = ("idiolect", "numpy", "rapidfuzz", "onnxruntime", "torch", "transformers", "pocketsphinx", "ctranslate2")


def machine() -> dict[str, str]:
    """Where the numbers of speed and memory hold."""
    try:
        found = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    except OSError:
        found = None
    return {
        "processor": found[1].strip() if found else platform.processor() or platform.machine(),
        "cores": str(len(os.sched_getaffinity(0))),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }


def versions() -> dict[str, str]:
    """The packages that can change a number, where they are installed."""
    out = {}
    for package in _PACKAGES:
        try:
            out[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return out


def peak_bytes() -> int | None:
    """The most memory this process has held (VmHWM: it starts anew at exec, which ``ru_maxrss`` does not)."""
    try:
        found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"))
    except OSError:
        return None
    return int(found[1]) * 1024 if found else None
