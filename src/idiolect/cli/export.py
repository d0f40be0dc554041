"""``idiolect export``."""

from __future__ import annotations

from pathlib import Path

import click

from idiolect.cli.options import PATH, examples, json_option, open_project, project_option
from idiolect.cli.output import print_json, print_report
from idiolect.cli.progress import progress_for


@click.command(
    "export",
    epilog=examples(
        "idiolect export --to onnx-int8", "idiolect export whisper-1a2b --to ctranslate2-int8 --out ~/bundles/mine"
    ),
)
@click.argument("model", required=False)
@click.option(
    "--to", default="onnx-int8", show_default=True, metavar="FORMAT", help="A wrong name lists the known formats."
)
@click.option("--out", type=PATH, metavar="FOLDER", help="Where the bundle goes (default: beside the checkpoint).")
@click.option("--dataset", metavar="NAME", help="Whose dev and test clips check it (default: the newest).")
@click.option("--clips", type=click.IntRange(min=1), default=64, show_default=True, help="How many clips check it.")
@click.option(
    "--tolerance",
    type=click.FloatRange(0, 1),
    default=0.01,
    show_default=True,
    help="How much worse than the checkpoint it may be.",
)
@project_option
@json_option
def command(
    model: str | None,
    *,
    to: str,
    out: Path | None,
    dataset: str | None,
    clips: int,
    tolerance: float,
    folder: Path,
    as_json: bool,
) -> None:
    """Write MODEL (default: the newest) as a bundle that runs without torch.

    The same clips go through the checkpoint and the bundle; one that hears worse than the tolerance allows is
    refused.
    """
    with open_project(folder) as project:
        bundle = project.export(
            model, to, dataset=dataset, out=out, clips=clips, tolerance=tolerance, progress=progress_for()
        )
    if as_json:
        print_json(bundle)
    else:
        print_report(bundle)
