"""``idiolect label``."""

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
    pool_option,
    project_option,
    ray_option,
    task_option,
    with_option,
)
from idiolect.cli.output import print_json, print_report
from idiolect.cli.progress import progress_for


@click.command(
    "label",
    epilog=examples(
        "idiolect label --engine sphinx --task coffee.yaml",
        "idiolect label --engine faster-whisper --model ~/models/whisper-small-ct2 --jobs 1",
        "idiolect label --engine starter --engine-pool ray --ray-address 10.0.0.1:6379 --jobs 64",
    ),
)
@click.option(
    "--engine", default="sphinx", show_default=True, metavar="NAME", help="The teacher; idiolect engines lists them."
)
@model_option
@task_option
@with_option
@click.option("--collection", metavar="NAME", help="Only clips of this import.")
@click.option("--speaker", metavar="NAME", help="Only clips of this speaker.")
@click.option("--jobs", "processes", type=click.IntRange(min=1), help="Processes or workers (default: one per core).")
@pool_option
@ray_option
@project_option
@dry_run_option
@json_option
def command(
    *,
    engine: str,
    model: str | None,
    task: Path | None,
    extra: tuple[str, ...],
    collection: str | None,
    speaker: str | None,
    processes: int | None,
    pool: str,
    ray_address: str | None,
    folder: Path,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Let a teacher label every clip it has not labeled yet.

    Each label is a claim with its source and stays beside the others. Interrupted and run again, it goes on where
    it was.
    """
    from idiolect.corpus import ClipFilter

    options: dict[str, Any] = {"dry_run": dry_run, "extra": named_values("--with", extra)}
    options["pool"] = chosen_pool(pool, ray_address)
    if processes is not None:
        options["processes"] = processes
    with open_project(folder) as project:
        if collection or speaker:
            options["clips"] = project.corpus.clips(ClipFilter(collection=collection, speaker=speaker))
        report = project.label(engine, model=model, task=task, progress=progress_for(), **options)
    if as_json:
        print_json(report)
    else:
        print_report(report)
