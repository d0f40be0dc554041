from __future__ import annotations

import io

import pytest

from idiolect.cli.progress import Bar, Lines, progress_for


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
