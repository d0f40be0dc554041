"""``idiolect alias``: a group of commands about which name serves which model."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from idiolect.cli.options import (
    PATH,
    dry_run_option,
    examples,
    json_option,
    named_values,
    open_project,
    project_option,
    with_option,
)
from idiolect.cli.output import print_json, print_table

if TYPE_CHECKING:
    from idiolect.serving.registry import Alias, Change, Registry

person_option = click.option("--person", metavar="NAME", help="Who decides (default: your login name).")
note_option = click.option("--note", default="", metavar="TEXT", help="Why; kept with the decision.")


@click.group(
    "alias",
    epilog=examples(
        "idiolect alias promote coffee nano-1a2b-onnx-int8 --task coffee.yaml",
        "idiolect alias list --json",
        "idiolect alias rollback coffee",
    ),
)
def command() -> None:
    """Say which name serves which model: promote, roll back, and who did so when.

    Clients of idiolect serve ask for a name; what answers may change under them. A server that runs picks a change up
    within seconds, and drops no request.
    """


@command.command("list", short_help="Show what stands.", epilog=examples("idiolect alias list --json"))
@project_option
@json_option
def list_(*, folder: Path, as_json: bool) -> None:
    """Show each name, what answers for it, since when, by whom, and how well it was judged."""
    from idiolect.serving.promoting import names_of, standing

    with open_project(folder) as project:
        registry = _registry(project)
        evaluations = project.corpus.evaluations()
        rows = [(alias, standing(names_of(registry.folder, alias.target), evaluations)) for alias in registry.aliases()]
    if as_json:
        print_json([_alias(alias) | {"score": score} for alias, score in rows])
    elif rows:
        print_table(
            ["alias", "model", "task", "since", "by", "score"],
            [
                [
                    alias.name,
                    alias.target.name,
                    alias.target.task or "-",
                    _day(alias.since),
                    alias.by,
                    score.text() if score else "never evaluated",
                ]
                for alias, score in rows
            ],
        )
    else:
        click.echo("no alias yet: idiolect alias promote NAME MODEL makes one")


@command.command("history", short_help="Show every decision about one.")
@click.argument("name")
@project_option
@json_option
def history(name: str, *, folder: Path, as_json: bool) -> None:
    """Show every decision about NAME, oldest first; what stands is marked by a star."""
    with open_project(folder) as project:
        alias = _registry(project).alias(name)
    if as_json:
        print_json([_change(change) for change in alias.history])
        return
    print_table(
        ["", "number", "what", "model", "when", "by", "judged", "note"],
        [
            [
                "*" if change.number == alias.stands.number else "",
                change.number,
                change.action if change.back_to is None else f"rollback to {change.back_to}",
                change.target.name if change.target else "-",
                _day(change.at),
                change.by,
                change.judged or "-",
                change.note or "-",
            ]
            for change in alias.history
        ],
    )


@command.command(
    "promote",
    short_help="Let a model answer for a name.",
    epilog=examples(
        "idiolect alias promote coffee nano-1a2b-onnx-int8 --task coffee.yaml",
        "idiolect alias promote coffee nano-3c4d-onnx-int8 --unless-worse --note 'an hour more of Anna'",
        "idiolect alias promote anything --engine starter",
    ),
)
@click.argument("name")
@click.argument("model", required=False)
@click.option("--engine", default="", metavar="NAME", help="An engine; without MODEL: one that brings its own.")
@click.option("--task", type=PATH, metavar="FILE", help="What may be said (default: as before).")
@click.option("--no-task", is_flag=True, help="Anything may be said.")
@click.option("--language", default="", metavar="CODE", help="BCP 47 code of what is spoken (default: as before).")
@with_option
@click.option("--unless-worse", is_flag=True, help="Refuse a model that was found worse than what answers now.")
@person_option
@note_option
@project_option
@dry_run_option
@json_option
def promote(
    name: str,
    model: str | None,
    *,
    engine: str,
    task: Path | None,
    no_task: bool,
    language: str,
    extra: tuple[str, ...],
    unless_worse: bool,
    person: str | None,
    note: str,
    folder: Path,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Let MODEL answer for NAME from now on; NAME is made where it is new.

    MODEL is a checkpoint or bundle: a folder, or a name in the project. It has to load, in a process of its own, and
    hear a second of noise. The verdict of the newest evaluation with both is printed beside it, with a warning where
    it is worse or was never evaluated.
    """
    from idiolect.serving.promoting import judge, target_of, try_loading
    from idiolect.serving.promoting import promote as decide

    if no_task and task is not None:
        raise click.UsageError("--task and --no-task exclude each other")
    with open_project(folder) as project:
        registry = _registry(project)
        target = target_of(
            registry,
            name,
            model=None if model is None else project.model_folder(model),
            engine=engine,
            task="" if no_task else task,
            language=language,
            extra=named_values("--with", extra) if extra else None,
        )
        evaluations = project.corpus.evaluations()
        if dry_run:
            judged, change = judge(registry, name, target, evaluations), None
            try_loading(registry, target)
        else:
            done = decide(
                registry, name, target, evaluations, by=_who(person), note=note, accept_worse=not unless_worse
            )
            judged, change = done.judged, done.change
    if as_json:
        print_json(
            {"alias": name, "model": target.name, "verdict": judged.says, "judged": judged.text()}
            | {"warning": judged.warning, "change": None if change is None else _change(change)}
        )
        return
    if judged.warning:
        click.echo(f"warning: {judged.warning}", err=True)
    click.echo(f"{name} {'would be' if dry_run else 'is'} served by {target.name}: {judged.text()}")


