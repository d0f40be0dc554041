"""Other ways to write down what may be said → our task files. One file per format; the table names them."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from idiolect.errors import TaskError
from idiolect.tasks.importers.draft import Draft
from idiolect.tasks.reading import parse_task

__all__ = ["FORMATS", "ImportedTask", "import_task"]

FORMATS: dict[str, str] = {
    "hassil": "idiolect.tasks.importers.hassil:read",
    "rhino": "idiolect.tasks.importers.rhino:read",
    "jsgf": "idiolect.tasks.importers.jsgf:read",
}
"""Name → ``module:function`` that adds a file to a `Draft`."""

_ENDINGS = {"hassil": (".yaml", ".yml"), "rhino": (".yaml", ".yml"), "jsgf": (".jsgf", ".gram")}


@dataclass(frozen=True, slots=True)
class ImportedTask:
    """A task file's text, and what of the original it does not say."""

    text: str
    warnings: tuple[str, ...]
    files: tuple[Path, ...]


def import_task(
    paths: Sequence[Path], form: str, *, language: str | None = None, lists: Mapping[str, Sequence[str]] | None = None
) -> ImportedTask:
    """Merge files (or folders of them) of one format into one task.

    language: where the files do not say it. lists: values for lists that the files only name.
    Raises `TaskError` with file and line for what cannot be read or has no counterpart here.
    """
    files = [file for path in paths for file in _files(path, form)]
    draft = Draft(language=language, lists={name: list(values) for name, values in (lists or {}).items()})
    module, _, function = FORMATS[form].partition(":")
    read: Callable[[Path, str, Draft], None] = getattr(importlib.import_module(module), function)
    for file in files:
        try:
            read(file, _text(file), draft)
        except RecursionError as error:
            raise TaskError("brackets or rules are nested too deeply to be read", path=file) from error
    draft.prune()
    if not draft.intents:
        raise TaskError("no sentence is left", path=paths[0], hint="; ".join(draft.warnings[:3]) or None)
    text = draft.text()
    parse_task(text, path="what was imported")
    return ImportedTask(text, tuple(draft.warnings), tuple(files))


def _files(path: Path, form: str) -> list[Path]:
    if not path.is_dir():
        return [path]
    found = sorted(file for file in path.rglob("*") if file.suffix.lower() in _ENDINGS[form])
    if not found:
        raise TaskError(f"no {' or '.join(_ENDINGS[form])} file is in the folder", path=path)
    return found


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise TaskError(f"cannot be opened: {error.strerror}", path=path) from error
    except UnicodeDecodeError as error:
        raise TaskError(f"cannot be read as UTF-8 text: {error}", path=path) from error
