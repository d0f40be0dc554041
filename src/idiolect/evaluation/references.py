"""What a clip is scored by: human text, silver text and the intent with its slots, each for itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from idiolect.corpus.values import DatasetItem, Label, SourceKind


@dataclass(frozen=True, slots=True)
class References:
    """The references of one clip. `silver` is text that a machine aligned or corrected: scored apart, and named so."""

    text: str | None = None
    silver: str | None = None
    command: Label | None = None
    """The label whose intent and slots are taken as true."""

    def __bool__(self) -> bool:
        return self.text is not None or self.silver is not None or self.command is not None


def references_of(item: DatasetItem) -> References:
    """The newest claim of each kind. What an engine heard is never a reference; nor is it for want of another."""
    known = [*item.references, *([item.label] if item.label else [])]
    claims = sorted(known, key=lambda label: label.id, reverse=True)
    human = [label for label in claims if label.kind is not SourceKind.ENGINE]
    return References(
        text=_newest_text(label for label in human if not label.silver),
        silver=_newest_text(label for label in claims if label.silver),
        command=next((label for label in human if label.intent is not None), None),
    )


def _newest_text(labels: Iterable[Label]) -> str | None:
    return next((label.text for label in labels if label.text is not None), None)
