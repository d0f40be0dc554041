from __future__ import annotations

import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import time

import pytest

from idiolect.errors import ConflictError, JobError
from idiolect.files import read_json, write_json
from idiolect.jobs import Jobs
from idiolect.jobs.job import processes
from idiolect.jobs.processes import Process
from idiolect.project import Project

PATIENT = "import time; print('up', flush=True); time.sleep(60)"
STUBBORN = "import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"


@pytest.fixture
def jobs(tmp_path):
    Project.create(tmp_path / "voice").close()
    made = Jobs(tmp_path / "voice")
    yield made
    for job in made.list():
        for process in processes(made.folder / job.id).values():
            process.signal(signal.SIGKILL)


def until(true, seconds=100.0):
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < seconds, "it did not come"
        time.sleep(0.05)


def short(jobs, *words):
    """A command that ends at once."""
    return jobs.wait(jobs.start([*(words or ["status"]), "--help"], "Help").id, 100)


def waiting(jobs, script=PATIENT):
    """A job that runs until it is stopped, once it is up; not a command of ours, so that it is up soon."""
    job = short(jobs)
    place = jobs.folder / job.id
    order = read_json(place / "job.json")
    write_json(place / "job.json", {**order, "command": [sys.executable, "-c", script]})
    again = jobs.again(job.id)
    until(lambda: jobs.log(job.id)[-1] == "up")
    return again


def test_a_command_runs_to_its_end(jobs):
    job = jobs.start(["status", "--json"], "Status", about={"dataset": "first"})
    told = (job.state, job.argv, job.title, job.about)
    assert told == ("running", ("status", "--json"), "Status", {"dataset": "first"})
    ended = jobs.wait(job.id, 100)
    assert (ended.state, ended.exit_code) == ("done", 0)
    assert ended.started <= ended.ended <= time.time()
    assert json.loads(jobs.log(job.id)[-1])["name"] == "voice"
    assert jobs.list() == [ended]


def test_what_went_wrong_is_told_in_the_commands_words(jobs):
    job = jobs.wait(jobs.start(["freeze", "first"], "Freeze").id, 100)
    assert (job.state, job.exit_code) == ("failed", 1)
    assert "nothing to train on" in job.problem
    assert "idiolect review" in job.problem


def test_stopping_is_ctrl_c(jobs):
    job = jobs.start(["serve", "--engine", "echo", "--port", "0"], "A server")
    until(lambda: any("answers at" in line for line in jobs.log(job.id)))
    stopped = jobs.stop(job.id)
    assert stopped.stopping or stopped.state == "stopped"
    ended = jobs.wait(job.id, 100)
    assert (ended.state, ended.stopping) == ("stopped", False)
    assert jobs.stop(job.id) == ended


def test_a_job_outlives_the_one_who_started_it(jobs):
    job = waiting(jobs)
    jobs.stop(job.id)
    jobs.wait(job.id, 60)
    script = (
        "import sys, time; from pathlib import Path; from idiolect.jobs import Jobs;"
        f"print(Jobs(Path(sys.argv[1])).again({job.id!r}).id, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script, str(jobs.project)],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
    )
    with parent:
        assert parent.stdout.readline().strip() == job.id
        until(lambda: jobs.log(job.id)[-1] == "up")
        os.killpg(parent.pid, signal.SIGKILL)
    assert jobs.get(job.id).running
    jobs.stop(job.id)
    assert jobs.wait(job.id, 60).state == "stopped"


def test_a_killed_command_has_failed_and_runs_again(jobs):
    job = waiting(jobs)
    processes(jobs.folder / job.id)["command"].signal(signal.SIGKILL)
    dead = jobs.wait(job.id, 60)
    assert (dead.state, dead.exit_code) == ("failed", -9)
    again = jobs.again(job.id)
    assert (again.id, again.state, again.exit_code) == (job.id, "running", None)
    until(lambda: jobs.log(job.id).count("up") == 2)
    with pytest.raises(ConflictError, match="running already"):
        jobs.again(job.id)
    assert len(jobs.list()) == 1


def test_a_command_whose_supervisor_was_killed_runs_on_and_can_be_stopped(jobs):
    job = waiting(jobs)
    supervisor = processes(jobs.folder / job.id)["supervisor"]
    supervisor.signal(signal.SIGKILL)
    until(lambda: not supervisor.lives())
    assert jobs.get(job.id).running
    jobs.stop(job.id)
    assert jobs.wait(job.id, 100).state == "stopped"


def test_killed_with_its_supervisor_it_is_lost(jobs):
    job = waiting(jobs)
    found = processes(jobs.folder / job.id)
    for name in ("supervisor", "command"):
        found[name].signal(signal.SIGKILL)
    lost = jobs.wait(job.id, 60)
    assert (lost.state, lost.exit_code) == ("lost", None)
    assert lost.ended is not None


