"""``idiolect relabel``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from idiolect.cli.options import (
    chosen_pool,
    dry_run_option,
    examples,
    json_option,
    model_option,
    named_values,
    open_project,
    paid_options,
    paying,
    pool_option,
    project_option,
    ray_option,
    task_option,
    with_option,
)
from idiolect.cli.output import print_json, print_report
from idiolect.cli.progress import progress_for


@click.command(
    "relabel",
    epilog=examples(
        "idiolect relabel --engine starter --below .6 --dry-run",
        "idiolect relabel --engine sphinx --text '\\bthe the\\b' --older 30d",
    ),
)
@click.option(
    "--engine", default="sphinx", show_default=True, metavar="NAME", help="Who hears them; idiolect engines lists them."
)
@model_option
@task_option
@with_option
@click.option("--text", metavar="REGEX", help="Clips whose text has this, in any case.")
@click.option("--id", "ids", multiple=True, metavar="ID", help="This clip, or the one whose id begins so; repeatable.")
@click.option("--from", "source", metavar="NAME", help="Texts of this engine (default: what a review shows first).")
@click.option("--older", metavar="AGE", help="Texts at least that old: 36h, 30d, 2w.")
@click.option("--below", type=click.FloatRange(0, 1), help="Texts less sure than this, or with no confidence.")
@click.option("--collection", metavar="NAME", help="Only clips of this import.")
@click.option("--speaker", metavar="NAME", help="Only clips of this speaker.")
@click.option("--reviewed", "include_reviewed", is_flag=True, help="Also clips that a person has a text for.")
@click.option("--limit", type=click.IntRange(min=1), help="The first so many of them.")
@click.option("--jobs", "processes", type=click.IntRange(min=1), help="Processes or workers (default: one per core).")
@pool_option
@ray_option
@paid_options
@project_option
@dry_run_option
@json_option
def command(
    *,
    engine: str,
    model: str | None,
    task: Path | None,
    extra: tuple[str, ...],
    older: str | None,
    processes: int | None,
    price: str | None,
    cap: str | None,
    assume_yes: bool,
    resend: bool,
    pool: str,
    ray_address: str | None,
    folder: Path,
    dry_run: bool,
    as_json: bool,
    **choice: Any,
) -> None:
    """Let a teacher hear chosen clips again, and show what it changes word by word.

    The new label stands beside the old ones. A dry run hears the clips and keeps nothing; it needs an engine on this
    machine. Interrupted and run again, it goes on where it was.
    """
    from idiolect.labeling import Choice, age

    chosen = Choice(older=None if older is None else age(older), **choice)
    options: dict[str, Any] = {"dry_run": dry_run, "extra": named_values("--with", extra)}
    options |= paying(price, cap, assume_yes=assume_yes, resend=resend)
    options["pool"] = chosen_pool(pool, ray_address)
    if processes is not None:
        options["processes"] = processes
    with open_project(folder) as project:
        report = project.relabel(engine, chosen, model=model, task=task, progress=progress_for(), **options)
    if as_json:
        print_json(report)
    else:
        print_report(report)
