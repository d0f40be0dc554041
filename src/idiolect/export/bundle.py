"""Write a bundle: in a folder of its own, checked against its checkpoint, and only then under its name."""

from __future__ import annotations

import hashlib
import importlib
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from idiolect.engines import EngineOptions, create, engine_of
from idiolect.engines.onnx import BUNDLE_FILE
from idiolect.errors import ExportError
from idiolect.export.card import CARD_FILE, card
from idiolect.export.parity import Parity, measure, require
from idiolect.export.table import FORMATS, Format
from idiolect.files import read_json, write_json, write_text
from idiolect.progress import SILENT, Progress
from idiolect.units import Samples

SCHEMA = 1
"""Of ``bundle.json``."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """A folder that an engine runs. `id` is the hash of its files; `engine` the row in the table that runs it."""

    folder: Path
    id: str
    format: str
    engine: str
    family: str
    size_bytes: int
    parity: Parity


def export(
    checkpoint_folder: Path | str,
    to: str,
    out: Path | str,
    *,
    clips: Sequence[Samples],
    references: Sequence[str | None] | None = None,
    tolerance: float = 0.01,
    scores: Mapping[str, Any] | None = None,
    progress: Progress = SILENT,
) -> Bundle:
    """Write the checkpoint as a bundle of the format `to` and check it on `clips`.

    clips: float32 ``(n,)``, mono, 16 kHz. references: a text for each clip, or None where it has none. tolerance: how
    much worse (WER, absolute) the bundle may be. scores: the dictionary of an evaluation report, for the model card.

    An older bundle at `out` is replaced; anything else there is left alone. Raises `ParityError` where the bundle hears
    worse than the checkpoint, and `ExportError` for an unknown format or family; nothing is written then.
    """
    checkpoint, target = Path(checkpoint_folder).expanduser(), Path(out).expanduser()
    form = _format(to, checkpoint)
    if target.exists() and not (target / BUNDLE_FILE).is_file() and (not target.is_dir() or any(target.iterdir())):
        raise ExportError(f"{target} is there already and is no bundle", hint="choose another folder")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{target.name}.", dir=target.parent) as temporary:
        made = Path(temporary) / "bundle"
        made.mkdir()
        module, function = form.target.split(":")
        about = dict(getattr(importlib.import_module(module), function)(checkpoint, made, int8=form.int8))
        about |= {"schema": SCHEMA, "format": to, "id": _hash(made), "lineage": lineage(checkpoint)}
        write_json(made / BUNDLE_FILE, about)
        parity = measure(
            create(engine_of(checkpoint), EngineOptions(model=checkpoint)),
            create(about["engine"], EngineOptions(model=made)),
            clips,
            references,
            tolerance=tolerance,
            progress=progress,
        )
        require(parity)
        about["parity"] = parity.as_dict()
        write_json(made / BUNDLE_FILE, about)
        write_text(made / CARD_FILE, card(about, size=_size(made), scores=scores))
        _put(made, target)
    return Bundle(target, about["id"], to, about["engine"], about["family"], _size(target), parity)


def lineage(checkpoint: Path) -> dict[str, Any]:
    """Where a bundle comes from: what ``checkpoint.json`` says, without the history of every step."""
    stored = _checkpoint(checkpoint)
    return {name: value for name, value in stored.items() if name != "history"}


def _format(to: str, checkpoint: Path) -> Format:
    form = FORMATS.get(to)
    if form is None:
        raise ExportError(f"there is no format {to!r}", hint=f"known: {', '.join(FORMATS)}")
    family = _checkpoint(checkpoint).get("family")
    if family not in form.families:
        fitting = [name for name, row in FORMATS.items() if family in row.families]
        raise ExportError(
            f"{checkpoint} is a {family} checkpoint; {to} takes {', '.join(form.families)}",
            hint=f"--to {fitting[0]}" if fitting else None,
        )
    return form


def _checkpoint(folder: Path) -> dict[str, Any]:
    path = folder / "checkpoint.json"
    try:
        stored = read_json(path)
    except FileNotFoundError:
        if (folder / "config.json").is_file():  # a plain transformers model
            return {"family": engine_of(folder), "base": folder.name}
        raise ExportError(f"{folder} is no checkpoint: no checkpoint.json in it") from None
    except (OSError, ValueError) as error:
        raise ExportError(f"{path} cannot be read: {error}") from error
    if not isinstance(stored, dict):
        raise ExportError(f"{path} is a JSON {type(stored).__name__}, not an object")
    return stored


def _hash(folder: Path) -> str:
    """16 hex digits over the names and bytes of the files."""
    found = hashlib.blake2b(digest_size=8)
    for path in _files(folder):
        found.update(path.relative_to(folder).as_posix().encode())
        with path.open("rb") as file:
            found.update(hashlib.file_digest(file, "blake2b").digest())
    return found.hexdigest()


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in _files(folder))


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _put(made: Path, target: Path) -> None:
    """`made` takes the name `target`; an older bundle goes once the new one is there."""
    if target.exists():
        target.replace(made.parent / "older")
    made.chmod(0o755)
    try:
        made.replace(target)
    except OSError:
        older = made.parent / "older"
        if older.exists():
            shutil.move(older, target)
        raise
