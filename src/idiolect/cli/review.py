"""``idiolect review``."""

from __future__ import annotations

import getpass
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import click

from idiolect.cli.options import dry_run_option, examples, json_option, open_project, project_option
from idiolect.cli.output import print_json
from idiolect.cli.player import play

if TYPE_CHECKING:
    from idiolect.corpus import Action, Corpus
    from idiolect.labeling import Asked, ReviewItem, Waiting

KEYS = {"a": "accept", "e": "edit", "s": "skip", "n": "nobody speaks", "u": "back", "p": "play", "q": "quit"}
DECISIONS: dict[str, Action] = {"accept": "accept", "edit": "edit", "skip": "skip", "nobody speaks": "noise"}


@click.command("review", epilog=examples("idiolect review --person anna", "idiolect review --limit 20 --no-play"))
@click.option("--person", metavar="NAME", help="Who decides: the source of the new labels (default: your login).")
@click.option("--limit", type=click.IntRange(min=1), help="Stop after so many clips.")
@click.option("--queue", "by_worth", is_flag=True, help="In the order of idiolect queue: what is worth most first.")
@click.option("--play/--no-play", "sound", default=True, show_default=True, help="Play each clip.")
@project_option
@dry_run_option
@json_option
def command(
    *,
    person: str | None,
    limit: int | None,
    by_worth: bool,
    sound: bool,
    folder: Path,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Hear clips and accept or correct their labels, the most doubtful first (or by idiolect queue).

    Keys: a accept, e edit, s skip, n nobody speaks, u take the last decision back, p play again, q quit. Each decision
    is a new label of yours and is kept at once; what was there stays. Several people may review at once, here and in
    the studio: nobody is given a clip that somebody else is at.
    """
    from itertools import islice

    from idiolect.labeling import queue_of, review_queue

    with open_project(folder) as project:
        corpus = project.corpus
        waiting = [one.item for one in queue_of(corpus)] if by_worth else review_queue(corpus)
        items = list(islice(waiting, limit))
        if dry_run:
            for item in items:
                heard = _heard(item)
                print_json(
                    {"clip": item.clip.id, "text": heard, "doubt": item.doubt, "why": item.why}
                ) if as_json else click.echo(f"{item.clip.id[:8]}  {heard}")
            return
        sitting = Sitting(project.corpus, person or getpass.getuser(), sound=sound)
        sitting.run(items)
    if as_json:
        print_json({"asked": len(items), "decided": dict(sitting.counts)})
    else:
        counts = ", ".join(f"{count} {name}" for name, count in sitting.counts.items())
        click.echo(counts or ("nothing to review" if not items else "nothing was decided"))


class Sitting:
    """One person's decisions, clip by clip. Nobody else is given a clip that is before them."""

    def __init__(self, corpus: Corpus, person: str, *, sound: bool) -> None:
        from idiolect.labeling import Reviewing

        self.corpus = corpus
        self.sound = sound
        self.counts: Counter[str] = Counter()
        self.reviewing = Reviewing(corpus, self._order, beside=False)
        self.who = self.reviewing.sit(person)
        self._items: list[ReviewItem] = []

    def run(self, items: list[ReviewItem]) -> None:
        """Ask about each item that nobody else is at, until they end or the person quits."""
        self._items = items
        ahead: list[Asked] = []  # what comes next: after a step back, the clip that was before the person
        done: list[str] = []
        try:
            while asked := ahead or self.reviewing.next(self.who):
                item, ahead = asked[0].item, asked[1:]
                self._present(item, f"{len(done) + 1}/{len(items)}")
                key = self._key(item)
                if key == "quit":
                    return
                if key == "back":
                    ahead = [*self._back(done), *asked]
                elif self._decide(item, key):
                    done.append(key)
                else:
                    ahead = asked
        finally:
            self.corpus.reviews.leave(self.who)

    def _order(self, _: Corpus) -> list[Waiting]:
        from idiolect.labeling import Waiting

        return [Waiting(item.clip.id, item.why, item.queue) for item in self._items]

    def _back(self, done: list[str]) -> list[Asked]:
        """The clip that was decided last in this sitting; its decision is taken back, and its label stays withdrawn."""
        if not done:
            return []
        self.counts[done.pop()] -= 1
        self.counts += Counter()  # without what is at nought
        _, again = self.reviewing.undo(self.who, uuid4().hex)
        return [again] if again is not None else []

    def _present(self, item: ReviewItem, place: str) -> None:
        origin = item.clip.recording.origin or item.clip.id[:8]
        click.echo(f"{place}  {origin}  {item.clip.duration:.1f} s  {item.why}", err=True)
        click.echo(f"   {_heard(item)}", err=True)
        for other in item.others:
            click.echo(f"   {other.source}: {other.text or '-'}", err=True)
        self._play(item)

    def _play(self, item: ReviewItem) -> None:
        if self.sound and not play(self.corpus.samples(item.clip)):
            self.sound = False
            click.echo("   this machine plays no sound; the clips' files are named instead", err=True)
        if not self.sound:
            file = self.corpus.audio_file(item.clip)
            click.echo(f"   {file.path} from {file.start:.2f} s to {file.end:.2f} s", err=True)

    def _key(self, item: ReviewItem) -> str:
        click.echo("   " + ", ".join(f"{key} {name}" for key, name in KEYS.items()) + " ", err=True, nl=False)
        while True:
            try:
                name = KEYS.get(click.getchar().lower())
            except EOFError:  # the input has ended: a script has answered all it wanted
                return "quit"
            if name == "play":
                self._play(item)
            elif name is not None:
                click.echo(name, err=True)
                return name

    def _decide(self, item: ReviewItem, key: str) -> bool:
        """Keep the decision; False where it cannot be kept, and another key is wanted."""
        from idiolect.errors import ConflictError, CorpusError
        from idiolect.labeling import Answer

        text = click.prompt("   text", default=_heard(item) or None, err=True) if key == "edit" else None
        of = item.label.id if item.label is not None else None
        answer = Answer(uuid4().hex, item.clip.id, DECISIONS[key], of, text, item.queue)
        try:
            self.reviewing.decide(self.who, answer)
        except ConflictError as error:  # somebody came between while this person was away
            click.echo(f"   {error.message}", err=True)
            return True
        except CorpusError as error:
            click.echo(f"   {error.message}", err=True)
            return False
        self.counts[key] += 1
        return True


def _heard(item: ReviewItem) -> str:
    return (item.label.text or "") if item.label is not None else ""
