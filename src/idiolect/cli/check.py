"""``idiolect check``."""

from __future__ import annotations

from pathlib import Path

import click

from idiolect.cli.options import (
    chosen_pool,
    examples,
    json_option,
    open_project,
    pool_option,
    project_option,
    ray_option,
)
from idiolect.cli.output import plain, print_json


@click.command("check", epilog=examples("idiolect check", "idiolect check --no-audio --json"))
@click.option("--audio/--no-audio", default=True, show_default=True, help="Read every audio file and compare its hash.")
@click.option(
    "--jobs",
    "processes",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Processes or workers that read audio.",
)
@pool_option
@ray_option
@project_option
@json_option
def command(*, audio: bool, processes: int, pool: str, ray_address: str | None, folder: Path, as_json: bool) -> int:
    """Ask every promise of the store; the exit code is 1 where one does not hold."""
    with open_project(folder) as project:
        found = project.corpus.check(
            audio=audio, pool=project.pool(chosen_pool(pool, ray_address)), processes=processes
        )
        counts = project.corpus.counts()
    if as_json:
        print_json({"violations": found, "counts": counts})
    else:
        for violation in found:
            click.echo(": ".join(str(value) for value in plain(violation).values()))
        click.echo(f"{len(found)} violations" if found else "every promise holds")
    return 1 if found else 0
