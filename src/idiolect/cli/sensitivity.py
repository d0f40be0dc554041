"""``idiolect sensitivity``."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click

from idiolect.cli.options import dry_run_option, examples, json_option, open_project, project_option
from idiolect.cli.output import print_fields, print_json


@click.command(
    "sensitivity",
    epilog=examples(
        "idiolect sensitivity",
        "idiolect sensitivity shareable --collection barista --dry-run",
        "idiolect sensitivity private --speaker anna",
        "idiolect sensitivity shareable --ids 1a2b3c4d5e6f",
    ),
)
@click.argument("to", type=click.Choice(["private", "internal", "shareable"]), required=False)
@click.option("--collection", metavar="NAME", help="Recordings of this import.")
@click.option("--speaker", metavar="NAME", help="Recordings of this speaker.")
@click.option("--ids", multiple=True, metavar="CLIP", help="The recording of this clip; may be repeated.")
@click.option("--all", "everything", is_flag=True, help="Every recording.")
@project_option
@dry_run_option
@json_option
def command(
    *,
    to: str | None,
    collection: str | None,
    speaker: str | None,
    ids: tuple[str, ...],
    everything: bool,
    folder: Path,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Say how far recordings may travel; without a word, count how far they may now.

    private stays on this machine, internal may go to the private network, shareable also to clouds that the project
    allows. It holds at once, for all clips of a recording and the texts that are said in them.
    """
    from idiolect.corpus import ClipFilter, Sensitivity

    if to is not None and not (collection or speaker or ids or everything):
        raise click.UsageError("which recordings? --collection, --speaker, --ids or --all")
    with open_project(folder) as project:
        corpus = project.corpus
        if to is None:
            counts = Counter(recording.sensitivity.value for recording in corpus.recordings())
            result: dict[str, object] = {one.value: counts[one.value] for one in Sensitivity}
        else:
            which = ClipFilter(collection=collection, speaker=speaker)
            changed = corpus.set_sensitivity(Sensitivity(to), which, ids=ids, dry_run=dry_run)
            result = {"sensitivity": to, "recordings_changed": changed, "dry_run": dry_run}
    if as_json:
        print_json(result)
    else:
        print_fields(result)
