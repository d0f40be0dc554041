from __future__ import annotations

from idiolect.jobs import Jobs


def test_a_job_is_started_listed_read_and_run_again(idiolect, project):
    assert "no jobs yet" in idiolect("jobs", "list", "-p", project).out
    started = idiolect("jobs", "start", "-p", project, "--title", "Look", "queue", "--help")
    assert started.code == 0, started.err
    (job,) = Jobs(project).list()
    assert job.id in started.out
    assert Jobs(project).wait(job.id, 100).state == "done"
    listed = idiolect("jobs", "list", "-p", project, "--json").json["jobs"]
    assert [(one["id"], one["state"], one["argv"]) for one in listed] == [(job.id, "done", ["queue", "--help"])]
    assert "Look" in idiolect("jobs", "list", "-p", project).out
    assert "Usage: idiolect queue" in idiolect("jobs", "log", job.id[-6:], "-p", project).out
    again = idiolect("jobs", "again", job.id, "-p", project, "--json").json
    assert (again["id"], again["state"]) == (job.id, "running")
    assert idiolect("jobs", "stop", job.id, "-p", project, "--json").json["id"] == job.id
    assert Jobs(project).wait(job.id, 100).state in {"done", "stopped"}


def test_an_unknown_job_is_an_error(idiolect, project):
    done = idiolect("jobs", "stop", "abc", "-p", project)
    assert done.code == 1
    assert "idiolect jobs list" in done.err
