"""``idiolect voices``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from idiolect.cli.options import PATH, examples, json_option, open_project, project_option
from idiolect.cli.output import print_json, print_table, show
from idiolect.cli.progress import progress_for
from idiolect.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from idiolect.audio import Prefer, VoiceGroups
    from idiolect.units import Samples

    Heard = tuple[list[str], VoiceGroups, Callable[[], Iterable[Samples]]]


@click.command(
    "voices",
    epilog=examples(
        "idiolect voices",
        "idiolect voices --collection orders --assign",
        "idiolect voices --prefer balanced --check --json orders/*.wav",
    ),
)
@click.argument("files", nargs=-1, type=PATH, metavar="[FILE]...")
@click.option(
    "--prefer",
    type=click.Choice(["joined", "balanced"]),
    default="joined",
    show_default=True,
    help="joined: rather two voices in one group than one voice in two, as splits need it.",
)
@click.option("--collection", metavar="NAME", help="Only clips of this import.")
@click.option("--check", is_flag=True, help="Also ask how often both halves of a clip come into one group.")
@click.option("--assign", is_flag=True, help="Name the groups as sessions, so that freeze keeps them on one side.")
@project_option
@json_option
def command(
    files: tuple[Path, ...],
    *,
    prefer: str,
    collection: str | None,
    check: bool,
    assign: bool,
    folder: Path,
    as_json: bool,
) -> None:
    """Find which clips are by one voice: of audio FILEs, or of the project's clips without speaker and session.

    The microphone and the room are heard as part of a voice. Each clip comes with how sure its group is; the
    shares of pairs that are missed and mixed are those on named speakers. --assign is refused once a dataset is
    frozen, since splits never move.
    """
    assigned = None
    if files:
        if assign or collection:
            raise click.UsageError("--assign and --collection are for the clips of a project, not for files")
        result = _result(_of_files(files, cast("Prefer", prefer)), "file", check=check)
    else:
        from idiolect.corpus import ClipFilter, find_voices, unnamed

        with open_project(folder) as project:
            corpus = project.corpus
            clips = unnamed(corpus.clips(ClipFilter(collection=collection)))
            voices = find_voices(corpus, clips, prefer=cast("Prefer", prefer), progress=progress_for())
            names = [clip.id for clip in clips]
            result = _result((names, voices.found, lambda: map(corpus.samples, clips)), "clip", check=check)
            assigned = corpus.name_sessions(voices.sessions()) if assign else None
    result["assigned"] = assigned
    if as_json:
        print_json(result)
    else:
        _print(result)


def _of_files(files: tuple[Path, ...], prefer: Prefer) -> Heard:
    from idiolect.audio import decode, group_voices

    for path in files:
        if not path.is_file():
            raise UserError(f"{path} is no file", hint="idiolect voices takes audio files; import takes folders")

    def samples() -> Iterable[Samples]:
        return (decode(path) for path in files)

    return [str(path) for path in files], group_voices(samples(), prefer=prefer), samples


def _result(heard: Heard, what: str, *, check: bool) -> dict[str, Any]:
    """What ``--json`` prints."""
    from idiolect.audio import check_halves

    names, found, samples = heard
    voices = found.names()
    rows = sorted(set(zip(found.groups, voices, strict=True)))
    sizes = found.sizes()
    sure = found.group_sure()
    together, asked = check_halves(samples(), prefer=found.prefer) if check else (None, None)
    return {
        "prefer": found.prefer,
        "groups": [{"voice": voice, "clips": sizes[group], "sure": sure[group]} for group, voice in rows],
        "missed": found.missed,
        "mixed": found.mixed,
        "unheard": len(found.unheard),
        "halves": {"together": together, "of": asked} if check else None,
        "clips": [
            {what: name, "voice": voice, "sure": value}
            for name, voice, value in zip(names, voices, found.sure, strict=True)
        ],
    }


def _print(result: dict[str, Any]) -> None:
    print_table(["voice", "clips", "sure"], [list(row.values()) for row in result["groups"]])
    click.echo(
        f"{len(result['clips'])} clips, {len(result['groups'])} groups; without enough speech: {result['unheard']}"
    )
    said = f"missed {show(result['missed'])}, mixed {show(result['mixed'])}"
    click.echo(f"of pairs by one voice torn apart, of pairs in one group by two voices, on named speakers: {said}")
    if result["halves"]:
        click.echo(f"clips with both halves in one group: {result['halves']['together']} of {result['halves']['of']}")
    if result["assigned"] is not None:
        click.echo(f"recordings that now name a session: {result['assigned']}")
        click.echo("next: idiolect freeze --group-by session")
