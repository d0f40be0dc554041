"""``idiolect label``."""

from __future__ import annotations

from pathlib import Path

import click

from idiolect.cli.options import (
    chosen_clips,
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
    "label",
    epilog=examples(
        "idiolect label --engine sphinx --task coffee.yaml",
        "idiolect label --engine faster-whisper --model ~/models/whisper-small-ct2 --jobs 1",
        "idiolect label --engine openai --with url=http://localhost:8000/v1 --with model=whisper-1",
        "idiolect label --engine openai --with url=groq --model whisper-large-v3 --cap 1.00 --dry-run",
        "idiolect label --engine starter --engine-pool ray --ray-address 10.0.0.1:6379 --jobs 64",
    ),
)
@click.option(
    "--engine", default="sphinx", show_default=True, metavar="NAME", help="The teacher; idiolect engines lists them."
)
@model_option
@task_option
@click.option("--collection", metavar="NAME", help="Only clips of this import.")
@click.option("--speaker", metavar="NAME", help="Only clips of this speaker.")
@with_option
@click.option(
    "--jobs",
    "processes",
    type=click.IntRange(min=1),
    help="Processes or workers (default: one per core); of a server: requests under way at once (default: 16).",
)
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
    collection: str | None,
    speaker: str | None,
    extra: tuple[str, ...],
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
) -> None:
    """Let a teacher label every clip it has not labeled yet.

    Each label is a claim with its source and stays beside the others. Interrupted and run again, it goes on where
    it was. What a server costs is forecast before anything is sent, and asked for; --dry-run only forecasts. A clip
    that is paid for is not sent again.
    """
    options = {"dry_run": dry_run, "pool": chosen_pool(pool, ray_address)}
    options |= paying(price, cap, assume_yes=assume_yes, resend=resend)
    if processes is not None:
        options["processes"] = processes
    with open_project(folder) as project:
        options |= chosen_clips(project, collection, speaker)
        report = project.label(
            engine,
            model=model,
            task=task,
            extra=named_values("--with", extra),
            progress=progress_for(),
            **options,
        )
    if as_json:
        print_json(report)
    else:
        print_report(report)
