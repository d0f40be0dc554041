"""What a command prints. Results go to stdout, everything said on the way to stderr."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import click

SHOWN = 10
"""How many entries of a list a text result shows before it counts the rest."""


def plain(value: Any) -> Any:
    """`value` in JSON types: dataclasses to objects, paths and times to text; an ``as_dict`` is asked first."""
    result = value
    if hasattr(value, "as_dict"):
        result = plain(value.as_dict())
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        result = {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    elif isinstance(value, Mapping):
        result = {str(key): plain(inner) for key, inner in value.items()}
    elif isinstance(value, list | tuple | set | frozenset):
        result = [plain(inner) for inner in value]
    elif isinstance(value, datetime):
        result = value.isoformat()
    elif not (isinstance(value, str | int | float | bool) or value is None):
        result = str(value)
    return result


def print_json(value: Any) -> None:
    """One JSON value on one line of stdout. Numbers that JSON does not have become null."""
    click.echo(json.dumps(_finite(plain(value)), ensure_ascii=False))


def print_fields(fields: Mapping[str, Any]) -> None:
    """``name  value`` lines; lists are counted and their beginning shown."""
    width = max((len(name) for name in fields), default=0)
    for name, value in fields.items():
        label = name.replace("_", " ").ljust(width)
        if isinstance(value, list | tuple):
            click.echo(f"{label}  {len(value)}")
            print_list(value)
        elif isinstance(value, Mapping):
            click.echo(f"{label}  " + (", ".join(f"{key} {show(inner)}" for key, inner in value.items()) or "-"))
        else:
            click.echo(f"{label}  {show(value)}")


def print_report(report: Any) -> None:
    """What a room reports: by its own ``text()`` where it has one, else its fields."""
    if callable(getattr(report, "text", None)):
        click.echo(report.text())
    else:
        print_fields(plain(report))


def print_list(values: Sequence[Any]) -> None:
    """The first entries of `values`, one a line, and how many more there are."""
    for value in values[:SHOWN]:
        line = ": ".join(show(inner) for inner in value.values()) if isinstance(value, Mapping) else show(value)
        click.echo(f"  {line}")
    if len(values) > SHOWN:
        click.echo(f"  … and {len(values) - SHOWN} more (--json lists all)")


def print_table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Columns under a head, as wide as their widest cell."""
    lines = [list(head), *([show(cell) for cell in row] for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    for line in lines:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def show(value: Any) -> str:
    """A value as a person reads it."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}"
    return str(value)


def shorten(path: Path) -> str:
    """`path` relative to here where that is shorter."""
    try:
        return str(path.absolute().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if value - value == 0 else None
    if isinstance(value, dict):
        return {key: _finite(inner) for key, inner in value.items()}
    return [_finite(inner) for inner in value] if isinstance(value, list) else value
