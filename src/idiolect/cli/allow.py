"""``idiolect allow``."""

from __future__ import annotations

from pathlib import Path

import click

from idiolect.cli.options import examples, json_option, open_project, project_option
from idiolect.cli.output import print_json, print_table


@click.command(
    "allow",
    epilog=examples(
        "idiolect allow",
        "idiolect allow groq",
        "idiolect allow http://localhost:4000/v1 --reach cloud",
        "idiolect allow groq --remove",
        "idiolect allow huggingface --fetch openai/whisper-tiny",
    ),
)
@click.argument("where", required=False, metavar="[NAME|URL]")
@click.option(
    "--reach",
    type=click.Choice(["loopback", "private-network", "cloud"]),
    help="How far it is, where that is farther than its address: a proxy here that passes on to a cloud.",
)
@click.option("--remove", is_flag=True, help="Take it back.")
@click.option(
    "--fetch",
    "model",
    metavar="MODEL",
    help="Fetch a model from the Hugging Face hub into its local cache; needs: idiolect allow huggingface.",
)
@project_option
@json_option
def command(
    *, where: str | None, reach: str | None, remove: bool, model: str | None, folder: Path, as_json: bool
) -> None:
    """Let this project send to a cloud, by its name or URL; without one, list what is allowed.

    This machine and the private network need no allowance. To be allowed is not enough: a clip goes to a cloud only
    where it is shareable, its price is known, and a cap covers it.
    """
    if where is None and (reach is not None or remove):
        raise click.UsageError("--reach and --remove need a NAME or URL")
    from idiolect.gateway import Reach
    from idiolect.gateway.hub import fetch
    from idiolect.gateway.policy import allow, disallow, read_policy

    with open_project(folder) as project:
        if where is None:
            result = list(read_policy(project.corpus).allowed)
        elif remove:
            result = [disallow(project.corpus, where)]
        else:
            result = [allow(project.corpus, where, reach=None if reach is None else Reach(reach))]
        if model is not None:
            fetch(project.gateway(), model)
            click.echo(f"{model} is in the hub's local cache", err=True)
    if as_json:
        print_json({"removed" if remove else "allowed": result})
        return
    if where is None:
        _print_all([[one.name, one.origin, one.reach] for one in result])
        return
    click.echo(f"{'not allowed any more' if remove else 'allowed'}: {result[0].origin}, {result[0].reach}")


def _print_all(rows: list[list[str]]) -> None:
    from idiolect.gateway.destinations import KNOWN

    print_table(["allowed", "where", "reach"], rows)
    click.echo(f"known by name: {', '.join(f'{name} ({known.url})' for name, known in KNOWN.items())}")
