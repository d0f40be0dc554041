"""``idiolect evaluate``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from idiolect.cli.options import (
    chosen_pool,
    examples,
    json_option,
    open_project,
    pool_option,
    project_option,
    ray_option,
    task_option,
)
from idiolect.cli.output import print_json, shorten
from idiolect.cli.progress import progress_for

if TYPE_CHECKING:
    from idiolect.corpus.values import Split


@click.command(
    "evaluate",
    epilog=examples(
        "idiolect evaluate --engine sphinx --task coffee.yaml",
        "idiolect evaluate --model nano-1a2b --model nano-1a2b-onnx-int8",
    ),
)
@click.option(
    "--engine",
    "engines",
    multiple=True,
    metavar="NAME",
    help="An engine to score; may be repeated. The first is what the others are compared with.",
)
@click.option(
    "--model", "models", multiple=True, metavar="MODEL", help="A model to score; may be repeated (default: the newest)."
)
@click.option("--engines-only", is_flag=True, help="Leave the newest model out.")
@click.option("--dataset", metavar="NAME", help="A frozen dataset (default: the newest).")
@click.option(
    "--split", type=click.Choice(["test", "dev", "train"]), default="test", show_default=True, help="Which side of it."
)
@task_option
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the bootstrap.")
@click.option(
    "--jobs",
    "processes",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Processes or workers for one system; several at once are quicker, and slower for each clip.",
)
@pool_option
@ray_option
@project_option
@json_option
def command(
    *,
    engines: tuple[str, ...],
    models: tuple[str, ...],
    engines_only: bool,
    dataset: str | None,
    split: Split,
    task: Path | None,
    seed: int,
    processes: int,
    pool: str,
    ray_address: str | None,
    folder: Path,
    as_json: bool,
) -> None:
    """Score models and engines on the same clips.

    Errors are pooled; each score has an interval, each comparison with the first system a paired test and a
    verdict: better, worse, cannot tell. The report is kept in reports/ as JSON, Markdown and HTML.
    """
    if engines_only and (models or not engines):
        raise click.UsageError("--engines-only needs --engine and no --model")
    with open_project(folder) as project:
        chosen: list[Path | str] = list(models)
        if not models and not engines_only and (not engines or has_model(project.folder)):
            chosen = [project.model_folder()]
        report = project.evaluate(
            chosen,
            engines=engines,
            dataset=dataset,
            split=split,
            task=task,
            seed=seed,
            pool=chosen_pool(pool, ray_address),
            processes=processes,
            progress=progress_for(),
        )
        pages = sorted((project.folder / "reports").glob("*.html"), key=lambda path: path.stat().st_mtime)
    if as_json:
        print_json(report)
    else:
        click.echo(report.text())
        click.echo(f"\nreport: {shorten(pages[-1])}")


def has_model(folder: Path) -> bool:
    """True where the project has a checkpoint."""
    return any((folder / "models").glob("*/checkpoint.json"))
