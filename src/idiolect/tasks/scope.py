"""Lists and rules by name, read when a template first needs them, and kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import yaml

from idiolect.errors import TaskError
from idiolect.tasks.graph import may_be_empty
from idiolect.tasks.nodes import Nodes, Table, is_number, line_of
from idiolect.tasks.numbers import (
    LARGEST_RANGE,
    number_text,
    number_wordings,
    number_words,
    parse_inline_range,
    ranged_numbers,
    spell_template,
    words_number,
)
from idiolect.tasks.phrases import EMPTY, Kind, Phrase, Rule, Slot, Value, Words
from idiolect.tasks.template import Context, TemplateError, read_template
from idiolect.text import basic_v1

_LIST = frozenset({"values", "range", "wildcard", "metadata", "type"})
_RANGE = frozenset(
    {"from", "to", "step", "type", "fractions", "multiplier", "digits", "words", "words_language"}
)  # fmt: skip
_SYNTAX = frozenset("[]()<>{}|;\\")
_KINDS: dict[str, Kind] = {"text": "text", "number": "number", "boolean": "boolean"}
DEEPEST = 64
"""Rules and lists inside one another. The interpreter's own limit depends on who calls, this one does not."""
_UNREADABLE = Words(("\N{HORIZONTAL ELLIPSIS}",))
"""Stands for what could not be read, where reading goes on."""

Values = tuple[tuple[Value, ...], Kind]


@dataclass(frozen=True, slots=True)
class Written:
    """A template of the file: a sentence of an intent, a rule, or a value of a list."""

    what: str
    line: int
    phrase: Phrase


