"""Jobs, datasets and trainings: what the server says, and the whole way in a browser with a kill in the middle."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from idiolect.files import read_json, write_json
from idiolect.jobs import Jobs
from studio_browsing import copy_of, until_true

sys.path.insert(0, str(Path(__file__).parents[1] / "training"))
from training_tones import SMALL, make_project

STEPS = 300


@pytest.fixture(scope="session")
def made_tones(tmp_path_factory):
    """Forty hums by ten speakers with their alignments, frozen as `tones`."""
    folder = tmp_path_factory.mktemp("tones")
    corpus, _ = make_project(folder)
    corpus.close()
    (folder / "project" / "idiolect.toml").write_text('name = "tones"\n')
    return folder / "project"


@pytest.fixture
def project(made_tones, tmp_path):
    with copy_of(made_tones, tmp_path) as opened:
        yield opened


@pytest.fixture
def jobs(project):
    made = Jobs(project.folder)
    yield made
    for job in made.list():
        made.stop(job.id)
    for job in made.list():
        made.wait(job.id, 60)


def waiting(jobs, argv, title):
    """A job of that name which runs until it is stopped."""
    job = jobs.wait(jobs.start([argv[0], "--help"], title, at_once=True).id, 100)
    place = jobs.folder / job.id / "job.json"
    order = read_json(place)
    script = (
        "import os, time; from pathlib import Path; from idiolect.jobs import ProgressFile;"
        "told = ProgressFile(Path(os.environ['IDIOLECT_PROGRESS']), every=0); told.start('train', 400, 'steps');"
        "told.advance(100); told.note('WER 23.4 %'); print('up', flush=True); time.sleep(120)"
    )
    write_json(place, {**order, "argv": argv, "command": [sys.executable, "-c", script]})
    jobs.again(job.id, at_once=True)
    until_true(lambda: jobs.log(job.id)[-1] == "up")
    return jobs.get(job.id)


def test_the_tray_gets_jobs_and_ends_them(client, jobs):
    job = waiting(jobs, ["train"], "Train nano on tones")
    (seen,) = client.get("/api/jobs").json()["jobs"]
    assert (seen["id"], seen["state"], seen["done"], seen["total"]) == (job.id, "running", 100, 400)
    assert (seen["notes"], seen["command"]) == (["WER 23.4 %"], "idiolect train")
    assert client.post(f"/api/jobs/{job.id}/dismiss").status_code == 409
    chosen = {"dataset": "tones", "recipe": "nano"}
    refused = client.post("/api/training/start", json=chosen)
    assert refused.status_code == 409
    assert "Train nano on tones is running" in refused.json()["error"]
    assert client.post(f"/api/jobs/{job.id}/stop").status_code == 200
    until_true(lambda: client.get(f"/api/jobs/{job.id}").json()["state"] == "stopped")
    assert client.get(f"/api/jobs/{job.id}/log").json()["lines"][-1] != ""
    assert client.post(f"/api/jobs/{job.id}/dismiss").status_code == 200
    assert client.get("/api/jobs").json()["jobs"] == []
    for path in ("/api/jobs/none", "/api/jobs/..%2F..%2Fx/log", "/api/training/runs/none", "/api/training/runs/.."):
        assert client.get(path).status_code == 404, path


def test_only_a_finished_model_is_exported(client, project, jobs):
    (project.folder / "models" / "begun").mkdir(parents=True)
    for name in ("none", "begun", ".."):
        refused = client.post(f"/api/training/runs/{name}/export")
        assert refused.status_code in {400, 404}, name
    assert not jobs.list()


def test_a_preview_is_what_a_freeze_then_does(client, project):
    before = project.corpus.counts()
    found = client.post("/api/datasets/preview", json={"test": 0.3, "speakers": ["speaker 1", "speaker 2"]}).json()
    assert project.corpus.counts() == before
    sizes = {split: amount["clips"] for split, amount in found["account"]["splits"].items()}
    assert sum(sizes.values()) == 8
    assert (found["leaks"], found["problem"]) == ([], "")
    body = {"name": "two", "test": 0.3, "speakers": ["speaker 1", "speaker 2"]}
    made = client.post("/api/datasets/freeze", json=body).json()
    assert (made["name"], made["clips"], made["new"]) == ("two", 8, True)
    dataset = project.corpus.dataset("two")
    assert {split: len(dataset.split(split)) for split in ("train", "dev", "test")} == sizes
    assert client.post("/api/datasets/freeze", json=body).json()["new"] is False
    account = client.get(f"/datasets/{made['id']}")
    assert "speaker 1" in account.text
    assert client.post("/api/datasets/freeze", json={"name": "../x"}).status_code == 400
    assert client.post("/api/datasets/preview", json={"test": 3}).status_code == 422


def test_why_nothing_can_be_frozen_is_said_with_the_clips(client):
    found = client.post("/api/datasets/preview", json={"speakers": ["nobody"]}).json()
    assert "nothing to train on" in found["problem"]
    strict = client.post("/api/datasets/preview", json={"engines": ["nobody"], "min_confidence": 0.5}).json()
    assert strict["problem"] == "", "people's texts always count"


def test_a_dataset_is_exported_by_a_job(client, project, jobs):
    key = project.corpus.dataset("tones").id
    job = client.post(f"/api/datasets/{key}/export", json={"to": "csv"}).json()
    assert jobs.wait(job["id"], 110).state == "done", jobs.log(job["id"])
    assert (project.folder / "exports" / "tones-csv" / "train.csv").exists()


def test_a_forecast_and_what_is_wrong_with_a_recipe(client, project):
    key = project.corpus.dataset("tones").id
    told = client.post("/api/training/forecast", json={"dataset": key, "recipe": "nano", "minutes": 3}).json()
    assert (told["seconds"], told["steps"], told["based_on"]) == (180, None, "")
    assert told["clips"] == len(project.corpus.dataset("tones").train)
    wrong = client.post("/api/training/forecast", json={"dataset": key, "changes": ["nonsense=1"]})
    assert (wrong.status_code, wrong.json()["error"]) == (400, "a recipe has no 'nonsense'")
    assert client.post("/api/training/forecast", json={"dataset": key, "changes": ["x"]}).status_code == 400
    assert client.post("/api/training/forecast", json={"dataset": "none"}).status_code == 400
    needs = client.post("/api/training/start", json={"dataset": key, "recipe": "lora"})
    assert "needs a model to start from" in needs.json()["error"]
    assert Jobs(project.folder).list() == []


def test_the_charts_come_out_of_their_wheel_under_the_same_policy(client):
    page = client.get("/training")
    given = json.loads(page.text.partition('id="data">')[2].partition("</script>")[0])
    script = client.get(given["plotly"]["address"])
    assert script.status_code == 200
    assert script.headers["content-type"].startswith("text/javascript")
    assert "immutable" in script.headers["cache-control"]
    assert len(script.content) > 1_000_000
    assert "plotly" not in client.get("/datasets").text.lower()
    assert "unsafe" not in page.headers["content-security-policy"]
    assert len(given["plotly"]["styles"]) >= 1


def test_the_pages_speak_german(client):
    german = {"accept-language": "de"}
    assert "Ein Modell trainieren" in client.get("/training", headers=german).text
    assert "Was darin wäre" in client.get("/datasets", headers=german).text


@pytest.mark.browser
def test_a_tray_survives_reloads_and_tells_the_end_once(page, studio, jobs):
    job = waiting(jobs, ["train"], "Train nano on tones")
    page.goto(studio.base)
    page.wait_for_selector("#tray:not([hidden])")
    assert page.get_attribute("#tray > button", "aria-expanded") == "false"
    page.focus("#tray > button")
    page.keyboard.press("Enter")
    assert page.is_visible("#tray >> text=WER 23.4 %")
    page.reload()
    page.wait_for_selector("#tray >> text=100 of 400 steps")
    jobs.stop(job.id)
    jobs.wait(job.id, 60)
    page.reload()
    page.wait_for_selector("#told >> text=Train nano on tones: stopped")
    page.reload()
    page.wait_for_selector("#tray >> text=Put away")
    assert not page.is_visible("#told >> text=Train nano on tones: stopped")
    page.click("#tray >> text=Put away")
    page.wait_for_selector("#tray", state="hidden")


@pytest.mark.browser
@pytest.mark.engine
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_freeze_train_close_kill_go_on_stop_and_resume(page, studio, axe, jobs, project):
    page.set_default_timeout(180_000)
    page.goto(f"{studio.base}/datasets")
    page.wait_for_selector("#preview >> text=Nothing stands on two sides.")
    axe(page)
    page.fill("#name", "more test")
    page.click("text=What tests, and what is kept apart")
    page.fill("#test", "0.3")
    page.wait_for_selector("#now[aria-busy=false]")
    page.click("#go")
    page.wait_for_selector("#told >> text=Frozen: more test")
    page.click("tr:has-text('more test') >> text=train one")
    page.wait_for_selector("#forecast >> text=About 20 min")
    assert page.input_value("#dataset") == project.corpus.dataset("more test").id
    page.click("text=More choices")
    chosen = SMALL | {"steps": STEPS, "watch.save_steps": 10, "watch.times": 15}
    page.fill("#changes", "\n".join(f"{name}={value}" for name, value in chosen.items()))
    page.click("#go")
    page.wait_for_selector("#watch-acts >> text=Stop")
    (job,) = jobs.list()
    run = page.inner_text("#watch-title")
    assert run.startswith("nano-")

    # The page is closed, and the studio killed; the training knows of neither.
    page.goto("about:blank")
    studio.kill()
    seen = steps_of(project, run)
    until_true(lambda: steps_of(project, run) > seen)
    assert jobs.get(job.id).running
    studio.start_again()
    page.goto(f"{studio.base}/training")
    page.wait_for_selector("#samples .sample")
    page.wait_for_selector("#plot-dev .main-svg")
    page.wait_for_selector(f"#runs tr:has-text('{run}') >> text=running")
    page.click("#watch-acts >> text=Stop")
    page.wait_for_selector(f"#runs tr:has-text('{run}') >> text=stopped")
    assert jobs.get(job.id).exit_code == 130
    stopped = steps_of(project, run)
    assert seen < stopped < STEPS, "it was too quick for this test"

    page.click("#watch-acts >> text=Go on")
    page.wait_for_selector(f"#runs tr:has-text('{run}') >> text=done")
    page.wait_for_selector("#facts >> text=of the kept weights")
    rows = [json.loads(line) for line in (project.folder / "models" / run / "history.jsonl").read_text().splitlines()]
    assert [row["step"] for row in rows if "loss" in row] == list(range(1, STEPS + 1)), "a step is missing or twice"
    assert len(jobs.list()) == 1
    assert len(project.corpus.models()) == 1

    page.click("#plot-loss ~ details summary")
    assert page.locator("#table-loss tbody tr").count() >= 30
    looks_well(page, axe)


def looks_well(page, axe):
    for scheme, width in (("light", 1280), ("dark", 360)):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.set_viewport_size({"width": width, "height": 900})
        page.reload()
        page.wait_for_selector("#plot-loss .main-svg")
        axe(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def steps_of(project, run):
    path = project.folder / "models" / run / "history.jsonl"
    return path.read_text().count('"loss"') if path.exists() else 0
