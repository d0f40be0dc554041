"""Whether each engine can run here. Packages are looked for, and nothing of them is imported."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec

from idiolect.engines.table import ENGINES, Row

NEEDS = {"train": ("torch", "transformers"), "faster-whisper": ("faster_whisper",)}
"""The packages of an extra."""


@dataclass(frozen=True, slots=True)
class EngineState:
    """A row of the table, and whether its packages are there."""

    name: str
    row: Row
    installed: bool

    @property
    def stands_alone(self) -> bool:
        """Whether it hears without a model to be named and without a server: `echo`, a fake, does not."""
        return self.installed and not self.row.needs_model and not self.row.remote and self.name != "echo"


def engine_states() -> tuple[EngineState, ...]:
    """All of the table, in its order."""
    return tuple(
        EngineState(name, row, all(find_spec(package) is not None for package in NEEDS.get(row.extra or "", ())))
        for name, row in ENGINES.items()
    )
