"""The energy that a run takes, where the machine counts it.

Processors: Linux's powercap counters (RAPL), which often only root may read; they count the whole package, with
whatever else runs on it. NVIDIA's accelerators: the counter of NVML. Nothing is estimated: a machine without counters
gives nothing.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Mapping
from pathlib import Path

POWERCAP = Path("/sys/class/powercap")
PACKAGES = "intel-rapl:[0-9]"
"""Packages only: their parts (core, memory) are counted in them. AMD's have the same name."""


class Meter:
    """Joules since it was made, by part of the machine: ``processor``, ``accelerator``."""

    def __init__(self, powercap: Path = POWERCAP, *, accelerator: bool = False) -> None:
        self._packages = [
            _Package(path) for path in sorted(powercap.glob(PACKAGES)) if _number(path / "energy_uj") is not None
        ]
        self._accelerator = _nvml() if accelerator else None
        self._before = self._accelerator() if self._accelerator else 0.0

    def joules(self) -> dict[str, float]:
        """What was counted; a part that cannot be counted is missing."""
        found = {}
        if self._packages:
            found["processor"] = round(sum(package.joules() for package in self._packages), 1)
        if self._accelerator:
            found["accelerator"] = round(self._accelerator() - self._before, 1)
        return found


def added(one: Mapping[str, float], other: Mapping[str, float]) -> dict[str, float]:
    """The sums, by part."""
    return {name: round(one.get(name, 0.0) + other.get(name, 0.0), 1) for name in {**one, **other}}


class _Package:
    """A counter in microjoules that begins again at its range: it is to be asked more often than that (minutes)."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._range = _number(folder / "max_energy_range_uj") or 0
        self._last = _number(folder / "energy_uj") or 0
        self._sum = 0

    def joules(self) -> float:
        now = _number(self._folder / "energy_uj")
        if now is not None:
            self._sum += now - self._last if now >= self._last else now - self._last + self._range
            self._last = now
        return self._sum / 1e6


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None


def _nvml() -> Callable[[], float] | None:
    """Joules that the first accelerator took since its driver was loaded; None where nobody counts."""
    try:
        library = ctypes.CDLL("libnvidia-ml.so.1")
    except OSError:
        return None
    device = ctypes.c_void_p()
    if library.nvmlInit_v2() or library.nvmlDeviceGetHandleByIndex_v2(0, ctypes.byref(device)):
        return None
    count = ctypes.c_ulonglong()

    def joules() -> float:
        library.nvmlDeviceGetTotalEnergyConsumption(device, ctypes.byref(count))
        return count.value / 1000

    return None if library.nvmlDeviceGetTotalEnergyConsumption(device, ctypes.byref(count)) else joules
