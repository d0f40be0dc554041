"""``idiolect forget``."""

from __future__ import annotations

from pathlib import Path

import click

from idiolect.cli.options import dry_run_option, examples, json_option, open_project, project_option
from idiolect.cli.output import print_json, print_report


@click.command("forget", epilog=examples("idiolect forget anna --dry-run", "idiolect forget anna --yes"))
@click.argument("speaker")
@click.option("--yes", is_flag=True, help="Do not ask.")
@project_option
@dry_run_option
@json_option
def command(speaker: str, *, yes: bool, folder: Path, dry_run: bool, as_json: bool) -> None:
    """Remove a SPEAKER's audio and labels, and name every dataset and model that was built from them."""
    with open_project(folder) as project:
        if not dry_run and not yes:
            click.confirm(f"Remove all audio and labels of {speaker}? This cannot be undone", abort=True, err=True)
        report = project.corpus.forget(speaker, dry_run=dry_run)
    if as_json:
        print_json(report)
    else:
        print_report(report)
