"""What is done on a Ray cluster of two workers is what is done here."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import asdict, replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from idiolect.audio import write_wav
from idiolect.corpus import Corpus, Entry, ImportOptions, import_entries
from idiolect.corpus.travel import check_travel
from idiolect.corpus.values import DatasetItem, Sensitivity
from idiolect.engines import EngineOptions
from idiolect.errors import CorpusError, PoolError
from idiolect.evaluation import System, evaluate
from idiolect.labeling import label
from idiolect.labeling.workers import hear_in
from idiolect.pools import PoolChoice
from idiolect.progress import Silent

pytestmark = [
    pytest.mark.timeout(400),  # where others have the machine, a cluster takes minutes to start
    pytest.mark.engine,
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("ray") is None, reason="needs the extra ray"),
]
RAY = PoolChoice("ray")
CLIPS = 12


@pytest.fixture(scope="module")
def imported(tmp_path_factory):
    """A project with clips of noise, each with a person's text."""
    folder = tmp_path_factory.mktemp("imported")
    entries = []
    for number in range(CLIPS):
        rng = np.random.default_rng(number)
        path = folder / f"voice_{number:02d}.wav"
        write_wav(path, (0.1 * rng.standard_normal(6400)).astype(np.float32))
        entries.append(Entry(audio=path, where=str(path), text=f"order {number}", start=0.0, end=0.4, speaker="me"))
    with Corpus.create(folder / "project") as made:
        import_entries(made, entries, ImportOptions(transcripts="training"))
    return folder / "project"


@pytest.fixture
def project(imported, tmp_path):
    def copy(name):
        shutil.copytree(imported, tmp_path / name)
        return Corpus.open(tmp_path / name)

    return copy


def echo(corpus, delay=0.0):
    texts = {clip.id: f"order {number}" if number % 4 else "" for number, clip in enumerate(corpus.clips())}
    return EngineOptions(extra={"texts": texts, "confidence": 0.5, "delay": delay})


def written(corpus):
    """All labels as bytes, in the order they were stored; without the time."""
    rows = [{**asdict(one), "created_at": None} for one in corpus.labels()]
    return json.dumps(rows, default=str, sort_keys=True).encode()


@pytest.mark.parametrize("engine", ["echo", "sphinx"])
def test_labels_are_those_of_the_process_pool_byte_for_byte(cluster, project, engine):
    found = []
    for name, pool in (("processes", PoolChoice()), ("ray", RAY)):
        with project(name) as corpus:
            options = echo(corpus) if engine == "echo" else EngineOptions(language="en")
            report = label(corpus, engine, options, processes=2, batch=2, pool=pool)
            assert (report.labelled, report.failed) == (CLIPS, ())
            found.append(written(corpus))
            assert label(corpus, engine, options, processes=2, pool=pool).already == CLIPS
    assert found[0] == found[1]


class Killing(Silent):
    """Kills a worker once some clips are labelled."""

    def __init__(self):
        self.killed = []

    def advance(self, steps=1):
        if not self.killed:
            self.killed = [one for one in everyone() if "ray::_Worker" in command_of(one)][:1]
            os.kill(self.killed[0], signal.SIGKILL)


def children(parent):
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == parent and fields[0] != "Z":
            found.append(int(stat.parent.name))
    return found


def everyone():
    """This process, and those of the cluster that it is connected to, with their children."""
    import ray

    session = ray._private.worker._global_node.get_session_dir_path()
    waiting = [one for one in processes() if session in command_of(one)]
    found = {os.getpid()}
    while waiting:
        found.add(waiting[-1])
        waiting += set(children(waiting.pop())) - found
    return found


def processes():
    return [int(folder.name) for folder in Path("/proc").glob("[0-9]*")]


def command_of(process):
    try:
        return Path(f"/proc/{process}/cmdline").read_text(errors="replace")
    except OSError:
        return ""


def test_a_worker_that_is_killed_loses_nothing(cluster, project):
    killing = Killing()
    with project("whole") as corpus:
        label(corpus, "echo", echo(corpus), processes=1)
        whole = written(corpus)
    with project("killed") as corpus:
        report = label(corpus, "echo", echo(corpus, delay=0.05), processes=2, batch=2, pool=RAY, progress=killing)
        assert killing.killed
        assert (report.labelled, report.failed) == (CLIPS, ())
        assert written(corpus) == whole


def test_audio_that_workers_cannot_see_is_named(cluster, project, tmp_path):
    """The folder is moved when the batches are cut: what a machine without the disk finds."""
    with project("here") as corpus:
        batches = [corpus.clips()[:2]]
        heard = hear_in(cluster, batches, "echo", echo(corpus), HalfThere(corpus.folder))
        with pytest.raises(PoolError, match=r"is not there, which the machine that asks can read") as caught:
            list(heard)
    assert "under the same path" in caught.value.hint


class HalfThere:
    """Audio that this process sees and others do not."""

    def __init__(self, folder):
        self.folder = folder

    def __reduce__(self):
        from idiolect.corpus.audio_files import AudioFiles

        return AudioFiles, (self.folder / "elsewhere",)

    def exists(self, path):
        return (self.folder / path).exists()


