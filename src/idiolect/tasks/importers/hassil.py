"""Home Assistant's sentence files (https://github.com/home-assistant/intents), one or a folder of them.

The format is ours already; what is done here is merging, and leaving out what only Home Assistant can fill (wildcards,
and lists such as ``{area}`` that it makes at run time).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from idiolect.errors import TaskError
from idiolect.tasks.importers.draft import Block, Draft, Sentence
from idiolect.tasks.nodes import Nodes, Table, is_number, line_of

_TOP = {"language", "intents", "lists", "expansion_rules", "settings", "skip_words", "responses", "tests"}
_IGNORED = ("requires_context", "excludes_context", "required_keywords")
"""What limits a sentence in Home Assistant and says nothing to a decoder."""


def read(path: Path, text: str, draft: Draft) -> None:
    """Add a file to `draft`. Raises `TaskError` with the line."""
    nodes = Nodes(path)
    top = nodes.table(nodes.compose(text), "a sentence file")
    if not _TOP & top.keys():
        raise TaskError("not a file of Home Assistant's sentences", path=path, hint=f"it has {', '.join(top)}")
    if "language" in top:
        draft.speak(nodes.scalar(top["language"][1], "language"), path)
    _names(nodes, top, draft, draft.lists, draft.rules)
    for intent, body in nodes.named(top, "intents").items():
        table = nodes.table(body, f"intent {intent!r}")
        for entry in nodes.sequence(table["data"][1], f"data of intent {intent!r}") if "data" in table else ():
            draft.intents.setdefault(intent, []).append(_block(nodes, nodes.table(entry, "a data block"), draft))


def _block(nodes: Nodes, table: Table, draft: Draft) -> Block:
    found = Block([])
    for node in nodes.sequence(table["sentences"][1], "sentences") if "sentences" in table else ():
        found.sentences.append(Sentence(nodes.scalar(node, "a sentence"), f"{nodes.path}:{line_of(node)}"))
    for slot, node in nodes.named(table, "slots").items():
        found.slots[slot] = nodes.scalar(node, f"slot {slot!r}")
    for name in _IGNORED:
        if name in table:
            draft.warnings.append(f"{nodes.path}:{line_of(table[name][0])}: {name} is not kept")
    _names(nodes, table, draft, found.lists, found.rules)
    return found


def _names(nodes: Nodes, table: Table, draft: Draft, lists: dict[str, Any], rules: dict[str, str]) -> None:
    for name, node in nodes.named(table, "lists").items():
        place = f"{nodes.path}:{line_of(node)}"
        value = _list(nodes, name, node)
        if value is None and name not in lists:
            draft.warnings.append(f"{place}: list {name!r} takes any words; give its values with --list {name}=FILE")
        if value is not None or name not in lists:
            draft.add("list", lists, name, value, place)
    for name, node in nodes.named(table, "expansion_rules").items():
        draft.add("rule", rules, name, nodes.scalar(node, f"rule <{name}>"), f"{nodes.path}:{line_of(node)}")


def _list(nodes: Nodes, name: str, node: yaml.Node) -> Any:
    """Our form of a list; None for a wildcard."""
    if isinstance(node, yaml.SequenceNode):
        return [_value(nodes, name, entry) for entry in node.value]
    table = nodes.table(node, f"list {name!r}")
    if "range" in table:
        numbers = nodes.table(table["range"][1], f"range of list {name!r}")
        return {"range": {key: _plain(nodes, value, key) for key, (_, value) in numbers.items()}}
    if "values" not in table:
        return None
    values = [_value(nodes, name, entry) for entry in nodes.sequence(table["values"][1], f"values of {name!r}")]
    kind = nodes.scalar(table["type"][1], "type") if "type" in table else None
    return values if kind is None else {"type": kind, "values": values}


def _value(nodes: Nodes, name: str, node: yaml.Node) -> Any:
    if not isinstance(node, yaml.MappingNode):
        return nodes.scalar(node, f"a value of list {name!r}")
    table = nodes.table(node, f"a value of list {name!r}")
    if "in" not in table:
        raise nodes.fail(f"a value of list {name!r} has no 'in'", node)
    return {key: _plain(nodes, table[key][1], key) for key in ("in", "out") if key in table}


def _plain(nodes: Nodes, node: yaml.Node, what: str) -> Any:
    """A number where one is written, else the text."""
    text = nodes.scalar(node, what)
    if not is_number(node):
        return text
    try:
        return int(text)
    except ValueError:
        return float(text)
