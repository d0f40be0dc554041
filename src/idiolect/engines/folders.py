"""Where the models of a project lie."""

from __future__ import annotations

from pathlib import Path

from idiolect.errors import ProjectError


def model_folder(models: Path, model: str | Path | None = None) -> Path:
    """A folder, or a name in `models` or its beginning; None means the newest checkpoint. Raises `ProjectError`."""
    if model is None:
        checkpoints = sorted(models.glob("*/checkpoint.json"), key=lambda path: path.stat().st_mtime)
        if not checkpoints:
            raise ProjectError("this project has no model yet", hint="idiolect train makes one")
        return checkpoints[-1].parent
    path = Path(model).expanduser()
    if path.is_dir():
        return path.absolute()
    found = sorted(folder for folder in models.glob(f"{model}*") if folder.is_dir())
    exact = [folder for folder in found if folder.name == str(model)]
    if len(exact or found) == 1:
        return (exact or found)[0]
    names = ", ".join(folder.name for folder in found) or "none of that name"
    raise ProjectError(f"no single model {str(model)!r} in {models}: {names}", hint="idiolect status lists them")
