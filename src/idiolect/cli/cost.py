"""``idiolect cost``."""

from __future__ import annotations

from pathlib import Path

import click

from idiolect.cli.options import examples, json_option, open_project, project_option
from idiolect.cli.output import print_json, print_report


@click.command("cost", epilog=examples("idiolect cost", "idiolect cost --all --json"))
@click.option("--all", "everything", is_flag=True, help="Count clips too that a person has labeled.")
@click.option("--collection", metavar="NAME", help="Only clips of this import.")
@click.option("--speaker", metavar="NAME", help="Only clips of this speaker.")
@project_option
@json_option
def command(*, everything: bool, collection: str | None, speaker: str | None, folder: Path, as_json: bool) -> None:
    """Compare what each known teacher would cost for this project.

    Prices are retail, from the packaged list and the project's prices.toml; nothing is asked of anybody. Minutes are
    given for engines that an evaluation in this project has timed.
    """
    from idiolect.corpus import ClipFilter

    with open_project(folder) as project:
        report = project.cost(ClipFilter(collection=collection, speaker=speaker), everything=everything)
    if as_json:
        print_json(report)
    else:
        print_report(report)
