"""``idiolect serve``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from idiolect.cli.options import (
    engine_option,
    examples,
    json_option,
    model_option,
    nbest_option,
    project_option,
    task_option,
    with_nbest,
    with_option,
)
from idiolect.cli.output import print_json

if TYPE_CHECKING:
    from idiolect.serving import Registry

LOOPBACK = ("localhost", "::1")


@click.command(
    "serve",
    epilog=examples(
        "idiolect serve",
        "idiolect serve --model models/nano-1a2b-onnx-int8 --task coffee.yaml",
        "curl -F file=@order.wav -F model=whisper-1 http://127.0.0.1:8000/v1/audio/transcriptions",
    ),
)
@engine_option
@model_option
@task_option
@with_option
@nbest_option
@click.option("--language", metavar="CODE", help="BCP 47 code of what is spoken, for engines that know several.")
@click.option("--name", metavar="NAME", help="What clients call the model (default: its folder's name).")
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="The address to listen at. There is no password: beyond this machine, anybody can ask.",
)
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0 takes a free one.")
@click.option(
    "--upload-limit",
    type=click.IntRange(min=1),
    default=100,
    show_default=True,
    metavar="MB",
    help="The largest request.",
)
@project_option
@json_option
def command(
    *,
    engine: str | None,
    model: str | None,
    task: Path | None,
    extra: tuple[str, ...],
    nbest: int | None,
    language: str | None,
    name: str | None,
    host: str,
    port: int,
    upload_limit: int,
    folder: Path,
    as_json: bool,
) -> None:
    """Answer OpenAI's transcription API, over HTTP and live over WebSockets.

    POST /v1/audio/transcriptions (json, text, verbose_json, srt, vtt), GET /v1/models, GET /health, and live text at
    /v1/realtime. Without --engine and --model, in a project that has them, every alias is answered (see idiolect
    alias), and what is promoted or rolled back meanwhile answers within seconds. With a task, answers carry intent,
    slots and slot_confidence; with --nbest a request may ask for alternatives (form field nbest). With --json, one
    line says the address when the server is ready. Ctrl-C ends it.
    """
    from idiolect.cli.transcribe import engine_choice
    from idiolect.serving import create_app, run_server

    if host not in LOOPBACK and not host.startswith("127."):
        click.echo(f"warning: {host} can be reached from other machines, and there is no password", err=True)
    registry = None if engine or model else _registry(folder)
    if registry is not None:
        given = {"--task": task, "--with": extra, "--nbest": nbest, "--name": name, "--language": language}
        if said := [option for option, value in given.items() if value]:
            raise click.UsageError(f"an alias says {' and '.join(said)} itself; or name an --engine or a --model")
        _serve_aliases(registry, host, port, upload_limit * 1024 * 1024, as_json=as_json)
        return
    choice = engine_choice(engine, model, task, language, folder, extra=with_nbest(extra, nbest), threads=_cores())
    known = choice.load_task()
    made = choice.make(known)
    served = name or (Path(choice.model).name if choice.model else made.name)
    limit = upload_limit * 1024 * 1024
    app = create_app(made, model=served, task=known, language=language, upload_limit=limit, nbest=nbest or 1)

    def ready(address: str) -> None:
        if as_json:
            print_json({"url": address, "model": served})
        else:
            click.echo(f"{served} answers at {address}/v1/audio/transcriptions; Ctrl-C ends it")

    run_server(app, host=host, port=port, ready=ready)


def _registry(folder: Path) -> Registry | None:
    """The aliases of the project at `folder`; None where there is no project, or no alias in it."""
    from idiolect.errors import ProjectError
    from idiolect.project import Project
    from idiolect.serving import Registry

    try:
        found = Registry(Project.find(folder).folder)
    except ProjectError:
        return None
    return found if found.aliases() else None


def _serve_aliases(registry: Registry, host: str, port: int, limit: int, *, as_json: bool) -> None:
    from idiolect.serving import create_alias_app, run_server

    def ready(address: str) -> None:
        names = [alias.name for alias in registry.aliases()]
        if as_json:
            print_json({"url": address, "models": names})
        else:
            click.echo(f"{', '.join(names)}: answered at {address}/v1/audio/transcriptions; Ctrl-C ends it")

    run_server(create_alias_app(registry, upload_limit=limit, threads=_cores()), host=host, port=port, ready=ready)


def _cores() -> int:
    import os

    return len(os.sched_getaffinity(0))
