"""The command line: asks the rooms and prints."""

from __future__ import annotations

import sys
from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and leave with its exit code."""
    from idiolect.cli.app import run

    sys.exit(run(arguments))
