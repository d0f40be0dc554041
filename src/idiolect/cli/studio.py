"""``idiolect studio``."""

from __future__ import annotations

from pathlib import Path

import click

from idiolect.cli.options import examples, json_option, open_project, project_option
from idiolect.cli.output import print_json


@click.command("studio", epilog=examples("idiolect studio", "idiolect studio -p my-voice --person anna --no-open"))
@project_option
@click.option("--port", type=click.IntRange(0, 65535), default=8321, show_default=True, help="0 takes a free one.")
@click.option("--person", metavar="NAME", help="Whose labels these will be (default: your login name).")
@click.option("--open/--no-open", "show", default=True, help="Open the browser.")
@json_option
def command(*, folder: Path, port: int, person: str | None, show: bool, as_json: bool) -> None:
    """Open the web app over this project: record, review, find, train, compare, serve.

    It listens at this machine only, and asks nothing of any other. The address has a token in it, good for as long as
    the studio runs; the browser keeps a cookie, so that an open page goes on after the studio was started again. With
    --json, one line says the address when the studio is ready. Ctrl-C ends it.
    """
    from idiolect.studio import run_studio

    def ready(address: str) -> None:
        if as_json:
            print_json({"url": address})
        else:
            click.echo(f"the studio is open at {address}\nCtrl-C ends it; nothing is lost.")
        if show and not as_json:
            click.launch(address)

    with open_project(folder) as project:
        run_studio(project, port=port, person=person or "", ready=ready)
