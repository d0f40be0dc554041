"""Edit counts. Counts are added and then divided: a score over clips is pooled, never a mean of rates."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Counts:
    """What it takes to turn a reference into a hypothesis. ``sum(many, Counts())`` pools.

    >>> Counts(hits=8, substitutions=1, deletions=1) + Counts(insertions=2)
    Counts(hits=8, substitutions=1, deletions=1, insertions=2)
    """

    hits: int = 0
    substitutions: int = 0
    deletions: int = 0
    insertions: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.hits + other.hits,
            self.substitutions + other.substitutions,
            self.deletions + other.deletions,
            self.insertions + other.insertions,
        )

    @property
    def reference(self) -> int:
        """How many tokens the reference has."""
        return self.hits + self.substitutions + self.deletions

    @property
    def errors(self) -> int:
        """Substitutions, deletions and insertions."""
        return self.substitutions + self.deletions + self.insertions

    @property
    def wer(self) -> float:
        """Errors per reference token. May pass 1; nan where the reference has none."""
        return self.errors / self.reference if self.reference else math.nan
