"""``idiolect engines``."""

from __future__ import annotations

from typing import Any

import click

from idiolect.cli.options import examples, json_option
from idiolect.cli.output import print_json, print_table


@click.command("engines", epilog=examples("idiolect engines", "idiolect engines --json"))
@json_option
def command(*, as_json: bool) -> None:
    """List the engines and whether they can run here."""
    from idiolect.engines.state import engine_states

    rows: list[dict[str, Any]] = [
        {
            "name": one.name,
            "installed": one.installed,
            "extra": one.row.extra,
            "needs_model": one.row.needs_model,
            "reads_task": one.row.reads_task,
            "about": one.row.about,
        }
        for one in engine_states()
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
