"""``idiolect transcribe``. Its JSON is a contract for scripts: fields are added, never changed."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from idiolect.cli.options import (
    PATH,
    engine_option,
    examples,
    json_option,
    model_option,
    named_values,
    nbest_option,
    open_project,
    paid_options,
    paying,
    project_option,
    sensitivity_option,
    task_option,
    with_nbest,
    with_option,
)
from idiolect.cli.output import print_json
from idiolect.errors import ProjectError

if TYPE_CHECKING:
    from idiolect.serving import EngineChoice, Outcome


@click.command(
    "transcribe",
    epilog=examples(
        "idiolect transcribe memo.m4a",
        "idiolect transcribe --model models/nano-1a2b-onnx-int8 --task coffee.yaml --json orders/*.wav",
        "idiolect transcribe --model models/mine --with lm=clinic.arpa --with terms=names.txt visit.wav",
        "idiolect transcribe lecture.mp4 --format srt > lecture.srt",
        "idiolect transcribe --engine openai --with url=groq --model whisper-large-v3 --cap 0.10 memo.m4a",
        "arecord -f S16_LE -r 16000 -d 5 | idiolect transcribe -",
    ),
)
@click.argument("files", nargs=-1, required=True, type=PATH, metavar="FILE...")
@engine_option
@model_option
@task_option
@with_option
@nbest_option
@click.option("--language", metavar="CODE", help="BCP 47 code of what is spoken, for engines that know several.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "srt", "vtt"]),
    default="text",
    show_default=True,
    help="What is printed without --json.",
)
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    help="Files that are heard at the same time (default: one per core; of a server: 16).",
)
@sensitivity_option
@paid_options
@project_option
@json_option
def command(
    files: tuple[Path, ...],
    *,
    engine: str | None,
    model: str | None,
    task: Path | None,
    extra: tuple[str, ...],
    nbest: int | None,
    language: str | None,
    form: str,
    jobs: int | None,
    sensitivity: str | None,
    price: str | None,
    cap: str | None,
    assume_yes: bool,
    resend: bool,
    folder: Path,
    as_json: bool,
) -> int:
    """Write down what is said in audio or video files; - is standard input.

    Needs no project. Without --engine and --model, PocketSphinx listens. With --json, one object per file and
    line: file, text, confidence, words (word, start, end, confidence; seconds) and, with --task, intent, slots and
    slot_confidence; intent is null where the task rejects what was said. With --nbest also alternatives (text,
    confidence and, with --task, intent and slots), the best first. The exit code is 1 where a file could not be read;
    each is listed on stderr.

    An engine behind a server needs a project, whose policy, budget and ledger count: what it costs is forecast and
    asked for. A file that is no clip of the project is as sensitive as --sensitivity says.
    """
    if form != "text" and len(files) > 1 and not as_json:
        raise click.UsageError(f"--format {form} takes one file")
    asked = _Asked(engine, model, task, language, with_nbest(extra, nbest), jobs, folder)
    money = paying(price, cap, assume_yes=assume_yes, resend=resend) | {"sensitivity": sensitivity}
    failed = 0
    with _readable(files) as paths:
        for name, outcome in zip(files, _heard(asked, paths, money), strict=True):
            if outcome.transcript is None:
                failed += 1
                click.echo(f"error: {name}: {outcome.error}", err=True)
                continue
            for warning in outcome.transcript.warnings:
                click.echo(f"warning: {name}: {warning.removeprefix(f'{outcome.path}: ')}", err=True)
            if as_json:
                print_json(
                    {"file": str(name), **outcome.transcript.as_dict(task=task is not None, nbest=nbest is not None)}
                )
            else:
                _print(name, outcome, form, many=len(files) > 1, task=task is not None)
    if failed:
        click.echo(f"{failed} of {len(files)} files could not be read", err=True)
    return 1 if failed else 0


@dataclass(frozen=True, slots=True)
class _Asked:
    """The options that say who listens, and how."""

    engine: str | None
    model: str | None
    task: Path | None
    language: str | None
    extra: tuple[str, ...]
    jobs: int | None
    folder: Path


def _heard(asked: _Asked, paths: list[Path], money: dict[str, Any]) -> Iterator[Outcome]:
    from idiolect.engines import ENGINES
    from idiolect.serving import transcribe_files

    if asked.engine is None or asked.engine not in ENGINES or not ENGINES[asked.engine].remote:
        choice = engine_choice(asked.engine, asked.model, asked.task, asked.language, asked.folder, extra=asked.extra)
        yield from transcribe_files(choice, paths, jobs=asked.jobs or _cores())
        return
    from idiolect.corpus.values import Sensitivity

    with open_project(asked.folder, language=asked.language) as project:
        stated = Sensitivity(money.pop("sensitivity") or project.settings.sensitivity)
        more: dict[str, Any] = money if asked.jobs is None else {**money, "jobs": asked.jobs}
        yield from project.transcribe(
            paths,
            asked.engine,
            model=asked.model,
            task=asked.task,
            extra=named_values("--with", asked.extra),
            stated=stated,
            **more,
        )


def engine_choice(
    engine: str | None,
    model: str | None,
    task: Path | None,
    language: str | None,
    folder: Path,
    *,
    extra: tuple[str, ...] = (),
    threads: int = 1,
) -> EngineChoice:
    """What the options name. A model is a folder, or a name in the project at `folder`."""
    from idiolect.serving import EngineChoice

    found = model
    if model is not None and not Path(model).expanduser().is_dir():
        # Some engines take the name of a model that lies elsewhere; with one of them named, any name may stand.
        found = model if engine is not None else _in_project(model, folder)
    elif model is not None:
        found = str(Path(model).expanduser())
    return EngineChoice(
        name=engine or "",
        model=found,
        task=task,
        language=language,
        threads=threads,
        extra=named_values("--with", extra),
    )


def _in_project(model: str, folder: Path) -> str:
    from idiolect.project import Project

    try:
        project = Project.find(folder)
    except ProjectError as error:
        raise ProjectError(
            f"there is no model folder {model}, and {error.message}",
            hint="a model is a checkpoint's or a bundle's folder, or the name of one in a project",
        ) from error
    return str(project.model_folder(model))


def _print(name: Path, outcome: Outcome, form: str, *, many: bool, task: bool) -> None:
    from idiolect.serving import cues, srt, vtt

    transcript = outcome.transcript
    if transcript is None:
        return
    if form != "text":
        click.echo((srt if form == "srt" else vtt)(cues(transcript)), nl=False)
        return
    meaning = ""
    if task:
        slots = " ".join(f"{slot}={value!r}" for slot, value in transcript.slots.items())
        meaning = f"\t{transcript.intent or '(rejected)'} {slots}".rstrip()
    click.echo(f"{name}\t{transcript.text}{meaning}" if many else f"{transcript.text}{meaning}")


@contextmanager
def _readable(files: tuple[Path, ...]) -> Iterator[list[Path]]:
    """Paths that any process can read: standard input is first written to a file of ours."""
    import tempfile

    if Path("-") not in files:
        yield list(files)
        return
    with tempfile.NamedTemporaryFile(prefix="idiolect-stdin-") as copy:
        shutil.copyfileobj(sys.stdin.buffer, copy)
        copy.flush()
        yield [Path(copy.name) if file == Path("-") else file for file in files]


def _cores() -> int:
    return len(os.sched_getaffinity(0))
