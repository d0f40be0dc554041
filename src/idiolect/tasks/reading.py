"""A task file → a `Task`.

The format is the one of Home Assistant's hassil (https://github.com/home-assistant/hassil): ``language``,
``intents``, ``lists`` and ``expansion_rules``. What only concerns conversations in Home Assistant (context, responses,
skip words, metadata) is read over. Wildcard lists are refused: a decoder needs to know the words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from idiolect.errors import TaskError
from idiolect.tasks.graph import may_be_empty
from idiolect.tasks.numbers import LARGEST_RANGE, number_words, parse_inline_range, ranged_numbers
from idiolect.tasks.phrases import EMPTY, Choice, IntentBlock, Phrase, Rule, Slot, Value, Words
from idiolect.tasks.task import Task
from idiolect.tasks.template import Context, TemplateError, read_template
from idiolect.text import basic_v1

_TOP = frozenset({"language", "intents", "lists", "expansion_rules", "settings", "skip_words", "responses"})
_BLOCK = frozenset(
    {"sentences", "slots", "lists", "expansion_rules", "response", "requires_context", "excludes_context", "metadata",
     "required_keywords", "inferred_domain", "name_domains", "settings"}
)  # fmt: skip
_LIST = frozenset({"values", "range", "wildcard", "metadata"})
_SYNTAX = frozenset("[]()<>{}|;\\")

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""With libyaml 100,000 list values take a second, without it ten."""


def load_task(path: Path | str) -> Task:
    """The task in a YAML file. Raises `TaskError` with the file and the line."""
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise TaskError(f"cannot be opened: {error.strerror}", path=path) from error
    except UnicodeDecodeError as error:
        raise TaskError(f"cannot be read as UTF-8 text: {error}", path=path) from error
    return parse_task(text, path=path)


def parse_task(text: str, path: Path | str | None = None) -> Task:
    """The task in `text`; `path` is only for the messages. Raises `TaskError` with the line."""
    return _Reader(text, path if path is not None else "task").read()


