"""``idiolect vote``."""

from __future__ import annotations

from pathlib import Path

import click

from idiolect.cli.options import dry_run_option, examples, json_option, open_project, project_option
from idiolect.cli.output import print_json, print_report
from idiolect.cli.progress import progress_for

SHARE = click.FloatRange(0, 1)


@click.command("vote", epilog=examples("idiolect vote --dry-run", "idiolect vote --teacher sphinx --teacher starter"))
@click.option(
    "--teacher",
    "teachers",
    multiple=True,
    metavar="NAME",
    help="Only this engine's labels, or with @ and the beginning of its version; may be repeated.",
)
@click.option(
    "--fewest",
    type=click.IntRange(min=1),
    default=2,
    show_default=True,
    help="Leave out clips with fewer teachers.",
)
@click.option("--alpha", type=SHARE, default=0.5, show_default=True, help="Agreement against confidence.")
@click.option("--null", type=SHARE, default=0.5, show_default=True, help="The confidence in no word.")
@click.option("--weigh/--same", default=True, show_default=True, help="Learn weights from reviewed clips.")
@click.option("--collection", metavar="NAME", help="Only clips of this import.")
@click.option("--speaker", metavar="NAME", help="Only clips of this speaker.")
@project_option
@dry_run_option
@json_option
def command(
    *,
    teachers: tuple[str, ...],
    fewest: int,
    alpha: float,
    null: float,
    weigh: bool,
    collection: str | None,
    speaker: str | None,
    folder: Path,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Vote what several teachers heard into one label per clip (ROVER).

    The vote is a new label by "vote" and stays beside the others: freeze --engine vote trains from it. What people
    reviewed says what each teacher's word is worth. The same labels and weights again add nothing.
    """
    from idiolect.corpus import ClipFilter
    from idiolect.labeling import VoteOptions, vote_clips

    options = VoteOptions(teachers=teachers, fewest=fewest, alpha=alpha, null=null, weigh=weigh)
    with open_project(folder) as project:
        which = ClipFilter(collection=collection, speaker=speaker)
        report = vote_clips(project.corpus, options, clips=which, progress=progress_for(), dry_run=dry_run)
    if as_json:
        print_json(report)
    else:
        print_report(report)
