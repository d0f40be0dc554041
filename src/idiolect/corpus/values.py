"""What the store holds, as frozen values. Identity and order live in the store; these only carry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal

from idiolect.units import Hertz, Seconds

Split = Literal["train", "dev", "test"]
SPLITS: tuple[Split, ...] = ("train", "dev", "test")

GroupBy = Literal["speaker", "session", "recording"]
"""What may never stand on two sides of a split."""


class Sensitivity(StrEnum):
    """How far audio and text may travel."""

    PRIVATE = "private"
    INTERNAL = "internal"
    SHAREABLE = "shareable"


class SourceKind(StrEnum):
    """Who makes a claim."""

    HUMAN = "human"
    """A person listened, or the text was read aloud (a prompt), or came with a published corpus."""
    ENGINE = "engine"
    """A machine heard it."""
    SYNTHESIS = "synthesis"
    """The clip was spoken by a machine from this text."""


class Purpose(StrEnum):
    """What a label may be used for."""

    TRAINING = "training"
    """Any use."""
    SCORING = "scoring"
    """Kept apart: a reference in evaluation only; it never trains and never chooses a checkpoint."""
    CLEAN = "clean"
    """As one would write it down, without fillers: to be read. It never trains and never scores."""
    SUGGESTION = "suggestion"
    """What a machine wants and a guard did not let through: a person decides. It never trains and never scores."""


@dataclass(frozen=True, slots=True)
class Recording:
    """One captured file or session.

    `id` is the hash of the decoded samples (mono, 16 kHz). `group` never moves a clip by itself: the split
    rule reads speaker, session or recording from here.
    """

    id: str
    path: str
    """Where the audio lies: relative to the project when it was copied, absolute when it is referenced."""
    copied: bool
    duration: Seconds
    sample_rate: Hertz
    channels: int
    speaker: str | None = None
    session: str | None = None
    device: str | None = None
    language: str | None = None
    collection: str | None = None
    """The name of the import it came with, for filters: ``barista``."""
    sensitivity: Sensitivity = Sensitivity.PRIVATE
    prompted: bool = False
    """The speaker read a given text: equal texts may then not stand on two sides of a split."""
    synthetic: bool = False
    """Made by a machine: trains only."""
    train_only: bool = False
    """Pre-training material: never in dev or test."""
    origin: str = ""
    """The name of the file it was imported from, without its folder."""
    imported_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Clip:
    """A stretch of a recording short enough to label whole (≤ 30 s). `id` is the hash of its samples."""

    id: str
    recording: Recording
    start: Seconds
    end: Seconds
    quality: Mapping[str, float] = field(default_factory=dict)
    """What `audio.quality` measured: peak, rms, clipping, snr, speech."""

    @property
    def duration(self) -> Seconds:
        """Length in seconds."""
        return Seconds(self.end - self.start)


@dataclass(frozen=True, slots=True)
class WordTime:
    """A word of a label with its times in seconds from the start of the clip."""

    word: str
    start: Seconds
    end: Seconds
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class NewLabel:
    """A claim of what is said in a clip, before the store has numbered it.

    At least one of `text` and `intent` is given. `text` is ``""`` when the claim is that nobody speaks.
    """

    clip_id: str
    kind: SourceKind
    source: str
    """The engine's name, the person's name, or the file it was imported from."""
    version: str = ""
    text: str | None = None
    intent: str | None = None
    slots: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    confidence: float | None = None
    words: tuple[WordTime, ...] = ()
    cost: float = 0.0
    """In the ledger's currency; local engines cost nothing."""
    purpose: Purpose = Purpose.TRAINING
    silver: bool = False
    """A machine had a hand in the text (forced alignment, correction): scored apart, and never a reference."""


@dataclass(frozen=True, slots=True)
class Label(NewLabel):
    """A claim in the store. Never edited, never deleted by another label."""

    id: int = 0
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class DatasetItem:
    """One clip of a frozen dataset, with the label that trains it or the references that score it."""

    clip: Clip
    split: Split
    label: Label | None
    """What the model learns, or dev is measured by; None in test clips that have scoring labels only."""
    references: tuple[Label, ...] = ()
    """Human claims for scoring (test and dev); silver ones are marked."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """Frozen: the id is the hash of the sorted (clip, label, split) triples."""

    id: str
    name: str
    created_at: datetime
    group_by: GroupBy
    items: tuple[DatasetItem, ...]
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def split(self, name: Split) -> tuple[DatasetItem, ...]:
        """The items of one split, in order of clip id."""
        return tuple(item for item in self.items if item.split == name)

    @property
    def train(self) -> tuple[DatasetItem, ...]:
        """What a model learns from."""
        return self.split("train")

    @property
    def dev(self) -> tuple[DatasetItem, ...]:
        """What chooses a checkpoint."""
        return self.split("dev")

    @property
    def test(self) -> tuple[DatasetItem, ...]:
        """What a score is printed for."""
        return self.split("test")


@dataclass(frozen=True, slots=True)
class AudioFile:
    """Where a clip's samples can be read: a file and a stretch of it, in seconds."""

    path: Path
    start: Seconds
    end: Seconds
