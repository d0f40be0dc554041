"""``idiolect freeze``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from idiolect.cli.options import examples, json_option, open_project, project_option
from idiolect.cli.output import print_fields, print_json


@click.command(
    "freeze",
    epilog=examples(
        "idiolect freeze orders", "idiolect freeze careful --min-confidence 0.8 --group-by session --test 0.2"
    ),
)
@click.argument("name", default="first")
@click.option(
    "--group-by",
    type=click.Choice(["speaker", "session", "recording"]),
    help="What may never stand on two sides of a split (default: as before; at first what is known).",
)
@click.option("--speaker", "speakers", multiple=True, metavar="NAME", help="Only this speaker; may be repeated.")
@click.option("--engine", "engines", multiple=True, metavar="NAME", help="Only this teacher's labels; may be repeated.")
@click.option("--test", type=click.FloatRange(0, 1), help="Share of the groups that tests (first freeze: .1).")
@click.option(
    "--dev", type=click.FloatRange(0, 1), help="Share of the groups that chooses checkpoints (first freeze: .1)."
)
@click.option("--collection", "collections", multiple=True, metavar="NAME", help="Only this import; may be repeated.")
@click.option("--min-confidence", type=click.FloatRange(0, 1), help="Leave out what teachers were less sure of.")
@click.option("--include-silver", is_flag=True, default=None, help="Texts that a machine had a hand in may train.")
@project_option
@json_option
def command(name: str, *, folder: Path, as_json: bool, **options: Any) -> None:
    """Freeze what is labeled now into the dataset NAME.

    Each clip's split is a hash of its group, so it never moves when data is added. Freezing fails where a
    speaker, a session, a recording, the same audio or (for prompted speech) the same text would stand on both
    sides.
    """
    with open_project(folder) as project:
        dataset = project.freeze(name, **{key: value for key, value in options.items() if value not in (None, ())})
    sizes = {
        split: {"clips": len(items), "seconds": round(sum(item.clip.duration for item in items), 2)}
        for split, items in (("train", dataset.train), ("dev", dataset.dev), ("test", dataset.test))
    }
    result = {"name": dataset.name, "id": dataset.id, "group_by": dataset.group_by, "splits": sizes}
    if as_json:
        print_json(result)
    else:
        print_fields({"dataset": dataset.name, "id": dataset.id, "group by": dataset.group_by, **sizes})
        click.echo("next: idiolect train")
