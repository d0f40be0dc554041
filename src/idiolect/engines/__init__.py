"""Samples to hypotheses: one file per engine, and a table of them."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from idiolect.engines.table import ENGINES, Row
from idiolect.errors import EngineError, MissingExtraError

if TYPE_CHECKING:
    from idiolect.engines.protocol import Engine, EngineOptions, Hypothesis, Word

__all__ = ["ENGINES", "Engine", "EngineOptions", "Hypothesis", "Row", "Word", "create", "engine_of"]

_BY_CHECKPOINT = ("nano", "ctc", "seq2seq")
"""Families of checkpoints: the engine of each has its name."""


def create(name: str, options: EngineOptions | None = None) -> Engine:
    """Make the engine `name`.

    Raises:
        EngineError: there is no such engine, or it needs a model and `options` name none, or the model is none.
        MissingExtraError: the packages that it needs are not installed.
    """
    from idiolect.engines.protocol import EngineOptions

    row = ENGINES.get(name)
    if row is None:
        raise EngineError(f"there is no engine {name!r}", hint=f"known: {', '.join(ENGINES)}")
    options = options or EngineOptions()
    if row.needs_model and options.model is None:
        raise EngineError(f"the engine {name} needs a model", hint="name a checkpoint or bundle folder with --model")
    module, cls = row.target.split(":")
    try:
        engine: Engine = getattr(import_module(module), cls)(options)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "idiolect":
            raise
        if row.extra is not None:
            raise MissingExtraError(f"the engine {name}", row.extra) from error
        raise EngineError(f"the engine {name} needs the package {error.name}", hint="install idiolect again") from error
    return engine


def engine_of(folder: Path) -> str:
    """Which engine runs the checkpoint, the bundle or the plain `transformers` model in `folder`.

    Raises `EngineError` where it is none of these, or says that it needs an engine which this version has not.
    """
    if (folder / "checkpoint.json").is_file():
        family = _read(folder / "checkpoint.json").get("family")
        if family not in _BY_CHECKPOINT:
            known = ", ".join(_BY_CHECKPOINT)
            raise EngineError(f"{folder / 'checkpoint.json'}: family is {family!r}", hint=f"known: {known}")
        return str(family)
    if (folder / "bundle.json").is_file():
        engine = _read(folder / "bundle.json").get("engine")
        if engine not in ENGINES:
            raise EngineError(f"{folder / 'bundle.json'}: engine is {engine!r}", hint=f"known: {', '.join(ENGINES)}")
        return str(engine)
    if (folder / "config.json").is_file() and "model_type" in (config := _read(folder / "config.json")):
        from idiolect.engines.families import family_of

        return family_of(config["model_type"], folder).kind
    raise EngineError(f"{folder} holds no checkpoint, no bundle and no transformers model")


def _read(path: Path) -> dict[str, Any]:
    from idiolect.files import read_json

    try:
        value = read_json(path)
    except (ValueError, OSError) as error:
        raise EngineError(f"{path} cannot be read: {error}") from error
    if not isinstance(value, dict):
        raise EngineError(f"{path} is a JSON {type(value).__name__}, not an object")
    return value


def __getattr__(name: str) -> Any:
    """`Engine` and its values, loaded when asked for: they bring numpy."""
    if name in {"Engine", "EngineOptions", "Hypothesis", "Word"}:
        return getattr(import_module("idiolect.engines.protocol"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
