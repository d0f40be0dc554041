"""Commands: was the intent understood, and every slot that the reference names?

As the Picovoice speech-to-intent benchmark counts: extra slots do not count against, values are compared exactly
after trimming.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from idiolect.corpus.values import NewLabel
from idiolect.engines.protocol import Hypothesis


@dataclass(frozen=True, slots=True)
class Judgement:
    """How one command was understood. `slots`: each labelled slot, and whether its value is the labelled one."""

    intent: bool
    slots: Mapping[str, bool]

    @property
    def accepted(self) -> bool:
        """The intent is right and so is every labelled slot."""
        return self.intent and all(self.slots.values())


@dataclass(frozen=True, slots=True)
class SlotScore:
    """One slot over many clips: `right` of `asked`."""

    slot: str
    right: int
    asked: int

    @property
    def accuracy(self) -> float:
        """Share of the clips that name this slot in which its value is right."""
        return self.right / self.asked


def judge(reference: NewLabel, heard: Hypothesis) -> Judgement:
    """Judge what was heard by the intent and slots that `reference` claims."""
    intent = heard.intent is not None and heard.intent.strip() == (reference.intent or "").strip()
    found = {name: value.strip() for name, value in heard.slots.items()}
    slots = {name: found.get(name) == value.strip() for name, value in reference.slots.items()}
    return Judgement(intent, slots)


def slot_table(judgements: Iterable[Judgement]) -> tuple[SlotScore, ...]:
    """The accuracy of each labelled slot, in order of name."""
    right: Counter[str] = Counter()
    asked: Counter[str] = Counter()
    for judgement in judgements:
        for name, good in judgement.slots.items():
            asked[name] += 1
            right[name] += good
    return tuple(SlotScore(name, right[name], asked[name]) for name in sorted(asked))
