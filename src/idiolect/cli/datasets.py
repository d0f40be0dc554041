"""``idiolect datasets``: what was frozen, and files of it for other tools."""

from __future__ import annotations

from pathlib import Path

import click

from idiolect.cli.options import PATH, examples, json_option, open_project, project_option
from idiolect.cli.output import print_fields, print_json, print_table, shorten
from idiolect.cli.progress import progress_for

FORMATS = ("jsonl", "csv")


@click.group(
    "datasets",
    epilog=examples(
        "idiolect datasets list --json", "idiolect datasets show first", "idiolect datasets export first --to csv"
    ),
)
def command() -> None:
    """List frozen datasets, account for one, or write it for other tools."""


@command.command("list", epilog=examples("idiolect datasets list"))
@project_option
@json_option
def list_datasets(*, folder: Path, as_json: bool) -> None:
    """List the datasets, newest first."""
    with open_project(folder) as project:
        records = project.corpus.dataset_records()
    if as_json:
        print_json({"datasets": records})
        return
    rows = [
        (", ".join(one.names), one.id[:8], *(one.splits.get(split, (0, 0.0))[0] for split in ("train", "dev", "test")))
        for one in records
    ]
    if rows:
        print_table(("name", "id", "train", "dev", "test"), rows)
    else:
        click.echo("nothing has been frozen yet\nnext: idiolect freeze")


@command.command("show", epilog=examples("idiolect datasets show first --json"))
@click.argument("name", required=False)
@project_option
@json_option
def show(name: str | None, *, folder: Path, as_json: bool) -> None:
    """Say what is in a dataset (default: the newest): by split, speaker and source, and what was left out."""
    from idiolect.corpus import account_of

    with open_project(folder) as project:
        dataset = project.dataset(name)
    account = account_of(dataset.items)
    if as_json:
        about = {"name": dataset.name, "id": dataset.id, "group_by": dataset.group_by}
        print_json({**about, "account": account, "parameters": dataset.parameters})
        return
    left_out = {reason: found["count"] for reason, found in dataset.parameters.get("left_out", {}).items()}
    print_fields({"dataset": dataset.name, "id": dataset.id, "group by": dataset.group_by, "left out": left_out})
    for title, rows in (("speaker", account.speakers), ("label by", account.sources)):
        click.echo()
        print_table(
            (title, "train", "dev", "test", "minutes"),
            [
                (
                    who or "(not named)",
                    *(sides[split].clips if split in sides else 0 for split in ("train", "dev", "test")),
                    sum(side.seconds for side in sides.values()) / 60,
                )
                for who, sides in rows
            ],
        )


@command.command("export", epilog=examples("idiolect datasets export first --to csv --out first-csv"))
@click.argument("name", required=False)
@click.option("--to", type=click.Choice(FORMATS), default=FORMATS[0], show_default=True, help="The format.")
@click.option("--out", type=PATH, metavar="FOLDER", help="Where (default: exports/NAME-FORMAT in the project).")
@project_option
@json_option
def export(name: str | None, *, to: str, out: Path | None, folder: Path, as_json: bool) -> None:
    """Write a dataset (default: the newest) for other tools: clips as FLAC, and a table for each split.

    What is written already stays: killed and run again, it goes on.
    """
    from idiolect.corpus import export_dataset

    with open_project(folder) as project:
        dataset = project.dataset(name)
        place = out or project.folder / "exports" / f"{dataset.name}-{to}"
        progress = progress_for()
        counts = export_dataset(project.corpus, dataset, place, to, progress=progress)
        progress.note(f"written to {shorten(place)}")
    if as_json:
        print_json({"folder": place, "clips": counts})
    else:
        print_fields({"written to": shorten(place), "clips": counts})
