"""A dataset and a recipe to a checkpoint."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from idiolect.training.recipe import Recipe, about_recipe, known_keys, load_recipe, recipes
from idiolect.training.runs import Forecast, TrainingRun, forecast, read_run, read_runs

if TYPE_CHECKING:
    from idiolect.training.checkpoint import Checkpoint
    from idiolect.training.loggers import Logger
    from idiolect.training.loop import train
    from idiolect.training.merging import merge

_LATER = {
    "Checkpoint": "idiolect.training.checkpoint",
    "Logger": "idiolect.training.loggers",
    "merge": "idiolect.training.merging",
    "train": "idiolect.training.loop",
}
"""What loads torch, or much of the store, waits until it is asked for."""

__all__ = [
    "Checkpoint",
    "Forecast",
    "Logger",
    "Recipe",
    "TrainingRun",
    "about_recipe",
    "forecast",
    "known_keys",
    "load_recipe",
    "merge",
    "read_run",
    "read_runs",
    "recipes",
    "train",
]


def __getattr__(name: str) -> Any:
    if name in _LATER:
        return getattr(import_module(_LATER[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
