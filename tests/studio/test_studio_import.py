"""Files chosen in a browser become clips, in a process of their own; a teacher labels them in another one."""

from __future__ import annotations

import time

import pytest

from idiolect.audio import write_wav
from idiolect.jobs import Jobs
from idiolect.studio.pages import bring
from studio_clips import hum


def ended(project, job_id, seconds=60):
    """The job when it has ended."""
    jobs = Jobs(project.folder)
    for _ in range(seconds * 10):
        job = jobs.get(job_id)
        if not job.running:
            return job
        time.sleep(0.1)
    raise AssertionError(jobs.log(job_id))


def test_files_arrive_and_are_imported(client, project, tmp_path):
    write_wav(tmp_path / "a.wav", hum(["one", "two"], 99))
    batch = client.post("/api/import").json()["batch"]
    sent = client.post(f"/api/import/{batch}/file?name=clips/a.wav", content=(tmp_path / "a.wav").read_bytes())
    assert sent.json()["name"] == "clips/a.wav"
    before = project.corpus.summary().recorded.clips
    wanted = {"speaker": "dora", "sensitivity": "internal", "consent": "for tests"}
    job = ended(project, client.post(f"/api/import/{batch}/start", json=wanted).json()["job"])
    assert job.state == "done", Jobs(project.folder).log(job.id)
    new = [clip for clip in project.corpus.clips() if clip.recording.speaker == "dora"]
    assert project.corpus.summary().recorded.clips == before + len(new) > before
    assert new[0].recording.sensitivity == "internal"
    assert (project.folder / "uploads" / batch).exists()
    client.get("/import")
    assert not (project.folder / "uploads" / batch).exists(), "the project has its own copy now"


def test_a_broken_file_is_listed_and_harms_nothing(client, project):
    batch = client.post("/api/import").json()["batch"]
    client.post(f"/api/import/{batch}/file?name=broken.mp3", content=b"no sound at all" * 100)
    before = project.corpus.summary()
    job = ended(project, client.post(f"/api/import/{batch}/start", json={}).json()["job"])
    assert "broken.mp3" in "\n".join(Jobs(project.folder).log(job.id))
    assert project.corpus.summary() == before
    assert client.get("/").status_code == 200


def test_a_teacher_labels_in_a_process_of_its_own(client, project):
    job = ended(project, client.post("/api/label", json={"engine": "sphinx"}).json()["job"])
    assert job.state == "done", Jobs(project.folder).log(job.id)
    assert len(project.corpus.labels(source="sphinx")) == 12


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("/api/import/0000000000000000/start", {}, "there is no upload"),
        ("/api/import/0000000000000000/start", {"sensitivity": "open"}, "sensitivity"),
    ],
)
def test_bad_requests_are_told(client, path, body, said):
    answer = client.post(path, json=body)
    assert answer.status_code in {400, 404, 422}
    assert said in answer.json()["error"]


def test_words_for_a_command_cannot_become_options(client, project):
    """What a person types follows an option's name; it is never one itself."""
    batch = client.post("/api/import").json()["batch"]
    client.post(f"/api/import/{batch}/file?name=a.wav", content=b"x")
    job = ended(project, client.post(f"/api/import/{batch}/start", json={"speaker": "--no-copy"}).json()["job"])
    assert Jobs(project.folder).get(job.id).argv[2:4] == ("--speaker", "--no-copy")
    assert bring.router.routes


@pytest.mark.browser
def test_a_browser_sends_files(page, studio, project, tmp_path):
    for number in range(2):
        write_wav(tmp_path / f"{number}.wav", hum(["one", "two"], 200 + number))
    page.goto(f"{studio.base}/import")
    page.set_input_files("#choose", [tmp_path / "0.wav", tmp_path / "1.wav"])
    assert "2 files" in page.inner_text("#account")
    page.fill("#speaker", "emil")
    page.click("#import")
    page.wait_for_selector("text=The import runs")
    (job,) = Jobs(project.folder).list()
    assert ended(project, job.id).state == "done"
    assert sum(clip.recording.speaker == "emil" for clip in project.corpus.clips()) == 2
