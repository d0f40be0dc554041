"""The comparison and the arena, in this process: what they show, start and keep."""

from __future__ import annotations

import json
import re
import shutil

import pytest
from compare_makes import judge

from idiolect.evaluation.html import STYLES
from idiolect.evaluation.scores import MEASURES
from idiolect.jobs import Jobs
from idiolect.project import Project
from idiolect.studio import build, showing, words
from idiolect.studio.access import COOKIE, Access, Session
from studio_browsing import copy_of


@pytest.fixture
def project(made_comparison, tmp_path):
    with copy_of(made_comparison, tmp_path) as opened:
        yield opened


def text_of(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page.split("<main", 1)[1]))


def test_it_says_who_is_better_on_which_clips(client, project):
    page = client.get("/compare").text
    said = text_of(page)
    assert "my-model-1a2b" in said
    assert re.search(r"(is (better|worse) than|cannot tell) ", said)
    assert "Clips where they differ most" in said
    clips = re.findall(r'<li class="clip".*?</li>', page, re.DOTALL)
    assert clips
    assert all(clip.count("<audio") == 1 for clip in clips)
    address = re.search(r'<audio[^>]* src="([^"]+)"', page)[1]
    assert client.get(address).headers["content-type"] == "audio/wav"


def keys_of(page, name):
    select = re.search(rf'<select id="c-{name}".*?</select>', page, re.DOTALL)[0]
    return {label: key for key, label in re.findall(r'<option value="([^"]+)"[^>]*>([^<]+)', select)}


def test_the_verdict_is_that_of_the_evaluation_whichever_is_asked_for(client, project):
    known = keys_of(client.get("/compare").text, "a")
    ask = {"a": known["my-model-1a2b"], "b": known["starter"]}
    assert "my-model-1a2b is better than starter." in text_of(client.get("/compare", params=ask).text)
    turned = {"a": known["starter"], "b": known["my-model-1a2b"]}
    assert "starter is worse than my-model-1a2b." in text_of(client.get("/compare", params=turned).text)
    by_letters = text_of(client.get("/compare", params={**ask, "measure": "cer"}).text)
    assert "CER by kind of clip" in by_letters
    assert client.get("/compare", params={**ask, "measure": "guess"}).text.count("not both scored by guess") == 1


def test_it_speaks_german(client, project):
    client.post("/api/person", json={"language": "de"})
    said = text_of(client.get("/compare").text)
    assert "Clips, bei denen sie sich am meisten unterscheiden" in said
    assert "Clips where" not in said


def test_the_file_to_keep_is_the_same_page(client, project):
    shown = client.get("/compare").text
    kept = client.get("/compare/report.html")
    assert "attachment" in kept.headers["content-disposition"]
    assert not re.search(r"(src|href)=|url\(|@import|https?:", kept.text)
    here, there = (re.sub(r"\s|<audio[^>]*></audio>", "", text) for text in (shown, kept.text))
    board = there[there.index('<divclass="board">') : there.index("</main>")]
    assert len(board) > 5000
    assert board in here


def test_an_older_evaluation_of_the_same_engine_can_be_chosen(client, project):
    judge(project, ("my-model-1a2b", 0.9, 4, 1))
    known = keys_of(client.get("/compare").text, "a")
    assert len([label for label in known if label.startswith("my-model-1a2b (")]) == 2


def test_nothing_evaluated_and_nothing_frozen_teach_what_to_do(made_project, tmp_path):
    from starlette.testclient import TestClient

    shutil.copytree(made_project, tmp_path / "empty")
    with Project.find(tmp_path / "empty") as bare:
        access = Access.of(bare.folder, person="tester")
        with TestClient(build(bare, access), base_url="http://localhost") as asking:
            asking.get(f"/?token={access.token}")
            assert "Freeze a dataset" in asking.get("/compare").text
            bare.freeze("first")
            page = asking.get("/compare").text
            assert "Nothing was evaluated yet" in page
            assert 'name="engines" value="sphinx"' in page
            assert 'value="echo"' not in page
            assert asking.get("/compare/report.html").status_code == 400
            assert "Two systems are needed" in asking.get("/compare/arena").text


def test_an_evaluation_starts_as_a_job(client, project):
    answer = client.post("/api/compare/evaluate", json={"dataset": "first", "engines": [], "models": []})
    assert answer.status_code == 400
    asked = {"dataset": "first", "split": "dev", "engines": ["sphinx", "starter"], "models": []}
    job_id = client.post("/api/compare/evaluate", json=asked).json()["job"]
    job = Jobs(project.folder).get(job_id)
    Jobs(project.folder).stop(job_id)
    expected = "evaluate --dataset first --split dev --engine sphinx --engine starter --engines-only"
    assert " ".join(job.argv) == expected
    assert job.title == "Evaluate sphinx, starter"


def start_of(page):
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)[1])


def test_the_arena_hides_names_until_asked_and_never_repeats(client, project):
    page = client.get("/compare/arena").text
    start = start_of(page)
    for name in ("starter", "my-model-1a2b", "large"):  # as a value or a text of their own: sentences may say "large"
        assert f'"{name}"' not in page
        assert f">{name}<" not in page
    where = {"dataset": start["dataset"], "split": start["split"], "kind": "text"}
    seen, shown = [], start["start"]
    for number in range(6):
        seen.append(shown["match"])
        told = {**where, "match": shown["match"], "choice": ("first", "second", "tie")[number % 3]}
        shown = client.post("/api/compare/arena", json=told).json()
        assert shown["mine"] == number + 1
        assert set(shown) == {"match", "kind", "sides", "mine"}
    assert len(set(seen)) == 6
    again = client.post("/api/compare/arena", json={**where, "match": seen[0], "choice": "tie"})
    assert (again.status_code, "already" in again.json()["error"]) == (400, True)
    assert (
        client.post("/api/compare/arena", json={**where, "match": seen[5], "choice": "withdrawn"}).json()["mine"] == 5
    )
    found = client.get("/api/compare/arena/standings", params=where).json()
    assert sum(one["wins"] for one in found) == sum(one["losses"] for one in found) == 4
    assert [one["rating"] for one in found] == sorted((one["rating"] for one in found), reverse=True)


def test_a_page_that_is_loaded_again_shows_the_same_pair(client, project):
    first, second = (start_of(client.get("/compare/arena").text)["start"] for _ in range(2))
    assert first == second


def test_reviewers_compare_and_vote_but_start_nothing(project, access):
    from starlette.testclient import TestClient

    app, asked = build(project, access), {"dataset": "first", "engines": ["sphinx"]}
    for role, seen in (("reviewer", 200), ("speaker", 403)):
        cookies = {COOKIE: access.cookie_for(Session("rita", role))}
        with TestClient(app, base_url="http://localhost", cookies=cookies) as asking:
            assert asking.get("/compare").status_code == asking.get("/compare/arena").status_code == seen
            assert 'id="evaluate"' not in asking.get("/compare").text
            assert asking.post("/api/compare/evaluate", json=asked).status_code == 403


def test_every_message_of_the_shared_page_has_its_translation():
    environment = showing.environment("en")
    source = (STYLES.parent / "board.html.j2").read_text(encoding="utf-8")
    known = [
        one
        for _, _, said in environment.extract_translations(source)
        for one in (said if isinstance(said, tuple) else (said,))
        if one is not None
    ]
    known += [text for measure in MEASURES for text in (measure.title, measure.about)]
    assert len(known) > 70
    assert not [one for one in known if one not in words.catalog("de")]
