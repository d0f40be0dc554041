"""``idiolect improve``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from idiolect.cli.options import PATH, examples, json_option, named_values, open_project, project_option
from idiolect.cli.output import print_json
from idiolect.cli.progress import progress_for


@click.command(
    "improve",
    epilog=examples(
        "idiolect improve --task coffee.yaml",
        "idiolect improve --task coffee.yaml --teacher sphinx --rounds 2 --minutes 10",
        "idiolect improve --task coffee.yaml --set augment.noises=~/noises --precision 0.99",
    ),
)
@click.option("--task", type=PATH, required=True, metavar="FILE", help="The task file: what may be said.")
@click.option("--base", metavar="MODEL", help="The checkpoint to begin with (default: the starter model).")
@click.option("--teacher", metavar="NAME", help="The engine that labels the first round (default: the student).")
@click.option("--teacher-model", metavar="MODEL", help="The model that this engine runs, if it needs one.")
@click.option("--rounds", type=click.IntRange(min=1), default=3, show_default=True, help="At most so many.")
@click.option(
    "--precision",
    type=click.FloatRange(0, 1),
    default=0.98,
    show_default=True,
    help="How often the labels that teach are to be right.",
)
@click.option("--collection", "collections", multiple=True, metavar="NAME", help="Only this import; may be repeated.")
@click.option("--minutes", type=click.FloatRange(min=0, min_open=True), help="How long each round trains.")
@click.option(
    "--recipe", default="improve", show_default=True, metavar="NAME", help="A recipe of ours, or a TOML file."
)
@click.option(
    "--set", "changes", multiple=True, metavar="NAME=VALUE", help="Change one choice of the recipe; may be repeated."
)
@project_option
@json_option
def command(
    *,
    task: Path,
    base: str | None,
    teacher: str | None,
    teacher_model: str | None,
    rounds: int,
    precision: float,
    collections: tuple[str, ...],
    minutes: float | None,
    recipe: str,
    changes: tuple[str, ...],
    folder: Path,
    as_json: bool,
) -> None:
    """Let a model teach itself on clips that nobody labeled.

    A teacher labels the clips over the task, its confident labels train the student, the student is the next
    teacher; rounds go on while dev gets better, and each says what it bought. No human label is needed: where
    people have said what dev clips mean, they judge, else the first teacher does. Killed and run again, it goes on.
    """
    overrides: dict[str, Any] = named_values("--set", changes)
    if minutes is not None:
        overrides["minutes"] = minutes
    with open_project(folder) as project:
        found = project.improve(
            task,
            base=base,
            teacher=teacher,
            teacher_model=teacher_model,
            recipe=recipe,
            overrides=overrides,
            rounds=rounds,
            precision=precision,
            collections=list(collections) or None,
            progress=progress_for(),
        )
    if as_json:
        print_json(found)
    else:
        click.echo(found.text())
