"""The promise about money: many workers, a hard cap, killed and resumed; the provider keeps books of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from idiolect.audio import write_wav
from idiolect.corpus import Corpus, Entry, ImportOptions, Sensitivity, State, import_entries
from idiolect.gateway import Money, Reach
from idiolect.gateway.policy import allow

HERE = Path(__file__).parent
CLIP = 0.1
RATE = 14_000_000
"""Nanodollars for a second: a clip costs 0.0014 dollars, and 714 of them cost 0.9996."""


def project_with(folder, count):
    """A store with so many shareable clips, all of one recording."""
    noise = 0.1 * np.random.default_rng(3).standard_normal(round(16_000 * CLIP * count))
    write_wav(folder / "long.wav", noise.astype(np.float32))
    entries = [
        Entry(audio=folder / "long.wav", where="here", text="x", start=n * CLIP, end=(n + 1) * CLIP, speaker="me")
        for n in range(count)
    ]
    corpus = Corpus.create(folder / "project")
    options = ImportOptions(sensitivity=Sensitivity.SHAREABLE, transcripts="none")
    assert import_entries(corpus, entries, options).clips == count
    return corpus


@pytest.fixture
def server(tmp_path):
    """The fake provider as a process: it lives on when its clients are killed. Gives its URL and its books."""
    books = tmp_path / "books.jsonl"
    books.touch()
    command = [sys.executable, str(HERE.parent / "fake_provider.py"), str(books), str(RATE)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    yield f"http://127.0.0.1:{process.stdout.readline().strip()}/v1", books
    process.kill()
    process.wait()
    process.stdout.close()


def lines(books):
    return [json.loads(line) for line in books.read_text().splitlines()]


def start(corpus, url, workers, cap):
    words = [str(corpus.folder), url, str(workers), str(RATE), cap]
    environment = {**os.environ, "IDIOLECT_KEYS": "/nowhere"}
    return subprocess.Popen(
        [sys.executable, str(HERE / "paid_labeling.py"), *words], env=environment, stderr=subprocess.PIPE, text=True
    )


def kill_after(process, books, count):
    """SIGKILL once the provider has billed so many."""
    until = time.monotonic() + 100
    while len(books.read_bytes().splitlines()) < count:
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < until, f"{len(lines(books))} of {count} billed"
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate()


@pytest.mark.parametrize(
    "run",
    [
        (60, 12, "0.05", (15,)),
        pytest.param((1000, 50, "1.00", (150, 300, 450)), marks=[pytest.mark.slow, pytest.mark.timeout(600)]),
    ],
)
def test_killed_and_resumed_the_cap_holds_and_no_clip_is_sent_twice(tmp_path, server, run):
    clips, workers, cap, kills = run
    url, books = server
    corpus = project_with(tmp_path, clips)
    allow(corpus, url, reach=Reach.CLOUD)
    for count in kills:
        kill_after(start(corpus, url, workers, cap), books, count)
    last = start(corpus, url, workers, cap)
    _, said = last.communicate(timeout=400)
    assert last.returncode == 3, said

    billed, rows = lines(books), corpus.ledger.rows()
    limit, one = Money.of(cap).nanodollars, round(CLIP * RATE)
    booked = sum(row.cost for row in rows)
    # Never above the cap, and nothing left that would have covered another clip.
    assert sum(line["cost"] for line in billed) <= booked == corpus.ledger.booked() <= limit
    assert limit - booked < one
    # No clip twice: not by the provider's books, not by ours.
    assert max(Counter(line["clip"] for line in billed).values()) == 1
    assert max(Counter(clip for row in rows for clip in row.items).values()) == 1
    assert len({row.run for row in rows}) == 1
    # Row by row: what the provider billed is in the ledger at that price, and what the ledger calls done was billed.
    known = {row.request_id: row for row in rows}
    assert len({line["id"] for line in billed}) == len(billed)
    for line in billed:
        row = known[line["id"]]
        assert (row.cost, row.payload) == (line["cost"], line["payload"]), row
    ids = {line["id"] for line in billed}
    done = [row for row in rows if row.state is State.DONE]
    assert all(row.request_id in ids for row in done)
    # What a kill left open is booked, and no more of it than could have been under way.
    left = [row for row in rows if row.state is not State.DONE]
    assert {row.state for row in left} <= {State.OPEN}
    assert len(left) <= workers * len(kills)
    # Every answer that was paid for is a label, which says what it cost.
    assert sum(label.cost for label in corpus.labels()) == pytest.approx(sum(row.cost for row in done) / 1e9)
    assert {label.clip_id for label in corpus.labels()} == {clip for row in done for clip in row.items}
    numbers = {"billed": sum(line["cost"] for line in billed) / 1e9, "booked": booked / 1e9, "cap": cap}
    numbers |= {"requests": len(billed), "done": len(done), "left open": len(left), "labels": len(corpus.labels())}
    (tmp_path / "numbers.json").write_text(json.dumps(numbers))
    corpus.close()
