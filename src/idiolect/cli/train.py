"""``idiolect train``."""

from __future__ import annotations

from pathlib import Path

import click

from idiolect.cli.options import examples, json_option, named_values, open_project, project_option, task_option
from idiolect.cli.output import print_fields, print_json, print_report, shorten
from idiolect.cli.progress import progress_for


@click.command(
    "train",
    epilog=examples(
        "idiolect train --recipe nano --task coffee.yaml --minutes 20",
        "idiolect train --recipe seq2seq --base ~/models/whisper-tiny --set lora=true",
    ),
)
@click.option("--dataset", metavar="NAME", help="A frozen dataset (default: the newest).")
@click.option("--recipe", default="nano", show_default=True, metavar="NAME", help="A recipe of ours, or a TOML file.")
@task_option
@click.option("--base", metavar="MODEL", help="The model to start from.")
@click.option("--minutes", type=click.FloatRange(min=0, min_open=True), help="How long to train.")
@click.option(
    "--set", "changes", multiple=True, metavar="NAME=VALUE", help="Change one choice of the recipe; may be repeated."
)
@click.option("--seed", type=int, help="Another seed gives another model of the same kind.")
@click.option(
    "--logger", "loggers", multiple=True, type=click.Choice(["tensorboard", "mlflow"]), help="Write curves as well."
)
@click.option("--resume/--no-resume", default=True, show_default=True, help="Go on where a killed run was.")
@click.option("--dry-run", is_flag=True, help="Print the resolved recipe and train nothing.")
@project_option
@json_option
def command(
    *,
    dataset: str | None,
    recipe: str,
    task: Path | None,
    base: str | None,
    minutes: float | None,
    changes: tuple[str, ...],
    seed: int | None,
    loggers: tuple[str, ...],
    resume: bool,
    dry_run: bool,
    folder: Path,
    as_json: bool,
) -> None:
    """Train a model on a frozen dataset.

    The checkpoint is chosen by errors in real decoding of dev, never by loss. Killed and run again, it goes on to
    the same result.
    """
    overrides = named_values("--set", changes)
    overrides |= {name: value for name, value in (("minutes", minutes), ("seed", seed)) if value is not None}
    if dry_run:
        from idiolect.training import load_recipe

        resolved = load_recipe(recipe, overrides=overrides)
        print_json(resolved) if as_json else print_report(resolved)
        return
    with open_project(folder) as project:
        checkpoint = project.train(
            dataset,
            recipe,
            task=task,
            base=base,
            overrides=overrides,
            resume=resume,
            loggers=loggers,
            progress=progress_for(),
        )
    if as_json:
        print_json(checkpoint)
    else:
        print_fields({"model": shorten(checkpoint.folder), "id": checkpoint.id, "dev": checkpoint.dev})
        click.echo("next: idiolect evaluate")