class _Reader:
    """One reading of one file. Lists and rules are read when they are first needed, and kept."""

    def __init__(self, text: str, path: object) -> None:
        self.text = text
        self.path = path

    def fail(self, message: str, node: yaml.Node | None, hint: str | None = None) -> TaskError:
        line = None if node is None else node.start_mark.line + 1
        return TaskError(message, path=self.path, line=line, hint=hint)

    def read(self) -> Task:
        top = self.table(self._compose(), "a task file")
        self.only(top, _TOP, "a task")
        language = self.scalar(top["language"][1], "language") if "language" in top else "en"
        scope = _Scope(self, self.named(top, "lists"), self.named(top, "expansion_rules"), None)
        intents = self.table(top["intents"][1], "intents") if "intents" in top else {}
        blocks = [block for name, (_, body) in intents.items() for block in self.intent(name, body, scope)]
        if not blocks:
            raise self.fail("the task has no sentences", None, "intents: {name: {data: [{sentences: [...]}]}}")
        scope.read_unused()
        return Task(text=self.text, language=language, blocks=tuple(blocks))

    def _compose(self) -> yaml.Node:
        try:
            root = yaml.compose(self.text, Loader=_LOADER)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            line = None if mark is None else mark.line + 1
            raise TaskError(f"not YAML: {getattr(error, 'problem', error)}", path=self.path, line=line) from error
        if root is None:
            raise self.fail("the file is empty", None)
        return root

    def intent(self, name: str, body: yaml.Node, scope: _Scope) -> Iterator[IntentBlock]:
        table = self.table(body, f"intent {name!r}")
        if "data" not in table:
            raise self.fail(f"intent {name!r} has no data", body, "data: [{sentences: [...]}]")
        for entry in self.sequence(table["data"][1], f"data of intent {name!r}"):
            block = self.table(entry, f"data of intent {name!r}")
            self.only(block, _BLOCK, "a data block")
            inner = _Scope(self, self.named(block, "lists"), self.named(block, "expansion_rules"), scope)
            fixed = self.table(block["slots"][1], "slots") if "slots" in block else {}
            if "sentences" not in block:
                raise self.fail(f"data of intent {name!r} has no sentences", entry)
            sentences = self.sequence(block["sentences"][1], "sentences")
            templates = tuple(self.sentence(sentence, inner) for sentence in sentences)
            if templates:
                slots = tuple((slot, self.scalar(value, f"slot {slot!r}")) for slot, (_, value) in fixed.items())
                yield IntentBlock(name, slots, Choice(templates))

    def sentence(self, node: yaml.Node, scope: _Scope) -> Phrase:
        phrase = self.template(node, scope, "a sentence")
        if may_be_empty(phrase):
            raise self.fail(f"the template {node.value!r} may say nothing at all", node, "make one word required")
        return phrase

    def template(self, node: yaml.Node, scope: _Scope, what: str) -> Phrase:
        text = self.scalar(node, what)
        try:
            return read_template(text, Context(rule=scope.rule, slot=scope.slot))
        except TemplateError as error:
            raise self.fail(str(error), node) from error

    def named(self, table: Mapping[str, tuple[yaml.Node, yaml.Node]], key: str) -> dict[str, yaml.Node]:
        if key not in table:
            return {}
        return {name: value for name, (_, value) in self.table(table[key][1], key).items()}

    def only(self, table: Mapping[str, tuple[yaml.Node, yaml.Node]], known: frozenset[str], what: str) -> None:
        for name, (key, _) in table.items():
            if name not in known:
                raise self.fail(f"{what} has no {name!r}", key, f"known: {', '.join(sorted(known))}")

    def table(self, node: yaml.Node, what: str) -> dict[str, tuple[yaml.Node, yaml.Node]]:
        if not isinstance(node, yaml.MappingNode):
            raise self.fail(f"{what} is not a table of names", node)
        found: dict[str, tuple[yaml.Node, yaml.Node]] = {}
        for key, value in node.value:
            name = self.scalar(key, "a name")
            if name in found:
                raise self.fail(f"{name!r} stands here twice", key)
            found[name] = (key, value)
        return found

    def sequence(self, node: yaml.Node, what: str) -> list[yaml.Node]:
        if not isinstance(node, yaml.SequenceNode):
            raise self.fail(f"{what}: not a list", node)
        return list(node.value)

    def scalar(self, node: yaml.Node, what: str) -> str:
        if not isinstance(node, yaml.ScalarNode):
            raise self.fail(f"{what} is not a text", node)
        return str(node.value)


