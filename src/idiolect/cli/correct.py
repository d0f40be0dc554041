"""``idiolect correct``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from idiolect.cli.options import (
    FILE,
    chosen_clips,
    dry_run_option,
    examples,
    json_option,
    open_project,
    paid_options,
    paying,
    project_option,
)
from idiolect.cli.output import print_json, print_report
from idiolect.cli.progress import progress_for


@click.command(
    "correct",
    epilog=examples(
        "idiolect correct --url http://localhost:11434/v1 --model qwen3:8b",
        "idiolect correct --url openai --model gpt-5-nano --mode clean --glossary terms.txt --cap 0.50",
    ),
)
@click.option("--url", required=True, metavar="URL|NAME", help="An OpenAI-compatible server, or a known cloud.")
@click.option("--model", required=True, metavar="NAME", help="The language model, as the server calls it.")
@click.option(
    "--key", metavar="NAME", help="The name of the secret, never the secret (default: the cloud's usual one)."
)
@click.option(
    "--engine", "teacher", metavar="NAME", help="Correct this teacher's labels (default: the most confident)."
)
@click.option("--mode", type=click.Choice(["verbatim", "clean"]), default="verbatim", show_default=True,
              help="As it was said; or as one would write it, kept apart.")  # fmt: skip
@click.option("--glossary", type=FILE, metavar="FILE", help="This project's words and phrases, one a line.")
@click.option("--corrections", type=FILE, metavar="FILE", help="Lines 'heard => meant', for what is often misheard.")
@click.option("--context", type=click.IntRange(0, 20), default=2, show_default=True, metavar="N",
              help="Clips before it that the model is shown.")  # fmt: skip
@click.option("--max-changes", type=click.FloatRange(0, 1), default=0.3, show_default=True, metavar="SHARE",
              help="Share of the words that may change; more is not believed.")  # fmt: skip
@click.option("--unsure", type=click.FloatRange(0, 1), default=0.5, show_default=True, metavar="CONFIDENCE",
              help="A teacher's word below this is doubtful.")  # fmt: skip
@click.option("--mask", "patterns", multiple=True, metavar="REGEX", help="Also keep this from clouds; may be repeated.")
@paid_options
@click.option("--longest", type=click.IntRange(min=1), default=1024, show_default=True, metavar="TOKENS",
              help="Tokens of an answer at most.")  # fmt: skip
@click.option("--batch", is_flag=True, help="By the server's batch API: within a day, and often for half the price. "
              "Killed and run again, it collects what is under way.")  # fmt: skip
@click.option("--jobs", type=click.IntRange(1, 64), default=4, show_default=True, help="Questions under way at once.")
@click.option("--collection", metavar="NAME", help="Only clips of this import.")
@click.option("--speaker", metavar="NAME", help="Only clips of this speaker.")
@project_option
@dry_run_option
@json_option
def command(
    *,
    folder: Path,
    collection: str | None,
    speaker: str | None,
    price: str | None,
    cap: str | None,
    assume_yes: bool,
    resend: bool,
    as_json: bool,
    **chosen: Any,
) -> None:
    """Let a language model correct what machines heard.

    A change is taken only where the sound speaks for it, as docs/correction.md says. Everything else is kept as a
    suggestion for a person. Interrupted and run again, it goes on where it was.
    """
    with open_project(folder) as project:
        chosen |= chosen_clips(project, collection, speaker)
        chosen |= paying(price, cap, assume_yes=assume_yes, resend=resend)
        report = project.correct(**chosen, progress=progress_for())
    if as_json:
        print_json(report)
    else:
        print_report(report)
