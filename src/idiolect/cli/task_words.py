"""``idiolect task words``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from idiolect.cli.options import examples, json_option
from idiolect.cli.output import print_fields, print_json

if TYPE_CHECKING:
    from idiolect.tasks.studying import Study

_OUT = click.Path(path_type=Path, dir_okay=False)


@click.command(
    "words",
    short_help="Learn words from text without templates.",
    epilog=examples(
        "idiolect task words docs/ --arpa docs.arpa --terms terms.txt",
        "idiolect task words sentences.txt glossary.csv --lexicon lexicon.txt --json",
        "idiolect task words ~/src/robot --min-count 3 --terms terms.txt",
    ),
)
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True), metavar="PATH...")
@click.option("--arpa", type=_OUT, help="Write an n-gram model here.")
@click.option("--terms", type=_OUT, help="Write the key terms here, one a line, the best first.")
@click.option("--vocabulary", type=_OUT, help="Write the words with their counts here.")
@click.option("--lexicon", type=_OUT, help="Write the pronunciations here.")
@click.option("--order", type=click.IntRange(1, 6), default=3, show_default=True, help="Words of the longest n-gram.")
@click.option("--min-count", type=click.IntRange(min=1), default=1, show_default=True, help="Leave rarer words out.")
@click.option("--language", metavar="CODE", default="en", show_default=True, help="BCP 47 code of the text.")
@json_option
def command(
    paths: tuple[Path, ...],
    *,
    arpa: Path | None,
    terms: Path | None,
    vocabulary: Path | None,
    lexicon: Path | None,
    order: int,
    min_count: int,
    language: str,
    as_json: bool,
) -> None:
    """Learn words from text that has no templates: sentences, a glossary, documents, source code.

    PATH is a file or a folder: text, CSV, Markdown, reStructuredText, HTML, or source code, whose names are split
    (loadTask is "load task"). The n-gram model is an ARPA file (interpolated Kneser-Ney); key terms are words that are
    much commoner here than in general English.
    """
    from idiolect.tasks.studying import study

    found = study(paths, language=language, order=order, min_count=min_count)
    if arpa is not None:
        found.model.write_arpa(arpa)
    if terms is not None:
        found.write_terms(terms)
    if vocabulary is not None:
        found.write_vocabulary(vocabulary)
    if lexicon is not None:
        found.lexicon.save(lexicon)
    written = [path for path in (arpa, terms, vocabulary, lexicon) if path is not None]
    if as_json:
        print_json(_summary(found) | {"counts": found.counts, "terms": found.terms, "written": written})
        return
    for path, why in found.texts.skipped:
        click.echo(f"warning: {path} was passed over: {why}", err=True)
    print_fields(
        {name: len(value) if isinstance(value, tuple) else value for name, value in _summary(found).items()}
        | {"terms": [f"{term.word} ({term.count}, {term.ratio:.0f} times as common)" for term in found.terms]}
        | {"written": written}
    )


def _summary(found: Study) -> dict[str, object]:
    return {
        "files": found.texts.files,
        "skipped": found.texts.skipped,
        "sentences": len(found.texts.sentences),
        "words": sum(found.counts.values()),
        "different": len(found.counts),
        "guessed": found.guessed,
        "unspeakable": found.unspeakable,
        "ngrams": len(found.model.log_probs),
    }
