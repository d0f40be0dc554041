"""A table that spreadsheets and `datasets` read: ``file_name,text,duration,speaker,source,clip``."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from idiolect.files import write_text

if TYPE_CHECKING:
    from idiolect.corpus.exporters import Row


def write(path: Path, rows: Sequence[Row]) -> None:
    """``train.csv`` and so on."""
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(["file_name", "text", "duration", "speaker", "source", "clip"])
    writer.writerows([row.audio, row.text, row.duration, row.speaker or "", row.source, row.clip] for row in rows)
    write_text(path.with_suffix(".csv"), table.getvalue())
