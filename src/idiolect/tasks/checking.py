"""Everything that is wrong or doubtful in a task file, each with its line."""

from __future__ import annotations

import itertools
import resource
import sys
import time
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from idiolect.errors import TaskError
from idiolect.tasks.ambiguity import Ambiguity, find_ambiguities
from idiolect.tasks.expanding import spellings
from idiolect.tasks.lexicon import Lexicon
from idiolect.tasks.phrases import Phrase, Slot, Value, Words, parts, walk
from idiolect.tasks.reading import TaskFile, read_task_file
from idiolect.tasks.readings import Meaning
from idiolect.tasks.task import Task
from idiolect.text import basic_v1

_SPELLINGS = 200
"""Spellings of one value of a list that are compared with those of the others."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong (error) or doubtful (warning). `line` counts from 1; None: the file as a whole."""

    level: Literal["error", "warning"]
    file: str
    line: int | None
    message: str
    hint: str | None = None

    def text(self) -> str:
        """``file:line: level: message``, as compilers say it, with the hint below."""
        where = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{where}: {self.level}: {self.message}" + (f"\n  {self.hint}" if self.hint else "")


@dataclass(frozen=True, slots=True)
class Counts:
    """How large a task is, and what it cost to find out.

    sentences: exact where that is found quickly, else an upper bound.
    seconds: of reading the file and building its graph; memory: the most that this process has held, in MB.
    """

    intents: int
    templates: int
    sentences: int
    words: int
    nodes: int
    arcs: int
    seconds: float
    memory: float


@dataclass(frozen=True, slots=True)
class Checked:
    """What `check_task` found; `counts` is None where there is no task to count."""

    file: str
    findings: tuple[Finding, ...]
    counts: Counts | None

    @property
    def errors(self) -> int:
        """How many of the findings are errors."""
        return sum(finding.level == "error" for finding in self.findings)


def check_task(path: Path | str, lexicon: Lexicon | None = None) -> Checked:
    """All findings of a task file, by line. Raises `TaskError` only where it cannot be opened."""
    started = time.perf_counter()
    file = read_task_file(path)
    reading = time.perf_counter() - started
    findings = [Finding("error", file.path, error.line, error.found, error.hint) for error in file.errors]
    if file.task is None:
        return Checked(file.path, tuple(findings), None)
    checker = _Checker(file, file.task)
    counts = None
    if not file.errors:  # what could not be read would only lead to more of the same
        findings += [
            *checker.unused(),
            *checker.kinds(),
            *checker.collisions(),
            *checker.words(lexicon or Lexicon.default(file.task.language)),
        ]
        try:
            counts = _count(file.task, reading)
            findings += checker.ambiguities()
        except TaskError as error:
            findings.append(checker.finding("error", error.line, error.found, error.hint))
    findings.sort(key=lambda finding: (finding.level, finding.line or 0))
    return Checked(file.path, tuple(findings), counts)


def _count(task: Task, reading: float) -> Counts:
    started = time.perf_counter()
    graph = task.graph()
    seconds = reading + time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return Counts(
        intents=len(task.intents),
        templates=sum(len(block.body.items) for block in task.blocks),
        sentences=task.count(),
        words=len(task.words()),
        nodes=graph.nodes,
        arcs=len(graph.arcs),
        seconds=round(seconds, 3),
        memory=round(peak / (2**20 if sys.platform == "darwin" else 2**10), 1),  # bytes there, KiB elsewhere
    )


