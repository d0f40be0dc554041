"""How long work tells how far it is.

A room takes a `Progress` and reports to it; it never prints. The skins draw it; a Python user may leave
it out and get silence.
"""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """One piece of long work, counted in steps."""

    def start(self, what: str, total: float | None, unit: str = "clips") -> None:
        """Work begins: `total` steps of `unit` (None: not known)."""
        ...

    def advance(self, steps: float = 1) -> None:
        """`steps` more are done."""
        ...

    def note(self, text: str) -> None:
        """Something a person wants to see now: a WER, a skipped file."""
        ...

    def finish(self) -> None:
        """Work has ended."""
        ...


class Silent:
    """Says nothing."""

    def start(self, what: str, total: float | None, unit: str = "clips") -> None:
        """Nothing."""

    def advance(self, steps: float = 1) -> None:
        """Nothing."""

    def note(self, text: str) -> None:
        """Nothing."""

    def finish(self) -> None:
        """Nothing."""


SILENT: Progress = Silent()
