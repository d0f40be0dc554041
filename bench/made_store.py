"""A store of many clips without audio, for benches of finding and scrolling.

python bench/made_store.py FOLDER [--clips 1000000]

Ten clips a recording, 500 speakers, two engines' labels for each clip and a person's for one in ten, texts of four to
twelve words of a vocabulary with Zipf's frequencies. The first 20,000 clips get their summaries by `summaries.rebuild`,
as the migration of an old store does; the rest are copies of these under other ids, by SQL, for speed.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sa

from idiolect.corpus import Corpus, summaries, tables
from idiolect.project import Project

PER_RECORDING = 10
SPEAKERS = 500
FIRST = 20_000
WHEN = datetime(2026, 1, 1, tzinfo=UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
VOCABULARY = [a + b + c for a in "bdfglmnprst" for b in ("a", "e", "i", "o", "ou") for c in ("l", "n", "r", "st", "ck")]


def make(folder: Path, clips: int) -> Project:
    """A project with that many clips; one that is there is taken as it is."""
    if (folder / "idiolect.toml").exists():
        return Project.find(folder)
    project = Project.create(folder)
    corpus = project.corpus
    raw = corpus.database.engine.raw_connection()
    raw.execute("PRAGMA synchronous=OFF")
    raw.execute("BEGIN")
    raw.executemany("INSERT INTO speaker VALUES (?, ?)", [(f"speaker-{n:03}", WHEN) for n in range(SPEAKERS)])
    some = list(_rows(np.random.default_rng(0), min(FIRST, clips)))
    for table in (tables.recording, tables.clip, tables.label):
        rows = [row for name, row in some if name == table.name]
        names = _columns(table)
        raw.executemany(f"INSERT INTO {table.name} ({names}) VALUES ({', '.join('?' * len(rows[0]))})", rows)  # noqa: S608
    raw.execute("COMMIT")
    raw.close()
    begin = time.process_time()
    with corpus.database.write() as connection:
        count = summaries.rebuild(connection)
    print(f"summaries of {count:,} clips made in {time.process_time() - begin:.1f} s of CPU")
    _copy(corpus, clips // FIRST)
    return project


def _columns(table: sa.Table, names: Mapping[str, str] | None = None) -> str:
    """The columns of a table without its own numbers, or what stands for them."""
    own = {"label": "id", "clip_summary": "number"}.get(table.name)
    found = [column.name for column in table.columns if column.name != own]
    return ", ".join((names or {}).get(name, f'"{name}"') for name in found)


def _copy(corpus: Corpus, times: int) -> None:
    raw = corpus.database.engine.raw_connection()
    for pragma in ("synchronous=OFF", "foreign_keys=OFF", "cache_size=-1000000", "journal_mode=MEMORY"):
        raw.execute(f"PRAGMA {pragma}")
    raw.execute("BEGIN")
    for key, table in (
        ("id", tables.recording),
        ("id", tables.clip),
        ("clip_id", tables.label),
        ("clip_id", tables.clip_summary),
    ):
        most = raw.execute(f"SELECT max(rowid) FROM {table.name}").fetchone()[0]  # noqa: S608 - our tables
        for time_ in range(1, times):
            other = {
                name: f"substr({name}, 1, 4) || '{time_:04x}' || substr({name}, 9)" for name in (key, "recording_id")
            }
            chosen = _columns(table, other)
            copied = f"SELECT {chosen} FROM {table.name} WHERE rowid <= {most}"  # noqa: S608 - our tables
            raw.execute(f"INSERT INTO {table.name} ({_columns(table)}) {copied}")
    raw.execute("COMMIT")
    raw.execute("PRAGMA journal_mode=WAL")
    raw.close()


def _rows(generator: np.random.Generator, count: int) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Rows of recordings, clips and labels, in the order of their tables' columns."""
    for number in range(count):
        recording = _id(number // PER_RECORDING)
        place = number % PER_RECORDING
        if place == 0:
            speaker = f"speaker-{generator.integers(SPEAKERS):03}"
            about = (
                f"/nowhere/{recording}.wav",
                0,
                f"{recording[-8:]}.wav",
                40.0,
                16000,
                1,
                speaker,
                None,
                "mic",
                "en",
            )
            yield "recording", (recording, *about, f"import-{number * 8 // FIRST}", "private", 0, 0, 0, WHEN)
        clip = _id(number)
        quality = {"snr": round(float(generator.normal(22, 9)), 2), "rms": -24.0, "clipping": 0.0, "speech": 0.7}
        yield "clip", (clip, recording, place * 4.0, place * 4.0 + float(generator.uniform(1, 4)), json.dumps(quality))
        words = generator.zipf(1.4, int(generator.integers(4, 13))) % len(VOCABULARY)
        said = " ".join(VOCABULARY[word] for word in words)
        sure = np.round(generator.beta(5, 2, size=2), 3)
        other = said if sure[1] > 0.6 else said.replace(VOCABULARY[words[0]], "uh", 1)
        yield "label", _label(clip, "engine", "sphinx", said, float(sure[0]))
        yield "label", _label(clip, "engine", "starter", other, float(sure[1]))
        if number % 10 == 0:
            yield "label", _label(clip, "human", "anna", f"{said[0].upper()}{said[1:]}.", None)


def _id(number: int) -> str:
    """As scattered as a hash; the four zeros are what copies put their own number into."""
    return f"{number * 40503 % 2**16:04x}0000{number:024x}"


def _label(clip: str, kind: str, source: str, text: str, confidence: float | None) -> tuple[Any, ...]:
    content = f"{abs(hash((clip, source))):032x}"[:32]
    return (clip, kind, source, "1", text, None, "{}", "{}", "-", confidence, "[]", 0.0, "training", 0, content, WHEN)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--clips", type=int, default=1_000_000)
    given = parser.parse_args()
    begin = time.perf_counter()
    with make(given.folder, given.clips) as project:
        assert isinstance(project.corpus, Corpus)
        with project.corpus.database.read() as connection:
            count = connection.execute(sa.select(sa.func.count()).select_from(tables.clip_summary)).scalar()
    size = sum(path.stat().st_size for path in given.folder.glob("idiolect.db*")) / 2**20
    print(f"{count:,} clips, {size:,.0f} MiB, {time.perf_counter() - begin:.0f} s")


if __name__ == "__main__":
    main()
