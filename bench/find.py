"""How quick is finding among a million clips? The whole of what fits, its first page, and pages anywhere in it.

python bench/find.py [--project FOLDER] [--clips 1000000] [--pages 100]

Without a project: one that `made_store.py` makes (minutes, 1.3 GiB) in a folder that goes away. Milliseconds by the
clock; `cpu` is of this process. ``all``: the numbers of all that fits, and so the count. ``first``: the first 100 by
key, without them. ``page``: 100 rows from a random place of the whole.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from made_store import make

from idiolect.corpus import ClipQuery, Corpus

QUERIES = (
    "",
    "speaker:speaker-042",
    "speaker:speaker-04* snr<10 reviewed:no",
    "collection:import-3",
    "confidence<50%",
    "disagreement>10% sort:-disagreement",
    "snr<0 sort:snr",
    "sort:-confidence",
    "bal",
    "term:bal -reviewed:yes",
    '"bal ban"',
    '"no such words"',
    "/ban.*mer/",
    "source:anna",
    "tag:often",
    "tag:seldom",
)


ROW = "{:40} {:>9} {:>7} {:>6} {:>6} {:>6} {:>8} {:>6} {:>7}"


def timed(work: Callable[[], Any]) -> tuple[float, float, Any]:
    """Milliseconds by the clock and of the CPU, and what came."""
    clock, cpu = time.perf_counter(), time.process_time()
    made = work()
    return 1000 * (time.perf_counter() - clock), 1000 * (time.process_time() - cpu), made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--project", type=Path)
    parser.add_argument("--clips", type=int, default=1_000_000)
    parser.add_argument("--pages", type=int, default=100)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, make(given.project or Path(folder) / "many", given.clips) as project:
        acts(project.corpus)
        finds(project.corpus, given.pages)


def acts(corpus: Corpus) -> None:
    ids = corpus.clip_ids("collection:import-2")
    for count, name in ((10_000, "often"), (5, "seldom")):
        some = ids[:: max(1, len(ids) // count)][:count]
        clock, cpu, done = timed(lambda some=some, name=name: corpus.act("tag", name, some, person="bench"))
        print(f"tag {len(some):,} clips ({done.clips:,} new)  {clock:,.0f} ms, cpu {cpu:,.0f}")
    clock, cpu, done = timed(lambda: corpus.act("tag", "undone", ids[:10_000], person="bench"))
    clock, cpu, back = timed(lambda: corpus.undo(done.id, person="bench"))
    print(f"undo of {back.clips:,}  {clock:,.0f} ms, cpu {cpu:,.0f}")


def finds(corpus: Corpus, pages: int) -> None:
    rng = np.random.default_rng(0)
    everything: list[float] = []
    processor: list[float] = []
    print(ROW.format("query", "clips", "all", "cpu", "first", "cpu", "page p50", "p95", "cpu p95"))
    for text in QUERIES:
        query = ClipQuery.parse(text)
        first, first_cpu, _ = timed(lambda query=query: corpus.find(query, limit=100))
        whole, whole_cpu, listing = timed(lambda query=query: corpus.listings.new(query))
        clocks, cpus = [0.0], [0.0]
        for place in rng.integers(0, max(1, len(listing)), pages):
            clock, cpu, _ = timed(lambda place=place, listing=listing: corpus.listings.page(listing, int(place), 100))
            clocks.append(clock)
            cpus.append(cpu)
        everything += clocks
        processor += cpus
        numbers = (
            whole,
            whole_cpu,
            first,
            first_cpu,
            np.median(clocks),
            np.percentile(clocks, 95),
            np.percentile(cpus, 95),
        )
        print(ROW.format(text or "(everything)", f"{len(listing):,}", *(f"{number:.0f}" for number in numbers)))
    clock, cpu = np.percentile(everything, 95), np.percentile(processor, 95)
    print(f"any page: p95 {clock:.1f} ms by the clock, {cpu:.1f} of CPU")


if __name__ == "__main__":
    main()
