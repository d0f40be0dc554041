"""Does a task do what its author expects? The tests of its file, and a list of sentences that it should know."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from idiolect.tasks.graph import Parsed
from idiolect.tasks.reading import Expected
from idiolect.tasks.task import Task


@dataclass(frozen=True, slots=True)
class Failure:
    """A sentence that means something else than was expected; `line` is that of the test or of the sentence."""

    line: int
    sentence: str
    expected: str
    found: str


@dataclass(frozen=True, slots=True)
class Proof:
    """How many sentences did as expected, of how many, and which did not."""

    of: int
    failures: tuple[Failure, ...]

    @property
    def passed(self) -> int:
        """How many did as expected."""
        return self.of - len(self.failures)


def prove(task: Task, tests: Iterable[Expected]) -> Proof:
    """Parse each test's sentence. Slots are compared whole where the test gives some, as text and as JSON has them."""
    tests = list(tests)
    failures = []
    for test in tests:
        parsed = task.parse(test.sentence)
        if not _as_expected(task, parsed, test):
            failures.append(Failure(test.line, test.sentence, _wanted(test), show_meaning(parsed)))
    return Proof(len(tests), tuple(failures))


def cover(task: Task, sentences: Iterable[str]) -> Proof:
    """Parse each sentence; those that the task rejects are failures. Blank ones do not count."""
    said = [(line, text) for line, text in enumerate(sentences, start=1) if text.strip()]
    failures = [Failure(line, text, "any intent", "rejected") for line, text in said if task.parse(text) is None]
    return Proof(len(said), tuple(failures))


def show_meaning(parsed: Parsed | None) -> str:
    """A meaning on one line; ``rejected`` where there is none."""
    return "rejected" if parsed is None else _show(parsed.intent, parsed.slots)


def _show(intent: str, slots: Mapping[str, str]) -> str:
    return f"{intent} {{{', '.join(f'{name}: {value}' for name, value in slots.items())}}}"


def _wanted(test: Expected) -> str:
    if test.intent is None:
        return "rejected"
    return test.intent if test.slots is None else _show(test.intent, test.slots)


def _as_expected(task: Task, parsed: Parsed | None, test: Expected) -> bool:
    if parsed is None or test.intent is None:
        return parsed is None and test.intent is None
    if parsed.intent != test.intent:
        return False
    if test.slots is None:
        return True
    kinds = task.kinds.get(parsed.intent, {})
    return parsed.slots.keys() == test.slots.keys() and all(
        _same(parsed.slots[name], wanted, kinds.get(name, "text")) for name, wanted in test.slots.items()
    )


def _same(found: str, wanted: str, kind: str) -> bool:
    if kind == "boolean":
        return found == wanted.lower()
    if kind == "number":
        try:
            return float(found) == float(wanted)
        except ValueError:
            return False
    return found == wanted
