"""``idiolect task``: a group of commands, each asking the room of tasks."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from idiolect.cli.options import FILE, examples, json_option, sentences_in
from idiolect.cli.output import print_json
from idiolect.cli.task_words import command as words

if TYPE_CHECKING:
    from idiolect.tasks import Task
    from idiolect.tasks.proving import Proof


MOST_WARNINGS = 30
"""Warnings that a text result shows."""


@click.group(
    "task",
    epilog=examples(
        "idiolect task check coffee.yaml --json",
        "idiolect task sample coffee.yaml -n 20",
        "idiolect task import coffee_maker.rhino.yaml --from rhino -o coffee.yaml",
        "idiolect task words docs/ --arpa docs.arpa --terms terms.txt",
    ),
)
def command() -> None:
    """Write, check and try task files: what may be said, and what it means.

    A task file is YAML in the format of Home Assistant's sentences (hassil): intents with sentence templates, lists
    and expansion rules. Ours are a list's type (text, number or boolean: what its values are in JSON) and tests.
    """


@command.command(
    "check",
    short_help="Say all that is wrong or doubtful, with lines.",
    epilog=examples("idiolect task check coffee.yaml", "idiolect task check coffee.yaml --strict --json"),
)
@click.argument("file", type=FILE)
@click.option("--lexicon", type=FILE, help="Pronunciations: a word, a tab and its phones on each line.")
@click.option("--strict", is_flag=True, help="Fail where there are warnings, too.")
@json_option
def check(file: Path, *, lexicon: Path | None, strict: bool, as_json: bool) -> int:
    """Say all that is wrong or doubtful in a task file, with lines; the exit code is 1 where there is an error.

    Errors: what is missing or loops, an empty task, words that nobody can say, a sentence that two intents accept, a
    text that means two values of a list. Warnings: a sentence with two readings of one intent, guessed
    pronunciations, lists and rules that nothing uses, values written in two ways.
    """
    from idiolect.tasks import Lexicon
    from idiolect.tasks.checking import check_task

    checked = check_task(file, None if lexicon is None else Lexicon.load(lexicon).over(Lexicon.default()))
    warnings = len(checked.findings) - checked.errors
    if as_json:
        print_json(
            {"file": checked.file, "errors": checked.errors, "warnings": warnings}
            | {"findings": checked.findings, "counts": checked.counts}
        )
    else:
        for finding in checked.findings[: checked.errors + MOST_WARNINGS]:
            click.echo(finding.text())
        if warnings > MOST_WARNINGS:
            click.echo(f"… and {_many(warnings - MOST_WARNINGS, 'warning')} more (--json lists all)")
        if checked.counts is not None:
            numbers = checked.counts
            click.echo(
                f"{_many(numbers.intents, 'intent')}, {_many(numbers.templates, 'template')}, "
                f"{_many(numbers.sentences, 'sentence')} of {_many(numbers.words, 'word')}; "
                f"graph of {numbers.nodes:,} nodes and {numbers.arcs:,} arcs in {numbers.seconds:.2f} s; "
                f"{numbers.memory:.0f} MB"
            )
        click.echo(f"{_many(checked.errors, 'error')}, {_many(warnings, 'warning')}")
    return 1 if checked.errors or (strict and warnings) else 0


@command.command(
    "sample",
    short_help="Print sentences by chance.",
    epilog=examples("idiolect task sample coffee.yaml -n 20 --seed 7"),
)
@click.argument("file", type=FILE)
@click.option("-n", "count", type=click.IntRange(min=1), default=10, show_default=True, help="How many sentences.")
@click.option("--seed", type=int, default=0, show_default=True, help="The same seed gives the same sentences.")
@json_option
def sample(file: Path, *, count: int, seed: int, as_json: bool) -> None:
    """Print sentences of a task by chance; with --json, what each one means."""
    from idiolect.tasks import load_task

    task = load_task(file)
    _print_sentences(task, task.sample(count, seed), as_json=as_json)


@command.command(
    "expand",
    short_help="Print every sentence, each once.",
    epilog=examples("idiolect task expand coffee.yaml | head", "idiolect task expand coffee.yaml --limit 1000 --json"),
)
@click.argument("file", type=FILE)
@click.option("--limit", type=click.IntRange(min=1), help="Stop after this many sentences.")
@json_option
def expand(file: Path, *, limit: int | None, as_json: bool) -> None:
    """Print every sentence of a task, each once, one a line, as they are found.

    Nothing is held in memory, so a task of any size can be read from the beginning.
    """
    from idiolect.tasks import load_task

    task = load_task(file)
    _print_sentences(task, itertools.islice(task.expand(), limit), as_json=as_json)


@command.command(
    "test",
    short_help="Run the tests of a task file.",
    epilog=examples("idiolect task test coffee.yaml", "idiolect task test coffee.yaml --sentences orders.txt --json"),
)
@click.argument("file", type=FILE)
@click.option("--sentences", type=FILE, metavar="TXT", help="Sentences that the task should know, one a line.")
@json_option
def test(file: Path, *, sentences: Path | None, as_json: bool) -> int:
    """Run the tests of a task file; the exit code is 1 where one fails.

    In the file, tests: gives for a sentence the intent and slots that it must have, an intent alone, or null where it
    must be rejected. With --sentences, each line of a text must be a sentence of the task.
    """
    from idiolect.errors import TaskError
    from idiolect.tasks.proving import cover, prove
    from idiolect.tasks.reading import load_task, read_task_file

    task = load_task(file)
    tests = read_task_file(file).tests
    if not tests and sentences is None:
        raise TaskError(
            "the file has no tests", path=file, hint="tests: {'a sentence': {intent: name, slots: {}}, 'another': null}"
        )
    proofs = {"tests": (file, prove(task, tests))} if tests else {}
    if sentences is not None:
        sentences_in(sentences)  # refuses what is no text
        proofs["sentences"] = (sentences, cover(task, sentences.read_text(encoding="utf-8-sig").splitlines()))
    if as_json:
        print_json(
            {
                name: {"passed": proof.passed, "of": proof.of, "failures": proof.failures}
                for name, (_, proof) in proofs.items()
            }
        )
    else:
        for name, (path, proof) in proofs.items():
            _print_proof(name, path, proof)
    return 1 if any(proof.failures for _, proof in proofs.values()) else 0


@command.command(
    "schema",
    short_help="Print the JSON Schema of the answers.",
    epilog=examples("idiolect task schema coffee.yaml > coffee.schema.json"),
)
@click.argument("file", type=FILE)
@click.option("--whole", is_flag=True, help="Let other fields (text, words, …) stand beside intent and slots.")
@click.option("--json", "as_json", is_flag=True, help="Print it on one line.")
def schema(file: Path, *, whole: bool, as_json: bool) -> None:
    """Print the JSON Schema (draft 2020-12) of a task's answers: intents, their slots and the values of those."""
    from idiolect.tasks import load_task
    from idiolect.tasks.schema import answer_schema

    found = answer_schema(load_task(file), whole=whole)
    if as_json:
        print_json(found)
    else:
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))


