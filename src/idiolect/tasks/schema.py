"""The JSON Schema of a task's answers (https://json-schema.org/draft/2020-12)."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from idiolect.tasks.expanding import spellings
from idiolect.tasks.phrases import Choice, Kind, Phrase, Rule, Slot, Value, parts, walk
from idiolect.tasks.task import Task

DRAFT = "https://json-schema.org/draft/2020-12/schema"
LONGEST_VALUE = 10_000
"""Spellings of one template value that are listed; a value with more is any text."""
LONGEST_NUMBERS = 100
"""Numbers that are listed one by one; more are given by their least, their largest and their step."""


def answer_schema(task: Task, *, whole: bool = False) -> dict[str, Any]:
    """What ``{"intent": …, "slots": {…}}`` of this task may be.

    Each intent names its slots and nothing else; those that every one of its sentences fills are required. What the
    task rejects has intent null and no slots. With `whole`, other fields (text, words, confidence) may stand beside
    them, as in the answers of ``idiolect transcribe``.
    """
    rejected: dict[str, Any] = {"intent": {"type": "null"}, "slots": _object({}, [])}
    shapes = [rejected] + [_intent(task, intent) for intent in task.intents]
    answers: list[dict[str, Any]] = [
        {"type": "object", "properties": shape, "required": ["intent", "slots"]} for shape in shapes
    ]
    if not whole:
        answers = [answer | {"additionalProperties": False} for answer in answers]
    return {"$schema": DRAFT, "$id": f"urn:idiolect:task:{task.id}", "title": "The answer of a task", "oneOf": answers}


def _intent(task: Task, intent: str) -> dict[str, Any]:
    blocks = [block for block in task.blocks if block.intent == intent]
    kinds = task.kinds[intent]
    values: dict[str, list[Value | str]] = {}
    always: list[frozenset[str]] = []
    for block in blocks:
        fixed = frozenset(name for name, _ in block.fixed)
        always += [filled_by(template) | fixed for template in block.body.items]
        for name, value in block.fixed:
            values.setdefault(name, []).append(value)
        for phrase in walk([block.body]):
            if isinstance(phrase, Slot):
                values.setdefault(phrase.name, []).extend(phrase.values)
    required = frozenset.intersection(*always)
    slots = {name: _values(found, kinds.get(name, "text")) for name, found in values.items()}
    return {"intent": {"const": intent}, "slots": _object(slots, [name for name in slots if name in required])}


def filled_by(phrase: Phrase) -> frozenset[str]:
    """The slots that `phrase` fills whichever way it is said."""
    if isinstance(phrase, Slot):
        return frozenset([phrase.name])
    if isinstance(phrase, Choice):
        return frozenset.intersection(*(filled_by(item) for item in phrase.items)) if phrase.items else frozenset()
    if isinstance(phrase, Rule):
        return filled_by(phrase.body)
    return frozenset().union(*(filled_by(part) for part in parts(phrase)))


def _object(properties: Mapping[str, Any], required: list[str]) -> dict[str, Any]:
    return {"type": "object", "properties": dict(properties), "required": required, "additionalProperties": False}


def _values(values: Iterable[Value | str], kind: Kind) -> dict[str, Any]:
    texts: dict[str, None] = {}
    for value in values:
        said = list(itertools.islice(_texts(value), LONGEST_VALUE + 1))
        if len(said) > LONGEST_VALUE:
            return {"type": "string"}
        texts.update(dict.fromkeys(said))
    if kind == "number":
        return _numbers(sorted({float(text) for text in texts}))
    if kind == "boolean":
        return {"type": "boolean"} if len(texts) == 2 else {"const": next(iter(texts)) == "true"}
    return {"type": "string", "enum": list(texts)}


def _texts(value: Value | str) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif value.canonical is not None:
        yield value.canonical
    else:
        yield from (" ".join(words) for words in spellings(value.body))


def _numbers(numbers: list[float]) -> dict[str, Any]:
    if any(number != int(number) for number in numbers):
        listed: list[float] = numbers
        shape: dict[str, Any] = {"type": "number"}
    else:
        listed = [int(number) for number in numbers]
        shape = {"type": "integer"}
    if len(listed) <= LONGEST_NUMBERS:
        return shape | {"enum": listed}
    shape |= {"minimum": listed[0], "maximum": listed[-1]}
    if shape["type"] == "integer":
        step = math.gcd(*(int(number) for number in listed))
        shape |= {"multipleOf": step} if step > 1 else {}
    return shape
