"""Datasets for other tools: one module per format, and a table of them."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from idiolect import audio
from idiolect.corpus.values import SPLITS, Dataset, DatasetItem, Split
from idiolect.errors import CorpusError
from idiolect.progress import SILENT, Progress

if TYPE_CHECKING:
    from idiolect.corpus.store import Corpus

EXPORTERS: dict[str, str] = {
    "jsonl": "idiolect.corpus.exporters.jsonl:write",
    "csv": "idiolect.corpus.exporters.csv_table:write",
}
"""``module:function``; the function is called with the path of one split, without suffix, and its rows."""


@dataclass(frozen=True, slots=True)
class Row:
    """One clip as other tools want it. `audio` is relative to the folder that is written."""

    audio: str
    duration: float
    text: str
    speaker: str | None
    source: str
    clip: str


def export_dataset(
    corpus: Corpus, dataset: Dataset, out: Path, to: str = "jsonl", *, progress: Progress = SILENT
) -> dict[Split, int]:
    """Write a dataset: ``clips/ID.flac`` and one table for each split. Returns how many clips each split has.

    The text is what trains or chooses a checkpoint; in test it is what a person claims. Clips without any text (an
    intent alone) are left out. What is written already stays, so a killed export is finished by the next.

    Raises:
        CorpusError: there is no such format.
    """
    if to not in EXPORTERS:
        raise CorpusError(f"there is no format {to!r}", hint=f"known: {', '.join(EXPORTERS)}")
    module, _, function = EXPORTERS[to].partition(":")
    write = getattr(importlib.import_module(module), function)
    progress.start("Writing", len(dataset.items))
    counts: dict[Split, int] = {}
    for split in SPLITS:
        rows = list(_rows(corpus, dataset.split(split), out, progress))
        write(out / split, rows)
        counts[split] = len(rows)
    progress.finish()
    return counts


def _rows(corpus: Corpus, items: tuple[DatasetItem, ...], out: Path, progress: Progress) -> Iterator[Row]:
    for item in items:
        progress.advance()
        people = [label for label in item.references if label.text and not label.silver]
        label = people[-1] if item.split == "test" and people else item.label
        if label is None or not label.text:
            continue
        name = f"clips/{item.clip.id}.flac"
        if not (out / name).exists():
            audio.write_flac(out / name, corpus.samples(item.clip))
        yield Row(
            name, round(item.clip.duration, 4), label.text, item.clip.recording.speaker, label.source, item.clip.id
        )