@dataclass(slots=True)
class Scope:
    """The names of a data block, then those of the file.

    used: names of rules (``<a>``) and lists (``{a}``) that something refers to.
    open_names: what is being read now, so that a loop is found.
    """

    nodes: Nodes
    language: str
    lists: dict[str, yaml.Node]
    rules: dict[str, yaml.Node]
    outer: Scope | None = None
    written: list[Written] = field(default_factory=list)
    used: set[str] = field(default_factory=set)
    read_values: dict[str, Values] = field(default_factory=dict)
    read_slots: dict[tuple[str, str], Slot] = field(default_factory=dict)
    read_rules: dict[str, Rule] = field(default_factory=dict)
    open_names: list[str] = field(default_factory=list)

    def inner(self, lists: dict[str, yaml.Node], rules: dict[str, yaml.Node]) -> Scope:
        """The scope of a data block."""
        return Scope(self.nodes, self.language, lists, rules, self, self.written)

    def template(self, node: yaml.Node, what: str, name: str) -> Phrase:
        """The phrase of a template. Raises `TaskError` with its line."""
        text = self.nodes.scalar(node, f"{what} {name!r}")

        def rule(wanted: str) -> Rule:
            try:
                return self.rule(wanted)
            except TemplateError as error:
                self.nodes.note(self.nodes.fail(str(error), node, self._known(wanted, self._names("rules"))))
            except TaskError as error:
                self.nodes.note(error)
            return Rule(wanted, _UNREADABLE)

        def slot(list_name: str, slot_name: str) -> Slot:
            try:
                return self.slot(list_name, slot_name)
            except TemplateError as error:
                self.nodes.note(self.nodes.fail(str(error), node, self._known(list_name, self._names("lists"))))
            except TaskError as error:
                self.nodes.note(error)
            return Slot(slot_name, (Value(_UNREADABLE, None),), list_name)

        try:
            phrase = read_template(spell_template(text, self.language), Context(rule=rule, slot=slot))
        except TemplateError as error:
            raise self.nodes.fail(str(error), node) from error
        except RecursionError as error:
            raise self.nodes.fail("rules or brackets are nested too deeply", node) from error
        self.written.append(Written(what, line_of(node), phrase))
        return phrase

    def rule(self, name: str) -> Rule:
        """The rule of that name. Raises `TemplateError` where there is none, `TaskError` for a loop."""
        if name not in self.rules:
            if self.outer is None:
                raise TemplateError(f"there is no rule <{name}>")
            return self.outer.rule(name)
        if name not in self.read_rules:
            node = self.rules[name]
            with _Opened(self, f"<{name}>", node):
                self.read_rules[name] = Rule(name, self.template(node, "rule", name))
        self.used.add(f"<{name}>")
        return self.read_rules[name]

    def slot(self, list_name: str, slot_name: str) -> Slot:
        """The list as a slot. Raises `TemplateError` where there is no such list."""
        key = (list_name, slot_name.removeprefix("@"))
        if key not in self.read_slots:
            values, kind = self.values(list_name)
            self.read_slots[key] = Slot(key[1], values, list_name, kind)
        return self.read_slots[key]

    def values(self, name: str) -> Values:
        """The values of a list, and what they are in JSON."""
        if name not in self.read_values:
            if name in self.lists:
                with _Opened(self, f"{{{name}}}", self.lists[name]):
                    self.read_values[name] = self._read_list(name, self.lists[name])
            elif self.outer is not None:
                return self.outer.values(name)
            elif (inline := parse_inline_range(name)) is not None:
                self.read_values[name] = (self._range(*inline), "number")
            else:
                raise TemplateError(f"there is no list {{{name}}}")
        self.used.add(f"{{{name}}}")
        return self.read_values[name]

    def unused(self) -> list[tuple[str, int]]:
        """Rules and lists of this scope that nothing has referred to so far, with their lines."""
        rules = [(f"rule <{name}>", node) for name, node in self.rules.items() if f"<{name}>" not in self.used]
        lists = [(f"list {{{name}}}", node) for name, node in self.lists.items() if f"{{{name}}}" not in self.used]
        return [(what, line_of(node)) for what, node in [*rules, *lists]]

    def read_all(self) -> None:
        """Read what nothing refers to as well, so that a mistake is found there."""
        for name in self.rules:
            self.nodes.attempt(lambda name=name: self.rule(name))  # type: ignore[misc]
        for name in self.lists:
            self.nodes.attempt(lambda name=name: self.values(name))  # type: ignore[misc]

    def _names(self, what: str) -> list[str]:
        mine = list(getattr(self, what))
        return mine if self.outer is None else [*mine, *self.outer._names(what)]  # noqa: SLF001 - the same class

    def _known(self, wanted: str, names: list[str]) -> str:
        import difflib

        near = difflib.get_close_matches(wanted, names, n=1)
        return f"did you mean {near[0]!r}?" if near else f"known: {', '.join(names[:20]) or 'none'}"

    def _read_list(self, name: str, node: yaml.Node) -> Values:
        kind: Kind = "text"
        if isinstance(node, yaml.SequenceNode):  # `size: [small, large]`: shorter than hassil's own form
            entries = node.value
        else:
            table = self.nodes.table(node, f"list {name!r}")
            self.nodes.only(table, _LIST, f"list {name!r}")
            if "range" in table:
                return self._read_range(name, table["range"][1]), self._kind(name, table, "number")
            if "values" not in table:
                raise self.nodes.fail(
                    f"list {name!r} has no values",
                    node,
                    "a wildcard cannot be decoded: list the values that may be said",
                )
            entries = self.nodes.sequence(table["values"][1], f"values of list {name!r}")
            kind = self._kind(name, table, "text")
        if entries and all(_gives_number(entry) for entry in entries):
            kind = "number"
        values = [self.nodes.attempt(lambda entry=entry: self._read_value(name, entry, kind)) for entry in entries]  # type: ignore[misc]
        if not values:
            raise self.nodes.fail(f"list {name!r} is empty", node)
        read = tuple(value for value in values if value is not None)
        return read or (Value(_UNREADABLE, None),), kind

    def _kind(self, name: str, table: Table, default: Kind) -> Kind:
        if "type" not in table:
            return default
        text = self.nodes.scalar(table["type"][1], "type")
        if text not in _KINDS:
            raise self.nodes.fail(f"list {name!r} has type {text!r}", table["type"][1], f"known: {', '.join(_KINDS)}")
        return _KINDS[text]

    def _read_value(self, name: str, node: yaml.Node, kind: Kind) -> Value:
        canonical, entry = None, node
        if isinstance(node, yaml.MappingNode):
            table = self.nodes.table(node, f"a value of list {name!r}")
            if "in" not in table:
                raise self.nodes.fail(f"a value of list {name!r} has no 'in'", node, "{in: twelve ounce, out: 12 oz}")
            if "out" in table:
                canonical = self.nodes.scalar(table["out"][1], "out")
            entry = table["in"][1]
        text = self.nodes.scalar(entry, f"a value of list {name!r}")
        if _SYNTAX.isdisjoint(text):
            words = tuple(basic_v1(spell_template(text, self.language)).split())
            body: Phrase = Words(words) if words else EMPTY
            canonical = text if canonical is None else canonical
            self.written.append(Written("list", line_of(entry), body))
        else:
            body = self.template(entry, "list", name)
        if may_be_empty(body):
            raise self.nodes.fail(f"a value of list {name!r} says nothing", node)
        return Value(body, self._as_kind(name, canonical, kind, node))

    def _as_kind(self, name: str, canonical: str | None, kind: Kind, node: yaml.Node) -> str | None:
        if kind == "text":
            return canonical
        hint = f"{{in: twelve ounce, out: {'12' if kind == 'number' else 'true'}}}"
        if canonical is None:
            raise self.nodes.fail(f"a template in list {name!r} of type {kind} has no 'out'", node, hint)
        if kind == "boolean":
            if canonical.lower() not in {"true", "false"}:
                raise self.nodes.fail(f"{canonical!r} in list {name!r} is neither true nor false", node, hint)
            return canonical.lower()
        try:
            return number_text(float(canonical))
        except (ValueError, OverflowError):
            number = words_number(canonical, self.language)
        if number is None:
            raise self.nodes.fail(f"{canonical!r} in list {name!r} is not a number", node, hint)
        return number_text(number)

    def _read_range(self, name: str, node: yaml.Node) -> tuple[Value, ...]:
        table = self.nodes.table(node, f"range of list {name!r}")
        self.nodes.only(table, _RANGE, "a range")

        def number(key: str, default: float | None, kind: Callable[[str], Any]) -> Any:
            if key not in table:
                if default is None:
                    raise self.nodes.fail(f"the range of list {name!r} has no {key!r}", node)
                return default
            text = self.nodes.scalar(table[key][1], key)
            try:
                return kind(text)
            except ValueError:
                raise self.nodes.fail(f"{key} is {text!r}, not a number", table[key][1]) from None

        first, last, step = number("from", None, int), number("to", None, int), number("step", 1, int)
        fractions = self.nodes.scalar(table["fractions"][1], "fractions") if "fractions" in table else None
        if (
            first > last
            or step < 1
            or (last - first) // step >= LARGEST_RANGE
            or fractions not in {None, "halves", "tenths"}
        ):
            raise self.nodes.fail(f"the range of list {name!r} has no sense: {first} to {last} by {step}", node)
        return self._range(first, last, step, fractions, number("multiplier", 1, float))

    def _range(
        self, first: int, last: int, step: int, fractions: str | None = None, multiplier: float = 1
    ) -> tuple[Value, ...]:
        return tuple(
            Value(Words(tuple(wording.split())), number_text(number * multiplier))
            for number in ranged_numbers(first, last, step, fractions)
            for wording in number_wordings(number, self.language) or (number_words(number, self.language),)
        )


def _gives_number(entry: yaml.Node) -> bool:
    """``{in: a dozen, out: 12}``: who writes a number, without quotes, asks for one."""
    return isinstance(entry, yaml.MappingNode) and any(
        key.value == "out" and is_number(value) for key, value in entry.value
    )


@dataclass(slots=True)
class _Opened:
    """While a name is read: whoever comes to it again has found a loop."""

    scope: Scope
    name: str
    node: yaml.Node

    def __enter__(self) -> None:
        names = self.scope.open_names
        if self.name in names:
            loop = " → ".join([*names[names.index(self.name) :], self.name])
            what = "rule" if self.name.startswith("<") else "list"
            raise self.scope.nodes.fail(f"a {what} that leads to itself: {loop}", self.node)
        if len(names) == DEEPEST:
            raise self.scope.nodes.fail(
                f"rules or lists are nested too deeply: {DEEPEST} inside one another", self.node
            )
        names.append(self.name)

    def __exit__(self, *_: object) -> None:
        self.scope.open_names.remove(self.name)
