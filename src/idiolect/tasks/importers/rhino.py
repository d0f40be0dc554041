"""Picovoice Rhino's contexts as YAML (https://picovoice.ai/docs/rhino/).

In them ``[a, b]`` is a choice, ``(a)`` an option, ``$list:slot`` a slot and ``@name`` a macro.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import yaml

from idiolect.tasks.importers.draft import Block, Draft, Sentence
from idiolect.tasks.nodes import Nodes, line_of

_PIECE = re.compile(r"\$[\w.]+(?::\w+)?|@\w+|[\[\](),]|\s+|[^\[\](),$@\s]+|.", re.DOTALL)
_OPENED = {"[": "(", "(": "["}
_CLOSED = {"]": ")", ")": "]"}
_BUILT_IN = {
    "pv.SingleDigitInteger": "{{0..9:{}}}",
    "pv.TwoDigitInteger": "{{0..99:{}}}",
    "pv.Percent": "{{0..100:{}}} percent",
}
"""Rhino's own slots that have a counterpart here."""
_WORD = re.compile(r"[\w'\u2019.-]+")


def read(path: Path, text: str, draft: Draft) -> None:
    """Add a context to `draft`. Raises `TaskError` with the line."""
    nodes = Nodes(path)
    top = nodes.table(nodes.compose(text), "a Rhino context")
    if "context" not in top:
        raise nodes.fail("a Rhino context has no 'context'", None, "context: {expressions: {…}, slots: {…}}")
    context = nodes.table(top["context"][1], "context")
    for name, node in nodes.named(context, "slots").items():
        values = [_template(nodes, value) for value in nodes.sequence(node, f"slot {name!r}")]
        draft.add("list", draft.lists, name, values, f"{path}:{line_of(node)}")
    for name, node in nodes.named(context, "macros").items():
        phrases = [_template(nodes, phrase) for phrase in nodes.sequence(node, f"macro {name!r}")]
        draft.add("rule", draft.rules, name, f"({'|'.join(phrases)})", f"{path}:{line_of(node)}")
    for intent, node in nodes.named(context, "expressions").items():
        sentences = [
            Sentence(_template(nodes, expression), f"{path}:{line_of(expression)}")
            for expression in nodes.sequence(node, f"expressions of {intent!r}")
        ]
        draft.intents.setdefault(intent, []).append(Block(sentences))


def _template(nodes: Nodes, node: yaml.Node) -> str:
    """An expression in our syntax."""
    text = nodes.scalar(node, "an expression")

    def fail(message: str) -> Exception:
        return nodes.fail(f"{message} in {text!r}", node)

    opened: list[str] = []
    written: list[str] = []
    for piece in _PIECE.findall(text):
        if piece in _OPENED:
            opened.append(piece)
            written.append(_OPENED[piece])
        elif piece in _CLOSED:
            if not opened or _OPENED[opened.pop()] + _CLOSED[piece] not in {"()", "[]"}:
                raise fail(f"an unexpected {piece!r}")
            written.append(_CLOSED[piece])
        elif piece == ",":
            if not opened:
                raise fail("a comma outside of brackets")
            written.append("|")
        else:
            written.append(_plain(piece, fail))
    if opened:
        raise fail(f"an unclosed {opened[-1]!r}")
    return re.sub(r"\s*\|\s*", "|", " ".join("".join(written).split()))


def _plain(piece: str, fail: Callable[[str], Exception]) -> str:
    if piece[0] == "$" and len(piece) > 1:
        name, _, slot = piece[1:].partition(":")
        if name.startswith("pv."):
            if name not in _BUILT_IN:
                raise fail(f"Rhino's own slot ${name} has no counterpart; write a slot with its values")
            return _BUILT_IN[name].format(slot or name.replace(".", "_"))
        return f"{{{name}:{slot}}}" if slot and slot != name else f"{{{name}}}"
    if piece[0] == "@" and len(piece) > 1:
        return f"<{piece[1:]}>"
    if piece.isspace() or _WORD.fullmatch(piece):
        return piece
    raise fail(f"{piece!r} has no meaning")
