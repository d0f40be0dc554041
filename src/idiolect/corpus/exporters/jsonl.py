"""A manifest as NeMo reads it: one JSON object a line with ``audio_filepath``, ``duration`` and ``text``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from idiolect.files import write_text

if TYPE_CHECKING:
    from idiolect.corpus.exporters import Row


def write(path: Path, rows: Sequence[Row]) -> None:
    """``train.jsonl`` and so on."""
    lines = []
    for row in rows:
        line = {"audio_filepath": row.audio, "duration": row.duration, "text": row.text}
        line |= {"speaker": row.speaker, "source": row.source, "clip": row.clip}
        lines.append(json.dumps({name: value for name, value in line.items() if value is not None}, ensure_ascii=False))
    write_text(path.with_suffix(".jsonl"), "".join(f"{line}\n" for line in lines))
