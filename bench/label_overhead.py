"""What `label` costs beside the engine: a bare loop over the same clips, taken in turn with `label` batch by batch.

nice -n -5 python bench/label_overhead.py [--data ../shared/data] [--corpus an4] [--clips 40] [--seconds 90]

`label` runs over a fresh copy of the project. After a batch is committed it tells its progress, and there this bench
stops the watch, lets the bare loop (the same clips, read from the same files) hear a batch, and goes on: label, bare,
bare, label, … so that the two halves of a pair are a second apart, and a machine that gets slower slows both. Both ask
the same engine: two that are made alike differ by up to 15 % as their memory lies. Earlier versions compared whole
passes of two engines, minutes apart: their ratio moved by 20 % either way.

A pair is one batch both ways; batches of one clip make the pairs many and short, and cost `label` a commit for each
clip, where its own eight need one for eight. Two figures with a bootstrap over pairs each: the ratio of sums, and the
median of the pairs' ratios, which a burst of somebody else's work does not move. CPU seconds are of this process; the
clock's stand beside them. What `label` does once a run beside making the engine is given by itself. `echo`, which
hears in no time, shows what a clip costs whatever the engine is; divided by the seconds of another engine it is the
overhead to expect of that in batches of eight, without the noise of hearing.
"""

from __future__ import annotations

import argparse
import gc
import os
import shutil
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

import numpy as np

from idiolect.corpus import Clip, Corpus, ImportOptions, find_entries, import_entries
from idiolect.engines import Engine, create
from idiolect.engines.protocol import EngineOptions
from idiolect.labeling import label, running

ROOT = Path(__file__).resolve().parents[1]
DRAWS = 10_000
OWN_BATCH = 8
"""What `label` takes where nobody says otherwise."""


def now() -> np.ndarray:
    """CPU seconds of this process, and the clock."""
    return np.array([time.process_time(), time.perf_counter()])


@dataclass(slots=True)
class Turns:
    """The progress of one `label`, which lets the bare loop take its turns. Seconds are (CPU, clock)."""

    corpus: Corpus
    engine: Engine
    batches: Sequence[Sequence[Clip]]
    bare_first: bool
    labelled: list[np.ndarray] = field(default_factory=list)
    bare: list[np.ndarray] = field(default_factory=list)
    began: np.ndarray = field(default_factory=lambda: np.zeros(2))
    started: np.ndarray = field(default_factory=lambda: np.zeros(2))

    def start(self, what: str, total: float | None, unit: str = "clips") -> None:
        del what, total, unit
        self.started = now()
        self._take_turns()
        self.began = now()

    def advance(self, steps: float = 1) -> None:
        del steps
        self.labelled.append(now() - self.began)
        self._take_turns()
        self.began = now()

    def note(self, text: str) -> None:
        raise RuntimeError(text)

    def finish(self) -> None:
        """Nothing to close."""

    def _take_turns(self) -> None:
        """Pairs are (label, bare) and (bare, label) in turn: the second of two runs right after the first."""
        done = len(self.labelled)
        ahead = done + ((done % 2 == 0) == self.bare_first)
        while len(self.bare) < min(ahead, len(self.batches)):
            batch = self.batches[len(self.bare)]
            begin = now()
            self.engine.transcribe([self.corpus.samples(clip) for clip in batch])
            self.bare.append(now() - begin)


@dataclass(slots=True)
class Found:
    """Seconds (pairs, 2) of label and bare, (CPU, clock); what each run took before its first batch."""

    clips: int = 0
    labelled: list[np.ndarray] = field(default_factory=list)
    bare: list[np.ndarray] = field(default_factory=list)
    once: list[np.ndarray] = field(default_factory=list)

    def pairs(self, kind: int) -> tuple[np.ndarray, np.ndarray]:
        """Seconds of label and bare: kind 0 is the CPU's, 1 the clock's."""
        return np.array(self.labelled)[:, kind], np.array(self.bare)[:, kind]


