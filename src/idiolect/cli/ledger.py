"""``idiolect ledger``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from idiolect.cli.options import PATH, dry_run_option, examples, json_option, open_project, project_option
from idiolect.cli.output import print_json, print_table

if TYPE_CHECKING:
    from idiolect.corpus import LedgerRow
    from idiolect.project import Project

_SHOWN = 20
_HEAD = ("row", "when", "to", "model", "for", "seconds", "dollars", "state")


@click.command(
    "ledger",
    epilog=examples(
        "idiolect ledger",
        "idiolect ledger --by engine",
        "idiolect ledger --csv spent.csv",
        "idiolect ledger settle --unbilled --row 17",
    ),
)
@click.argument("action", type=click.Choice(["settle"]), required=False, metavar="[settle]")
@click.option(
    "--by",
    type=click.Choice(["engine", "dataset", "model", "day", "destination", "purpose"]),
    help="Sums in place of rows.",
)
@click.option("--csv", "csv_file", type=PATH, metavar="FILE", help="Write every row into a CSV file.")
@click.option("--billed/--unbilled", default=None, help="settle: did the provider bill what was left open?")
@click.option("--row", "rows", type=int, multiple=True, metavar="N", help="settle: only this row; may be repeated.")
@project_option
@dry_run_option
@json_option
def command(
    *,
    action: str | None,
    by: str | None,
    csv_file: Path | None,
    billed: bool | None,
    rows: tuple[int, ...],
    folder: Path,
    dry_run: bool,
    as_json: bool,
) -> None:
    """List what was sent to other machines, why that was allowed, and what it cost.

    A request that was under way when a run was killed, or that got no whole answer, may have been billed: its cost
    stays booked, and its clip is not sent again. settle closes such rows once you have looked at the provider's bill:
    --billed keeps the cost, --unbilled frees it, and lets the clip be sent again.
    """
    if (action is None) != (billed is None):
        raise click.UsageError("settle needs --billed or --unbilled, and they need settle")
    with open_project(folder) as project:
        if billed is not None:
            _settle(project, rows, billed=billed, dry_run=dry_run, as_json=as_json)
        elif by is not None:
            _print_sums(project, by, as_json=as_json)
        elif csv_file is not None:
            count = _write_csv(csv_file, project.corpus.ledger.rows())
            click.echo(f"{count} rows in {csv_file}", err=True)
        else:
            _print_rows(project, as_json=as_json)


def as_fields(row: LedgerRow) -> dict[str, Any]:
    """A row for JSON and CSV; money in dollars, as text that is exact."""
    from idiolect.gateway import Money

    return {
        "row": row.id,
        "run": row.run,
        "opened_at": row.opened_at and row.opened_at.isoformat(timespec="seconds"),
        "closed_at": row.closed_at and row.closed_at.isoformat(timespec="seconds"),
        "destination": row.destination,
        "url": row.url,
        "reach": row.reach,
        "purpose": row.purpose,
        "engine": row.engine,
        "model": row.model,
        "sensitivity": row.sensitivity,
        "why": row.why,
        "clips": " ".join(row.items),
        "payload": row.payload,
        "bytes": row.size,
        **{str(name): value for name, value in row.usage.items()},
        "masked": row.masked,
        "forecast": str(Money(row.forecast)).removeprefix("$"),
        "cost": str(Money(row.cost)).removeprefix("$"),
        "state": row.state.value,
        "status": row.status,
        "attempts": row.attempts,
        "request_id": row.request_id,
        "answered": row.answered,
        "note": row.note,
    }


def _print_rows(project: Project, *, as_json: bool) -> None:
    from idiolect.gateway import Money

    ledger = project.corpus.ledger
    if as_json:
        for row in ledger.rows():
            print_json(as_fields(row))
        return
    shown = [as_fields(row) for row in ledger.rows(last=_SHOWN)]
    named = ("row", "opened_at", "destination", "model", "purpose", "audio", "cost", "state")
    table = [[row[name] for name in named] for row in shown]
    print_table(_HEAD, table)
    unfinished = ledger.unfinished()
    caps = ", ".join(f"{Money(cap)} per {name}" for name, cap in ledger.budget().items())
    click.echo(f"booked: {Money(ledger.booked())}; caps: {caps or 'none, so that nothing that costs is sent'}")
    if unfinished:
        click.echo(f"rows that may have been billed: {', '.join(str(row.id) for row in unfinished[:_SHOWN])}")
        click.echo("next: look at the provider's bill, then idiolect ledger settle --billed or --unbilled")


def _print_sums(project: Project, by: Any, *, as_json: bool) -> None:
    from idiolect.gateway import Money

    sums = project.corpus.ledger.sums(by)
    if as_json:
        for one in sums:
            cost = str(Money(one.cost)).removeprefix("$")
            print_json(
                {by: one.name, "requests": one.requests, "seconds": round(one.seconds, 3), "cost": cost}
                | {"unfinished": one.unfinished}
            )
        return
    table = [
        [one.name or "(none)", one.requests, round(one.seconds, 1), Money(one.cost), one.unfinished] for one in sums
    ]
    print_table([by, "requests", "seconds", "cost", "unfinished"], table)


def _settle(project: Project, ids: tuple[int, ...], *, billed: bool, dry_run: bool, as_json: bool) -> None:
    from idiolect.gateway import Money

    found = project.corpus.ledger.settle(billed=billed, ids=ids, dry_run=dry_run)
    if as_json:
        print_json({"settled": [row.id for row in found], "billed": billed, "dry_run": dry_run})
        return
    would = "would be " if dry_run else ""
    for row in found:
        click.echo(f"row {row.id}: {Money(row.cost)} to {row.destination} {would}{'kept' if billed else 'freed'}")
    if not found:
        click.echo("there is no such row that may have been billed, or its request is still under way")


def _write_csv(path: Path, rows: list[LedgerRow]) -> int:
    import csv

    from idiolect.files import whole_file

    lines = [as_fields(row) for row in rows]
    names = list(dict.fromkeys(name for line in lines for name in line)) or ["row"]
    with whole_file(path, mode=0o600) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows(lines)
    return len(lines)
