"""What the review page asks of the server."""

from __future__ import annotations

import pytest

from idiolect.corpus import NewLabel, Purpose, SourceKind
from idiolect.labeling.showing import differences, shown_words

SITTING = "sitting-of-tester"


def next_clips(client, count=1, sitting=SITTING, have=()):
    answer = client.post("/api/review/next", json={"sitting": sitting, "count": count, "have": list(have)})
    assert answer.status_code == 200, answer.text
    return answer.json()


def said(view, key, action="accept", **more):
    of = view["label"]["id"] if action in ("accept", "edit") else None
    return {"sitting": SITTING, "key": key, "action": action, "of": of, "queue": view["queue"], "seconds": 2.5} | more


def test_a_clip_comes_with_all_that_is_shown(client, project):
    (view,) = next_clips(client)["clips"]
    assert view["turn"] == "first"
    assert view["why"]
    assert view["label"]["source"] == "north"
    assert [word["word"] for word in view["words"]] == view["text"].split()
    assert view["words"][0]["start"] == pytest.approx(0.3)
    clip = project.corpus.clip(view["id"])
    assert view["duration"] == pytest.approx(clip.duration, abs=1e-3)
    assert (view["before"], view["after"]) == (None, None)  # one clip a recording here


def test_disagreement_is_counted_by_word_and_other_texts_are_differences(client):
    views = next_clips(client, 5)["clips"]
    differing = next(one for one in views if any(other["text"].endswith("wrong") for other in one["others"]))
    *same, last = differing["words"]
    assert last["against"] == 1.0
    assert {word["against"] for word in same} == {0.0}
    pieces = next(other["pieces"] for other in differing["others"] if other["text"].endswith("wrong"))
    assert [one["kind"] for one in pieces][-2:] == ["gone", "new"]


def test_a_page_that_is_loaded_again_gets_its_clips_again(client):
    first = [one["id"] for one in next_clips(client, 3)["clips"]]
    again = [one["id"] for one in next_clips(client, 3)["clips"]]
    assert sorted(again) == sorted(first)
    more = [one["id"] for one in next_clips(client, 3, have=first)["clips"]]
    assert not set(more) & set(first)
    other = [one["id"] for one in next_clips(client, 5, sitting="another-window")["clips"]]
    assert len(other) == 4  # of ten that wait
    assert not set(other) & {*first, *more}


def test_decisions_are_labels_of_the_person_and_counted(client, project):
    one, other = next_clips(client, 2)["clips"]
    path = f"/api/review/{one['id']}/decide"
    answers = [client.post(path, json=said(one, "key-one-1")).json() for _ in range(2)]
    assert answers[0] == answers[1]
    edit = said(other, "key-two-2", "edit", text="something else")
    assert client.post(f"/api/review/{other['id']}/decide", json=edit).json()["text"] == "something else"
    mine = project.corpus.labels(source="tester")
    assert [label.text for label in mine] == [one["text"], "something else"]
    progress = next_clips(client)["progress"]
    assert (progress["sitting"]["answers"], progress["waiting"]) == (2, 8)
    assert progress["sitting"]["took"] == pytest.approx(5 / 60, abs=0.01)
    assert progress["sitting"]["saved"] > 0


def test_undo_gives_the_clip_again(client, project):
    (view,) = next_clips(client)["clips"]
    client.post(f"/api/review/{view['id']}/decide", json=said(view, "key-one-1", "noise"))
    assert project.corpus.reference(view["id"]).text == ""
    answer = client.post("/api/review/undo", json={"sitting": SITTING, "key": "undo-one"})
    assert answer.json()["clips"][0]["id"] == view["id"]
    assert project.corpus.reference(view["id"]) is None
    empty = client.post("/api/review/undo", json={"sitting": SITTING, "key": "undo-two"})
    assert (empty.status_code, empty.json()["error"]) == (404, "there is no decision to take back")


def test_a_clip_of_somebody_else_is_a_conflict(client):
    (view,) = next_clips(client, sitting="another-window")["clips"]
    answer = client.post(f"/api/review/{view['id']}/decide", json=said(view, "key-one-1"))
    assert answer.status_code == 409
    assert "reviewing this clip in another window" in answer.json()["error"]
    assert client.post(f"/api/review/{view['id']}/open", json={"sitting": SITTING}).status_code == 409