def test_another_process_of_the_same_number_is_not_the_job(jobs):
    job = short(jobs)
    place = jobs.folder / job.id
    here = Process.here()
    assert here.lives()
    (place / "exit.json").unlink()
    write_json(place / "process.json", {"supervisor": {**here.as_dict(), "began": here.began - 1}, "command": None})
    assert jobs.get(job.id).state == "lost"
    write_json(place / "process.json", {"supervisor": {**here.as_dict(), "boot": "another"}, "command": None})
    assert jobs.get(job.id).state == "lost"
    write_json(place / "process.json", {"supervisor": here.as_dict(), "command": None})
    assert jobs.get(job.id).state == "running"
    write_json(place / "process.json", {"supervisor": {**here.as_dict(), "began": here.began - 1}, "command": None})
    # Were it taken for the job, this would end the test.
    assert jobs.stop(job.id).state == "lost"


def test_who_does_not_listen_to_ctrl_c_is_ended_harder(jobs):
    job = waiting(jobs, STUBBORN)
    assert jobs.stop(job.id).stopping
    time.sleep(0.3)
    assert jobs.get(job.id).running
    jobs.stop(job.id)
    ended = jobs.wait(job.id, 60)
    assert (ended.state, ended.exit_code) == ("stopped", -15)


def test_the_supervisor_ends_it_harder_by_itself(jobs, tmp_path):
    job = short(jobs)
    place = shutil.copytree(jobs.folder / job.id, tmp_path / "one")
    for name in ("exit.json", "process.json"):
        (place / name).unlink()
    order = read_json(place / "job.json")
    write_json(place / "job.json", {**order, "command": [sys.executable, "-c", STUBBORN]})
    script = (
        f"from pathlib import Path; from idiolect.jobs.supervisor import Supervisor; Supervisor(Path({str(place)!r}), "
    )
    with subprocess.Popen([sys.executable, "-c", script + "grace=1).run()"], start_new_session=True) as supervisor:
        until(lambda: (place / "log").read_text().endswith("up\n"))
        supervisor.terminate()
        assert supervisor.wait(20) == 0
    assert read_json(place / "exit.json")["code"] == -15


def test_ctrl_c_reaches_a_job_of_a_server_in_the_background(jobs):
    """A shell lets what it starts with `&` ignore Ctrl-C, and so do its children."""
    job = waiting(jobs)
    jobs.stop(job.id)
    jobs.wait(job.id, 60)
    script = (
        "import signal, sys; from pathlib import Path; from idiolect.jobs import Jobs;"
        f"signal.signal(signal.SIGINT, signal.SIG_IGN); Jobs(Path(sys.argv[1])).again({job.id!r})"
    )
    subprocess.run([sys.executable, "-c", script, str(jobs.project)], check=True, timeout=60)
    until(lambda: jobs.log(job.id).count("up") == 2)
    jobs.stop(job.id)
    ended = jobs.wait(job.id, 60)
    assert (ended.state, ended.exit_code) == ("stopped", -signal.SIGINT)


def test_one_training_at_a_time_unless_asked(jobs):
    job = waiting(jobs)
    place = jobs.folder / job.id
    order = read_json(place / "job.json")
    write_json(place / "job.json", {**order, "argv": ["train"], "title": "Train nano"})
    with pytest.raises(ConflictError, match="Train nano is running"):
        jobs.start(["improve", "--help"], "Improve")
    assert jobs.wait(jobs.start(["train", "--help"], "Train", at_once=True).id, 100).state == "done"
    assert jobs.wait(jobs.start(["label", "--help"], "Label").id, 100).state == "done"
    jobs.stop(job.id)
    jobs.wait(job.id, 100)
    assert jobs.wait(jobs.start(["train", "--help"], "Train").id, 100).state == "done"


def test_two_who_start_at_the_same_moment_start_one_training(jobs):
    script = (
        "import sys; from pathlib import Path\n"
        "from idiolect.jobs import Jobs; from idiolect.errors import ConflictError\n"
        "sys.stdin.readline()\n"
        "try: print(Jobs(Path(sys.argv[1])).start(['train', '--help'], 'Train').id)\n"
        "except ConflictError: print('refused')\n"
    )
    command = [sys.executable, "-c", script, str(jobs.project)]
    racing = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    for one in racing:
        one.stdin.write("go\n")
        one.stdin.flush()
    said = [one.communicate(timeout=60)[0].strip() for one in racing]
    assert len(jobs.list()) == len([line for line in said if line != "refused"])
    for job in jobs.list():
        jobs.wait(job.id, 100)
    runs = sorted((job.started, job.ended) for job in jobs.list())
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(runs)), "two ran at once"


def test_unknown_and_foreign_names(jobs, tmp_path):
    job = short(jobs)
    assert jobs.get(job.id[-6:]) == job
    shutil.copytree(jobs.folder / job.id, tmp_path / "voice" / job.id)
    for name in ("", "nothing", f"../{job.id}", f"../../voice/jobs/{job.id}"):
        with pytest.raises(JobError, match="no single job"):
            jobs.get(name)
    with pytest.raises(JobError, match="no command"):
        jobs.start([], "Nothing")
    with pytest.raises(JobError, match="no command"):
        jobs.start(["../evil"], "Nothing")


def test_dismissed_is_kept(jobs):
    job = short(jobs)
    assert jobs.dismiss(job.id).dismissed
    assert jobs.get(job.id).dismissed
    assert not jobs.again(job.id).dismissed
    jobs.wait(job.id, 100)


def test_the_folder_is_its_owners_alone(jobs):
    job = short(jobs)
    assert (jobs.folder / job.id).stat().st_mode & 0o077 == 0
