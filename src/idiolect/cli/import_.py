"""``idiolect import``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from idiolect.cli.options import dry_run_option, examples, json_option, open_project, project_option
from idiolect.cli.output import print_json, print_report
from idiolect.cli.progress import progress_for


@click.command(
    "import",
    epilog=examples(
        "idiolect import ~/recordings --speaker me",
        "idiolect import interview.mp4 --no-copy",
        "idiolect import metadata.csv --transcripts scoring --collection orders",
        "ffmpeg -i rtsp://… -f wav - | idiolect import -",
    ),
)
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option(
    "--format",
    "format",
    metavar="NAME",
    help="How texts are stored; without it, found out. A wrong name lists the known ones.",
)
@click.option("--speaker", metavar="NAME", help="Who speaks, where the data does not say.")
@click.option("--session", metavar="NAME", help="One sitting: its clips never stand on two sides of a split.")
@click.option("--device", metavar="NAME", help="What it was recorded with.")
@click.option("--language", metavar="CODE", help="BCP 47 code of what is spoken.")
@click.option("--collection", metavar="NAME", help="A name for this import, for filters.")
@click.option(
    "--sensitivity", type=click.Choice(["private", "internal", "shareable"]), help="How far the audio may travel."
)
@click.option("--consent", metavar="TEXT", help="What the speaker agreed to.")
@click.option(
    "--transcripts",
    type=click.Choice(["training", "scoring", "none"]),
    help="What texts that come with the audio are for: any use (default), scoring only, or none.",
)
@click.option("--prompted", is_flag=True, default=None, help="The texts were read aloud from prompts.")
@click.option("--train-only", is_flag=True, default=None, help="Pre-training material: never in dev or test.")
@click.option("--copy/--no-copy", default=None, help="Copy the audio into the project, or refer to it where it lies.")
@project_option
@dry_run_option
@json_option
def command(paths: tuple[str, ...], *, folder: Path, as_json: bool, **options: Any) -> None:
    """Bring in audio, with the texts that come with it.

    PATH is a file of any audio or video format, a folder, a glob, a list of transcripts (CSV, TSV, JSONL, Kaldi,
    subtitles, Common Voice) or - for standard input. Long files are cut at silences into clips of at most 30 s.
    What cannot be read is listed and skipped. Importing the same again adds nothing.
    """
    with open_project(folder) as project:
        report = project.import_audio(paths, progress=progress_for(), **options)
    if as_json:
        print_json(report)
    else:
        print_report(report)
