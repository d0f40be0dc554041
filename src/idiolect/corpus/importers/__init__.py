"""Files to entries: one module per format, and a table of them."""

from __future__ import annotations

from idiolect.corpus.importers.entry import Entry, Skip
from idiolect.corpus.importers.finding import find_entries
from idiolect.corpus.importers.formats import FORMATS

__all__ = ["FORMATS", "Entry", "Skip", "find_entries"]
