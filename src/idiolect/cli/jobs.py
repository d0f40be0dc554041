"""``idiolect jobs``: long work in processes of their own, as the studio starts it too."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from idiolect.cli.options import examples, json_option, open_project, project_option
from idiolect.cli.output import print_fields, print_json, print_table

if TYPE_CHECKING:
    from idiolect.jobs import Job, Jobs

_HEAD = ("job", "state", "what", "title", "began")


@click.group(
    "jobs",
    epilog=examples(
        "idiolect jobs list --json",
        "idiolect jobs start train --recipe nano --minutes 20",
        "idiolect jobs log 3fa9c1",
        "idiolect jobs stop 3fa9c1",
        "idiolect jobs again 3fa9c1",
    ),
)
def command() -> None:
    """Run commands that outlive this terminal, and look after them. A job is named by its id or the end of it."""


@command.command("list", epilog=examples("idiolect jobs list", "idiolect jobs list --json"))
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="The newest so many.")
@project_option
@json_option
def list_jobs(*, limit: int, folder: Path, as_json: bool) -> None:
    """List the jobs, newest first."""
    jobs = _jobs(folder).list()[:limit]
    if as_json:
        print_json({"jobs": jobs})
    elif jobs:
        print_table(_HEAD, [(job.id[-6:], job.state, how_far(job), job.title, _when(job.started)) for job in jobs])
    else:
        click.echo("no jobs yet; idiolect jobs start COMMAND starts one, and so does the studio")


@command.command(
    "start",
    # What follows the command is the command's.
    context_settings={"allow_interspersed_args": False},
    epilog=examples("idiolect jobs start label --engine sphinx", "idiolect jobs start --at-once train --minutes 20"),
)
@click.argument("words", nargs=-1, required=True)
@click.option("--title", help="What it is called in lists (default: the command).")
@click.option("--at-once", is_flag=True, help="Start although another training runs.")
@project_option
@json_option
def start(words: tuple[str, ...], *, title: str | None, at_once: bool, folder: Path, as_json: bool) -> None:
    """Start a command of idiolect in a process of its own. Options of this one stand before it."""
    _told(_jobs(folder).start(words, title or f"idiolect {' '.join(words)}", at_once=at_once), as_json=as_json)


@command.command("log", epilog=examples("idiolect jobs log 3fa9c1 --last 20"))
@click.argument("job")
@click.option("--last", type=click.IntRange(min=1), default=200, show_default=True, help="So many lines.")
@project_option
@json_option
def log(job: str, *, last: int, folder: Path, as_json: bool) -> None:
    """Print what a job said last."""
    lines = _jobs(folder).log(job, last)
    print_json({"log": lines}) if as_json else click.echo("\n".join(lines))


@command.command("stop", epilog=examples("idiolect jobs stop 3fa9c1"))
@click.argument("job")
@project_option
@json_option
def stop(job: str, *, folder: Path, as_json: bool) -> None:
    """Ask a job to save its state and end; asked again, it is ended harder."""
    _told(_jobs(folder).stop(job), as_json=as_json)


@command.command("again", epilog=examples("idiolect jobs again 3fa9c1"))
@click.argument("job")
@click.option("--at-once", is_flag=True, help="Start although another training runs.")
@project_option
@json_option
def again(job: str, *, at_once: bool, folder: Path, as_json: bool) -> None:
    """Run a job's command once more: it goes on where it was."""
    _told(_jobs(folder).again(job, at_once=at_once), as_json=as_json)


def how_far(job: Job) -> str:
    """Its work in a few words: ``train: 120/400 steps, 3 min 05 s left``."""
    from idiolect.units import show_duration

    if job.stopping:
        return "is stopping"
    if job.state == "failed":
        return job.problem.partition("\n")[0] or f"exit code {job.exit_code}"
    if not job.what:
        return ""
    of = "" if job.total is None else f"/{job.total:g}"
    left = "" if job.left_seconds is None else f", {show_duration(job.left_seconds)} left"
    return f"{job.what}: {job.done:g}{of} {job.unit}{left}"


def _jobs(folder: Path) -> Jobs:
    from idiolect.jobs import Jobs

    return Jobs(open_project(folder).folder)


def _told(job: Job, *, as_json: bool) -> None:
    if as_json:
        print_json(job)
        return
    fields: dict[str, Any] = {"job": job.id, "title": job.title, "state": how_far(job) or job.state}
    print_fields(fields)
    if job.running:
        click.echo(f"next: idiolect jobs log {job.id[-6:]}")


def _when(moment: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(moment))
