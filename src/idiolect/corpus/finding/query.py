"""What is asked for, as a value and as a line of text: ``speaker:anna snr<10 -reviewed:yes "two coffees"``.

A query is conditions that all hold. A condition is a word or a quoted text to be found in what is said, a ``/regex/``,
or a field with an operator: ``field:value``, ``field:one,other``, ``field<10``, ``field:5..10``. ``field:*`` asks that
it is known at all; a minus before a condition turns it round. ``sort:field`` and ``sort:-field`` order what is found.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import Literal, Self

from idiolect.corpus.finding.fields import FIELDS, SORTS, Field
from idiolect.errors import CorpusError

Operator = Literal[":", "<", "<=", ">", ">="]

_SPACE = re.compile(r"\s+")
_NAME = re.compile(r"([a-z]+)(<=|>=|:|<|>)")
_PLAIN = re.compile(r"[^\s\",]+")
_ANY = "*"
_HINT = "idiolect find --help lists the fields; text with a colon in it is found in quotes."


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition. values: any of them; ``("*",)`` asks that the field is known. model: of the field ``error``."""

    field: str
    operator: Operator
    values: tuple[str, ...]
    negated: bool = False

    def text(self) -> str:
        """As it is typed."""
        minus = "-" if self.negated else ""
        if self.field == "regex":
            escaped = self.values[0].replace("/", r"\/")
            return f"{minus}/{escaped}/"
        if self.field == "text":
            return minus + _quoted(self.values[0], always=_must_be_quoted(self.values[0]))
        return f"{minus}{self.field}{self.operator}{','.join(_quoted(value) for value in self.values)}"


@dataclass(frozen=True, slots=True)
class ClipQuery:
    """Which clips, in which order; all conditions hold. `number` is the order of import."""

    conditions: tuple[Condition, ...] = ()
    sort: str = "number"
    descending: bool = False

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a line of text. Raises `CorpusError` that says which part of it has no sense."""
        conditions: list[Condition] = []
        sort, descending = "number", False
        place = 0
        while (place := _past_space(text, place)) < len(text):
            condition, place = _read(text, place)
            if condition.field == "sort":
                sort, descending = _order(condition)
            else:
                conditions.append(condition)
        return cls(tuple(conditions), sort, descending)

    def text(self) -> str:
        """The line that `parse` reads as this query."""
        order = [f"sort:{'-' if self.descending else ''}{self.sort}"]
        plain = self.sort == "number" and not self.descending
        return " ".join([condition.text() for condition in self.conditions] + ([] if plain else order))

    def __str__(self) -> str:
        return self.text()


def number_of(text: str) -> float:
    """A number, or a share in percent. Raises `CorpusError`."""
    try:
        return float(text[:-1]) / 100 if text.endswith("%") else float(text)
    except ValueError:
        raise CorpusError(f"{text!r} is not a number", hint="e.g. snr<10, confidence<50%, duration:5..10") from None


def _past_space(text: str, place: int) -> int:
    found = _SPACE.match(text, place)
    return found.end() if found else place


def _read(text: str, place: int) -> tuple[Condition, int]:
    negated = text[place] == "-" and place + 1 < len(text) and not text[place + 1].isspace()
    place += negated
    if text[place] == '"':
        value, place = _quoted_value(text, place)
        return _checked(Condition("text", ":", (value,), negated)), place
    if text[place] == "/":
        value, place = _regex_value(text, place)
        return _checked(Condition("regex", ":", (value,), negated)), place
    named = _NAME.match(text, place)
    if named is None:
        found = _SPACE.search(text, place)
        end = found.start() if found else len(text)
        return Condition("text", ":", (text[place:end],), negated), end
    field, operator = named.group(1), named.group(2)
    values, place = _values(text, named.end(), field)
    return _checked(Condition(field, operator, values, negated)), place  # type: ignore[arg-type]


def _values(text: str, place: int, field: str) -> tuple[tuple[str, ...], int]:
    values = []
    while True:
        if text[place : place + 1] == '"':
            value, place = _quoted_value(text, place)
        else:
            found = _PLAIN.match(text, place)
            if found is None:
                raise CorpusError(f"{field} has no value", hint=_example(field))
            value, place = found.group(), found.end()
        values.append(value)
        if text[place : place + 1] != ",":
            return tuple(values), place
        place += 1


def _example(field: str) -> str:
    return f"e.g. {FIELDS[field].example}" if field in FIELDS else _HINT


def _quoted_value(text: str, place: int) -> tuple[str, int]:
    end = place + 1
    while end < len(text) and text[end] != '"':
        end += 2 if text[end] == "\\" else 1
    if end >= len(text):
        raise CorpusError(f"a quote is not closed: {text[place:]}", hint='"two coffees"')
    return re.sub(r"\\(.)", r"\1", text[place + 1 : end]), end + 1


def _regex_value(text: str, place: int) -> tuple[str, int]:
    end = place + 1
    while end < len(text) and text[end] != "/":
        end += 2 if text[end] == "\\" else 1
    if end >= len(text):
        raise CorpusError(f"a regex is not closed: {text[place:]}", hint="/two (small|large) .*/")
    return text[place + 1 : end].replace(r"\/", "/"), end + 1


def _checked(condition: Condition) -> Condition:
    if condition.field == "sort":
        return condition
    field = FIELDS.get(condition.field)
    if field is None:
        near = difflib.get_close_matches(condition.field, FIELDS, 1)
        hint = f"Did you mean {near[0]}? {_HINT}" if near else _HINT
        raise CorpusError(f"clips have no field {condition.field!r}", hint=hint)
    if condition.operator != ":" and field.kind != "number":
        raise CorpusError(f"{condition.field} has no order", hint=f"e.g. {field.example}")
    for value in condition.values:
        _check_value(condition, field, value)
    return condition


def _check_value(condition: Condition, field: Field, value: str) -> None:
    if field.kind == "regex":
        try:
            re.compile(value)
        except (re.error, OverflowError, RecursionError) as error:
            raise CorpusError(
                f"/{value}/ is no regex: {error}", hint="A text in quotes is found as it stands."
            ) from None
    elif field.kind == "number" and not (value == _ANY and condition.operator == ":"):
        for one in value.split("..") if condition.operator == ":" else [value]:
            if one or ".." not in value:
                number_of(one)
    elif field.kind == "yes" and value not in ("yes", "no"):
        raise CorpusError(f"{condition.field} is yes or no, not {value!r}", hint=f"e.g. {field.example}")
    elif field.choices and value not in (*field.choices, _ANY):
        raise CorpusError(f"{condition.field} is no {value!r}", hint=f"one of {', '.join(field.choices)}")
    elif field.kind == "error" and ">" in value:
        number_of(value.partition(">")[2])
    elif not value.strip():
        raise CorpusError(f"{condition.field} has an empty value", hint=f"e.g. {field.example}")


def _order(condition: Condition) -> tuple[str, bool]:
    value = condition.values[0]
    name = value.removeprefix("-")
    if condition.negated or condition.operator != ":" or len(condition.values) > 1 or name not in SORTS:
        raise CorpusError(f"cannot sort by {value!r}", hint=f"sort:NAME or sort:-NAME, of {', '.join(SORTS)}")
    return name, value.startswith("-")


def _quoted(value: str, *, always: bool = False) -> str:
    if always or not _PLAIN.fullmatch(value):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return value


def _must_be_quoted(value: str) -> bool:
    """A text that would be read as something else."""
    return value.startswith(("-", "/")) or _NAME.match(value) is not None
