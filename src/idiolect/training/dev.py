"""How good the model is now: dev clips, decoded for real, errors pooled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rapidfuzz.distance import Levenshtein

from idiolect.corpus import DatasetItem
from idiolect.engines.protocol import Hypothesis
from idiolect.text import basic_v1
from idiolect.training.learner import Learner
from idiolect.units import Samples

SHOWN = 2
"""Pairs of reference and hypothesis that a terminal shows."""
KEPT = 8
"""Clips whose text is kept at each look, always the same: what the model hears in them changes under one's eyes."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What the model heard in one clip of dev, normalized."""

    clip: str
    reference: str
    hypothesis: str


@dataclass(frozen=True, slots=True)
class DevScore:
    """Pooled over the dev clips. `accepted` is the share of commands understood; None where no label has an intent."""

    errors: int
    words: int
    clips: int
    accepted: float | None = None
    shown: tuple[Heard, ...] = ()

    @property
    def wer(self) -> float | None:
        """Errors per reference word; None without one."""
        return self.errors / self.words if self.words else None

    @property
    def loss(self) -> float:
        """What chooses the checkpoint, lower is better: WER; where dev has no text, commands not understood."""
        return self.wer if self.wer is not None else 1.0 - (self.accepted or 0.0)

    def as_dict(self) -> dict[str, Any]:
        """JSON values."""
        return {"wer": self.wer, "accepted": self.accepted, "clips": self.clips, "words": self.words}

    def lines(self) -> str:
        """For people."""
        score = "" if self.wer is None else f"WER {100 * self.wer:.1f} %"
        score += "" if self.accepted is None else f", {100 * self.accepted:.1f} % accepted"
        pairs = "".join(f"\n  REF {one.reference}\n  HYP {one.hypothesis}" for one in self.shown[:SHOWN])
        return f"{score.removeprefix(', ')}{pairs}"


def decode_dev(
    learner: Learner, items: Sequence[DatasetItem], samples: Mapping[str, Samples], *, at_once: int = 8
) -> DevScore:
    """Decode `items` as the engine of this family would, and count."""
    errors = words = 0
    understood: list[bool] = []
    shown: list[Heard] = []
    for first in range(0, len(items), at_once):
        part = items[first : first + at_once]
        heard = learner.decode([samples[item.clip.id] for item in part])
        for item, hypothesis in zip(part, heard, strict=True):
            label = item.label
            if label is None:
                continue
            if label.intent is not None:
                understood.append(_understood(label.intent, label.slots, hypothesis))
            if label.text is not None:
                reference, text = basic_v1(label.text).split(), basic_v1(hypothesis.text).split()
                errors += Levenshtein.distance(reference, text)
                words += len(reference)
                if len(shown) < KEPT:
                    shown.append(Heard(item.clip.id, " ".join(reference), " ".join(text)))
    accepted = sum(understood) / len(understood) if understood else None
    return DevScore(errors, words, len(items), accepted, tuple(shown))


def _understood(intent: str, slots: Mapping[str, str], heard: Hypothesis) -> bool:
    # As in evaluation.acceptance, which stands below this room: extra slots do not count against.
    return heard.intent == intent and all(heard.slots.get(name) == value.strip() for name, value in slots.items())
