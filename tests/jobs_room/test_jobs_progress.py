from __future__ import annotations

import json
import time

from idiolect.jobs import ProgressFile
from idiolect.jobs.progress_file import READ, read_progress


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_work_is_told_in_whole_lines(tmp_path):
    path = tmp_path / "progress.jsonl"
    progress = ProgressFile(path, every=0)
    progress.start("labeling", 4)
    progress.advance()
    progress.note("WER 0.31 [dev] größer")
    told = read_progress(path)
    assert (told.what, told.done, told.total, told.unit, told.notes) == (
        "labeling",
        1,
        4,
        "clips",
        ("WER 0.31 [dev] größer",),
    )
    assert told.left is not None
    assert told.exit_code is None
    progress.advance(3)
    progress.finish()
    progress.ended(0)
    told = read_progress(path)
    assert (told.done, told.left, told.exit_code) == (4, 0, 0)


def test_counting_writes_once_a_second(tmp_path):
    path = tmp_path / "progress.jsonl"
    progress = ProgressFile(path)
    progress.start("labeling", None)
    began = time.monotonic()
    for _ in range(20_000):
        progress.advance()
    assert len(lines(path)) <= 2 + time.monotonic() - began
    progress.finish()
    assert lines(path)[-1]["done"] == 20_000


def test_a_long_file_is_read_at_its_end_and_a_cut_line_left_out(tmp_path):
    path = tmp_path / "progress.jsonl"
    progress = ProgressFile(path, every=0)
    progress.start("train", 5000, "steps")
    for step in range(3000):
        progress.advance()
        if step % 100 == 0:
            progress.note(f"step {step}")
    assert path.stat().st_size > READ
    with path.open("ab") as file:
        file.write(b'{"at": 12, "note": "half a li')
    told = read_progress(path)
    assert (told.done, told.total) == (3000, 5000)
    assert told.notes[-1] == "step 2900"
    assert 1 < len(told.notes) <= 40


def test_no_file_is_no_progress(tmp_path):
    assert read_progress(tmp_path / "none").what == ""
