"""A project of real clips, labelled by the teachers that need no download; other benches read it.

python bench/labelled.py [--data ../shared/data] [--folder runs/labelled] [--corpus an4] [--clips 80]

Killed and run again, it goes on where it was. The teachers: `sphinx`, `starter`, and `sphinx` that hears the
clip with a little white noise.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from idiolect.corpus import Corpus, ImportOptions, find_entries, import_entries
from idiolect.corpus.importers.entry import Entry
from idiolect.engines.protocol import EngineOptions
from idiolect.labeling import label

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "../shared/data"
Teachers = tuple[tuple[str, dict[str, object]], ...]
TEACHERS: Teachers = (
    ("sphinx", {}),
    ("starter", {}),
    ("sphinx", {"noise": 30}),
)
QUICK: Teachers = (("starter", {}), ("starter", {"lm_scale": 0.35}))
"""The starter, and the starter that believes its language model half as much: a fourth of the time."""


def spread(entries: Sequence[Entry], clips: int) -> list[Entry]:
    """`clips` of them from all over."""
    return list(entries[:: max(1, len(entries) // clips)][:clips])


def english(entries: Iterable[Entry]) -> list[Entry]:
    return [entry for entry in entries if (entry.language or "en") == "en"]


def short(entries: Iterable[Entry], folder: Path, longest: float) -> list[Entry]:
    """Those of at most `longest` seconds, as the manifest says."""
    rows = map(json.loads, (folder / "manifest.jsonl").read_text(encoding="utf-8").splitlines())
    seconds = {(folder / row["audio"]).resolve(): row["duration"] for row in rows}
    return [entry for entry in entries if entry.audio and seconds[entry.audio.resolve()] <= longest]


def labelled(
    folder: Path, data: Path, name: str, clips: int, *, longest: float = 30.0, teachers: Teachers = TEACHERS
) -> Corpus:
    """The project in `folder`/`name`, made and labelled as far as it is not yet."""
    place = folder / name
    fresh = not (place / "idiolect.db").exists()
    corpus = Corpus.create(place) if fresh else Corpus.open(place)
    entries, skipped = find_entries([data / name / "manifest.jsonl"])
    report = import_entries(
        corpus,
        spread(short(english(entries), data / name, longest), clips),
        ImportOptions(copy=False, collection=name),
        skipped=skipped,
    )
    if fresh:
        print(f"{name}: {report.clips} clips")
    for engine, extra in teachers:
        done = label(corpus, engine, EngineOptions(language="en", extra=extra))
        if done.labelled:
            print(f"{name}: {engine} {extra or ''} labelled {done.labelled} clips, RTF {done.rtf:.3f}", flush=True)
    return corpus


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--folder", type=Path, default=ROOT / "runs" / "labelled")
    parser.add_argument("--corpus", default="an4")
    parser.add_argument("--clips", type=int, default=80)
    parser.add_argument("--longest", type=float, default=30.0, help="seconds of the longest clip")
    parser.add_argument("--quick", action="store_true", help="only the starter, with two weights")
    arguments = parser.parse_args()
    os.nice(5)
    teachers = QUICK if arguments.quick else TEACHERS
    place = arguments.folder, arguments.data, arguments.corpus, arguments.clips
    labelled(*place, longest=arguments.longest, teachers=teachers).close()


if __name__ == "__main__":
    main()
