"""A task file's YAML, node by node: whatever is wrong there is said with its line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import yaml

from idiolect.errors import TaskError

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""With libyaml 100,000 list values take a second, without it ten."""

_Result = TypeVar("_Result")
Table = Mapping[str, tuple[yaml.Node, yaml.Node]]
"""Name → the node of the name, the node of the value."""


@dataclass(slots=True)
class Nodes:
    """Reads nodes of one file.

    path: the file, for messages.
    found: None to stop at the first error; else every error is kept here and reading goes on.
    """

    path: object
    found: list[TaskError] | None = None
    seen: set[tuple[str, int | None]] = field(default_factory=set)

    def fail(self, message: str, node: yaml.Node | None, hint: str | None = None) -> TaskError:
        """The error to raise for `node`."""
        return TaskError(message, path=self.path, line=None if node is None else line_of(node), hint=hint)

    def note(self, error: TaskError) -> None:
        """Raise `error`, or keep it (once) where all of them are wanted."""
        if self.found is None:
            raise error
        if (error.found, error.line) not in self.seen:
            self.seen.add((error.found, error.line))
            self.found.append(error)

    def attempt(self, read: Callable[[], _Result]) -> _Result | None:
        """What `read` gives; None where it fails and reading goes on."""
        try:
            return read()
        except TaskError as error:
            self.note(error)
            return None

    def compose(self, text: str) -> yaml.Node:
        """The root of a YAML text."""
        try:
            root = yaml.compose(text, Loader=_LOADER)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            line = None if mark is None else mark.line + 1
            raise TaskError(f"not YAML: {getattr(error, 'problem', error)}", path=self.path, line=line) from error
        except RecursionError as error:
            raise self.fail("nested too deeply to be read", None) from error
        if root is None:
            raise self.fail("the file is empty", None)
        return root

    def named(self, table: Table, key: str) -> dict[str, yaml.Node]:
        """The values of the table under `key`; none where it is missing."""
        if key not in table:
            return {}
        return {name: value for name, (_, value) in self.table(table[key][1], key).items()}

    def only(self, table: Table, known: frozenset[str], what: str) -> None:
        """Refuse names that are not `known`."""
        for name, (key, _) in table.items():
            if name not in known:
                self.note(self.fail(f"{what} has no {name!r}", key, f"known: {', '.join(sorted(known))}"))

    def table(self, node: yaml.Node, what: str) -> Table:
        """The names and values of a mapping."""
        if not isinstance(node, yaml.MappingNode):
            raise self.fail(f"{what} is not a table of names", node)
        found: dict[str, tuple[yaml.Node, yaml.Node]] = {}
        for key, value in node.value:
            name = self.scalar(key, "a name")
            if name in found:
                self.note(self.fail(f"{name!r} stands here twice", key))
            found[name] = (key, value)
        return found

    def sequence(self, node: yaml.Node, what: str) -> list[yaml.Node]:
        """The items of a YAML list."""
        if not isinstance(node, yaml.SequenceNode):
            raise self.fail(f"{what}: not a list", node)
        return list(node.value)

    def scalar(self, node: yaml.Node, what: str) -> str:
        """The text of a node that is one."""
        if not isinstance(node, yaml.ScalarNode):
            raise self.fail(f"{what} is not a text", node)
        return str(node.value)


def line_of(node: yaml.Node) -> int:
    """The line of a node, counted from 1."""
    return int(node.start_mark.line) + 1


def is_number(node: yaml.Node) -> bool:
    """Whether a node is written as a number, without quotes."""
    return isinstance(node, yaml.ScalarNode) and node.tag in {"tag:yaml.org,2002:int", "tag:yaml.org,2002:float"}


def is_null(node: yaml.Node) -> bool:
    """Whether a node says ``null``."""
    return isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null"
