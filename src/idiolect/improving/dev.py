"""Dev clips that judge students: as they are and in noise, by what people claim, else by the first teacher."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from idiolect.audio import colored_noise, mix
from idiolect.corpus import Corpus, DatasetItem, Label, NewLabel
from idiolect.engines.protocol import Engine, Hypothesis
from idiolect.evaluation import group, judge
from idiolect.evaluation.references import references_of
from idiolect.improving.threshold import FEWEST
from idiolect.text import basic_v1
from idiolect.units import Samples

Shares = NDArray[np.float64]
"""float64 ``(clips, conditions)``: 1 where a clip was understood."""

NOISES = (None, 10.0, 3.0)
"""Conditions: as it is, then dB between the clip's power and that of pink noise. Clean dev alone is soon all right."""


class Dev:
    """`items` and who judges them. The claims never change from round to round."""

    def __init__(self, corpus: Corpus, items: Sequence[DatasetItem], heard: Mapping[str, Label], teacher: str) -> None:
        claimed = {item.clip.id: _claim(item) for item in items}
        people = {clip_id: claim for clip_id, claim in claimed.items() if claim is not None}
        by_people = len(people) >= FEWEST
        self.judged_by = "people" if by_people else teacher
        self._claims: Mapping[str, NewLabel] = (
            people if by_people else {item.clip.id: heard[item.clip.id] for item in items if item.clip.id in heard}
        )
        self.items = [item for item in items if item.clip.id in self._claims]
        self.groups = group([item.clip for item in self.items])
        self._corpus = corpus

    def judged(self, heard: Mapping[str, Label]) -> list[tuple[float, bool]]:
        """(confidence, right) of each dev label that a person's claim can judge; empty where no person did."""
        if self.judged_by != "people":
            return []
        labels = [heard[item.clip.id] for item in self.items if item.clip.id in heard]
        return [
            (one.confidence or 0.0, _right(self._claims[one.clip_id], _as_heard(one))) for one in labels if one.intent
        ]

    def understood(self, engine: Engine) -> Shares:
        """What `engine` understands of each clip, in each condition."""
        found = np.zeros((len(self.items), len(NOISES)))
        for row, item in enumerate(self.items):
            samples = self._corpus.samples(item.clip)
            places = [_in_noise(samples, snr, item.clip.id) for snr in NOISES]
            for column, place in enumerate(places):
                found[row, column] = _right(self._claims[item.clip.id], engine.transcribe([place])[0])
        return found


def _in_noise(samples: Samples, snr: float | None, clip_id: str) -> Samples:
    if snr is None:
        return samples
    rng = np.random.default_rng(int(clip_id[:8], 16))
    noisy = mix(samples, colored_noise(len(samples), "pink", rng), snr)
    return (noisy / np.float32(2 * np.abs(noisy).max() + 1e-9)).astype(np.float32)


def _claim(item: DatasetItem) -> NewLabel | None:
    """What a person says: the command, else the text."""
    known = references_of(item)
    if known.command is not None:
        return known.command
    if known.text is None:
        return None
    return next((one for one in item.references if one.text == known.text), item.label)


def _right(claim: NewLabel, heard: Hypothesis) -> bool:
    if claim.intent is not None:
        return judge(claim, heard).accepted
    return basic_v1(claim.text or "") == basic_v1(heard.text)


def _as_heard(one: Label) -> Hypothesis:
    return Hypothesis(one.text or "", one.confidence, intent=one.intent, slots=one.slots)
