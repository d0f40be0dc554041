"""idiolect: a local-first foundry for speech models that their users own.

>>> import idiolect
>>> project = idiolect.open("my-voice")  # doctest: +SKIP
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

# Libraries that report to their makers unless told not to read these once, when they are loaded: here is before that.
# ONNX Runtime 1.31 for Linux sends events to Microsoft over HTTPS and keeps an id of the device (its Privacy.md).
for _name in ("ORT_DISABLE_TELEMETRY", "HF_HUB_DISABLE_TELEMETRY", "DO_NOT_TRACK"):
    os.environ[_name] = "1"

__version__ = "0.1.0"
__all__ = ["__version__", "init", "open"]

if TYPE_CHECKING:
    from idiolect.project import Project


def open(path: str | Path = ".") -> Project:  # noqa: A001 - reads as idiolect.open("my-voice")
    """Open the project in `path` (or in a folder above it). Raises `ProjectError` where there is none."""
    from idiolect.project import Project

    return Project.find(Path(path))


def init(path: str | Path = ".", **settings: object) -> Project:
    """Make a project in `path`. Raises `ProjectError` where there is one already."""
    from idiolect.project import Project

    return Project.create(Path(path), **settings)
