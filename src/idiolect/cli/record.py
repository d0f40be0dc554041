"""``idiolect record``."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import datetime
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from idiolect.cli.options import (
    FILE,
    dry_run_option,
    examples,
    json_option,
    open_project,
    project_option,
    sentences_in,
)
from idiolect.cli.output import print_json, print_report
from idiolect.cli.progress import progress_for
from idiolect.cli.takes import FOLDER, Sitting, choose_prompts, import_takes, read_aloud

if TYPE_CHECKING:
    from idiolect.audio import Recorded, Recorder, TakeSpec

PATIENCE = 20.0
"""Seconds of nobody speaking after which a session ends by itself."""
REHEARSAL = 2.0
"""The same where a file is played: it ends when the file does."""


@click.command(
    "record",
    epilog=examples(
        "idiolect record --prompts sentences.txt --speaker me",
        "idiolect record --prompts coffee.yaml --choose --takes 30",
        "idiolect record --takes 5",
        "idiolect record --rehearse memo.wav",
    ),
)
@click.option(
    "--prompts",
    type=FILE,
    help="Sentences, one on each line; a task; or a glossary. Those read before are left out.",
)
@click.option("--choose", is_flag=True, help="Ask first for what adds most sounds and terms that are still missing.")
@click.option(
    "--form", type=click.Choice(["sentences", "task", "glossary"]), help="What --prompts is (default: as it looks)."
)
@click.option("--seed", type=int, default=0, show_default=True, help="Decides among prompts that add as much.")
@click.option("--speaker", metavar="NAME", help="Who speaks (default: the project's speaker).")
@click.option("--session", metavar="NAME", help="One sitting (default: the date and time).")
@click.option("--takes", type=click.IntRange(min=1), help="Stop after so many.")
@click.option("--seconds", type=click.FloatRange(1, 30), default=30.0, show_default=True, help="The longest take.")
@click.option("--device", metavar="NAME", help="A microphone, by name or number; a wrong one lists them.")
@click.option("--rehearse", type=FILE, help="Play this file to the recorder in place of a microphone.")
@project_option
@dry_run_option
@json_option
def command(
    *,
    prompts: Path | None,
    choose: bool,
    form: str | None,
    seed: int,
    speaker: str | None,
    session: str | None,
    takes: int | None,
    seconds: float,
    device: str | None,
    rehearse: Path | None,
    folder: Path,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Record from the microphone, reading prompts or freely.

    With --choose, a task or a glossary, each prompt is the one that adds most to what this speaker has recorded:
    terms, sounds, and pairs of sounds. A term is put into sentences.

    A take begins when somebody speaks, with its onset kept, and ends after a pause. In a terminal each prompt can
    be taken again or skipped. Ctrl-C ends the session. Takes are written one by one and imported at the end; what
    a killed session has left is imported by the next.
    """
    from idiolect import audio
    from idiolect.units import Seconds

    with open_project(folder) as project:
        who = speaker or project.settings.speaker or None
        texts: list[str] | None = None
        adds: list[dict[str, Any]] | None = None
        if prompts is not None and (choose or form is not None or prompts.suffix.lower() in {".yaml", ".yml"}):
            found = choose_prompts(project, who, prompts, form, takes=takes, seed=seed)
            texts, adds = [one.text for one in found], [one.as_dict() for one in found]
        elif prompts is not None:
            known = read_aloud(project, who)
            texts = [text for text in sentences_in(prompts) if text not in known][:takes]
        if dry_run:
            print_json({"speaker": who, "prompts": texts} | ({} if adds is None else {"adds": adds}))
            return
        name = session or datetime.now().astimezone().strftime("%Y-%m-%d-%H%M%S")
        sitting = Sitting(project.folder / FOLDER / name, who, device)
        spec = audio.TakeSpec(seconds=Seconds(seconds), patience=Seconds(REHEARSAL if rehearse else PATIENCE))
        wanted = repeat(None, takes) if takes else repeat(None)
        try:
            with _recorder(rehearse, device) as recorder:
                _record(recorder, spec, sitting, wanted if texts is None else texts, live=rehearse is None)
        except KeyboardInterrupt:
            click.echo(err=True)
        report = import_takes(project, progress_for())
    if as_json:
        print_json(report)
    elif report is None:
        click.echo("nothing was recorded")
    else:
        print_report(report)


def _recorder(rehearse: Path | None, device: str | None) -> Recorder:
    from idiolect.audio import Played, Recorder, decode

    if rehearse is not None:
        return Recorder(Played(decode(rehearse)))
    return Recorder(device=int(device) if device is not None and device.isdigit() else device)


def _record(recorder: Recorder, spec: TakeSpec, sitting: Sitting, texts: Iterable[str | None], *, live: bool) -> None:
    """One take for each text (None: free speech), until nobody speaks."""
    for number, text in enumerate(texts, start=1):
        click.echo(f"{number}  {text or 'speak'}", err=True)
        answer = "again"
        while answer == "again":
            # Readers wait for the next prompt; who speaks freely, or a file, does not.
            take: Recorded = recorder.record(spec, fresh=live and text is not None)
            if not len(take.samples):
                return
            if take.clipped > 0:
                click.echo("   too loud: move away from the microphone", err=True)
            answer = _ask() if live and text is not None and sys.stdin.isatty() else "keep"
        if answer == "quit":
            return
        if answer == "keep":
            path = sitting.keep(take.samples, text)
            click.echo(f"   {path.name}  {len(take.samples) / 16_000:.1f} s", err=True)


def _ask() -> str:
    answers = {"\r": "keep", "\n": "keep", " ": "keep", "r": "again", "s": "skip", "q": "quit"}
    click.echo("   Enter keeps it, r again, s skip, q quit ", err=True, nl=False)
    while (answer := answers.get(click.getchar())) is None:
        pass
    click.echo(answer, err=True)
    return answer
