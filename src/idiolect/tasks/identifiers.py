"""Names in source code, as people say them: ``parse_task`` and ``parseTask`` are "parse task"."""

from __future__ import annotations

import re
from collections.abc import Iterator

_JOINT = re.compile(
    r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[A-Za-z]{2})(?=\d)|(?<=\d)(?=[A-Za-z]{2})|[_\W]+"
)
_IDENTIFIER = re.compile(r"[^\W\d]\w*")
_PROSE = re.compile(
    r'"""(?P<doc>.*?)"""|/\*(?P<block>.*?)\*/|(?:#|(?<!:)//)(?P<line>[^\n]*)'  # https:// is no comment
    r"|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'",
    re.DOTALL,
)
_KEYWORDS = frozenset({
    "and", "as", "assert", "async", "await", "bool", "break", "case", "catch", "char", "class", "const", "continue",
    "def", "del", "do", "double", "elif", "else", "enum", "except", "export", "extends", "extern", "false", "final",
    "finally", "float", "fn", "for", "from", "func", "function", "global", "goto", "if", "impl", "implements",
    "import", "in", "include", "instanceof", "int", "interface", "is", "lambda", "let", "long", "match", "mod",
    "mut", "namespace", "new", "nil", "none", "not", "null", "object", "or", "package", "pass", "private",
    "protected", "pub", "public", "raise", "ref", "return", "self", "short", "signed", "sizeof", "static", "str",
    "struct", "super", "switch", "template", "this", "throw", "throws", "trait", "true", "try", "type", "typedef",
    "typename", "typeof", "undefined", "union", "unsigned", "use", "using", "var", "void", "volatile", "where",
    "while", "with", "yield",
})  # fmt: skip
"""Words of programming languages: they say how a program is written, not what it is about."""


def spoken_identifier(name: str) -> str:
    """The words of a name, with single spaces between them.

    >>> spoken_identifier("HTTPServer.load_task2"), spoken_identifier("b2b")
    ('HTTP Server load task 2', 'b2b')
    """
    return " ".join(part for part in _JOINT.split(name) if part)


def code_lines(text: str) -> Iterator[str]:
    """What source code says: its comments as text, then each of its names as a line of its own."""
    rest: list[str] = []
    at = 0
    for found in _PROSE.finditer(text):
        rest.append(text[at : found.start()])
        at = found.end()
        said = found["doc"] or found["block"] or found["line"]
        if said:
            yield from (line.strip(" \t*/#!") for line in said.splitlines())
    rest.append(text[at:])
    for name in _IDENTIFIER.findall(" ".join(rest)):
        words = spoken_identifier(name)
        if len(words) > 1 and words.lower() not in _KEYWORDS:
            yield words
