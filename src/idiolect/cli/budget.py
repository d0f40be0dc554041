"""``idiolect budget``."""

from __future__ import annotations

from pathlib import Path

import click

from idiolect.cli.options import examples, json_option, open_project, project_option
from idiolect.cli.output import print_json, print_table


@click.command(
    "budget",
    epilog=examples("idiolect budget", "idiolect budget --run 1.00 --day 3 --total 20", "idiolect budget --day none"),
)
@click.option("--run", metavar="DOLLARS", help="The most that one run may cost; none: no such cap.")
@click.option("--day", metavar="DOLLARS", help="The most that one day (UTC) may cost; none: no such cap.")
@click.option("--total", metavar="DOLLARS", help="The most that this project may ever cost; none: no such cap.")
@project_option
@json_option
def command(*, run: str | None, day: str | None, total: str | None, folder: Path, as_json: bool) -> None:
    """Set caps on what this project may cost, and show what is booked.

    A cap is asked before each request: one whose forecast does not fit is not sent. With no cap at all, nothing that
    costs is sent. What costs nothing is never held back.
    """
    from idiolect.gateway.budget import caps_of, set_caps

    given = {"run": run, "day": day, "project": total}
    with open_project(folder) as project:
        set_caps(project.corpus, {name: text for name, text in given.items() if text is not None})
        caps = caps_of(project.corpus)
    if as_json:
        shown = {one.name: one.most.dollars for one in caps if one.most is not None}
        print_json({"caps": shown, "booked": {one.name: one.booked.dollars for one in caps if one.booked is not None}})
        return
    rows = [[one.name, *("-" if money is None else money for money in (one.most, one.booked))] for one in caps]
    print_table(["per", "cap", "booked"], rows)
