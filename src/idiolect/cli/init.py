"""``idiolect init``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from idiolect.cli.options import PATH, dry_run_option, examples, json_option
from idiolect.cli.output import print_json, shorten


@click.command(
    "init",
    epilog=examples("idiolect init my-voice --speaker me", "idiolect init clinic --language de --sensitivity private"),
)
@click.argument("folder", type=PATH, default=Path())
@click.option("--name", help="What the project is called (default: the folder's name).")
@click.option("--language", metavar="CODE", help="BCP 47 code of what is spoken (default: en).")
@click.option("--speaker", metavar="NAME", help="Who speaks where an import does not say.")
@click.option(
    "--sensitivity",
    type=click.Choice(["private", "internal", "shareable"]),
    help="How far audio may travel where an import does not say (default: private).",
)
@click.option(
    "--copy/--no-copy",
    "copy_audio",
    default=None,
    help="Copy imported audio into the project (default), or refer to it.",
)
@click.option("--normalizer", metavar="NAME", help="What counts as the same text when scoring (default: basic.v1).")
@click.option(
    "--database", metavar="URL", help="A team's database, as an SQLAlchemy URL (default: a file in the project)."
)
@dry_run_option
@json_option
def command(folder: Path, *, dry_run: bool, as_json: bool, **settings: Any) -> None:
    """Make a project in FOLDER (default: here).

    A project is a folder: idiolect.toml, a database, audio, datasets, models and reports. It can be copied and
    backed up.
    """
    from idiolect.errors import ProjectError
    from idiolect.project import Project
    from idiolect.settings import FILE_NAME, load_settings

    if dry_run:
        if (folder / FILE_NAME).exists():
            raise ProjectError(f"{folder} is a project already")
        load_settings(folder, **settings)
        place = folder.absolute()
    else:
        project = Project.create(folder, **settings)
        project.close()
        place = project.folder
    if as_json:
        print_json({"folder": place, "made": not dry_run})
    else:
        shown = shorten(place)
        click.echo(f"would make a project in {shown}" if dry_run else f"a project in {shown}")
        click.echo("next: idiolect import AUDIO" if shown == "." else f"next: cd {shown} && idiolect import AUDIO")
