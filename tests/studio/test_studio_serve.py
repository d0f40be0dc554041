"""The page that serves: its answers in process; then in a browser, with a microphone that plays a real order."""

from __future__ import annotations

import base64
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from starlette.websockets import WebSocketDisconnect

from idiolect.audio import decode, write_wav
from idiolect.corpus import SourceKind
from idiolect.labeling import review_queue
from idiolect.serving import Registry, Target
from studio_browsing import microphone

ROOT = Path(__file__).resolve().parents[2]
CLIPS = ROOT / "../shared/data/barista/clips"


def pcm(samples):
    return base64.b64encode((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()).decode()


@pytest.fixture
def registry(project):
    shutil.copy(ROOT / "examples" / "coffee.yaml", project.folder / "coffee.yaml")
    return Registry(project.folder)


@pytest.fixture
def coffee(registry):
    registry.promote("coffee", Target(engine="echo", extra={"texts": ["i want a mocha"]}), by="anna")
    return registry


@pytest.fixture
def coffee_task(registry, project):
    """The task of the alias, which the starter answers."""
    registry.promote("coffee", Target(engine="starter", task="coffee.yaml"), by="anna")
    return project.task("coffee.yaml")


@pytest.fixture
def said(project):
    """What the page sends when it keeps a turn."""
    rng = np.random.default_rng(3)
    samples = 0.2 * np.sin(np.arange(24_000) / 5) + rng.normal(0, 0.01, 24_000)
    about = {"alias": "coffee", "engine": "echo", "version": "1", "heard": "i want a mocha", "confidence": 0.4}
    return {"pcm": pcm(samples), "rate": 16_000, "speaker": "dora", "agreed": True, **about}


def test_the_page_says_what_answers_and_what_could(client, coffee):
    state = client.get("/api/serve").json()
    (alias,) = state["aliases"]
    assert (alias["name"], alias["target"]["name"], alias["by"], alias["before"]) == ("coffee", "echo", "anna", None)
    assert [one["name"] for one in state["candidates"]] == ["starter", "sphinx"]
    assert state["tasks"] == ["coffee.yaml"]
    assert client.get("/serve").status_code == 200


def test_promote_and_roll_back(client, coffee):
    wanted = {"alias": "coffee", "engine": "starter", "task": "coffee.yaml"}
    assert client.post("/api/serve/judge", json=wanted).json()["says"] == "untested"
    (alias,) = client.post("/api/serve/promote", json={**wanted, "note": "ours"}).json()["aliases"]
    assert (alias["target"]["name"], alias["target"]["task"], alias["by"]) == ("starter", "coffee.yaml", "tester")
    assert alias["before"]["target"]["name"] == "echo"
    (alias,) = client.post("/api/serve/rollback", json={"alias": "coffee"}).json()["aliases"]
    assert (alias["target"]["name"], alias["stands"]) == ("echo", 1)
    assert [one["what"] for one in alias["history"]] == ["rollback", "promote", "promote"]
    refused = client.post("/api/serve/promote", json={"alias": "coffee", "model": "models/none"})
    assert (refused.status_code, refused.json()["error"][:20]) == (400, "there is no model in")


def test_a_bundle_of_the_project_is_promoted_as_it_is_listed(client, coffee, project):
    shutil.copytree(ROOT / "src" / "idiolect" / "models" / "starter", project.folder / "models" / "ours-onnx-int8")
    found = client.get("/api/serve").json()["candidates"][0]
    assert (found["name"], found["kind"], found["score"]) == ("ours-onnx-int8", "bundle", None)
    wanted = {"alias": "coffee", "model": found["model"], "engine": found["engine"], "task": "coffee.yaml"}
    assert client.post("/api/serve/judge", json=wanted).json()["says"] == "untested"
    assert client.post("/api/serve/promote", json=wanted).status_code == 200
    assert coffee.alias("coffee").target == Target(model="models/ours-onnx-int8", task="coffee.yaml")


def test_only_the_owner_serves(client, access):
    from idiolect.studio.access import COOKIE, Session

    client.cookies.clear()
    client.cookies.set(COOKIE, access.cookie_for(Session("rita", "reviewer")))
    assert client.get("/serve").status_code == 403
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/api/serve/live"):
        pass


def test_another_origin_does_not_listen(client, coffee):
    headers = {"origin": "http://evil.example"}
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/api/serve/live", headers=headers):
        pass


def test_a_correction_becomes_a_clip_with_a_label_of_the_person(client, coffee, project, said):
    kept = client.post("/api/serve/keep", json={**said, "text": "i want  a latte"}).json()
    clip = project.corpus.clip(kept["clip"])
    assert (clip.recording.collection, clip.recording.speaker, clip.recording.origin[:6]) == ("serve", "dora", "serve-")
    by_kind = {label.kind: label for label in project.corpus.labels(clip_id=clip.id)}
    engine, human = by_kind[SourceKind.ENGINE], by_kind[SourceKind.HUMAN]
    assert (engine.source, engine.text, engine.confidence) == ("echo", "i want a mocha", 0.4)
    assert (human.source, human.text) == ("tester", "i want a latte")
    assert human.parameters == {"review": "edit", "origin": "serve", "alias": "coffee"}
    assert clip.id not in {item.clip.id for item in review_queue(project.corpus)}
    assert client.post("/api/serve/keep", json={**said, "text": "i want a latte"}).json()["already"]


def test_what_is_to_be_reviewed_later_waits_in_the_queue(client, coffee, project, said):
    kept = client.post("/api/serve/keep", json=said).json()
    assert kept["label"] is None
    (item,) = [item for item in review_queue(project.corpus) if item.clip.id == kept["clip"]]
    assert item.label.text == "i want a mocha"
    assert project.corpus.reviews.asked() == {kept["clip"]: "serve: what coffee heard is doubted"}


def test_a_correction_means_something_in_the_task(client, registry, project, said):
    registry.promote("coffee", Target(engine="echo", task="coffee.yaml"), by="anna")
    sentence = project.task("coffee.yaml").sample(1, 0)[0]
    kept = client.post("/api/serve/keep", json={**said, "text": sentence}).json()
    human = [label for label in project.corpus.labels(clip_id=kept["clip"]) if label.kind is SourceKind.HUMAN]
    assert human[0].intent == "orderDrink"
    assert dict(human[0].slots) == dict(project.task("coffee.yaml").parse(sentence).slots)


def test_nothing_is_kept_without_consent_or_sense(client, project, said):
    before = project.corpus.counts()
    for change, status in [
        ({"agreed": False}, 400),
        ({"speaker": " "}, 422),
        ({"pcm": "%"}, 400),
        ({"pcm": base64.b64encode(b"odd").decode()}, 400),
        ({"pcm": ""}, 400),
        ({"pcm": pcm(np.zeros(16_000 * 31))}, 400),
        ({"rate": 5}, 422),
    ]:
        assert client.post("/api/serve/keep", json={**said, **change}).status_code == status, change
    assert project.corpus.counts() == before


def test_who_withdrew_consent_is_not_kept(client, coffee, project, said):
    project.corpus.set_consent("dora", granted=False)
    answer = client.post("/api/serve/keep", json=said)
    assert answer.status_code == 400
    assert "withdrawn consent" in answer.json()["error"]


# In a browser


@pytest.fixture(scope="session")
def spoken(tmp_path_factory):
    """A real order as the file of a fake microphone, with silence around it: Chromium plays it over and over."""
    if not CLIPS.is_dir():
        pytest.skip("../shared/data/barista is not here")
    import soundfile

    from idiolect.audio import resample

    samples = decode(sorted(CLIPS.glob("*.flac"))[1])
    path = tmp_path_factory.mktemp("spoken") / "order.wav"
    stream = np.concatenate([np.zeros(24_000, np.float32), samples, np.zeros(32_000, np.float32)])
    soundfile.write(path, resample(stream, 16_000, 48_000), 48_000, subtype="PCM_16")
    return path


@pytest.fixture
def talking(spoken, page_with):
    """A page whose microphone plays `spoken`."""
    return page_with(*microphone(spoken))


@pytest.mark.browser
@pytest.mark.data
@pytest.mark.engine
def test_said_heard_corrected(registry, talking, studio, project):
    """The first alias is made, spoken to, its answer corrected; the clip is in the project."""
    page = talking
    page.goto(f"{studio.base}/serve")
    page.click("text=Make the first one")
    page.fill("#promote-name", "coffee")
    page.check("input[name=model][value='0']")
    page.wait_for_selector(".verdict .warn")
    page.click("dialog >> text=Promote all the same")
    page.wait_for_selector("tr[data-alias=coffee]")
    assert registry.alias("coffee").target == Target(engine="starter", task="coffee.yaml")

    page.keyboard.press("m")
    page.wait_for_selector("#speak[aria-pressed=true]")
    page.wait_for_selector(".turn .said:not(:has(> .muted:only-child))")  # a partial text
    page.wait_for_selector(".turn .json")
    page.keyboard.press("m")
    page.wait_for_selector("#speak[aria-pressed=false]")
    turn = page.locator(".turn", has=page.locator(".json")).first
    meaning = json.loads(turn.locator(".json").inner_text())
    assert meaning["intent"] == "orderDrink"
    assert "after the last word" in turn.locator(".facts").inner_text()

    turn.locator("text=Correct").click()
    text = turn.locator("textarea").input_value()
    assert text == turn.locator(".said").inner_text()
    turn.locator("textarea").fill("i want a mocha")
    turn.locator("input[name=speaker]").fill("dora")
    turn.locator("text=Save the text").click()
    assert page.evaluate("document.querySelector('.correction :invalid')?.type") == "checkbox"  # consent comes first
    turn.locator("input[type=checkbox]").check()
    turn.locator("text=Save the text").click()
    turn.locator("text=kept with your text").wait_for()
    (label,) = [one for one in project.corpus.labels() if one.source == "tester"]
    assert label.text == "i want a mocha"
    clip = project.corpus.clip(label.clip_id)
    assert clip.recording.speaker == "dora"
    assert clip.duration > 1


@pytest.mark.browser
@pytest.mark.data
@pytest.mark.engine
def test_a_file_is_heard_as_a_session_hears_it(coffee_task, page, studio, tmp_path, axe):
    from idiolect.engines import EngineOptions, create
    from idiolect.serving import listen
    from idiolect.serving.session import Final

    if not CLIPS.is_dir():
        pytest.skip("../shared/data/barista is not here")
    source = sorted(CLIPS.glob("*.flac"))[2]
    samples = decode(source)
    write_wav(tmp_path / "order.wav", np.concatenate([samples, np.zeros(16_000, np.float32)]))
    engine, task = create("starter", EngineOptions(task=coffee_task)), coffee_task
    heard = [one for one in listen(engine, [decode(tmp_path / "order.wav")], task=task) if isinstance(one, Final)]
    page.goto(f"{studio.base}/serve")
    page.set_input_files("#file", tmp_path / "order.wav")
    page.wait_for_selector(".turn .facts", timeout=60_000)
    page.wait_for_selector("#try-state:empty", state="attached", timeout=60_000)
    assert page.locator(".turn .said").all_inner_texts() == [one.hypothesis.text for one in heard]
    page.locator(".turn >> text=Correct").first.click()
    axe(page)
    (tmp_path / "no.wav").write_bytes(b"no sound")
    page.set_input_files("#file", tmp_path / "no.wav")
    page.wait_for_selector("text=This browser cannot read no.wav")


@pytest.mark.browser
def test_rollback_is_asked_first_and_history_is_shown(coffee, page, studio, axe):
    coffee.promote("coffee", Target(engine="echo", extra={"texts": ["two"]}), by="ben", note="a try")
    page.goto(f"{studio.base}/serve")
    page.click("text=Roll back …")
    axe(page)
    page.click("dialog >> text=Cancel")
    assert coffee.alias("coffee").stands.number == 2
    page.click("text=Roll back …")
    page.click("dialog >> button:has-text('Roll back')")
    page.wait_for_selector("text=coffee is answered by echo again")
    assert coffee.alias("coffee").stands.number == 1
    page.click("button:has-text('History')")
    assert page.locator("dialog li").count() == 3
    axe(page)
    page.keyboard.press("Escape")
    page.click("text=New alias")
    axe(page)


@pytest.mark.browser
def test_a_studio_that_is_killed_while_one_speaks_says_so(coffee, talking, studio):
    page = talking
    page.goto(f"{studio.base}/serve")
    page.click("#speak")
    page.wait_for_selector("#speak[aria-pressed=true]")
    studio.kill()
    page.wait_for_selector("text=The line to the studio broke.")
    assert page.get_attribute("#speak", "aria-pressed") == "false"
    studio.start_again()
    page.click("#speak")
    page.wait_for_selector("#speak[aria-pressed=true]")
    page.click("#speak")
    page.faults.clear()
