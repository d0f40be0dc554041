"""Grammars in the Java Speech Grammar Format (https://www.w3.org/TR/jsgf/).

Each public rule is an intent, the others are rules. A rule whose every alternative ends in a tag is a list: the tags
are its canonical values. Weights and other tags are left out with a warning; recursion, repetition without end and
imports have no counterpart here and are refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from idiolect.errors import TaskError
from idiolect.tasks.importers.draft import Block, Draft, Sentence
from idiolect.tasks.importers.pruning import references

_TOKEN = re.compile(
    r"(?P<skip>\s+|//[^\n]*|/\*.*?\*/)"
    r"|(?P<weight>/\s*[\d.]+(?:[eE][-+]?\d+)?\s*/)"
    r"|(?P<rule><[^<>\n]+>)"
    r"|(?P<tag>\{(?:\\.|[^{}\\])*\})"
    r'|(?P<quoted>"(?:\\.|[^"\\])*")'
    r"|(?P<sign>[=;|*+()\[\]])"
    r"|(?P<word>(?:\\.|[^\s=;|*+()\[\]<>{}\"/\\])+)",
    re.DOTALL,
)
_HEADER = re.compile(r"\s*#JSGF\s+V?[\d.]+\s*([\w-]*)\s*([\w-]*)\s*;")
_SYNTAX = re.compile(r"[\[\](){}<>|;\\]")


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    line: int


@dataclass(slots=True)
class _Row:
    """One alternative: its template, and the tag at its end."""

    text: str = ""
    tag: str | None = None


def read(path: Path, text: str, draft: Draft) -> None:
    """Add a grammar to `draft`. Raises `TaskError` with the line."""
    header = _HEADER.match(text)
    if header is None:
        raise TaskError("not a JSGF grammar", path=path, line=1, hint="it begins with #JSGF V1.0;")
    if header[2]:
        draft.speak(header[2], path)
    _Parser(path, draft, list(_tokens(path, text, header.end()))).grammar()


def _tokens(path: Path, text: str, at: int) -> Iterator[_Token]:
    while at < len(text):
        found = _TOKEN.match(text, at)
        line = text.count("\n", 0, at) + 1
        if found is None:
            raise TaskError(f"{text[at]!r} is not expected here", path=path, line=line)
        at = found.end()
        if found.lastgroup != "skip":
            yield _Token(str(found.lastgroup), found[0], line)


@dataclass(slots=True)
class _Parser:
    path: Path
    draft: Draft
    tokens: list[_Token]
    at: int = 0
    lines: dict[str, int] = field(default_factory=dict)
    bodies: dict[str, str] = field(default_factory=dict)
    listed: set[str] = field(default_factory=set)

    def fail(self, message: str, hint: str | None = None) -> TaskError:
        line = self.tokens[min(self.at, len(self.tokens) - 1)].line if self.tokens else 1
        return TaskError(message, path=self.path, line=line, hint=hint)

    def peek(self) -> str:
        return self.tokens[self.at].text if self.at < len(self.tokens) else ""

    def take(self, wanted: str | None = None) -> _Token:
        if self.at >= len(self.tokens):
            raise self.fail(f"the file ends where {wanted or 'more'} was expected")
        if wanted is not None and self.peek() != wanted:
            raise self.fail(f"{self.peek()!r} where {wanted!r} was expected")
        self.at += 1
        return self.tokens[self.at - 1]

    def grammar(self) -> None:
        rules: list[tuple[str, bool, list[_Row], int]] = []
        while self.at < len(self.tokens):
            if self.peek() == "import":
                raise self.fail("an import of another grammar", "put its rules into this file")
            if self.peek() == "grammar":
                while self.take().text != ";":
                    pass
                continue
            public = self.peek() == "public"
            self.at += public
            line = self.tokens[min(self.at, len(self.tokens) - 1)].line
            rules.append((self.name(), public, self.rule_body(), line))
        for name, public, rows, line in rules:
            if not public and rows and all(row.tag is not None and row.text for row in rows):
                self.listed.add(name)
            self.lines[name] = line
            self.bodies[name] = " | ".join(row.text for row in rows)
        self.refuse_loops()
        for name, public, rows, line in rules:
            self.add(name, rows, line, public=public)
        if not any(public for _, public, _, _ in rules):
            raise TaskError("no rule is public", path=self.path, hint="public <name> = …;")

    def name(self) -> str:
        token = self.take()
        if token.kind != "rule":
            self.at -= 1
            raise self.fail(f"{token.text!r} where a rule like <name> was expected")
        name = _plain_name(token.text)
        if name in self.bodies:
            raise self.fail(f"the rule <{name}> stands here twice")
        self.bodies[name] = ""
        return name

    def rule_body(self) -> list[_Row]:
        self.take("=")
        rows = self.choice()
        self.take(";")
        return rows

    def choice(self) -> list[_Row]:
        rows = [self.row()]
        while self.peek() == "|":
            self.at += 1
            rows.append(self.row())
        return rows

    def row(self) -> _Row:
        words: list[str] = []
        row = _Row()
        while self.peek() not in {"|", ";", ")", "]", ""}:
            token = self.take()
            if row.tag is not None and token.kind != "tag":
                self.warn(token, f"the tag {{{row.tag}}} is left out")
                row.tag = None
            if token.kind == "weight":
                self.warn(token, f"the weight {token.text} is left out: all alternatives are alike")
            elif token.kind == "tag":
                row.tag = re.sub(r"\\(.)", r"\1", token.text[1:-1]).strip().strip('"')
            else:
                words.append(self.item(token))
        row.text = " ".join(word for word in words if word)
        return row

    def item(self, token: _Token) -> str:
        if self.peek() in {"*", "+"}:
            raise self.fail(f"{self.peek()!r} repeats {token.text!r} without end", "write out how often it may be said")
        if token.kind in {"word", "quoted"}:
            return " ".join(_SYNTAX.sub(" ", token.text.strip('"').replace("\\", "")).split())
        if token.kind == "rule":
            return self.reference(token)
        if token.text in {"(", "["}:
            rows = self.choice()
            self.take(")" if token.text == "(" else "]")
            if self.peek() in {"*", "+"}:
                raise self.fail(f"{self.peek()!r} repeats a group without end", "write out how often it may be said")
            self.untag(rows, token)
            return _group(rows, optional=token.text == "[")
        self.at -= 1
        raise self.fail(f"{token.text!r} is not expected here")

    def reference(self, token: _Token) -> str:
        name = _plain_name(token.text)
        if name == "NULL":
            return ""
        if name == "VOID":
            raise self.fail("<VOID> can never be said", "leave its alternative out")
        return f"<{name}>"

    def untag(self, rows: list[_Row], where: _Token) -> None:
        for row in rows:
            if row.tag is not None:
                self.warn(where, f"the tag {{{row.tag}}} is left out")

    def warn(self, token: _Token, message: str) -> None:
        self.draft.warnings.append(f"{self.path}:{token.line}: {message}")

    def add(self, name: str, rows: list[_Row], line: int, *, public: bool) -> None:
        place = f"{self.path}:{line}"
        for row in rows:
            row.text = re.sub(r"<([^>]+)>", self.called, row.text)
        if name in self.listed:
            values = [{"in": row.text, "out": row.tag} for row in rows]
            self.draft.add("list", self.draft.lists, name, values, place)
            return
        self.untag(rows, _Token("rule", name, line))
        if public:
            sentences = [Sentence(row.text, place) for row in rows if row.text]
            self.draft.intents.setdefault(name, []).append(Block(sentences))
        if not public or any(f"<{name}>" in body for body in self.bodies.values()):
            self.draft.add("rule", self.draft.rules, name, _group(rows, optional=False), place)

    def called(self, found: re.Match[str]) -> str:
        return f"{{{found[1]}}}" if found[1] in self.listed else found[0]

    def refuse_loops(self) -> None:
        done: set[str] = set()
        for name in self.bodies:
            self.follow(name, [], done)

    def follow(self, name: str, before: list[str], done: set[str]) -> None:
        if name in before:
            loop = " → ".join(f"<{one}>" for one in [*before[before.index(name) :], name])
            raise TaskError(f"a rule that leads to itself: {loop}", path=self.path, line=self.lines[name])
        if name not in done:
            for reference in references(self.bodies[name]):
                if reference[1:-1] not in self.lines:
                    message = f"there is no rule {reference}"
                    raise TaskError(message, path=self.path, line=self.lines[name])
                self.follow(reference[1:-1], [*before, name], done)
            done.add(name)


def _group(rows: list[_Row], *, optional: bool) -> str:
    said = [row.text for row in rows if row.text]
    if optional or len(said) < len(rows):
        return f"[{'|'.join(said)}]" if said else ""
    return f"({'|'.join(said)})"


def _plain_name(reference: str) -> str:
    """``<com.shop.size>`` → ``size``: names are local to the grammar."""
    return reference[1:-1].strip().rpartition(".")[2]
