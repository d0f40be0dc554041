"""``idiolect synthesize``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from idiolect.cli.options import (
    FILE,
    dry_run_option,
    examples,
    json_option,
    open_project,
    paid_options,
    paying,
    project_option,
    sentences_in,
    task_option,
)
from idiolect.cli.output import print_json, print_report
from idiolect.cli.progress import progress_for

if TYPE_CHECKING:
    from idiolect.labeling.voices.hosted import Hosting


@click.command(
    "synthesize",
    epilog=examples(
        "idiolect synthesize --task coffee.yaml --count 400",
        "idiolect synthesize --sentences glossary.txt --voice slt",
        "idiolect synthesize --task coffee.yaml --url http://localhost:8880/v1 --model kokoro --voice af_sky",
    ),
)
@task_option
@click.option("--sentences", type=FILE, help="A text file with one sentence per line, in place of a task.")
@click.option(
    "--count",
    type=click.IntRange(min=1),
    default=200,
    show_default=True,
    help="How many clips: sentences in turn, each time at another rate and pitch.",
)
@click.option("--voice", "voices", multiple=True, metavar="NAME", help="Only this voice; may be repeated.")
@click.option("--seed", type=int, default=0, show_default=True, help="Which sentences and voices are drawn.")
@click.option("--url", metavar="URL|NAME", help="Speak by an OpenAI-compatible server, or a known cloud.")
@click.option("--model", metavar="NAME", help="The model that speaks, as the server calls it.")
@click.option("--speed", type=float, default=1.0, show_default=True, metavar="FACTOR", help="Of a server's voices.")
@click.option("--form", default="wav", show_default=True, metavar="FORMAT",
              help="How a server's sound comes: wav, flac, mp3 or opus.")  # fmt: skip
@click.option(
    "--key", metavar="NAME", help="The name of the secret, never the secret (default: the cloud's usual one)."
)
@click.option("--sensitivity", type=click.Choice(["private", "internal", "shareable"]),
              help="How far the sentences may travel (default: as idiolect.toml says, else private).")  # fmt: skip
@paid_options
@project_option
@dry_run_option
@json_option
def command(
    *,
    task: Path | None,
    sentences: Path | None,
    count: int,
    voices: tuple[str, ...],
    seed: int,
    url: str | None,
    folder: Path,
    as_json: bool,
    dry_run: bool,
    price: str | None,
    cap: str | None,
    assume_yes: bool,
    resend: bool,
    **server: Any,
) -> None:
    """Let machines speak sentences of a task, or lines of a text.

    What they say is known, so these clips need no labels. They train only: none of them is ever in dev or test.
    What a server costs is forecast before anything is sent, and asked for; a sentence is paid for once in each voice.
    """
    if (task is None) == (sentences is None):
        raise click.UsageError("give either --task or --sentences")
    if url is not None and not server["model"]:
        raise click.UsageError("--url needs --model")
    lines = [] if sentences is None else sentences_in(sentences)
    options: dict[str, Any] = {"voices": list(voices)} if voices else {}
    with open_project(folder) as project:
        if url is not None:
            server["sensitivity"] = server["sensitivity"] or project.settings.sensitivity
            options = {"hosting": _hosting(url, voices, **server)}
            options |= paying(price, cap, assume_yes=assume_yes, resend=resend)
        options |= {"dry_run": dry_run, "progress": progress_for()}
        report = project.synthesize(task, sentences=lines, count=count, seed=seed, **options)
    if as_json:
        print_json(report)
    else:
        print_report(report)


def _hosting(url: str, voices: tuple[str, ...], *, model: str, sensitivity: str, **chosen: Any) -> Hosting:
    from idiolect.corpus.values import Sensitivity
    from idiolect.labeling.voices.hosted import Hosting

    return Hosting(url, model, voices, sensitivity=Sensitivity(sensitivity), **chosen)
