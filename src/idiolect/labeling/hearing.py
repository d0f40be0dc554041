"""What teachers heard: their labels of a clip, word by word, and which words a person's text says are right."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from idiolect.corpus.values import Label, Purpose, SourceKind
from idiolect.text import basic_v1
from idiolect.units import Seconds

VOTE = "vote"
"""The source of labels that others' labels were voted into; never a teacher itself."""

_SHOWN = 12
"""Characters of a version that a name shows."""


@dataclass(frozen=True, slots=True)
class Teacher:
    """An engine in one version (which names its model) and with its choices.

    key: all three as one text: what tells two teachers apart.
    """

    source: str
    version: str = field(compare=False)
    parameters: Mapping[str, Any] = field(compare=False)
    key: str

    @property
    def name(self) -> str:
        """Short, for people: ``sphinx@5.1.1+1 noise=30.0``."""
        said = [
            f"{name}={value}"
            for name, value in sorted(self.parameters.items())
            if isinstance(value, str | int | float | bool)
        ]
        return " ".join([f"{self.source}@{self.version[:_SHOWN]}" if self.version else self.source, *said])

    def fits(self, wanted: Sequence[str]) -> bool:
        """Whether one of these is its engine, or its engine with the beginning of its version: ``onnx@3f2a``."""
        return not wanted or any(
            one == self.source or ("@" in one and f"{self.source}@{self.version}".startswith(one)) for one in wanted
        )


@dataclass(frozen=True, slots=True)
class Token:
    """A word that a teacher heard.

    word: as it is compared (`basic.v1`); shown: as the teacher wrote it. confidence: in [0, 1], or None where the
    teacher has none. start, end: seconds from the start of the clip, or None.
    """

    word: str
    shown: str
    confidence: float | None = None
    start: Seconds | None = None
    end: Seconds | None = None


def names_of(teachers: Iterable[Teacher]) -> dict[Teacher, str]:
    """A name for each that tells it from these others: the engine, what it was told otherwise, then its version."""
    everyone = sorted(set(teachers), key=lambda one: one.key)
    found = {}
    for one in everyone:
        rivals = [other for other in everyone if other.source == one.source]
        said = [
            f"{name}={value}"
            for name, value in sorted(one.parameters.items())
            if any(other.parameters.get(name) != value for other in rivals)
        ]
        twins = [other for other in rivals if dict(other.parameters) == dict(one.parameters)]
        source = one.source if len(twins) == 1 else f"{one.source}@{one.version[:_SHOWN]}"
        found[one] = " ".join([source, *said])
    return found if len(set(found.values())) == len(found) else {one: one.key for one in everyone}


def teacher_of(label: Label) -> Teacher:
    """Who made the claim."""
    how = json.dumps(dict(label.parameters), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return Teacher(label.source, label.version, label.parameters, f"{label.source}@{label.version} {how}")


def heard_by(labels: Iterable[Label]) -> dict[Teacher, Label]:
    """The newest text of each teacher among the labels of one clip, in order of the teachers' keys.

    Left out are votes, and what an engine heard over a task and found to be none of it: its text is a guess.
    """
    found: dict[Teacher, Label] = {}
    for label in sorted(labels, key=lambda one: one.id):
        rejected = label.intent is None and label.parameters.get("task") is not None
        if label.kind is SourceKind.ENGINE and label.source != VOTE and label.text is not None and not rejected:
            found[teacher_of(label)] = label
    return dict(sorted(found.items(), key=lambda pair: pair[0].key))


def reviewed(labels: Iterable[Label], *, scoring: bool = False) -> Label | None:
    """The newest text of a person among the labels of one clip; a silver text is none.

    scoring: take labels too that are kept for scoring. What is learned from them must not reach a label.
    """
    people = [
        label
        for label in labels
        if label.kind is SourceKind.HUMAN and label.text is not None and not label.silver
        if scoring or label.purpose is Purpose.TRAINING
    ]
    return max(people, key=lambda label: label.id, default=None)


def by_clip(labels: Iterable[Label]) -> dict[str, list[Label]]:
    """The labels of each clip, by its id."""
    found: dict[str, list[Label]] = {}
    for label in labels:
        found.setdefault(label.clip_id, []).append(label)
    return found


def tokens_of(label: Label) -> tuple[Token, ...]:
    """The words of a label. Where its timed words are not the words of its text, the label's confidence counts."""
    shown = [(word, one) for one in (label.text or "").split() for word in _words(one)]
    timed = [(word, one) for one in label.words for word in _words(one.word)]
    if [word for word, _ in shown] != [word for word, _ in timed]:
        return tuple(Token(word, _surface(word, one), label.confidence) for word, one in shown)
    return tuple(
        Token(
            word,
            _surface(word, written),
            label.confidence if time.confidence is None else time.confidence,
            time.start,
            time.end,
        )
        for (word, written), (_, time) in zip(shown, timed, strict=True)
    )


def right_words(reference: Sequence[str], hypothesis: Sequence[str]) -> tuple[list[bool], int]:
    """Whether each word of the hypothesis stands in the reference (fewest edits), and how many it lacks.

    >>> right_words("a large mocha".split(), "a mocha please".split())
    ([True, True, False], 1)
    """
    from rapidfuzz.distance import Levenshtein

    right = [False] * len(hypothesis)
    missing = 0
    for step in Levenshtein.opcodes(reference, hypothesis):
        for place in range(step.dest_start, step.dest_end):
            right[place] = step.tag == "equal"
        missing += max(0, (step.src_end - step.src_start) - (step.dest_end - step.dest_start))
    return right, missing


def _words(written: str) -> list[str]:
    return basic_v1(written).split()


def _surface(word: str, written: str) -> str:
    """As it was written; a word out of ``twenty-one`` stands for itself."""
    return written if _words(written) == [word] else word
