"""What `label` costs beside the engine: the same clips through a bare loop and through `label`, in turn.

python bench/label_overhead.py [--data ../shared/data] [--corpus an4] [--clips 24] [--rounds 8] [--engine starter]

Both give the engine the same batches in one process and read each clip from the same files; `label` also looks up what
is done, and commits labels. Making the engine is taken out of what is divided by, since it weighs less the more clips
there are. Each round hears all clips both ways, the order of the two changes from round to round, and
its ratio is one draw. The interval is a bootstrap over rounds. Seconds are CPU seconds of this process, because other
work on the machine moves the clock by more than what is measured; the clock's ratio stands beside it. `echo`, which
hears in no time, gives what a clip costs whatever the engine is.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from idiolect.corpus import Corpus, ImportOptions, find_entries, import_entries
from idiolect.engines import create
from idiolect.engines.protocol import EngineOptions
from idiolect.labeling import label

ROOT = Path(__file__).resolve().parents[1]
BATCH = 8
DRAWS = 10_000


def project(folder: Path, data: Path, name: str, clips: int) -> Path:
    entries, skipped = find_entries([data / name / "manifest.jsonl"])
    chosen = entries[:: max(1, len(entries) // clips)][:clips]
    with Corpus.create(folder / name) as corpus:
        import_entries(corpus, chosen, ImportOptions(collection=name, transcripts="none"), skipped=skipped)
    return folder / name


def now() -> np.ndarray:
    """CPU seconds of this process, and the clock."""
    return np.array([time.process_time(), time.perf_counter()])


def bare(corpus: Corpus, engine: str) -> np.ndarray:
    """Nothing but the engine over the clips, read batch by batch. Returns what making it took."""
    begin = now()
    made = create(engine, EngineOptions(language="en"))
    making = now() - begin
    clips = corpus.clips()
    for first in range(0, len(clips), BATCH):
        made.transcribe([corpus.samples(clip) for clip in clips[first : first + BATCH]])
    return making


def whole(corpus: Corpus, engine: str) -> np.ndarray:
    report = label(corpus, engine, EngineOptions(language="en"), batch=BATCH)
    assert report.labelled == len(corpus.clips()), report
    return np.zeros(2)


def seconds(work: Callable[[Corpus, str], np.ndarray], template: Path, engine: str) -> np.ndarray:
    """(what the work took and what making the engine did, CPU and clock), on a fresh copy of the project.

    Copying and opening it is not counted.
    """
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "project"
        shutil.copytree(template, copy)
        with Corpus.open(copy) as corpus:
            corpus.counts()
            begin = now()
            making = work(corpus, engine)
            return np.array([now() - begin, making])


def interval(values: Sequence[float]) -> tuple[float, float, float]:
    """Mean, and its 95 % interval by a bootstrap over rounds."""
    found = np.asarray(values)
    draws = np.random.default_rng(0).integers(0, len(found), (DRAWS, len(found)))
    low, high = np.quantile(found[draws].mean(axis=1), [0.025, 0.975])
    return float(found.mean()), float(low), float(high)


def measure(template: Path, engine: str, rounds: int) -> np.ndarray:
    """(rounds, bare and label, whole and making, CPU and clock): seconds."""
    seconds(whole, template, engine)  # compiles, and fills the machine's caches
    found = np.zeros((rounds, 2, 2, 2))
    for turn in range(rounds):
        for way in (0, 1) if turn % 2 else (1, 0):
            found[turn, way] = seconds((bare, whole)[way], template, engine)
    return found


def show(name: str, found: np.ndarray, clips: int) -> None:
    making = found[:, 0, 1]
    loops = (found[:, :, 0] - making[:, None]) / clips * 1000  # (rounds, bare and label, CPU and clock): ms a clip
    for kind, what in enumerate(("CPU", "clock")):
        bare_ms, label_ms = loops[:, 0, kind], loops[:, 1, kind]
        ratio = interval(label_ms / bare_ms - 1)
        more = interval(label_ms - bare_ms)
        print(
            f"| {name} | {what} | {bare_ms.mean():.2f} | {label_ms.mean():.2f} "
            f"| {more[0]:.2f} [{more[1]:.2f}, {more[2]:.2f}] "
            f"| {ratio[0]:+.1%} [{ratio[1]:+.1%}, {ratio[2]:+.1%}] |",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT / "../shared/data")
    parser.add_argument("--corpus", default="an4")
    parser.add_argument("--clips", type=int, default=24)
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--engine", action="append", help="default: starter and echo")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        template = project(Path(folder), chosen.data, chosen.corpus, chosen.clips)
        with Corpus.open(template) as corpus:
            clips = corpus.clips()
        audio = sum(clip.duration for clip in clips)
        about = f"{len(clips)} clips of {chosen.corpus}, {audio:.0f} s; {chosen.rounds} rounds"
        print(f"{about}; load {os.getloadavg()[0]:.1f}", flush=True)
        print("| engine | seconds | bare, ms a clip | label, ms a clip | more, ms a clip | overhead |")
        print("|---|---|---|---|---|---|")
        for engine in chosen.engine or ("starter", "echo"):
            show(engine, measure(template, engine, chosen.rounds), len(clips))


if __name__ == "__main__":
    main()
