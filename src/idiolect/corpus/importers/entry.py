"""What an importer gives the store: one claim, or none, about one stretch of audio."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from idiolect.corpus.values import Sensitivity, SourceKind, WordTime
from idiolect.units import Seconds


@dataclass(frozen=True, slots=True)
class Entry:
    """One stretch of audio with at most one claim of what is said in it.

    Several entries may name the same stretch: each then brings a claim of another source (an engine's raw text, the
    same text as a language model corrected it). None means "the source does not say": the store's options fill it in.

    audio: the file, which was there when the entry was found; None stands for standard input (`where` is ``-``).
    where: ``file:line`` that this came from, or the audio file itself; for messages.
    text: what is said, with single spaces, never empty; None where the entry is unlabelled.
    kind, source: who claims the text. For imported files `source` is ``folder/file``, the same on every machine.
    start, end: the stretch in seconds from the start of the file; None: the whole file.
    intent, slots: what people say the speech means; may stand without a text.
    silver_text: a text that a machine had a hand in; a label of its own, scored apart, never a reference.
    prompted: True where the speaker read a given text.
    synthetic: True where a machine spoke.
    words: times in seconds from the start of the stretch.
    """

    audio: Path | None
    where: str
    text: str | None = None
    kind: SourceKind = SourceKind.HUMAN
    source: str = ""
    start: Seconds | None = None
    end: Seconds | None = None
    speaker: str | None = None
    session: str | None = None
    device: str | None = None
    language: str | None = None
    intent: str | None = None
    slots: Mapping[str, str] = field(default_factory=dict)
    silver_text: str | None = None
    prompted: bool | None = None
    synthetic: bool | None = None
    sensitivity: Sensitivity | None = None
    words: tuple[WordTime, ...] = ()

    @property
    def claims(self) -> bool:
        """True where the entry says anything about its audio."""
        return self.text is not None or self.intent is not None or self.silver_text is not None


@dataclass(frozen=True, slots=True)
class Skip:
    """Something that was found and not taken.

    where: ``file:line``, or the file.
    reason: what is wrong with it, in words.
    """

    where: str
    reason: str
