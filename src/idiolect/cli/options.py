"""Options that several commands have, in one wording."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from idiolect.project import Project

PATH = click.Path(path_type=Path)
FILE = click.Path(path_type=Path, exists=True, dir_okay=False)

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
dry_run_option = click.option("--dry-run", is_flag=True, help="Say what would be done and change nothing.")
project_option = click.option(
    "--project",
    "-p",
    "folder",
    type=PATH,
    default=Path(),
    envvar="IDIOLECT_PROJECT",
    metavar="FOLDER",
    help="The project, or a folder inside it (default: here).",
)
task_option = click.option("--task", type=PATH, metavar="FILE", help="The task file: what may be said.")
engine_option = click.option("--engine", metavar="NAME", help="An engine; idiolect engines lists them.")
model_option = click.option(
    "--model", metavar="MODEL", help="A checkpoint or bundle: a folder, or a name in the project."
)


def examples(*lines: str) -> str:
    """The end of a help page: command lines as they are typed."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


def open_project(folder: Path) -> Project:
    """The project in `folder` or above it. Raises `ProjectError`."""
    from idiolect.project import Project

    return Project.find(folder)
