"""``idiolect budget``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from idiolect.cli.options import examples, json_option, open_project, project_option
from idiolect.cli.output import print_json, print_table
from idiolect.errors import UserError

if TYPE_CHECKING:
    from idiolect.gateway import Money


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
    from datetime import UTC, datetime

    from idiolect.gateway import Money

    given = {"run": run, "day": day, "project": total}
    caps = {name: _amount(text) for name, text in given.items() if text is not None}
    with open_project(folder) as project:
        ledger = project.corpus.ledger
        budget = ledger.set_budget(caps) if caps else ledger.budget()
        booked = {"day": ledger.booked(day=datetime.now(UTC).date().isoformat()), "project": ledger.booked()}
    if as_json:
        shown = {name: Money(cap).dollars for name, cap in budget.items()}
        print_json({"caps": shown, "booked": {name: Money(cost).dollars for name, cost in booked.items()}})
        return
    rows: list[list[Money | str]] = [
        [name, Money(budget[name]) if name in budget else "-", Money(booked[name]) if name in booked else "-"]
        for name in given
    ]
    print_table(["per", "cap", "booked"], rows)


def _amount(text: str) -> int | None:
    from idiolect.gateway import Money

    if text.lower() == "none":
        return None
    try:
        money = Money.of(text)
    except ValueError as error:
        raise UserError(str(error), hint="dollars: 1.50, or none") from None
    if money < Money():
        raise UserError(f"a cap of {money} is less than nothing")
    return money.nanodollars
