"""``idiolect engines``."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import click

from idiolect.cli.options import examples, json_option
from idiolect.cli.output import print_json, print_table

NEEDS = {"train": ("torch", "transformers"), "faster-whisper": ("faster_whisper",)}
"""What is looked for to say that an extra is installed. Nothing of it is imported."""


@click.command("engines", epilog=examples("idiolect engines", "idiolect engines --json"))
@json_option
def command(*, as_json: bool) -> None:
    """List the engines and whether they can run here."""
    from idiolect.engines.table import ENGINES

    rows: list[dict[str, Any]] = [
        {
            "name": name,
            "installed": all(find_spec(package) is not None for package in NEEDS.get(row.extra or "", ())),
            "extra": row.extra,
            "needs_model": row.needs_model,
            "reads_task": row.reads_task,
            "about": row.about,
        }
        for name, row in ENGINES.items()
    ]
    if as_json:
        for line in rows:
            print_json(line)
        return
    print_table(
        ["engine", "installed", "model", "task", "what"],
        [[line["name"], line["installed"], line["needs_model"], line["reads_task"], line["about"]] for line in rows],
    )
    for extra in sorted({line["extra"] for line in rows if not line["installed"]}):
        click.echo(f"pip install 'idiolect[{extra}]' brings what is missing")
