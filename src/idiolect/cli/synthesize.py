"""``idiolect synthesize``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from idiolect.cli.options import FILE, examples, json_option, open_project, project_option, sentences_in, task_option
from idiolect.cli.output import print_json, print_report
from idiolect.cli.progress import progress_for


@click.command(
    "synthesize",
    epilog=examples(
        "idiolect synthesize --task coffee.yaml --count 400", "idiolect synthesize --sentences glossary.txt --voice slt"
    ),
)
@task_option
@click.option("--sentences", type=FILE, help="A text file with one sentence per line, in place of a task.")
@click.option("--count", type=click.IntRange(min=1), default=200, show_default=True, help="How many sentences.")
@click.option("--voice", "voices", multiple=True, metavar="NAME", help="Only this voice; may be repeated.")
@click.option("--seed", type=int, default=0, show_default=True, help="Which sentences and voices are drawn.")
@project_option
@json_option
def command(
    *,
    task: Path | None,
    sentences: Path | None,
    count: int,
    voices: tuple[str, ...],
    seed: int,
    folder: Path,
    as_json: bool,
) -> None:
    """Let machines speak sentences of a task, or lines of a text.

    What they say is known, so these clips need no labels. They train only: none of them is ever in dev or test.
    """
    if (task is None) == (sentences is None):
        raise click.UsageError("give either --task or --sentences")
    lines = [] if sentences is None else sentences_in(sentences)
    options: dict[str, Any] = {"voices": list(voices)} if voices else {}
    with open_project(folder) as project:
        report = project.synthesize(task, sentences=lines, count=count, seed=seed, progress=progress_for(), **options)
    if as_json:
        print_json(report)
    else:
        print_report(report)
