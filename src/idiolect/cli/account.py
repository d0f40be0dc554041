"""``idiolect account``: who may sign in to the studio of a team."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from idiolect.cli.options import examples, json_option, open_project, project_option
from idiolect.cli.output import print_fields, print_json, print_table

stdin_option = click.option(
    "--password-stdin", "piped", is_flag=True, help="Read the password from standard input, in place of asking."
)


@click.group(
    "account",
    epilog=examples(
        "idiolect account add olga --role owner",
        "idiolect account add ben --role speaker --speaker ben",
        "pass show voices/rita | idiolect account add rita --role reviewer --password-stdin",
        "idiolect account list --json",
        "idiolect account disable ben",
    ),
)
def command() -> None:
    """Say who may sign in to the studio, and as what.

    An owner may do everything, a reviewer hears and corrects all clips, a speaker records and sees their own
    recordings only.
    """


@command.command("add", epilog=examples("idiolect account add olga --role owner"))
@click.argument("name")
@click.option(
    "--role", type=click.Choice(["owner", "reviewer", "speaker"]), required=True, help="What that person may do."
)
@click.option("--speaker", metavar="NAME", help="Whose recordings a speaker sees (default: those of their own name).")
@stdin_option
@project_option
@json_option
def add(name: str, *, role: str, speaker: str | None, piped: bool, folder: Path, as_json: bool) -> None:
    """Make an account. The password is asked for; it is never an argument, which others could read."""
    from idiolect.corpus.accounts import as_role

    with open_project(folder) as project:
        made = project.corpus.accounts.add(name, _password(piped=piped), as_role(role), speaker=speaker)
    print_json(made) if as_json else print_fields(made.as_dict())


@command.command("list", epilog=examples("idiolect account list --json"))
@project_option
@json_option
def list_accounts(*, folder: Path, as_json: bool) -> None:
    """List the accounts."""
    with open_project(folder) as project:
        known = project.corpus.accounts.all()
    if as_json:
        print_json({"accounts": known})
    elif known:
        rows = [(one.name, one.role, one.speaker or "", "disabled" if one.disabled_at else "") for one in known]
        print_table(("name", "role", "speaker", ""), rows)
    else:
        click.echo("no accounts yet; idiolect account add NAME --role owner makes the first")


@command.command("role", epilog=examples("idiolect account role rita owner"))
@click.argument("name")
@click.argument("role", type=click.Choice(["owner", "reviewer", "speaker"]))
@click.option("--speaker", metavar="NAME", help="Whose recordings a speaker sees (default: those of their own name).")
@project_option
@json_option
def role(name: str, *, role: str, speaker: str | None, folder: Path, as_json: bool) -> None:
    """Give somebody another role, which counts at once."""
    from idiolect.corpus.accounts import as_role

    with open_project(folder) as project:
        changed = project.corpus.accounts.set_role(name, as_role(role), speaker=speaker)
    print_json(changed) if as_json else print_fields(changed.as_dict())


@command.command("password", epilog=examples("idiolect account password ben"))
@click.argument("name")
@stdin_option
@project_option
@json_option
def password(name: str, *, piped: bool, folder: Path, as_json: bool) -> None:
    """Set a new password. Every session of that person ends."""
    with open_project(folder) as project:
        project.corpus.accounts.get(name)
        project.corpus.accounts.set_password(name, _password(piped=piped))
    _done({"name": name, "password": "changed"}, as_json=as_json)


@command.command("disable", epilog=examples("idiolect account disable ben", "idiolect account disable ben --undo"))
@click.argument("name")
@click.option("--undo", is_flag=True, help="Let that person sign in again.")
@project_option
@json_option
def disable(name: str, *, undo: bool, folder: Path, as_json: bool) -> None:
    """Let somebody sign in no more, and end their sessions now. What they labeled stays."""
    with open_project(folder) as project:
        changed = project.corpus.accounts.disable(name, disabled=not undo)
    print_json(changed) if as_json else print_fields(changed.as_dict())


@command.command("sign-out", epilog=examples("idiolect account sign-out ben"))
@click.argument("name")
@project_option
@json_option
def sign_out(name: str, *, folder: Path, as_json: bool) -> None:
    """End every session of somebody. They may sign in again."""
    with open_project(folder) as project:
        ended = project.corpus.accounts.sign_out_everywhere(name)
    _done({"name": name, "sessions_ended": ended}, as_json=as_json)


def _done(said: dict[str, str | int], *, as_json: bool) -> None:
    print_json(said) if as_json else print_fields(said)


def _password(*, piped: bool) -> str:
    """Asked for twice, or the first line of standard input."""
    if piped:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise click.UsageError("there is no terminal to ask for a password at: --password-stdin reads it")
    asked: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return asked
