from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from idiolect.corpus import ClipFilter, Corpus, SourceKind
from idiolect.engines import EngineOptions
from idiolect.engines.echo import Echo
from idiolect.errors import EngineError, InterruptedWork
from idiolect.labeling import label
from idiolect.progress import Silent


def texts_for(corpus):
    """What echo shall say to each clip; some are silent."""
    return {clip.id: f"order {number}" if number % 4 else "" for number, clip in enumerate(corpus.clips())}


def echo(corpus, **extra):
    return EngineOptions(extra={"texts": texts_for(corpus), "confidence": 0.5, **extra})


def contents(corpus):
    return sorted((one.clip_id, one.source, one.version, one.text, one.confidence) for one in corpus.labels())


class Watching(Silent):
    def __init__(self):
        self.steps, self.notes, self.total = 0, [], None

    def start(self, what, total, unit="clips"):
        self.total = total

    def advance(self, steps=1):
        self.steps += steps

    def note(self, text):
        self.notes.append(text)


def test_every_clip_gets_one_label_with_its_source(corpus):
    watching = Watching()
    report = label(corpus, "echo", echo(corpus), batch=5, progress=watching)
    assert (report.labelled, report.already, report.failed) == (12, 0, ())
    assert (watching.total, watching.steps) == (12, 12)
    assert report.audio == pytest.approx(12 * 0.4)
    assert report.rtf is not None
    assert 0 < report.busy <= report.wall
    expected = texts_for(corpus)
    for one in corpus.labels():
        assert (one.kind, one.source, one.version) == (SourceKind.ENGINE, "echo", "1")
        assert one.text == expected[one.clip_id]
        assert one.confidence == 0.5
        assert one.parameters == {"texts": expected, "confidence": 0.5}
        assert [word.word for word in one.words] == one.text.split()


def test_again_adds_nothing_and_other_parameters_label_anew(corpus):
    label(corpus, "echo", echo(corpus))
    report = label(corpus, "echo", echo(corpus))
    assert (report.labelled, report.already) == (0, 12)
    assert len(corpus.labels()) == 12
    report = label(corpus, "echo", echo(corpus, confidence=0.9))
    assert (report.labelled, report.already) == (12, 0)
    assert len(corpus.labels()) == 24


def test_several_processes_give_the_same_labels_as_one(corpus):
    options = echo(corpus)
    label(corpus, "echo", options, clips=corpus.clips()[:3])
    report = label(corpus, "echo", options, processes=2, batch=2)
    assert (report.labelled, report.already) == (9, 3)
    several = contents(corpus)
    assert {one[0]: one[3] for one in several} == texts_for(corpus)
    assert len(several) == 12


def test_clips_can_be_chosen(corpus):
    recording = corpus.recordings()[3].id
    assert label(corpus, "echo", clips=ClipFilter(recording=recording)).labelled == 1
    assert label(corpus, "echo", clips=[]).labelled == 0


def test_a_dry_run_estimates_and_stores_nothing(corpus):
    report = label(corpus, "echo", echo(corpus, delay=0.01), dry_run=True, processes=2)
    assert (report.pending, report.labelled, report.dry_run) == (12, 0, True)
    assert report.audio == pytest.approx(12 * 0.4)
    assert report.busy >= 12 * 0.01
    assert report.wall == pytest.approx(report.busy / 2)
    assert corpus.labels() == []


