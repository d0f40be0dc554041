"""``idiolect queue``."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import click

from idiolect.cli.options import FILE, examples, json_option, open_project, project_option, sentences_in
from idiolect.cli.output import print_json, print_table

if TYPE_CHECKING:
    from idiolect.labeling import QueueItem

SHOWN = 20


@click.command("queue", epilog=examples("idiolect queue --minutes 30", "idiolect review --queue --limit 50"))
@click.option("--limit", type=click.IntRange(min=1), help=f"The first so many clips (default: {SHOWN}).")
@click.option("--minutes", type=click.FloatRange(0, min_open=True), help="As many as a person does in that time.")
@click.option(
    "--random",
    type=click.FloatRange(0, 1),
    default=0.1,
    show_default=True,
    help="Share that is drawn at random, for honest estimates.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Which random draw.")
@click.option("--terms", type=FILE, help="A file of terms that count as rare, one a line.")
@click.option("--collection", metavar="NAME", help="Only clips of this import.")
@click.option("--speaker", metavar="NAME", help="Only clips of this speaker.")
@project_option
@json_option
def command(
    *,
    limit: int | None,
    minutes: float | None,
    random: float,
    seed: int,
    terms: Path | None,
    collection: str | None,
    speaker: str | None,
    folder: Path,
    as_json: bool,
) -> None:
    """Rank the clips nobody reviewed by what a person's minute is worth, and say why each stands where it does.

    Worth most are clips where many words are probably wrong for their length: teachers disagree, or are not sure. More
    so with rare terms that nobody confirmed, and of speakers nobody reviewed. idiolect review --queue goes through
    them.
    """
    from idiolect.corpus import ClipFilter
    from idiolect.labeling import QueueOptions, queue_of

    options = QueueOptions(random=random, seed=seed, extra_terms=tuple(sentences_in(terms)) if terms else ())
    with open_project(folder) as project:
        items = queue_of(project.corpus, options, clips=ClipFilter(collection=collection, speaker=speaker))
    total = len(items)
    items = within(items, minutes) if minutes is not None else items
    items = list(islice(items, limit if limit is not None or minutes is not None or as_json else SHOWN))
    if as_json:
        print_json({"waiting": total, "queue": items})
        return
    rows = [
        (place, one.item.clip.id[:8], one.worth, f"{one.seconds:.0f} s", "; ".join(one.reasons))
        for place, one in enumerate(items, start=1)
    ]
    if rows:
        print_table(("", "clip", "worth", "takes", "why"), rows)
    click.echo(f"{len(items)} of {total} clips nobody reviewed" if total else "nothing to review")


def within(items: list[QueueItem], minutes: float) -> list[QueueItem]:
    """The first that fit into a person's time; at least one."""
    left = 60 * minutes
    for place, one in enumerate(items):
        left -= one.seconds
        if left < 0:
            return items[: max(1, place)]
    return items
