"""``idiolect studio``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from idiolect.cli.options import FILE, examples, json_option, open_project, project_option
from idiolect.cli.output import print_json


@click.command(
    "studio",
    epilog=examples(
        "idiolect studio",
        "idiolect studio -p my-voice --person anna --no-open",
        "idiolect studio --host 0.0.0.0 --name voices.example.org --tls-cert cert.pem --tls-key key.pem",
    ),
)
@project_option
@click.option("--port", type=click.IntRange(0, 65535), default=8321, show_default=True, help="0 takes a free one.")
@click.option("--person", metavar="NAME", help="Whose labels these will be (default: your login name).")
@click.option("--open/--no-open", "show", default=True, help="Open the browser.")
@click.option("--host", default="127.0.0.1", show_default=True, metavar="ADDRESS",
              help="Where to listen; where others reach it, accounts and TLS are needed.")  # fmt: skip
@click.option("--name", "names", multiple=True, metavar="HOST",
              help="What others call this machine, where it does not know; may be repeated.")  # fmt: skip
@click.option("--tls-cert", "certificate", type=FILE, metavar="FILE", help="A certificate, PEM.")
@click.option("--tls-key", "key", type=FILE, metavar="FILE", help="Its key, PEM, without a passphrase.")
@click.option("--insecure", is_flag=True, help="Go without TLS although others may read along.")
@json_option
def command(*, folder: Path, person: str | None, show: bool, as_json: bool, **where: Any) -> None:
    """Open the web app over this project: record, review, find, train, compare, serve.

    It listens at this machine only, unless --host says otherwise, and asks nothing of any other. The address has a
    token in it, good for as long as the studio runs; the browser keeps a cookie, so that an open page goes on after the
    studio was started again. With --json, one line says the address when the studio is ready. Ctrl-C ends it.

    For a team, --host lets others in: with an account each (idiolect account), over TLS, or with --insecure where
    something else encrypts.
    """
    from idiolect.studio import run_studio
    from idiolect.studio.team import Listening

    def ready(address: str) -> None:
        if as_json:
            print_json({"url": address})
        else:
            click.echo(f"the studio is open at {address}\nCtrl-C ends it; nothing is lost.")
        if show and not as_json and listening.alone:
            click.launch(address)

    listening = Listening(**where)
    with open_project(folder) as project:
        run_studio(project, listening=listening, person=person or "", ready=ready)