def test_marks_and_their_reach(client, project):
    (view,) = next_clips(client)["clips"]
    project.corpus.set_sensitivity("internal", ids=[view["id"]])
    path = f"/api/review/{view['id']}/mark"
    assert client.post(path, json={"name": "private"}).json() == {"marks": ["private"], "sensitivity": "private"}
    back = client.post(path, json={"name": "private", "given": False}).json()
    assert back == {"marks": [], "sensitivity": "internal"}


def test_agreement_and_the_share_of_the_owner(client, project):
    assert client.get("/api/review/agreement").json()["everybody"]["clips"] == 0
    assert client.post("/api/review/double", json={"share": 2}).status_code == 422
    assert client.post("/api/review/double", json={"share": 1}).json() == {"share": 1.0}
    (view,) = next_clips(client)["clips"]
    client.post(f"/api/review/{view['id']}/decide", json=said(view, "key-one-1"))
    client.post("/api/person", json={"person": "berta"})
    found = next_clips(client, 5, sitting="bertas-sitting")["clips"]
    second = next(one for one in found if one["id"] == view["id"])
    assert second["turn"] == "second"
    edit = said(second, "key-two-2", "edit", text=f"{view['text']} indeed") | {"sitting": "bertas-sitting"}
    client.post(f"/api/review/{view['id']}/decide", json=edit)
    agreed = client.get("/api/review/agreement").json()
    assert (agreed["everybody"]["clips"], agreed["everybody"]["same"]) == (1, 0)
    (dispute,) = agreed["disputes"]
    assert dispute["first"] == {"person": "tester", "text": view["text"]}
    assert dispute["others"][0]["pieces"][-1] == {"kind": "new", "text": "indeed"}
    (opened,) = client.post(f"/api/review/{view['id']}/open", json={"sitting": "bertas-sitting"}).json()["clips"]
    assert opened["settles"]
    settle = said(opened, "key-three") | {"sitting": "bertas-sitting"}
    assert client.post(f"/api/review/{view['id']}/decide", json=settle).status_code == 200
    assert client.get("/api/review/agreement").json()["disputes"] == []


def test_a_suggestion_is_shown_as_one(client, project):
    (view,) = next_clips(client)["clips"]
    wish = NewLabel(view["id"], SourceKind.ENGINE, "chat", text=f"{view['text']} now", purpose=Purpose.SUGGESTION)
    project.corpus.add_labels([wish])
    (again,) = next_clips(client)["clips"]
    (found,) = [one for one in again["others"] if one["suggestion"]]
    assert found["pieces"][-1] == {"kind": "new", "text": "now"}


def test_words_without_times_share_what_is_left():
    label = NewLabel("c", SourceKind.ENGINE, "x", text="one three")
    words = shown_words(label, [], 2.0)
    assert [(word["start"], word["end"], word["timed"]) for word in words] == [(0.0, 0.8, False), (0.8, 2.0, False)]
    assert differences("", "") == []


@pytest.mark.parametrize("body", [{"sitting": "x"}, {"sitting": "a b c d e f"}, {"sitting": SITTING, "count": 99}])
def test_what_a_page_never_sends_is_refused(client, body):
    assert client.post("/api/review/next", json=body).status_code == 422


def test_amounts_follow_what_people_take_back(client, project):
    before = project.corpus.summary()
    assert (before.recorded.clips, before.labelled.clips, before.reviewed.clips) == (12, 12, 2)
    assert before.by_source == {"engine north": 12, "engine south": 12, "human anna": 2}
    (view,) = next_clips(client)["clips"]
    client.post(f"/api/review/{view['id']}/decide", json=said(view, "key-one-1"))
    decided = project.corpus.summary()
    assert (decided.reviewed.clips, decided.by_source["human tester"]) == (3, 1)
    assert decided.reviewed.seconds == pytest.approx(before.reviewed.seconds + view["duration"], abs=0.01)
    client.post("/api/review/undo", json={"sitting": SITTING, "key": "undo-one"})
    assert project.corpus.summary() == before
