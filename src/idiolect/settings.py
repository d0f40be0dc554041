"""Settings: defaults < ``idiolect.toml`` < ``IDIOLECT_*`` < what the caller says. One frozen value."""

from __future__ import annotations

import dataclasses
import json
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from idiolect.errors import SettingsError

FILE_NAME = "idiolect.toml"
PREFIX = "IDIOLECT_"


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything a user may set for a project. Each field has a reader; a test walks them.

    name: what the project is called, in reports and model cards.
    language: BCP 47 code that imports and engines take where none is given.
    speaker: who speaks where an import or a recording does not say.
    sensitivity: ``private``, ``internal`` or ``shareable``, where an import does not say.
    copy_audio: copy imported audio into the project (else it is referenced where it lies).
    normalizer: what counts as the same text when scoring.
    threads: cores that engines and training may use; 0 means all.
    offline: nothing leaves this machine, as with ``--offline``.
    database: SQLAlchemy URL of a team's database; empty means ``idiolect.db`` in the project.
    """

    name: str = ""
    language: str = "en"
    speaker: str = ""
    sensitivity: str = "private"
    copy_audio: bool = True
    normalizer: str = "basic.v1"
    threads: int = 0
    offline: bool = False
    database: str = ""

    @property
    def cores(self) -> int:
        """How many cores to use, never 0."""
        return self.threads or len(os.sched_getaffinity(0))


def load_settings(folder: Path, *, environment: Mapping[str, str] | None = None, **overrides: Any) -> Settings:
    """The settings of the project in `folder`. Raises `SettingsError` with the file or variable at fault."""
    values: dict[str, Any] = {}
    path = folder / FILE_NAME
    if path.exists():
        values.update(_read(path))
    for name, text in (os.environ if environment is None else environment).items():
        field = name.removeprefix(PREFIX).lower()
        if name.startswith(PREFIX) and field in _FIELDS:
            values[field] = _convert(field, text, where=name)
    values.update({name: value for name, value in overrides.items() if value is not None})
    unknown = sorted(set(values) - set(_FIELDS))
    if unknown:
        raise SettingsError(f"unknown setting: {', '.join(unknown)}", hint=f"known: {', '.join(_FIELDS)}")
    settings = Settings(**values)
    if settings.sensitivity not in {"private", "internal", "shareable"}:
        raise SettingsError(f"sensitivity is {settings.sensitivity!r}", hint="private, internal or shareable")
    if settings.threads < 0:
        raise SettingsError(f"threads is {settings.threads}", hint="0 means all cores")
    return settings


def settings_toml(values: Mapping[str, Any]) -> str:
    """What stands in ``idiolect.toml``: the few types that settings have."""
    return "".join(f"{name} = {json.dumps(value, ensure_ascii=False)}\n" for name, value in sorted(values.items()))


def _read(path: Path) -> dict[str, Any]:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is not TOML: {error}") from error
    for name, value in table.items():
        if name not in _FIELDS:
            raise SettingsError(f"{path}: unknown setting {name!r}", hint=f"known: {', '.join(_FIELDS)}")
        if type(value) is not _FIELDS[name]:
            raise SettingsError(f"{path}: {name} is {value!r}, not a {_FIELDS[name].__name__}")
    return table


def _convert(field: str, text: str, *, where: str) -> Any:
    kind = _FIELDS[field]
    if kind is bool:
        words = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
        if text.lower() not in words:
            raise SettingsError(f"{where} is {text!r}", hint="true or false")
        return words[text.lower()]
    try:
        return kind(text)
    except ValueError:
        raise SettingsError(f"{where} is {text!r}, not a {kind.__name__}") from None


_FIELDS: dict[str, type] = {
    field.name: {"str": str, "bool": bool, "int": int}[str(field.type)] for field in dataclasses.fields(Settings)
}
