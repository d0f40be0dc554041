"""What the page Find asks of the server."""

from __future__ import annotations

import time

import pytest


def test_the_page_and_its_first_rows(client):
    page = client.get("/find?q=two")
    assert page.status_code == 200
    assert 'id="list"' in page.text
    first = client.get("/api/find/first", params={"q": "  two   -reviewed:yes"}).json()
    assert first["q"] == "two -reviewed:yes"
    assert first["conditions"] == ["two", "-reviewed:yes"]
    assert [clip["text"] for clip in first["clips"]] == ["two large coffees please"]


def test_any_place_of_a_listing(client):
    whole = client.get("/api/find", params={"limit": 500}).json()
    assert whole["count"] == len(whole["clips"]) == 12
    some = client.get("/api/find", params={"listing": whole["listing"], "start": 7, "limit": 3}).json()
    assert some["listing"] == whole["listing"]
    assert some["clips"] == whole["clips"][7:10]
    assert client.get("/api/find", params={"limit": 501}).status_code == 422


def test_what_has_no_sense_says_why(client):
    answer = client.get("/api/find/first", params={"q": "spaeker:anna"})
    assert answer.status_code == 400
    assert answer.json()["error"] == "clips have no field 'spaeker'"
    assert "speaker" in answer.json()["hint"]


def test_deeds_on_some_and_on_all_but_some_and_back(client):
    found = client.get("/api/find", params={"q": "speaker:anna"}).json()
    ids = [clip["id"] for clip in found["clips"]]
    deed = {"what": "tag", "value": "retake", "q": "speaker:anna", "listing": found["listing"]}
    one = client.post("/api/find/act", json={**deed, "ids": ids[:1]}).json()
    rest = client.post("/api/find/act", json={**deed, "everything": True, "ids": ids[:1]}).json()
    assert (one["clips"], rest["clips"]) == (1, len(ids) - 1)
    assert client.get("/api/find", params={"q": "tag:retake"}).json()["count"] == len(ids)
    assert client.get("/api/find/values", params={"field": "tag"}).json() == ["retake"]
    assert client.post("/api/find/undo", json={"action": rest["action"]}).json()["clips"] == len(ids) - 1
    assert [clip["id"] for clip in client.get("/api/find", params={"q": "tag:retake"}).json()["clips"]] == ids[:1]
    undone = {one["id"]: one["undone"] for one in client.get("/api/find/actions").json()}
    assert undone == {1: False, 2: True, 3: False}
    lost = client.post("/api/find/act", json={**deed, "everything": True, "listing": 999})
    assert lost.status_code in (400, 409)
    assert "restart" in lost.json()["error"]


def test_a_clip_with_all_that_was_said(client):
    clip = client.get("/api/find/first", params={"q": "two"}).json()["clips"][0]
    about = client.get(f"/api/find/clips/{clip['id']}").json()
    assert [one["source"] for one in about["all_labels"]] == ["south", "north"]
    assert about["snr"] == clip["snr"]
    assert client.get("/api/find/clips/ffff").status_code == 404


@pytest.mark.parametrize(
    ("field", "wanted"),
    [
        ("speaker", ["anna", "ben", "carla"]),
        ("source", ["anna", "north", "south"]),
        ("reviewed", ["yes", "no"]),
        ("sensitivity", ["private", "internal", "shareable"]),
        ("session", ["s0", "s1", "s2"]),
        ("snr", []),
        ("nothing", []),
    ],
)
def test_values_to_choose_from(client, field, wanted):
    assert client.get("/api/find/values", params={"field": field}).json() == wanted


@pytest.mark.slow
def test_a_map_is_made_in_a_job(client):
    assert client.get("/api/find/map").json()["clips"] == []
    job = client.post("/api/find/map", json={"q": "speaker:anna"}).json()["job"]
    for _ in range(600):
        state = client.get(f"/api/find/map/{job}").json()["state"]
        if state != "running":
            break
        time.sleep(0.2)
    assert state == "done"
    made = client.get("/api/find/map").json()
    assert {clip["speaker"] for clip in made["clips"]} == {"anna"}
    assert len(made["clips"]) + made["unplaced"] == 4
    assert all(-1 <= x <= 1 and -1 <= y <= 1 for x, y in (clip["at"] for clip in made["clips"]))


def test_words_that_look_like_an_option_are_words(client, project):
    from idiolect.jobs import Jobs

    client.post("/api/settings/project", json={"speaker": "anna"})  # in whose name a command would act
    job = client.post("/api/find/map", json={"q": "--tag=mine"}).json()["job"]
    ended = Jobs(project.folder).wait(job, 60)
    assert ended.state in ("done", "failed")
    assert project.corpus.count("tag:mine") == 0
    assert project.corpus.actions() == []