def test_scores_are_the_same(cluster, project):
    with project("scored") as corpus:
        people = {one.clip_id: one for one in corpus.labels()}
        items = [DatasetItem(clip, "test", None, (people[clip.id],)) for clip in corpus.clips()]
        reports = [
            evaluate(items, [System.of("echo", echo(corpus))], lambda item: corpus.samples(item.clip), **where)
            for where in ({}, {"pool": RAY, "processes": 2}, {"processes": 2})
        ]
    reports = [replace_times(report) for report in reports]
    first = [asdict(system) for system in reports[0].systems]
    assert first[0]["counts"]
    for report in reports[1:]:
        assert [asdict(system) for system in report.systems] == first
        assert report.heard == reports[0].heard
    assert len(reports[0].heard) == CLIPS


def replace_times(report):
    plain = [replace(one, rtf=0.0, load_seconds=0.0, peak_bytes=None) for one in report.systems]
    return replace(report, systems=tuple(plain), heard=tuple(replace(one, seconds=0.0) for one in report.heard))


def test_the_check_finds_the_same(cluster, project):
    with project("checked") as corpus:
        assert corpus.check(pool=RAY, processes=2) == []
        one, other = [corpus.audio_file(clip).path for clip in corpus.clips()[:2]]
        one.write_bytes(other.read_bytes())
        other.write_bytes(other.read_bytes()[:60])
        found = corpus.check(pool=RAY, processes=2)
        assert len(found) == 2
        assert found == corpus.check() == corpus.check(processes=2)


def test_it_listens_on_the_loopback_interface_only(cluster):
    inodes = {inode for one in everyone() for inode in sockets(one)}
    rows = [line.split() for name in ("tcp", "tcp6") for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]]
    listening = [row[1].partition(":")[0] for row in rows if row[3] == "0A" and row[9] in inodes]
    assert len(listening) >= 4
    assert set(listening) <= {"0100007F", "0000000000000000FFFF00000100007F", "00000000000000000000000001000000"}
    assert os.environ["RAY_USAGE_STATS_ENABLED"] == "0"


def sockets(process):
    """The inodes of its sockets."""
    for descriptor in Path(f"/proc/{process}/fd").iterdir():
        try:
            target = str(descriptor.readlink())
        except FileNotFoundError:  # the one that lists the folder
            continue
        if target.startswith("socket:["):
            yield target[len("socket:[") : -1]


def test_an_address_where_nobody_is(cluster):
    with pytest.raises(PoolError, match="Ray's client"):
        cluster._connect("ray://10.0.0.1:10001")


def test_private_audio_is_read_here_only(project, monkeypatch):
    with project("kept") as corpus:
        private = [clip.recording for clip in corpus.clips()][:1]
    internal = [replace(private[0], sensitivity=Sensitivity.INTERNAL)]
    shareable = [replace(private[0], sensitivity=Sensitivity.SHAREABLE)]
    check_travel(private, [])
    check_travel(internal, ["10.0.0.7", "192.168.1.2"])
    check_travel(shareable, ["8.8.8.8"])
    for recordings, machines in ((private, ["10.0.0.7"]), (internal, ["10.0.0.7", "8.8.8.8"]), (internal, ["node"])):
        with pytest.raises(CorpusError, match="may not be read on"):
            check_travel(recordings, machines)
    monkeypatch.setenv("IDIOLECT_OFFLINE", "1")
    with pytest.raises(CorpusError, match="IDIOLECT_OFFLINE"):
        check_travel(shareable, ["10.0.0.7"])


SCRIPT = """
import sys
from pathlib import Path
from idiolect.corpus import Corpus
from idiolect.engines import EngineOptions
from idiolect.labeling import label
from idiolect.pools import PoolChoice

corpus = Corpus.open(Path(sys.argv[1]))
options = EngineOptions(extra={"texts": {}, "delay": 0.3})
print(label(corpus, "echo", options, batch=1, processes=2, pool=PoolChoice("ray")).labelled)
"""


def of_session(session):
    """Processes that were started in it and live."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == session and fields[0] != "Z":
            found.append(stat.parent.name)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGKILL])
def test_after_ctrl_c_or_a_kill_nothing_runs_on_and_the_labels_stay(project, tmp_path, stop):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    with project("stopped") as corpus:
        before = len(corpus.labels())
        command = [sys.executable, str(script), str(corpus.folder)]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)
        while len(corpus.labels()) < before + 2:
            assert process.poll() is None, process.communicate()
            time.sleep(0.05)
        if stop == signal.SIGINT:
            os.killpg(process.pid, stop)
        else:
            process.kill()
        _, said = process.communicate(timeout=60)
        assert ("InterruptedWork" in said) == (stop == signal.SIGINT)
        for _ in range(600):
            if not of_session(process.pid):
                break
            time.sleep(0.05)
        assert not of_session(process.pid)
        made = len(corpus.labels()) - before
        assert 2 <= made < CLIPS
        report = label(corpus, "echo", EngineOptions(extra={"texts": {}, "delay": 0.3}), batch=1)
        assert (report.labelled, report.already) == (CLIPS - made, made)
