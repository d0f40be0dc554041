"""A task that is being put together from files of another format."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import yaml

from idiolect.errors import TaskError
from idiolect.tasks.importers.pruning import prune, references
from idiolect.tasks.numbers import parse_inline_range


@dataclass(frozen=True, slots=True)
class Sentence:
    """A template with the place that it came from."""

    text: str
    place: str


@dataclass(slots=True)
class Block:
    """Templates of one intent with what is theirs alone."""

    sentences: list[Sentence]
    slots: dict[str, str] = field(default_factory=dict)
    lists: dict[str, Any] = field(default_factory=dict)
    rules: dict[str, str] = field(default_factory=dict)

    def plain(self) -> dict[str, Any]:
        """As YAML has it."""
        found: dict[str, Any] = {"sentences": [sentence.text for sentence in self.sentences]}
        more = {"slots": self.slots, "lists": self.lists, "expansion_rules": self.rules}
        return found | {name: value for name, value in more.items() if value}


@dataclass(slots=True)
class Draft:
    """What has been read so far; lists and rules are as YAML has them."""

    language: str | None = None
    intents: dict[str, list[Block]] = field(default_factory=dict)
    lists: dict[str, Any] = field(default_factory=dict)
    rules: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def speak(self, language: str, path: object) -> None:
        """Take the language of a file. Raises `TaskError` where it is another one than before."""
        if self.language not in {None, language}:
            raise TaskError(f"the language is {language!r}, and {self.language!r} before", path=path)
        self.language = language

    def add(self, kind: str, known: dict[str, Any], name: str, value: Any, place: str) -> None:
        """Take a list or a rule; of two different ones of a name, the first stays."""
        if known.setdefault(name, value) != value:
            self.warnings.append(f"{place}: {kind} {name!r} is there already with other content; the first is kept")

    def prune(self) -> None:
        """Leave out what refers to lists and rules that nothing gives: alternatives and options, else sentences."""
        missing = self._missing(self.rules, self.lists, frozenset())
        self._drop(self.rules, self.lists, missing)
        for intent, blocks in list(self.intents.items()):
            for block in blocks:
                self._prune_block(intent, block, missing)
            self.intents[intent] = [block for block in blocks if block.sentences]
            if not self.intents[intent]:
                del self.intents[intent]

    def text(self) -> str:
        """The task file."""
        table: dict[str, Any] = {"language": self.language or "en"}
        table["intents"] = {
            intent: {"data": [block.plain() for block in blocks]} for intent, blocks in self.intents.items()
        }
        table |= {"expansion_rules": self.rules} if self.rules else {}
        table |= {"lists": self.lists} if self.lists else {}
        return yaml.safe_dump(table, sort_keys=False, allow_unicode=True, width=1000)

    def _prune_block(self, intent: str, block: Block, outer: frozenset[str]) -> None:
        own = {f"<{name}>" for name in block.rules} | {f"{{{name}}}" for name in block.lists}
        missing = (outer - own) | self._missing(block.rules, block.lists, outer - own)
        self._drop(block.rules, block.lists, missing)
        kept = []
        for sentence in block.sentences:
            lost = {name for name in references(sentence.text) if self._is_lost(name, missing, own)}
            text = prune(sentence.text, lost)
            if lost:
                what = "a sentence" if text is None else "a part of a sentence"
                self.warnings.append(
                    f"{sentence.place}: {what} of {intent} was left out: nothing gives {', '.join(sorted(lost))}"
                )
            if text is not None:
                kept.append(Sentence(text, sentence.place))
        block.sentences = kept

    def _is_lost(self, name: str, missing: frozenset[str], own: set[str]) -> bool:
        if name in missing:
            return True
        inside = name[1:-1]
        if name[0] == "<":
            return name not in own and inside not in self.rules
        return name not in own and inside not in self.lists and parse_inline_range(inside) is None

    def _missing(self, rules: dict[str, str], lists: dict[str, Any], outer: frozenset[str]) -> frozenset[str]:
        """Rules and lists that cannot be used, because of what they refer to; grows until nothing is added."""
        own = {f"<{name}>" for name in rules} | {f"{{{name}}}" for name in lists}
        missing = set(outer) | {f"{{{name}}}" for name, value in lists.items() if value is None}
        while True:
            lost = frozenset(missing)
            for name, text in rules.items():
                if prune(text, {one for one in references(text) if self._is_lost(one, lost, own)}) is None:
                    missing.add(f"<{name}>")
            for name, value in lists.items():
                texts = [_said(one) for one in _entries(value)]
                if texts and all(any(self._is_lost(one, lost, own) for one in references(text)) for text in texts):
                    missing.add(f"{{{name}}}")
            if missing == lost:
                return lost

    def _drop(self, rules: dict[str, str], lists: dict[str, Any], missing: frozenset[str]) -> None:
        own = {f"<{name}>" for name in rules} | {f"{{{name}}}" for name in lists}
        for name, text in list(rules.items()):
            pruned = None if f"<{name}>" in missing else prune(text, self._lost_in(text, missing, own))
            if pruned is None:
                del rules[name]
            else:
                rules[name] = pruned
        for name, value in list(lists.items()):
            if f"{{{name}}}" in missing:
                del lists[name]
            elif entries := _entries(value):
                entries[:] = [one for one in entries if not self._lost_in(_said(one), missing, own)]

    def _lost_in(self, text: str, missing: frozenset[str], own: set[str]) -> set[str]:
        return {name for name in references(text) if self._is_lost(name, missing, own)}


def _entries(value: Any) -> list[Any]:
    """The values of a list in either of its forms; none for a range."""
    found = value.get("values", []) if isinstance(value, dict) else value
    return found if isinstance(found, list) else []


def _said(value: Any) -> str:
    return str(value["in"] if isinstance(value, dict) else value)
