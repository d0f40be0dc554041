"""A task file → a `Task`.

The format is the one of Home Assistant's hassil (https://github.com/home-assistant/hassil): ``language``,
``intents``, ``lists`` and ``expansion_rules``. Ours are ``type`` of a list (what its values are in JSON) and ``tests``.
What only concerns conversations in Home Assistant (context, responses, skip words, metadata) is read over. Wildcard
lists are refused: a decoder needs to know the words.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from idiolect.errors import TaskError
from idiolect.tasks.graph import may_be_empty
from idiolect.tasks.nodes import Nodes, Table, is_null, line_of
from idiolect.tasks.phrases import Choice, IntentBlock, Phrase
from idiolect.tasks.scope import Scope, Written
from idiolect.tasks.task import Task

_TOP = frozenset({"language", "intents", "lists", "expansion_rules", "settings", "skip_words", "responses", "tests"})
_BLOCK = frozenset(
    {"sentences", "slots", "lists", "expansion_rules", "response", "requires_context", "excludes_context", "metadata",
     "required_keywords", "inferred_domain", "name_domains", "settings"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Expected:
    """A test of the file: what a sentence must mean.

    intent: None where the sentence must be rejected.
    slots: None where only the intent is asked for.
    """

    sentence: str
    intent: str | None
    slots: dict[str, str] | None
    line: int


@dataclass(frozen=True, slots=True)
class TaskFile:
    """All that stands in a task file.

    task: what could be read; None where nothing is left.
    errors: every error, in the order in which they were met.
    written: each template with its line.
    unused: rules and lists that nothing refers to, with their lines.
    """

    path: str
    task: Task | None
    errors: tuple[TaskError, ...] = ()
    written: tuple[Written, ...] = ()
    unused: tuple[tuple[str, int], ...] = ()
    tests: tuple[Expected, ...] = ()


def load_task(path: Path | str) -> Task:
    """The task in a YAML file. Raises `TaskError` with the file and the line."""
    path = Path(path)
    return parse_task(_text_of(path), path=path)


def parse_task(text: str, path: Path | str | None = None) -> Task:
    """The task in `text`; `path` is only for the messages. Raises `TaskError` with the line."""
    task = _Reader(text, Nodes(path if path is not None else "task")).read().task
    assert task is not None  # noqa: S101 - without one, the reader has raised
    return task


def read_task_file(path: Path | str) -> TaskFile:
    """Everything in a task file, its errors included. Raises `TaskError` only for a file that cannot be opened."""
    path = Path(path)
    text = _text_of(path)
    nodes = Nodes(path, found=[])
    try:
        return _Reader(text, nodes).read()
    except TaskError as error:
        nodes.note(error)
        return TaskFile(str(path), None, tuple(nodes.found or ()))


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise TaskError(f"cannot be opened: {error.strerror}", path=path) from error
    except UnicodeDecodeError as error:
        raise TaskError(f"cannot be read as UTF-8 text: {error}", path=path) from error


class _Reader:
    """One reading of one file."""

    def __init__(self, text: str, nodes: Nodes) -> None:
        self.text = text
        self.nodes = nodes
        self.unused: list[tuple[str, int]] = []

    def read(self) -> TaskFile:
        nodes = self.nodes
        top = nodes.table(nodes.compose(self.text), "a task file")
        nodes.only(top, _TOP, "a task")
        language = nodes.scalar(top["language"][1], "language") if "language" in top else "en"
        scope = Scope(nodes, language, nodes.named(top, "lists"), nodes.named(top, "expansion_rules"))
        intents = nodes.table(top["intents"][1], "intents") if "intents" in top else {}
        blocks: list[IntentBlock] = []
        for name, (_, body) in intents.items():
            nodes.attempt(lambda name=name, body=body: blocks.extend(self.intent(name, body, scope)))  # type: ignore[misc]
        self.unused += scope.unused()
        scope.read_all()
        tests = tuple(self.tests(top))
        if not blocks:
            nodes.note(nodes.fail("the task has no sentences", None, "intents: {name: {data: [{sentences: [...]}]}}"))
        return TaskFile(
            path=str(nodes.path),
            task=Task(text=self.text, language=language, blocks=tuple(blocks)) if blocks else None,
            errors=tuple(nodes.found or ()),
            written=tuple(scope.written),
            unused=tuple(self.unused),
            tests=tests,
        )

    def intent(self, name: str, body: yaml.Node, scope: Scope) -> Iterator[IntentBlock]:
        nodes = self.nodes
        table = nodes.table(body, f"intent {name!r}")
        if "data" not in table:
            raise nodes.fail(f"intent {name!r} has no data", body, "data: [{sentences: [...]}]")
        for entry in nodes.sequence(table["data"][1], f"data of intent {name!r}"):
            block = nodes.attempt(lambda entry=entry: self.block(name, entry, scope))  # type: ignore[misc]
            if block is not None and block.body.items:
                yield block

    def block(self, name: str, entry: yaml.Node, scope: Scope) -> IntentBlock:
        nodes = self.nodes
        block = nodes.table(entry, f"data of intent {name!r}")
        nodes.only(block, _BLOCK, "a data block")
        inner = scope.inner(nodes.named(block, "lists"), nodes.named(block, "expansion_rules"))
        fixed = nodes.table(block["slots"][1], "slots") if "slots" in block else {}
        if "sentences" not in block:
            raise nodes.fail(f"data of intent {name!r} has no sentences", entry)
        read: list[tuple[int, Phrase]] = []
        for node in nodes.sequence(block["sentences"][1], "sentences"):
            phrase = nodes.attempt(lambda node=node: self.sentence(name, node, inner))  # type: ignore[misc]
            if phrase is not None:
                read.append((line_of(node), phrase))
        self.unused += inner.unused()
        slots = tuple((slot, nodes.scalar(value, f"slot {slot!r}")) for slot, (_, value) in fixed.items())
        return IntentBlock(name, slots, Choice(tuple(phrase for _, phrase in read)), tuple(line for line, _ in read))

    def sentence(self, intent: str, node: yaml.Node, scope: Scope) -> Phrase:
        phrase = scope.template(node, "sentence", intent)
        if may_be_empty(phrase):
            raise self.nodes.fail(f"the template {node.value!r} may say nothing at all", node, "make one word required")
        return phrase

    def tests(self, top: Table) -> Iterator[Expected]:
        """Ours: ``sentence: {intent, slots}``, an intent alone, or null; and Home Assistant's list of tests."""
        if "tests" not in top:
            return
        nodes, node = self.nodes, top["tests"][1]
        if isinstance(node, yaml.SequenceNode):
            for entry in node.value:
                yield from nodes.attempt(lambda entry=entry: self.listed_test(entry)) or ()  # type: ignore[misc]
        else:
            for sentence, (key, value) in nodes.table(node, "tests").items():
                yield from nodes.attempt(lambda s=sentence, k=key, v=value: [self.expected(s, k, v)]) or ()  # type: ignore[misc]

    def listed_test(self, entry: yaml.Node) -> list[Expected]:
        nodes = self.nodes
        table = nodes.table(entry, "a test")
        nodes.only(table, frozenset({"sentences", "intent", "response"}), "a test")
        if "sentences" not in table or "intent" not in table:
            raise nodes.fail("a test needs sentences and an intent", entry)
        sentences = nodes.sequence(table["sentences"][1], "sentences")
        return [self.expected(nodes.scalar(said, "a sentence"), said, table["intent"][1]) for said in sentences]

    def expected(self, sentence: str, key: yaml.Node, node: yaml.Node) -> Expected:
        nodes = self.nodes
        if isinstance(node, yaml.ScalarNode):
            return Expected(sentence, None if is_null(node) else str(node.value), None, line_of(key))
        table = nodes.table(node, "what a test expects")
        nodes.only(table, frozenset({"intent", "name", "slots", "context"}), "a test")
        wanted = table.get("intent") or table.get("name")
        if wanted is None:
            raise nodes.fail(f"the test {sentence!r} names no intent", node, "null: it must be rejected")
        slots = None
        if "slots" in table:
            given = nodes.table(table["slots"][1], "slots")
            slots = {slot: nodes.scalar(value, f"slot {slot!r}") for slot, (_, value) in given.items()}
        return Expected(
            sentence, None if is_null(wanted[1]) else nodes.scalar(wanted[1], "intent"), slots, line_of(key)
        )
