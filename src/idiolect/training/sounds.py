"""Noise and room files that a recipe names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from idiolect.errors import TrainingError

SUFFIXES = frozenset({".wav", ".flac", ".opus", ".ogg", ".mp3", ".m4a"})


def sound_files(names: Sequence[str]) -> list[Path]:
    """The audio files among `names`, and in the folders among them, sorted. A missing one raises `TrainingError`."""
    found: list[Path] = []
    for name in names:
        path = Path(name).expanduser()
        if path.is_dir():
            found += [file for file in sorted(path.rglob("*")) if file.suffix.lower() in SUFFIXES]
        elif path.is_file():
            found.append(path)
        else:
            raise TrainingError(f"there is no sound file or folder {path}", hint="augment.noises and augment.rooms")
    return found
