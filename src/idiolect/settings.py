"""Settings: defaults < ``idiolect.toml`` < ``IDIOLECT_*`` < what the caller says. One frozen value."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from idiolect.errors import SettingsError
from idiolect.files import write_text

FILE_NAME = "idiolect.toml"
PREFIX = "IDIOLECT_"
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
"""What BCP 47 codes look like."""


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
    return _checked(Settings(**values))


def _checked(settings: Settings) -> Settings:
    if settings.sensitivity not in {"private", "internal", "shareable"}:
        raise SettingsError(f"sensitivity is {settings.sensitivity!r}", hint="private, internal or shareable")
    if settings.threads < 0:
        raise SettingsError(f"threads is {settings.threads}", hint="0 means all cores")
    return settings


def change_settings(folder: Path, changes: Mapping[str, Any]) -> Settings:
    """Write `changes` into ``idiolect.toml``, beside what stands there, and give what holds now.

    Lines of other settings, and remarks, stay as they are. Raises `SettingsError` for a value without sense; the file
    is then what it was.
    """
    from idiolect.text import normalizer

    path = folder / FILE_NAME
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    known = _read(path) if text else {}
    for name, value in changes.items():
        _of_its_kind(name, value, where="settings")
    wanted = _checked(Settings(**{**known, **changes}))
    normalizer(wanted.normalizer)
    if not _LANGUAGE.fullmatch(wanted.language):
        raise SettingsError(f"language is {wanted.language!r}", hint="a code such as en, de or pt-BR")
    if not wanted.name.strip():
        raise SettingsError("the project has no name", hint="it stands in reports and model cards")
    for name, value in changes.items():
        line = f"{name} = {json.dumps(value, ensure_ascii=False)}"
        text, found = re.subn(rf"(?m)^{name}[ \t]*=.*$", line.replace("\\", r"\\"), text, count=1)
        text = text if found else f"{text.rstrip()}\n{line}\n".lstrip()
    if tomllib.loads(text) != {**known, **changes}:  # a value over several lines, say
        text = settings_toml({**known, **changes})
    write_text(path, text)
    return load_settings(folder)


def from_environment(environment: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """The settings that a variable sets, whatever the file says."""
    known = os.environ if environment is None else environment
    return tuple(name for name in _FIELDS if f"{PREFIX}{name.upper()}" in known)


def settings_toml(values: Mapping[str, Any]) -> str:
    """What stands in ``idiolect.toml``: the few types that settings have."""
    return "".join(f"{name} = {json.dumps(value, ensure_ascii=False)}\n" for name, value in sorted(values.items()))


def _read(path: Path) -> dict[str, Any]:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is not TOML: {error}") from error
    for name, value in table.items():
        _of_its_kind(name, value, where=str(path))
    return table


def _of_its_kind(name: str, value: Any, *, where: str) -> None:
    if name not in _FIELDS:
        raise SettingsError(f"{where}: unknown setting {name!r}", hint=f"known: {', '.join(_FIELDS)}")
    if type(value) is not _FIELDS[name]:
        raise SettingsError(f"{where}: {name} is {value!r}, not a {_FIELDS[name].__name__}")


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
