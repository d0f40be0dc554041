"""What could answer for an alias: the models of a project, and the engines that bring their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from idiolect.errors import IdiolectError
from idiolect.serving.promoting import Standing, names_of, standing
from idiolect.serving.registry import Target

if TYPE_CHECKING:
    from idiolect.corpus.models import EvaluationRecord

_READY_MADE = ("starter", "sphinx")
"""Engines that run as they are, offline, wherever idiolect is installed."""
_FILES = {"bundle.json": "bundle", "checkpoint.json": "checkpoint"}


@dataclass(frozen=True, slots=True)
class Candidate:
    """kind: ``bundle``, ``checkpoint`` or ``engine``. made: seconds since 1970; 0 for an engine."""

    target: Target
    kind: str
    standing: Standing | None
    made: float = 0.0


def candidates(folder: Path, evaluations: Sequence[EvaluationRecord]) -> list[Candidate]:
    """Bundles, checkpoints and ready-made engines, the newest first; bundles first, for they are made to serve."""
    found = [
        _of_folder(path, kind, folder, evaluations) for file, kind in _FILES.items() for path in _holders(folder, file)
    ]
    known = sorted((one for one in found if one is not None), key=lambda one: (one.kind != "bundle", -one.made))
    ready = [Target(engine=name) for name in _READY_MADE]
    return known + [Candidate(target, "engine", standing(names_of(folder, target), evaluations)) for target in ready]


def _holders(folder: Path, file: str) -> list[Path]:
    return [path for path in (folder / "models").glob(f"*/{file}") if path.is_file()]


def _of_folder(path: Path, kind: str, folder: Path, evaluations: Sequence[EvaluationRecord]) -> Candidate | None:
    from idiolect.engines import engine_of

    if kind == "checkpoint" and (path.parent / "bundle.json").is_file():
        return None
    try:
        engine_of(path.parent)
    except IdiolectError:
        return None  # left half written by a run that is still going, or of a newer idiolect
    target = Target(model=str(path.parent.relative_to(folder)))
    return Candidate(target, kind, standing(names_of(folder, target), evaluations), path.stat().st_mtime)