@dataclass(frozen=True, slots=True)
class _Checker:
    file: TaskFile
    task: Task

    def finding(
        self, level: Literal["error", "warning"], line: int | None, message: str, hint: str | None = None
    ) -> Finding:
        return Finding(level, self.file.path, line, message, hint)

    def unused(self) -> Iterator[Finding]:
        for what, line in self.file.unused:
            yield self.finding("warning", line, f"{what} is never used")

    def kinds(self) -> Iterator[Finding]:
        for block in self.task.blocks:
            slots = [phrase for phrase in walk([block.body]) if isinstance(phrase, Slot)]
            for name in dict.fromkeys(slot.name for slot in slots):
                kinds = sorted({slot.kind for slot in slots if slot.name == name})
                if len(kinds) > 1:
                    line = block.lines[0] if block.lines else None
                    message = f"slot {name!r} of {block.intent} is filled by lists of types {' and '.join(kinds)}"
                    yield self.finding("warning", line, message, "in JSON all its values are text")

    def collisions(self) -> Iterator[Finding]:
        lines = {id(written.phrase): written.line for written in self.file.written if written.what == "list"}
        lists = {id(slot.values): slot for slot in self._slots()}
        for slot in lists.values():
            yield from self._collisions_of(slot, lines)

    def _slots(self) -> Iterator[Slot]:
        return (phrase for phrase in walk(block.body for block in self.task.blocks) if isinstance(phrase, Slot))

    def _collisions_of(self, slot: Slot, lines: Mapping[int, int]) -> Iterator[Finding]:
        said: dict[tuple[str, ...], tuple[Value, str]] = {}
        written: dict[str, str] = {}
        for value in slot.values:
            line = lines.get(id(value.body))
            for words in dict.fromkeys(itertools.islice(spellings(value.body), _SPELLINGS)):
                canonical = " ".join(words) if value.canonical is None else value.canonical
                other, meant = said.setdefault(words, (value, canonical))
                if other is not value:
                    where = lines.get(id(other.body))
                    yield self._twice(slot, " ".join(words), (canonical, line), (meant, where))
                elif (same := written.setdefault(_squeezed(canonical), canonical)) != canonical:
                    message = f"list {slot.list_name!r} gives both {same!r} and {canonical!r}"
                    yield self.finding("warning", line, message, "write one value in one way")

    def _twice(self, slot: Slot, words: str, this: tuple[str, int | None], that: tuple[str, int | None]) -> Finding:
        if this[0] == that[0]:
            message = f"{words!r} stands in list {slot.list_name!r} twice; first on line {that[1]}"
            return self.finding("warning", this[1], message)
        message = f"{words!r} in list {slot.list_name!r} means {this[0]!r}, and {that[0]!r} on line {that[1]}"
        return self.finding("error", this[1], message, "what is said in one way can mean one thing only")

    def words(self, lexicon: Lexicon) -> Iterator[Finding]:
        lines = _first_lines(self.file)
        words = self.task.words()
        impossible = set(lexicon.unspeakable(words))
        foreign = self.task.language.partition("-")[0].lower() != "en"
        if foreign:
            message = f"the words of {self.task.language!r} are pronounced with the nearest English phones"
            yield self.finding("warning", None, message, "engines that spell (seq2seq, ctc) need no pronunciations")
        for word in words:
            if word in impossible:
                hint = "write it in letters, as it is said"
                yield self.finding("error", lines.get(word), f"nobody can say how {word!r} is spoken", hint)
            elif not foreign and word not in lexicon:
                phones = " ".join(lexicon.pronounce(word)[0])
                message = f"the pronunciation of {word!r} is guessed: {phones}"
                yield self.finding("warning", lines.get(word), message)

    def ambiguities(self) -> Iterator[Finding]:
        ambiguities = find_ambiguities(self.task.graph(), self.task.blocks)
        for one in ambiguities.found:
            yield self._ambiguous(one)
        if not ambiguities.complete:
            yield self.finding(
                "warning",
                None,
                f"not every sentence was looked at for a second meaning; {len(ambiguities.found)} have one",
            )

    def _ambiguous(self, one: Ambiguity) -> Finding:
        taken = self.task.parse(one.sentence)
        readings = " or ".join(_show(reading) for reading in one.readings)
        several = len({reading.intent for reading in one.readings}) > 1
        message = f"{one.sentence!r} may mean {readings}"
        chosen = None if taken is None else f"taken as {_show_meaning(taken.intent, taken.slots)}"
        return self.finding("error" if several else "warning", one.readings[-1].line, message, chosen)


def _show(reading: Meaning) -> str:
    return f"{_show_meaning(reading.intent, reading.slots)} (line {reading.line})"


def _show_meaning(intent: str, slots: Mapping[str, str]) -> str:
    inside = ", ".join(f"{name}: {value}" for name, value in slots.items())
    return f"{intent} {{{inside}}}"


def _squeezed(canonical: str) -> str:
    return "".join(basic_v1(canonical).split()) or canonical


def _first_lines(file: TaskFile) -> dict[str, int]:
    """Word → the first line that says it itself, not through a list or a rule."""
    lines: dict[str, int] = {}
    elsewhere = {id(written.phrase) for written in file.written}
    for written in sorted(file.written, key=lambda written: written.line):
        for phrase in _own(written.phrase, elsewhere):
            if isinstance(phrase, Words):
                for word in phrase.words:
                    lines.setdefault(word, written.line)
    return lines


def _own(phrase: Phrase, elsewhere: AbstractSet[int]) -> Iterator[Phrase]:
    yield phrase
    for part in parts(phrase):
        if id(part) not in elsewhere:
            yield from _own(part, elsewhere)