@command.command(
    "rollback",
    short_help="Let what answered before do so again.",
    epilog=examples("idiolect alias rollback coffee", "idiolect alias rollback coffee --to 3"),
)
@click.argument("name")
@click.option(
    "--to", type=click.IntRange(min=1), metavar="NUMBER", help="A promotion of the history (default: before)."
)
@person_option
@note_option
@project_option
@json_option
def rollback(name: str, *, to: int | None, person: str | None, note: str, folder: Path, as_json: bool) -> None:
    """Let what answered for NAME before do so again, if it still loads. The history keeps both decisions."""
    from idiolect.serving.promoting import roll_back

    with open_project(folder) as project:
        change = roll_back(_registry(project), name, by=_who(person), to=to, note=note)
    if as_json:
        print_json(_change(change))
    else:
        click.echo(f"{name} is served by {change.target.name if change.target else '-'} again")


@command.command("remove", short_help="Let nothing answer for a name.")
@click.argument("name")
@person_option
@project_option
@json_option
def remove(name: str, *, person: str | None, folder: Path, as_json: bool) -> None:
    """Let nothing answer for NAME any more. Its history stays."""
    with open_project(folder) as project:
        change = _registry(project).remove(name, by=_who(person))
    if as_json:
        print_json(_change(change))
    else:
        click.echo(f"nothing answers for {name} any more")


def _registry(project: Any) -> Registry:
    from idiolect.serving.registry import Registry

    return Registry(project.folder)


def _who(person: str | None) -> str:
    return person or getpass.getuser()


def _day(moment: Any) -> str:
    return str(moment.astimezone().strftime("%Y-%m-%d %H:%M"))


def _alias(alias: Alias) -> dict[str, Any]:
    return {
        "alias": alias.name,
        "model": alias.target.name,
        "target": alias.target,
        "version": alias.stands.version,
        "since": alias.since,
        "by": alias.by,
        "judged": alias.stands.judged,
        "before": None if alias.before is None or alias.before.target is None else alias.before.target.name,
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "number": change.number,
        "alias": change.alias,
        "what": change.action,
        "model": None if change.target is None else change.target.name,
        "target": change.target,
        "version": change.version,
        "by": change.by,
        "at": change.at,
        "judged": change.judged,
        "note": change.note,
        "back_to": change.back_to,
    }