def one_run(template: Path, engine: Engine, batch: int, *, bare_first: bool, found: Found) -> None:
    """`label` over a fresh copy of the project. Copying and opening it is not counted."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "project"
        shutil.copytree(template, copy)
        with Corpus.open(copy) as corpus:
            clips = corpus.clips()
            batches = [clips[first : first + batch] for first in range(0, len(clips), batch)]
            turns = Turns(corpus, engine, batches, bare_first)
            gc.collect()
            begin = now()
            with patch.object(running, "create", lambda *_: engine):
                report = label(corpus, engine.name, EngineOptions(language="en"), batch=batch, progress=turns)
            assert report.labelled == len(clips), report
            found.once.append(turns.started - begin)
            found.labelled += turns.labelled
            found.bare += turns.bare
            found.clips += len(clips)


def measure(template: Path, name: str, batch: int, seconds: float) -> Found:
    engine = create(name, EngineOptions(language="en"))
    one_run(template, engine, batch, bare_first=False, found=Found())  # compiles, and fills the machine's caches
    found = Found()
    end = time.monotonic() + seconds
    while time.monotonic() < end or len(found.once) % 2:
        one_run(template, engine, batch, bare_first=len(found.once) % 2 == 1, found=found)
    return found


def interval(values: np.ndarray) -> tuple[float, float]:
    """The middle 95 % of drawn values."""
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)


def draws(labelled: np.ndarray, bare: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sums of label and bare of pairs drawn with replacement."""
    chosen = np.random.default_rng(0).integers(0, len(bare), (DRAWS, len(bare)))
    return labelled[chosen].sum(axis=1), bare[chosen].sum(axis=1)


def show(name: str, batch: int, found: Found) -> None:
    for kind, what in enumerate(("CPU", "clock")):
        labelled, bare = found.pairs(kind)
        many_labelled, many_bare = draws(labelled, bare)
        ms = 1000 / found.clips
        low, high = interval((many_labelled - many_bare) * ms)
        print(
            f"| {name} | {batch} | {what} | {len(bare)} | {bare.sum() * ms:.2f} | {labelled.sum() * ms:.2f} "
            f"| {(labelled - bare).sum() * ms:+.2f} [{low:+.2f}, {high:+.2f}] "
            f"| {share(labelled.sum() / bare.sum(), many_labelled / many_bare)} "
            f"| {share(np.median(labelled / bare), medians(labelled / bare))} "
            f"| {np.mean([one[kind] for one in found.once]) * 1000:.0f} |",
            flush=True,
        )


def share(ratio: float, drawn: np.ndarray) -> str:
    """An overhead with its interval."""
    low, high = interval(drawn - 1)
    return f"{ratio - 1:+.1%} [{low:+.1%}, {high:+.1%}]"


def medians(ratios: np.ndarray) -> np.ndarray:
    chosen = np.random.default_rng(0).integers(0, len(ratios), (DRAWS // 5, len(ratios)))
    return np.median(ratios[chosen], axis=1)


def expected(fixed: Found, name: str, found: Found) -> None:
    """What a clip costs with `echo`, as a share of another engine's seconds for one."""
    labelled, bare = fixed.pairs(0)
    cost = (labelled - bare).sum() / fixed.clips
    low, high = interval(np.subtract(*draws(labelled, bare)) / fixed.clips)
    each = found.pairs(0)[1].sum() / found.clips
    print(
        f"fixed cost per clip {cost * 1000:.2f} ms [{low * 1000:.2f}, {high * 1000:.2f}] CPU: "
        f"{cost / each:.1%} [{low / each:.1%}, {high / each:.1%}] of {name}'s {each * 1000:.0f} ms"
    )


def project(folder: Path, data: Path, name: str, clips: int) -> Path:
    entries, skipped = find_entries([data / name / "manifest.jsonl"])
    chosen = entries[:: max(1, len(entries) // clips)][:clips]
    with Corpus.create(folder / name) as corpus:
        import_entries(corpus, chosen, ImportOptions(collection=name, transcripts="none"), skipped=skipped)
    return folder / name


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT / "../shared/data")
    parser.add_argument("--corpus", default="an4")
    parser.add_argument("--clips", type=int, default=40)
    parser.add_argument("--batch", type=int, default=1, help="clips of a pair; echo is also given label's own 8")
    parser.add_argument("--seconds", type=float, default=90, help="for each engine; echo gets a tenth, twice")
    parser.add_argument("--engine", action="append", help="beside echo; default: starter")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        template = project(Path(folder), chosen.data, chosen.corpus, chosen.clips)
        with Corpus.open(template) as corpus:
            clips = corpus.clips()
        audio = sum(clip.duration for clip in clips)
        print(f"{len(clips)} clips of {chosen.corpus}, {audio:.0f} s", end="; ")
        print(f"load {os.getloadavg()[0]:.1f}, niceness {os.nice(0)}", flush=True)
        print(
            "| engine | batch | seconds | pairs | bare, ms a clip | label | more | overhead, sums | median | once, ms |"
        )
        print("|---|---|---|---|---|---|---|---|---|---|")
        for batch in dict.fromkeys((chosen.batch, OWN_BATCH)):
            fixed = measure(template, "echo", batch, chosen.seconds / 10)
            show("echo", batch, fixed)
        for engine in chosen.engine or ("starter",):
            found = measure(template, engine, chosen.batch, chosen.seconds)
            show(engine, chosen.batch, found)
            expected(fixed, engine, found)


if __name__ == "__main__":
    main()
