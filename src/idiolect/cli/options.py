"""Options that several commands have, in one wording."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from idiolect.gateway import Money
    from idiolect.pools import PoolChoice
    from idiolect.project import Project

PATH = click.Path(path_type=Path)
FILE = click.Path(path_type=Path, exists=True, dir_okay=False)

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
dry_run_option = click.option("--dry-run", is_flag=True, help="Say what would be done and change nothing.")
project_option = click.option(
    "--project",
    "-p",
    "folder",
    type=PATH,
    default=Path(),
    envvar="IDIOLECT_PROJECT",
    metavar="FOLDER",
    help="The project, or a folder inside it (default: here).",
)
task_option = click.option("--task", type=PATH, metavar="FILE", help="The task file: what may be said.")
engine_option = click.option("--engine", metavar="NAME", help="An engine; idiolect engines lists them.")
model_option = click.option(
    "--model", metavar="MODEL", help="A checkpoint or bundle: a folder, or a name in the project."
)

pool_option = click.option(
    "--engine-pool",
    "pool",
    type=click.Choice(["here", "processes", "ray"]),
    default="processes",
    show_default=True,
    help="Where the work is done: in this process, in several, or on a Ray cluster.",
)
ray_option = click.option(
    "--ray-address",
    metavar="HOST:PORT",
    help="The Ray cluster, of which this machine is a node (default: RAY_ADDRESS, else one of this machine's own).",
)
with_option = click.option(
    "--with",
    "extra",
    multiple=True,
    metavar="NAME=VALUE",
    help="A choice that only this engine reads; may be repeated. Phone and CTC models: lm=FILE.arpa, terms=FILE, "
    "lm_scale, boost, beam and more; an unknown name is answered with all of them.",
)
nbest_option = click.option(
    "--nbest",
    type=click.IntRange(1, 100),
    metavar="N",
    help="Also give the N best hypotheses, for phone and CTC models.",
)


sensitivity_option = click.option(
    "--sensitivity",
    type=click.Choice(["private", "internal", "shareable"]),
    help="How far what is given here may travel (default: as idiolect.toml says, else private).",
)


def with_nbest(extra: tuple[str, ...], nbest: int | None) -> tuple[str, ...]:
    """`extra` with what asks the engine for the `nbest` best."""
    return extra if nbest is None else (*extra, f"nbest={nbest}")


def named_values(option: str, texts: tuple[str, ...]) -> dict[str, Any]:
    """``NAME=VALUE`` texts as a table; a value is read as TOML where it is TOML, else as text."""
    import tomllib

    values: dict[str, Any] = {}
    for text in texts:
        name, found, value = text.partition("=")
        if not found or not name:
            raise click.UsageError(f"{option} {text!r}: write NAME=VALUE")
        try:
            values[name] = tomllib.loads(f"value = {value}")["value"]
        except tomllib.TOMLDecodeError:
            values[name] = value
    return values


def amount(option: str, text: str) -> Money:
    """Dollars on the command line."""
    from idiolect.gateway import Money

    try:
        return Money.of(text)
    except ValueError as error:
        raise click.UsageError(f"{option}: {error}") from None


def paid_options(command: Any) -> Any:
    """``--price``, ``--cap``, ``--yes`` and ``--resend``, of whatever a server may be paid for; `paying` reads them."""
    for option in (
        click.option(
            "--resend", is_flag=True, help="Send, and pay, again what was left open and may have been billed."
        ),
        click.option("--yes", "assume_yes", is_flag=True, help="Do not ask before a run that costs something."),
        click.option("--cap", metavar="DOLLARS", help="The most that this run may cost, beside the project's budget."),
        click.option("--price", metavar="PRICE", help="What it costs where no row says so: 0.006/min, 0.15+0.60/Mtok."),
    ):
        command = option(command)
    return command


def paying(price: str | None, cap: str | None, *, assume_yes: bool, resend: bool) -> dict[str, Any]:
    """What `paid_options` said, as `Project.label` takes it; a person is asked where there is a terminal."""
    return {
        "price": price,
        "cap": None if cap is None else amount("--cap", cap),
        "assume_yes": assume_yes,
        "resend": resend,
        "ask": confirm if sys.stdin.isatty() else None,
    }


def confirm(text: str) -> bool:
    """Ask a person, on stderr."""
    return click.confirm(f"{text}\nSend it?", err=True)


def chosen_pool(name: str, address: str | None) -> PoolChoice:
    """What the two options say. Raises `PoolError` for an address of what has none."""
    from idiolect.pools import PoolChoice

    return PoolChoice(name, address or "")


def examples(*lines: str) -> str:
    """The end of a help page: command lines as they are typed."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


def open_project(folder: Path, **settings: Any) -> Project:
    """The project in `folder` or above it, with other settings where they are not None. Raises `ProjectError`."""
    from idiolect.project import Project

    return Project.find(folder, **settings)


def chosen_clips(project: Project, collection: str | None, speaker: str | None) -> dict[str, Any]:
    """The clips that the options name, as `Project.label` takes them; nothing where they name none.

    Raises `UserError` where no clip fits: a misspelt name would else look like work that is done.
    """
    from idiolect.corpus import ClipFilter
    from idiolect.errors import UserError

    if not collection and not speaker:
        return {}
    clips = project.corpus.clips(ClipFilter(collection=collection, speaker=speaker))
    if not clips:
        said = [f"of the collection {collection!r}"] * bool(collection) + [f"by {speaker!r}"] * bool(speaker)
        raise UserError(f"there is no clip {' '.join(said)}", hint="idiolect status lists what there is")
    return {"clips": clips}


def sentences_in(path: Path) -> list[str]:
    """The lines of a text file that are not blank. Raises `UserError` where there are none, or it is not UTF-8."""
    from idiolect.errors import UserError

    try:
        lines = [" ".join(line.split()) for line in path.read_text(encoding="utf-8-sig").splitlines()]
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not UTF-8 at byte {error.start}") from error
    if not any(lines):
        raise UserError(f"{path} has no sentence")
    return [line for line in lines if line]
