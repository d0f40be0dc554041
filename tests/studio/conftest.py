"""A project to look at, the studio in this process, the studio in one of its own, and a browser."""

from __future__ import annotations

import json

import pytest

from idiolect.audio import write_wav
from idiolect.corpus import NewLabel, SourceKind
from idiolect.project import Project
from studio_browsing import CHROMIUM, SAFE, Studio, copy_of, watched
from studio_clips import SENTENCES, hum, label_of


@pytest.fixture(scope="session")
def made_project(tmp_path_factory):
    """Twelve clips by three speakers; `north` heard all, `south` disagrees on each third; two are reviewed."""
    folder = tmp_path_factory.mktemp("studio")
    sounds = folder / "sounds"
    sounds.mkdir()
    rows = []
    for place, text in enumerate(SENTENCES):
        path = sounds / f"{place:02d}.wav"
        write_wav(path, hum(text.split(), place))
        rows.append({"audio": path.name, "speaker": ("anna", "ben", "carla")[place % 3], "session": f"s{place % 3}"})
    manifest = sounds / "manifest.jsonl"
    manifest.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with Project.create(folder / "voices", name="voices") as project:
        project.import_audio(manifest)
        by_name = {clip.recording.origin: clip for clip in project.corpus.clips()}
        labels = []
        for place, text in enumerate(SENTENCES):
            clip = by_name[f"{place:02d}.wav"]
            labels.append(label_of(clip, "north", text, 0.95 - 0.06 * (place % 8), place))
            other = " ".join([*text.split()[:-1], "wrong"]) if place % 3 == 0 else text
            labels.append(label_of(clip, "south", other, 0.6, 100 + place))
        for place in (1, 2):
            clip = by_name[f"{place:02d}.wav"]
            labels.append(NewLabel(clip_id=clip.id, kind=SourceKind.HUMAN, source="anna", text=SENTENCES[place]))
        project.corpus.add_labels(labels)
    return folder / "voices"


@pytest.fixture(scope="session")
def made_comparison(tmp_path_factory):
    """A project whose systems are evaluated; see `compare_makes.compared`."""
    from compare_makes import compared

    return compared(tmp_path_factory.mktemp("compared"))


@pytest.fixture
def project(made_project, tmp_path):
    """A copy of it, open."""
    with copy_of(made_project, tmp_path) as opened:
        yield opened


@pytest.fixture
def access(project):
    from idiolect.studio.access import Access

    return Access.of(project.folder, person="tester")


@pytest.fixture
def client(project, access):
    """The application in this process, signed in as the owner."""
    from starlette.testclient import TestClient

    from idiolect.studio import build

    with TestClient(build(project, access), base_url="http://localhost") as made:
        made.get(f"/?token={access.token}")
        yield made


@pytest.fixture
def studio(project):
    made = Studio(project.folder)
    yield made
    made.kill()


@pytest.fixture(scope="session")
def chromium():
    """Debian's Chromium under Playwright."""
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine: scripts/install-debian.sh brings it")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=SAFE)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium, studio):
    """A page of the studio, signed in. Whatever the browser complains of fails the test, but `page.faults.clear()`."""
    context = chromium.new_context(viewport={"width": 1280, "height": 800}, locale="en-US")
    context.set_default_timeout(15_000)
    made = watched(context, studio.base)
    made.goto(studio.url)
    yield made
    faults = list(made.faults)
    context.close()
    assert not faults, faults


@pytest.fixture
def page_with(chromium, studio):
    """Make a page as `page` is, in a browser of its own that is started with more flags."""
    browsers = []

    def make(*flags):
        browsers.append(chromium.browser_type.launch(executable_path=CHROMIUM, args=[*SAFE, *flags]))
        context = browsers[-1].new_context(viewport={"width": 1280, "height": 900}, locale="en-US")
        context.set_default_timeout(40_000)
        made = watched(context, studio.base)
        made.goto(studio.url)
        faults.append(made.faults)
        return made

    faults = []
    yield make
    for browser in browsers:
        browser.close()
    assert not any(faults), faults


@pytest.fixture
def axe():
    """Fails on any violation of WCAG 2.2 A and AA, and of axe's best practices."""
    from axe_playwright_python.sync_playwright import Axe

    def check(page):
        found = Axe().run(page).response["violations"]
        lines = [
            f"{one['id']} ({one['impact']}): {one['help']}: {[node['html'][:160] for node in one['nodes'][:4]]}"
            for one in found
        ]
        assert not lines, "\n".join(lines)

    return check
