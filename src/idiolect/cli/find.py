"""``idiolect find``."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from idiolect.cli.options import examples, json_option, open_project, project_option
from idiolect.cli.output import print_json, print_table

if TYPE_CHECKING:
    from idiolect.corpus import BulkAction, Corpus

SHOWN = 20
_TURNED_ROUND = re.compile(r'-([a-z]+[:<>]|["/])')
FIELDS = """\b
text          "two coffees", /two (small|large).*/, term:mocha
who and what  speaker:anna,ben  session:  collection:  language:  device:
              recording:1a2b  id:1a2b  synthetic:no  sensitivity:private
labels        reviewed:no  kind:engine  source:sphinx  labels:0  teachers>=2
              confidence<50%  disagreement>30%  tag:mine  mark:unsure
sound         snr<10  level<-40  clipping>1%  speech<20%  duration:5..10
datasets      split:test  dataset:first  error:MODEL>20%
order         sort:-confidence, of number, duration, snr, confidence,
              disagreement, speaker"""


class _Conditions(click.Command):
    """A command to which ``-reviewed:yes`` is a condition, and no option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """What begins with a blank is no option to click; to a query a blank says nothing."""
        return super().parse_args(ctx, [f" {one}" if _TURNED_ROUND.match(one) else one for one in args])


@click.command(
    "find",
    cls=_Conditions,
    epilog=f"\b\nWhat clips can be found by:\n\n{FIELDS}\n\n"
    + examples(
        "idiolect find 'speaker:anna snr<10 -reviewed:yes'",
        "idiolect find '\"two coffees\" disagreement>30% sort:-disagreement' --json",
        "idiolect find 'reviewed:no confidence<50%' --tag retake --person anna",
    ),
)
@click.argument("query", nargs=-1)
@click.option("--limit", type=click.IntRange(min=1), help=f"The first so many (default: {SHOWN}; all with --ids).")
@click.option("--ids", is_flag=True, help="Print ids only, one a line.")
@click.option("--tag", metavar="NAME", help="Tag all that is found.")
@click.option("--untag", metavar="NAME", help="Take that tag off all that is found.")
@click.option("--undo", type=int, metavar="ACTION", help="Take back an action by its number, and find nothing.")
@click.option("--person", metavar="NAME", help="Who tags (default: the setting speaker).")
@click.option("--map", "make_map", is_flag=True, help="Listen to what is found, and make the map of the studio.")
@click.option("--rebuild", is_flag=True, help="First make anew what clips are found by.")
@project_option
@json_option
def command(
    *,
    query: tuple[str, ...],
    limit: int | None,
    ids: bool,
    tag: str | None,
    untag: str | None,
    undo: int | None,
    person: str | None,
    make_map: bool,
    rebuild: bool,
    folder: Path,
    as_json: bool,
) -> None:
    """Find clips by what is said, who says it, how it sounds and what engines make of it.

    All conditions hold; a minus before one turns it round; field:* asks that it is known at all.
    """
    with open_project(folder) as project:
        corpus, who = project.corpus, person or project.settings.speaker
        if rebuild:
            click.echo(f"made anew for {corpus.rebuild_summaries()} clips", err=True)
        if undo is not None:
            _say({"undone": undo, "clips": corpus.undo(undo, person=who).clips}, as_json=as_json)
            return
        text = " ".join(query)
        what = [("tag", tag), ("untag", untag)]
        done = [_act(corpus, name, value, text, who) for name, value in what if value is not None]
        if done:
            _say(
                {"actions": [{"id": one.id, one.what: one.value, "clips": one.clips} for one in done]}, as_json=as_json
            )
        elif make_map:
            _make_map(corpus, text, as_json=as_json)
        else:
            _show(corpus, text, limit or (None if ids or as_json else SHOWN), ids=ids, as_json=as_json)


def _act(corpus: Corpus, what: str, value: str, text: str, person: str) -> BulkAction:
    return corpus.act(what, value, corpus.clip_ids(text), person=person, query=text)


def _make_map(corpus: Corpus, text: str, *, as_json: bool) -> None:
    from idiolect.cli.progress import progress_for
    from idiolect.corpus import make_map

    made = make_map(corpus, corpus.clip_ids(text), progress=progress_for())
    _say({"placed": len(made.ids), "too_little_said": made.unplaced}, as_json=as_json)


def _say(value: dict[str, object], *, as_json: bool) -> None:
    from idiolect.cli.output import print_fields

    (print_json if as_json else print_fields)(value)


def _show(corpus: Corpus, text: str, limit: int | None, *, ids: bool, as_json: bool) -> None:
    count = corpus.count(text)
    if ids:
        for clip_id in corpus.clip_ids(text)[:limit]:
            click.echo(clip_id)
        return
    clips = corpus.find(text, limit=limit or max(1, count)).clips
    if as_json:
        print_json({"count": count, "clips": [clip.as_dict() for clip in clips]})
        return
    rows = [(one.id[:8], one.speaker, f"{one.duration:.1f} s", one.snr, one.source, one.text) for one in clips]
    if rows:
        print_table(("clip", "speaker", "length", "SNR", "text by", "text"), rows)
    click.echo(f"{len(rows)} of {count} clips" if count else "no clip fits")