@pytest.mark.parametrize("processes", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_a_clip_whose_file_is_gone_is_listed_and_the_others_are_labelled(corpus, processes):
    lost = corpus.clips()[4]
    corpus.audio_file(lost).path.unlink()
    watching = Watching()
    report = label(corpus, "echo", echo(corpus), batch=3, processes=processes, progress=watching)
    assert report.labelled == 11
    assert [one.clip_id for one in report.failed] == [lost.id]
    assert lost.recording.path in watching.notes[0]
    assert lost.id not in {one.clip_id for one in corpus.labels()}


def test_a_clip_that_the_engine_fails_on_fails_alone(corpus, monkeypatch):
    bad = corpus.samples(corpus.clips()[2])
    whole = Echo.transcribe

    def transcribe(self, batch):
        if any(len(samples) == len(bad) and (samples == bad).all() for samples in batch):
            raise ValueError("cannot hear this")
        return whole(self, batch)

    monkeypatch.setattr(Echo, "transcribe", transcribe)
    report = label(corpus, "echo", echo(corpus))
    assert report.labelled == 11
    assert "cannot hear this" in report.failed[0].reason


def test_ctrl_c_keeps_what_is_done(corpus, monkeypatch):
    whole = Echo.transcribe
    calls = []

    def transcribe(self, batch):
        calls.append(len(batch))
        if len(calls) == 3:
            raise KeyboardInterrupt
        return whole(self, batch)

    monkeypatch.setattr(Echo, "transcribe", transcribe)
    with pytest.raises(InterruptedWork, match="8 of 12"):
        label(corpus, "echo", echo(corpus), batch=4)
    assert len(corpus.labels()) == 8
    monkeypatch.undo()
    assert label(corpus, "echo", echo(corpus), batch=4).labelled == 4


def test_after_a_kill_batches_are_made_of_the_same_clips(corpus, monkeypatch):
    label(corpus, "echo", echo(corpus), clips=corpus.clips()[:2])
    seen = []
    whole = Echo.transcribe
    monkeypatch.setattr(Echo, "transcribe", lambda self, batch: seen.append(len(batch)) or whole(self, batch))
    label(corpus, "echo", echo(corpus), batch=5)
    assert seen == [3, 5, 2]


class OneAnswer:
    """A task that knows one order."""

    id = "task-1"

    def parse(self, text):
        from types import SimpleNamespace

        return SimpleNamespace(intent="order", slots={"n": text[-1]}) if text == "order 1" else None


def test_with_a_task_what_it_does_not_know_is_counted_and_kept(corpus):
    options = EngineOptions(task=OneAnswer(), extra={"texts": texts_for(corpus)})
    report = label(corpus, "echo", options)
    assert (report.labelled, report.rejected) == (12, 11)
    (known,) = [one for one in corpus.labels() if one.intent is not None]
    assert (known.text, known.intent, known.slots) == ("order 1", "order", {"n": "1"})
    assert {one.confidence for one in corpus.labels() if one.intent is None} == {0.0}
    assert all(one.parameters["task"] == "task-1" for one in corpus.labels())
    assert label(corpus, "echo", options).already == 12


@pytest.mark.parametrize("wrong", [{"processes": 0}, {"batch": 0}])
def test_numbers_without_sense(corpus, wrong):
    with pytest.raises(EngineError, match="at least 1"):
        label(corpus, "echo", **wrong)


# No guard against being imported: the script of a user may have none either.
SCRIPT = """
import sys
from pathlib import Path
from idiolect.corpus import Corpus
from idiolect.engines import EngineOptions
from idiolect.labeling import label

corpus = Corpus.open(Path(sys.argv[1]))
texts = {clip.id: f"order {number}" if number % 4 else "" for number, clip in enumerate(corpus.clips())}
print("begin", flush=True)
options = EngineOptions(extra={"texts": texts, "confidence": 0.5, "delay": float(sys.argv[3])})
print(label(corpus, "echo", options, batch=2, processes=int(sys.argv[2])).labelled)
"""


def start(tmp_path, corpus, processes, delay):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    command = [sys.executable, str(script), str(corpus.folder), str(processes), str(delay)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)


def wait_for_labels(corpus, process, at_least):
    for _ in range(2000):
        if len(corpus.labels()) >= at_least:
            return
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    pytest.fail("no labels came")


def alive(group):
    """Processes of the session that the script was started in."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == group and fields[0] != "Z":
            found.append(stat.parent.name)
    return found


@pytest.mark.parametrize("processes", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_kill_minus_nine_then_again_gives_the_same_and_nothing_twice(tmp_path, corpus, processes):
    process = start(tmp_path, corpus, processes, delay=0.1)
    wait_for_labels(corpus, process, 2)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert 2 <= len(corpus.labels()) < 12
    for _ in range(200):
        if not alive(process.pid):
            break
        time.sleep(0.05)
    assert not alive(process.pid), "workers outlived the parent"
    again = start(tmp_path, corpus, processes, delay=0)
    out, err = again.communicate(timeout=60)
    assert again.returncode == 0, err
    assert int(out.split()[-1]) < 12
    expected = texts_for(corpus)
    assert contents(corpus) == sorted((clip, "echo", "1", text, 0.5) for clip, text in expected.items())
    fresh = Corpus.open(corpus.folder)
    assert len(fresh.labels()) == 12
    fresh.close()


@pytest.mark.slow
def test_ctrl_c_with_processes_commits_and_ends_all_of_them(tmp_path, corpus):
    process = start(tmp_path, corpus, 2, delay=0.1)
    wait_for_labels(corpus, process, 2)
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert "InterruptedWork" in err
    assert 2 <= len(corpus.labels()) <= 12
    assert not alive(process.pid)


@pytest.mark.slow
def test_ctrl_c_while_the_processes_start_is_no_fault_of_ours(tmp_path, corpus):
    process = start(tmp_path, corpus, 2, delay=0.1)
    for _ in range(2000):
        if len(alive(process.pid)) >= 4:  # the parent, multiprocessing's tracker, and two workers that still import
            break
        time.sleep(0.01)
    time.sleep(0.1)
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert "InterruptedWork" in err
    assert "BrokenProcessPool" not in err
