"""export: checkpoint → bundle."""

from __future__ import annotations

from idiolect.export.bundle import Bundle, export, lineage
from idiolect.export.parity import Parity
from idiolect.export.table import FORMATS, Format, Writer

__all__ = ["FORMATS", "Bundle", "Format", "Parity", "Writer", "export", "lineage"]