def _print_sentences(task: Task, sentences: Iterable[str], *, as_json: bool) -> None:
    for sentence in sentences:
        if not as_json:
            click.echo(sentence)
        elif (parsed := task.parse(sentence)) is not None:
            slots = task.answer(parsed.intent, parsed.slots)
            print_json({"text": sentence, "intent": parsed.intent, "slots": slots})


def _print_proof(name: str, path: Path, proof: Proof) -> None:
    for failure in proof.failures:
        click.echo(f"{path}:{failure.line}: {failure.sentence!r}: expected {failure.expected}, found {failure.found}")
    click.echo(f"{name}: {proof.passed} of {proof.of} as expected")


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


@command.command(
    "import",
    short_help="Make a task from other formats.",
    epilog=examples(
        "idiolect task import coffee_maker.rhino.yaml --from rhino -o coffee.yaml",
        "idiolect task import sentences/en --from hassil --list area=areas.txt -o home.yaml",
        "idiolect task import robot.jsgf --from jsgf",
    ),
)
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True), metavar="PATH...")
@click.option("--from", "form", type=click.Choice(["hassil", "rhino", "jsgf"]), required=True, help="Its format.")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write it here, not to stdout.")
@click.option("--language", metavar="CODE", help="BCP 47 code, where the files do not say it.")
@click.option(
    "--list", "lists", multiple=True, metavar="NAME=TXT", help="Values for a list that the files only name, one a line."
)
@json_option
def import_(
    paths: tuple[Path, ...],
    *,
    form: str,
    output: Path | None,
    language: str | None,
    lists: tuple[str, ...],
    as_json: bool,
) -> None:
    """Write a task file from Home Assistant's sentences, a Rhino context or a JSGF grammar.

    PATH is a file or a folder; several are merged. What has no counterpart in a task (weights, tags, wildcards) is left
    out, and each such place is said on stderr.
    """
    from idiolect.files import write_text
    from idiolect.tasks.importers import import_task

    imported = import_task(paths, form, language=language, lists=_named_lists(lists))
    if output is not None:
        write_text(output, imported.text)
    if as_json:
        text = {} if output is not None else {"text": imported.text}
        print_json({"output": output, "files": imported.files, "warnings": imported.warnings} | text)
        return
    for warning in imported.warnings:
        click.echo(f"warning: {warning}", err=True)
    if output is None:
        click.echo(imported.text, nl=False)
    else:
        click.echo(f"{output}: from {_many(len(imported.files), 'file')}; next: idiolect task check {output}")


def _named_lists(texts: tuple[str, ...]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for text in texts:
        name, given, path = text.partition("=")
        if not given or not name or not Path(path).is_file():
            raise click.UsageError(f"--list {text!r}: write NAME=FILE, a text with one value a line")
        found[name] = sentences_in(Path(path))
    return found


command.add_command(words)
