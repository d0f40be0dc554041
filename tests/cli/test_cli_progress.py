from __future__ import annotations

import io

import pytest

from idiolect.cli.app import run
from idiolect.cli.progress import Bar, Lines, progress_for
from idiolect.jobs.progress_file import VARIABLE, read_progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


def work(progress, total):
    progress.start("labeling", total)
    for number in range(4):
        progress.advance()
        if number == 2:
            progress.note("WER 0.31 [dev]")
    progress.finish()
    progress.note("after")


def test_the_stream_decides():
    assert isinstance(progress_for(Terminal()), Bar)
    assert isinstance(progress_for(io.StringIO()), Lines)


def test_lines_without_a_terminal():
    stream = io.StringIO()
    work(Lines(stream), 4)
    lines = stream.getvalue().splitlines()
    assert lines[:2] == ["labeling: 4 clips", "  WER 0.31 [dev]"]
    assert lines[2].startswith("labeling: done, 4 clips in ")
    assert lines[3] == "  after"


def test_lines_estimate_what_is_left(monkeypatch):
    now = 0.0
    monkeypatch.setattr("idiolect.cli.progress.time.monotonic", lambda: now)
    stream = io.StringIO()
    progress = Lines(stream)
    progress.start("labeling", 100)
    for _ in range(25):
        now += 1.0
        progress.advance()
    assert stream.getvalue().splitlines()[1:] == [
        "labeling: 10/100 clips, about 1 min 30 s left",
        "labeling: 20/100 clips, about 1 min 20 s left",
    ]


@pytest.mark.parametrize("total", [4, None])
def test_a_bar_in_a_terminal(total):
    stream = Terminal()
    work(Bar(stream), total)
    assert "labeling" in stream.getvalue()
    assert "WER 0.31 [dev]" in stream.getvalue()
    assert "after" in stream.getvalue()


def test_a_jobs_file_is_told_too_and_how_it_ended(tmp_path, monkeypatch):
    path = tmp_path / "progress.jsonl"
    monkeypatch.setenv(VARIABLE, str(path))
    stream = io.StringIO()
    work(progress_for(stream), 4)
    assert "labeling: done, 4 clips" in stream.getvalue()
    told = read_progress(path)
    assert (told.what, told.done, told.total, told.notes) == ("labeling", 4, 4, ("WER 0.31 [dev]", "after"))
    assert told.exit_code is None
    assert run(["no-such-command"]) == 2
    assert read_progress(path).exit_code == 2
