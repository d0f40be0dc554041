"""The words of a project, in files that a person writes: a glossary, and what is often misheard."""

from __future__ import annotations

from pathlib import Path

from idiolect.errors import UserError

_ARROW = "=>"


def read_glossary(path: Path) -> tuple[str, ...]:
    """One word or phrase a line; blank lines and lines that begin with ``#`` count for nothing. Raises `UserError`."""
    return tuple(dict.fromkeys(line for _, line in _lines(path)))


def read_corrections(path: Path) -> dict[str, str]:
    """Lines ``heard => meant``. Raises `UserError` with the line that is none, or that says another thing again."""
    found: dict[str, str] = {}
    for number, line in _lines(path):
        heard, arrow, meant = (part.strip() for part in line.partition(_ARROW))
        if not (heard and arrow and meant):
            raise UserError(f"{path}:{number}: {line!r} is no correction", hint="cube cuddle => kubectl")
        if found.get(heard, meant) != meant:
            raise UserError(f"{path}:{number}: {heard!r} is {found[heard]!r} above, and {meant!r} here")
        found[heard] = meant
    return found


def _lines(path: Path) -> list[tuple[int, str]]:
    try:
        texts = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not UTF-8 at byte {error.start}") from error
    lines = [(number, " ".join(text.split())) for number, text in enumerate(texts, start=1)]
    return [(number, line) for number, line in lines if line and not line.startswith("#")]
