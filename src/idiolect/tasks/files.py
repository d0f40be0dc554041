"""The task files of a project."""

from __future__ import annotations

import re
from pathlib import Path

_INTENTS = re.compile(r"^intents:", re.MULTILINE)


def task_files(folder: Path) -> list[str]:
    """The names of the YAML files in `folder` and its ``tasks`` that have intents, relative to it. None is parsed."""
    found = [path for inside in (folder, folder / "tasks") for path in sorted(inside.glob("*.y*ml"))]
    return [path.relative_to(folder).as_posix() for path in found if _INTENTS.search(_text(path))]


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
