"""How many coffee orders the `sphinx` teacher understands, how sure it is of them, and how long it takes.

python bench/teacher.py [--data ../shared/data] [--every N] [--passes N]

A command is accepted if the intent is right and every labelled slot has exactly the labelled value. The numbers of the
engine were chosen on half A (by a hash of the file's name); half B was only looked at in the end.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from idiolect.audio import decode
from idiolect.engines.protocol import EngineOptions, Hypothesis
from idiolect.engines.sphinx import ACCEPT, Sphinx
from idiolect.tasks import load_task

ROOT = Path(__file__).resolve().parents[1]
OTHER = ("librispeech-251", "an4")
"""Speech that orders nothing: 25 clips of each."""


@dataclass(frozen=True, slots=True)
class Row:
    half: str
    heard: Hypothesis
    right: bool
    duration: float
    processing: float


def rows_of(folder: Path) -> list[dict]:
    return [json.loads(line) for line in (folder / "manifest.jsonl").read_text(encoding="utf-8").splitlines()]


def spread(rows: list[dict], count: int) -> list[dict]:
    return rows[:: len(rows) // count][:count]


def listen(engine: Sphinx, folder: Path, row: dict) -> Row:
    samples = decode(folder / row["audio"])
    started = time.process_time()
    (heard,) = engine.transcribe([samples])
    spent = time.process_time() - started
    right = (
        "intent" in row
        and heard.intent == row["intent"]
        and all(heard.slots.get(name) == value.strip() for name, value in row["slots"].items())
    )
    half = "AB"[hashlib.blake2b(Path(row["audio"]).name.encode()).digest()[0] & 1]
    return Row(half, heard, right, len(samples) / 16_000, spent)


def sure(row: Row, threshold: float) -> bool:
    return row.heard.intent is not None and (row.heard.confidence or 0.0) >= threshold


def show(name: str, rows: list[Row]) -> None:
    accepted = sum(row.right and sure(row, ACCEPT) for row in rows)
    rtf = sum(row.processing for row in rows) / sum(row.duration for row in rows)
    taken = sum(sure(row, ACCEPT) for row in rows)
    counts = f"{len(rows):4d} clips  taken as orders {taken:4d}"
    print(f"{name:8s} {counts}  accepted {accepted / len(rows):.3f}  RTF {rtf:.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT / "../shared/data")
    parser.add_argument("--every", type=int, default=1, help="only every N-th clip")
    parser.add_argument("--passes", type=int, default=None)
    arguments = parser.parse_args()
    if not (arguments.data / "barista").is_dir():
        print(f"skipped: no recordings in {arguments.data}")
        return
    os.nice(5)
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True, cwd=ROOT
    )
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, commit {commit.stdout.strip()}")
    extra = {"accept": 0.0} | ({} if arguments.passes is None else {"passes": arguments.passes})
    engine = Sphinx(EngineOptions(task=load_task(ROOT / "examples/coffee.yaml"), extra=extra))
    folder = arguments.data / "barista"
    orders = [listen(engine, folder, row) for row in rows_of(folder)[:: arguments.every]]
    for half in "AB":
        show(f"half {half}", [row for row in orders if row.half == half])
    show("all", orders)
    others = [
        listen(engine, arguments.data / name, row)
        for name in OTHER
        for row in spread(rows_of(arguments.data / name), max(1, 25 // arguments.every))
    ]
    show("no order", others)
    print(f"\nof {len(orders)} orders and {len(others)} clips that are none ({', '.join(OTHER)})")
    print("confidence at least   orders taken   of them right   others taken")
    for threshold in (0.0, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0):
        taken = [row for row in orders if sure(row, threshold)]
        right = sum(row.right for row in taken) / max(1, len(taken))
        wrong = sum(sure(row, threshold) for row in others)
        print(f"{threshold:19.2f}   {len(taken) / len(orders):12.3f}   {right:13.3f}   {wrong / len(others):12.3f}")


if __name__ == "__main__":
    main()
