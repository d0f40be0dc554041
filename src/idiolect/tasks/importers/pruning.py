"""Cut out of a template what refers to something that is not there, and leave the rest as it is written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet

_REFERENCE = re.compile(r"\{[^}]*\}|<[^>]*>")
_PIECE = re.compile(r"\{[^}]*\}|<[^>]*>|\\.|[\[\](){}<>|;]|[^\[\](){}<>|;\\]+|\\")
_CLOSING = {"(": ")", "[": "]"}


def references(template: str) -> Iterator[str]:
    """The rules (``<name>``) and lists (``{name}``, without the slot) that a template names."""
    for found in _REFERENCE.finditer(template):
        yield _name(found[0])


def prune(template: str, lost: AbstractSet[str]) -> str | None:
    """The template without the alternatives and optional parts that name something `lost`; None if nothing remains.

    A template whose brackets do not match comes back as it is: whoever reads it will say so.
    """
    if not lost:
        return template
    pieces = _PIECE.findall(template)
    text, end = _choice(pieces, 0, "(", lost)
    return template if end != len(pieces) else text


def _name(reference: str) -> str:
    inside = reference[1:-1].partition(":")[0].removeprefix("@")
    return f"{reference[0]}{inside}{reference[-1]}"


def _choice(pieces: list[str], at: int, opening: str, lost: AbstractSet[str]) -> tuple[str | None, int]:
    """The alternatives from `at` up to the end of their brackets, and where that is."""
    rows: list[str | None] = [""]
    divider = "|"
    while at < len(pieces) and pieces[at] not in {")", "]"}:
        piece = pieces[at]
        at += 1
        if piece in {"|", ";"}:
            divider = piece
            rows.append("")
            continue
        said: str | None = piece
        if piece in _CLOSING:
            inside, at = _choice(pieces, at, piece, lost)
            if at >= len(pieces) or pieces[at] != _CLOSING[piece]:
                return None, -1
            at += 1
            said = inside if not inside else f"{piece}{inside}{_CLOSING[piece]}"
        elif piece[0] in "{<" and _name(piece) in lost:
            said = None
        rows[-1] = None if said is None or rows[-1] is None else rows[-1] + said
    kept = [row for row in rows if row is not None]
    if divider == ";" and len(kept) < len(rows):
        kept = []  # all parts of a permutation are said
    if not kept:
        return ("" if opening == "[" else None), at
    return divider.join(kept), at
