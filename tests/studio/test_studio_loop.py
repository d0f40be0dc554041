"""The whole loop in a browser: import, label, review ten clips by keys, freeze, train, compare, serve.

The server is killed in the middle of each, started again, and the same page goes on. Speech is made by machines here.
"""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest

from idiolect.corpus import Corpus
from idiolect.errors import EngineError
from idiolect.jobs import Jobs
from idiolect.labeling.prompts import speak_prompts
from idiolect.project import Project
from idiolect.tasks import load_task

pytestmark = [pytest.mark.browser, pytest.mark.engine, pytest.mark.slow, pytest.mark.timeout(1500)]

COFFEE = Path(__file__).resolve().parents[2] / "examples" / "coffee.yaml"
PROMPTS, REVIEWED, STEPS = 24, 10, 12
PATIENCE = 240_000
"""Milliseconds; the machine may do other things beside this."""


@pytest.fixture(scope="module")
def spoken(tmp_path_factory):
    """Orders as machines speak them."""
    folder = tmp_path_factory.mktemp("spoken")
    try:
        speak_prompts(load_task(COFFEE), folder, count=PROMPTS, seed=3)
    except EngineError as error:
        pytest.skip(str(error))
    return sorted(folder.rglob("*.wav"))


@pytest.fixture
def project(tmp_path):
    with Project.create(tmp_path / "coffee", name="coffee") as made:
        shutil.copy(COFFEE, made.folder / "coffee.yaml")
        yield made


@pytest.fixture
def jobs(project):
    made = Jobs(project.folder)
    yield made
    for job in made.list():
        made.stop(job.id)


def finished(jobs, studio, begun, seconds=600):
    """Wait for the job that was begun after `begun` others; the studio is killed while it works."""
    until = time.monotonic() + seconds
    while len(jobs.list()) == begun:
        assert time.monotonic() < until, "no job was begun"
        time.sleep(0.1)
    job = jobs.list()[0]
    studio.kill()
    studio.start_again()
    job = jobs.wait(job.id, seconds)
    assert job.state == "done", jobs.log(job.id)


def test_the_whole_loop(page, studio, project, jobs, spoken):
    page.set_default_timeout(PATIENCE)
    page.forgiven += ["ERR_CONNECTION", "ERR_CONTENT_LENGTH"]  # asked while nobody answered
    import_and_label(page, studio, jobs, spoken)
    assert len(project.corpus.labels(source="starter")) == len(project.corpus.clips())
    review_by_keys(page, studio)
    freeze(page, studio)
    assert project.corpus.dataset("orders").test
    train(page, studio, jobs)
    (model,) = project.corpus.models()
    compare(page, studio, jobs, model.name)
    serve(page, studio, model.name, spoken[0])
    assert [job.state for job in jobs.list()] == ["done"] * 4


def import_and_label(page, studio, jobs, spoken):
    page.goto(f"{studio.base}/import")
    page.set_input_files("#choose", spoken)
    page.click("#import")
    page.wait_for_selector("#told >> text=The import runs")
    finished(jobs, studio, 0)
    page.goto(f"{studio.base}/import")
    page.check("input[value='engine:starter']")
    page.select_option("#task", "coffee.yaml")
    page.click("#teacher button")
    page.wait_for_selector("#told >> text=The teacher listens")
    finished(jobs, studio, 1)


def freeze(page, studio):
    page.goto(f"{studio.base}/datasets")
    page.wait_for_selector("#preview >> text=Nothing stands on two sides.")
    studio.kill()
    studio.start_again()
    page.fill("#name", "orders")
    page.click("text=What tests, and what is kept apart")
    page.fill("#test", "0.5")
    page.wait_for_selector("#now[aria-busy=false]")
    page.click("#go")
    page.wait_for_selector("#told >> text=Frozen: orders")


def train(page, studio, jobs):
    page.goto(f"{studio.base}/training")
    page.select_option("#recipe", "adapt")
    page.fill("#base", "starter")
    page.click("text=More choices")
    page.fill("#task", "coffee.yaml")
    page.fill("#changes", f"steps={STEPS}\nwatch.times=2\nwatch.clips=4")
    page.click("#go")
    finished(jobs, studio, 2)
    page.goto(f"{studio.base}/training")
    page.wait_for_selector("#runs tr:has-text('adapt') >> text=done")


def compare(page, studio, jobs, model):
    page.goto(f"{studio.base}/compare")
    page.check(f"#evaluate input[value='{model}']")
    page.check("#evaluate input[value=starter]")
    page.select_option("#e-task", "coffee.yaml")
    page.click("#evaluate button[type=submit]")
    finished(jobs, studio, 3)
    page.goto(f"{studio.base}/compare")
    assert model in page.inner_text("main")
    assert page.locator("text=/cannot tell|better|worse/").count()


def serve(page, studio, model, file):
    page.goto(f"{studio.base}/serve")
    page.click("text=Make the first one")
    page.fill("#promote-name", "coffee")
    page.click(f"dialog label:has-text('{model}')")
    studio.kill()
    studio.start_again()
    page.click("dialog >> text=/^Promote/")
    page.wait_for_selector("tr[data-alias=coffee]")
    page.set_input_files("#file", file)
    page.wait_for_selector(".turn .json")


def review_by_keys(page, studio):
    """One key a clip; after the fifth the server dies, and comes again while the person goes on."""
    page.goto(f"{studio.base}/review")
    page.wait_for_selector("#review:not([hidden])")
    title = "document.querySelector('#clip-title').textContent"
    for done in range(REVIEWED):
        before = page.evaluate(title)
        if done == REVIEWED // 2:
            studio.kill()
        page.keyboard.press("Enter")
        if done == REVIEWED // 2:
            studio.start_again()
        until = time.monotonic() + PATIENCE / 1000
        while page.evaluate(title) == before:
            assert time.monotonic() < until, f"the page stays at {before}"
            page.wait_for_timeout(50)
    until = time.monotonic() + PATIENCE / 1000
    while True:
        with Corpus.open(studio.folder) as corpus:
            kept = corpus.labels(source="tester")
        if len(kept) == REVIEWED:
            return
        assert time.monotonic() < until, f"{len(kept)} of {REVIEWED} decisions arrived"
        page.wait_for_timeout(200)