class _Scope:
    """Lists and rules by name: those of a data block, then those of the file."""

    def __init__(
        self, reader: _Reader, lists: dict[str, yaml.Node], rules: dict[str, yaml.Node], outer: _Scope | None
    ) -> None:
        self.reader = reader
        self.lists = lists
        self.rules = rules
        self.outer = outer
        self.read_values: dict[str, tuple[Value, ...]] = {}
        self.read_slots: dict[tuple[str, str], Slot] = {}
        self.read_rules: dict[str, Rule] = {}
        self.open_rules: list[str] = []

    def rule(self, name: str) -> Rule:
        if name not in self.rules:
            if self.outer is None:
                raise TemplateError(f"there is no rule <{name}>")
            return self.outer.rule(name)
        if name in self.open_rules:
            loop = " → ".join(f"<{rule}>" for rule in [*self.open_rules[self.open_rules.index(name) :], name])
            raise self.reader.fail(f"a rule that leads to itself: {loop}", self.rules[name])
        if name not in self.read_rules:
            self.open_rules.append(name)
            body = self.reader.template(self.rules[name], self, f"rule <{name}>")
            self.open_rules.pop()
            self.read_rules[name] = Rule(name, body)
        return self.read_rules[name]

    def slot(self, list_name: str, slot_name: str) -> Slot:
        key = (list_name, slot_name.removeprefix("@"))
        if key not in self.read_slots:
            self.read_slots[key] = Slot(key[1], self.values(list_name), list_name)
        return self.read_slots[key]

    def values(self, name: str) -> tuple[Value, ...]:
        if name in self.read_values:
            return self.read_values[name]
        if name in self.lists:
            self.read_values[name] = self._read_list(name, self.lists[name])
        elif self.outer is not None:
            return self.outer.values(name)
        elif (inline := parse_inline_range(name)) is not None:
            self.read_values[name] = _range_values(*inline)
        else:
            raise TemplateError(f"there is no list {{{name}}}")
        return self.read_values[name]

    def read_unused(self) -> None:
        """So that a mistake is found where nothing refers to it yet."""
        for name in self.rules:
            self.rule(name)
        for name in self.lists:
            self.values(name)

    def _read_list(self, name: str, node: yaml.Node) -> tuple[Value, ...]:
        if isinstance(node, yaml.SequenceNode):  # `size: [small, large]`: shorter than hassil's own form
            entries = node.value
        else:
            table = self.reader.table(node, f"list {name!r}")
            self.reader.only(table, _LIST, f"list {name!r}")
            if "range" in table:
                return self._read_range(name, table["range"][1])
            if "values" not in table:
                raise self.reader.fail(
                    f"list {name!r} has no values",
                    node,
                    "a wildcard cannot be decoded: list the values that may be said",
                )
            entries = self.reader.sequence(table["values"][1], f"values of list {name!r}")
        values = tuple(self._read_value(name, entry) for entry in entries)
        if not values:
            raise self.reader.fail(f"list {name!r} is empty", node)
        return values

    def _read_value(self, name: str, node: yaml.Node) -> Value:
        canonical = None
        if isinstance(node, yaml.MappingNode):
            table = self.reader.table(node, f"a value of list {name!r}")
            if "in" not in table:
                raise self.reader.fail(f"a value of list {name!r} has no 'in'", node, "{in: twelve ounce, out: 12 oz}")
            if "out" in table:
                canonical = self.reader.scalar(table["out"][1], "out")
            node = table["in"][1]
        text = self.reader.scalar(node, f"a value of list {name!r}")
        if _SYNTAX.isdisjoint(text):
            words = tuple(basic_v1(text).split())
            body: Phrase = Words(words) if words else EMPTY
            canonical = text if canonical is None else canonical
        else:
            body = self.reader.template(node, self, f"a value of list {name!r}")
        if may_be_empty(body):
            raise self.reader.fail(f"a value of list {name!r} says nothing", node)
        return Value(body, canonical)

    def _read_range(self, name: str, node: yaml.Node) -> tuple[Value, ...]:
        table = self.reader.table(node, f"range of list {name!r}")
        known = {"from", "to", "step", "type", "fractions", "multiplier", "digits", "words", "words_language"}
        self.reader.only(table, frozenset(known), "a range")

        def number(key: str, default: float | None, kind: Callable[[str], Any]) -> Any:
            if key not in table:
                if default is None:
                    raise self.reader.fail(f"the range of list {name!r} has no {key!r}", node)
                return default
            text = self.reader.scalar(table[key][1], key)
            try:
                return kind(text)
            except ValueError:
                raise self.reader.fail(f"{key} is {text!r}, not a number", table[key][1]) from None

        first, last, step = number("from", None, int), number("to", None, int), number("step", 1, int)
        fractions = self.reader.scalar(table["fractions"][1], "fractions") if "fractions" in table else None
        if (
            first > last
            or step < 1
            or (last - first) // step >= LARGEST_RANGE
            or fractions not in {None, "halves", "tenths"}
        ):
            raise self.reader.fail(f"the range of list {name!r} has no sense: {first} to {last} by {step}", node)
        return _range_values(first, last, step, fractions, number("multiplier", 1, float))


def _range_values(
    first: int, last: int, step: int, fractions: str | None = None, multiplier: float = 1
) -> tuple[Value, ...]:
    return tuple(
        Value(Words(tuple(number_words(number).split())), f"{number * multiplier:g}")
        for number in ranged_numbers(first, last, step, fractions)
    )
