"""The studio of a team: the same pages over PostgreSQL, on a real server that the tests start."""

from __future__ import annotations

import json

import pytest
from starlette.testclient import TestClient

from idiolect.audio import write_wav
from idiolect.project import Project
from idiolect.studio import build
from idiolect.studio.access import Access
from studio_clips import SENTENCES, hum, label_of


@pytest.fixture
def team(tmp_path, postgres_url):
    rows = []
    for place, text in enumerate(SENTENCES[:6]):
        write_wav(tmp_path / "sounds" / f"{place}.wav", hum(text.split(), place))
        rows.append({"audio": f"{place}.wav", "speaker": f"voice{place % 2}"})
    manifest = tmp_path / "sounds" / "manifest.jsonl"
    manifest.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with Project.create(tmp_path / "team", name="team", database=postgres_url) as project:
        project.import_audio(manifest)
        clips = project.corpus.clips()
        project.corpus.add_labels([label_of(clip, "north", "one two three", 0.5, 1) for clip in clips])
        access = Access.of(project.folder, person="tester")
        with TestClient(build(project, access), base_url="http://localhost") as client:
            client.get(f"/?token={access.token}")
            yield client


@pytest.mark.parametrize("page", ["/", "/record", "/import", "/find", "/review", "/datasets", "/training", "/settings"])
def test_every_page_opens(team, page):
    assert team.get(page).status_code == 200


def test_find_act_and_review(team):
    found = team.get("/api/find", params={"q": "speaker:voice1"}).json()
    assert found["count"] == 3
    ids = [clip["id"] for clip in found["clips"]]
    deed = {"what": "tag", "value": "again", "q": "speaker:voice1", "listing": found["listing"], "ids": ids}
    assert team.post("/api/find/act", json=deed).json()["clips"] == 3
    assert team.get("/api/find", params={"q": "tag:again"}).json()["count"] == 3

    sitting = "a-sitting-of-this-test"
    (view,) = team.post("/api/review/next", json={"sitting": sitting, "count": 1}).json()["clips"]
    said = {"sitting": sitting, "key": "key-one-1", "action": "accept", "of": view["label"]["id"], "seconds": 2.0}
    path = f"/api/review/{view['id']}/decide"
    assert team.post(path, json=said | {"queue": view["queue"]}).status_code == 200
    assert team.get("/api/find", params={"q": "reviewed:yes"}).json()["count"] == 1
    assert team.post("/api/review/undo", json={"sitting": sitting, "key": "undo-one"}).status_code == 200
    assert team.get("/api/find", params={"q": "reviewed:yes"}).json()["count"] == 0
