from __future__ import annotations

import re
import uuid

import numpy as np
import pytest

from idiolect.audio import decode
from idiolect.studio.access import Session
from idiolect.studio.guard import COOKIE


def new_id():
    return uuid.uuid4().hex


def begin(client, speaker="anna", rate=16_000, text=None, take=None):
    take = take or new_id()
    answer = client.post(
        "/api/record/takes",
        json={"id": take, "speaker": speaker, "rate": rate, "text": text, "session": "s", "device": "mic"},
    )
    return take, answer


def tone(seconds, rate=16_000, seed=0):
    rng = np.random.default_rng(seed)
    t = np.arange(int(seconds * rate)) / rate
    return (np.sin(2 * np.pi * 200 * t) * 8000 + rng.normal(0, 50, len(t))).astype("<i2")


@pytest.fixture
def agreed(client):
    assert client.post("/api/record/consent", json={"speaker": " anna "}).json()["consent"] is True
    return client


def test_the_page_teaches_and_holds_its_data(client):
    page = client.get("/record").text
    assert "Before the first take" in page
    assert '"everyday"' in page
    assert "I agree that what I say here is stored in this project" in page


def test_consent_is_kept_word_for_word_and_in_the_language_it_was_read(client, project):
    client.post("/api/record/consent", json={"speaker": "Dora"}, headers={"accept-language": "de"})
    row = next(row for row in project.corpus.speaker_accounts() if row.name == "Dora")
    assert row.consent
    assert row.scope.startswith("Ich bin einverstanden")


def test_a_take_goes_from_parts_to_a_recording(agreed, project):
    samples = tone(1.5)
    take, answer = begin(agreed, text=" good   evening ")
    assert answer.json()["text"] == "good evening"
    for number in (2, 0, 0):
        answer = agreed.post(
            f"/api/record/takes/{take}/parts/{number}", content=samples[8000 * number : 8000 * (number + 1)].tobytes()
        )
        assert answer.json() == {"stored": number}
    ended = agreed.post(f"/api/record/takes/{take}/end", json={"parts": 3, "samples": len(samples)}).json()
    assert (ended["missing"], ended["whole"]) == ([1], False)
    assert agreed.get(f"/api/record/takes/{take}/audio.wav").status_code == 400
    agreed.post(f"/api/record/takes/{take}/parts/1", content=samples[8000:16_000].tobytes())
    assert agreed.post(f"/api/record/takes/{take}/end", json={"parts": 3, "samples": len(samples)}).json()["whole"]
    wav = agreed.get(f"/api/record/takes/{take}/audio.wav", headers={"range": "bytes=44-1043"})
    assert (wav.status_code, wav.content) == (206, samples.tobytes()[:1000])
    heard = agreed.get(f"/api/record/takes/{take}/heard").json()
    assert heard["quality"]["peak"] == pytest.approx(-12.2, abs=0.2)
    kept = agreed.post(f"/api/record/takes/{take}/keep").json()
    assert agreed.post(f"/api/record/takes/{take}/keep").json() == kept | {"already": True}
    label = project.corpus.reference(kept["clips"][0])
    assert (label.text, label.source) == ("good evening", "tester")
    assert np.array_equal(
        decode(project.folder / project.corpus.clip(kept["clips"][0]).recording.path) * 32768, samples
    )
    assert agreed.get("/api/record/takes").json() == []


def test_what_goes_wrong_has_its_answer(agreed):
    take, _ = begin(agreed)
    path = f"/api/record/takes/{take}"
    assert agreed.post(f"{path}/parts/0", content=b"abc").status_code == 400
    assert agreed.post(f"{path}/parts/0", content=bytes(5_000_000)).status_code == 400
    assert agreed.post(f"{path}/end", json={}).status_code == 400
    assert agreed.post(f"{path}/drop").status_code == 200
    assert agreed.post(f"{path}/drop").status_code == 200
    assert agreed.post(f"{path}/parts/0", content=b"ab").status_code == 404
    assert agreed.post(f"{path}/keep").status_code == 404
    assert agreed.get("/api/record/takes/..%2f..%2fx/audio.wav").status_code in {400, 404}
    assert begin(agreed, take="../up")[1].status_code == 400
    assert begin(agreed, speaker="nobody")[1].json()["error"] == "nobody has not agreed to be recorded"
    assert agreed.post("/api/record/prompts", json={"speaker": "anna", "source": "../../etc/passwd"}).status_code == 404


def test_prompts_that_were_kept_are_not_asked_again_and_cover_more(agreed):
    asked = {"speaker": "anna", "source": "everyday"}
    first = agreed.post("/api/record/prompts", json=asked).json()
    assert len(first["prompts"]) == 8
    text = first["prompts"][0]["text"]
    without = agreed.post("/api/record/prompts", json=asked | {"without": [text], "count": 50}).json()
    assert text not in [one["text"] for one in without["prompts"]]
    take, _ = begin(agreed, text=text)
    agreed.post(f"/api/record/takes/{take}/parts/0", content=tone(1).tobytes())
    agreed.post(f"/api/record/takes/{take}/end", json={"parts": 1})
    agreed.post(f"/api/record/takes/{take}/keep")
    then = agreed.post("/api/record/prompts", json=asked | {"count": 50}).json()
    assert text not in [one["text"] for one in then["prompts"]]
    assert then["coverage"]["read"] == 1
    assert then["coverage"]["diphones"]["heard"] > first["coverage"]["diphones"]["heard"]
    ben = agreed.post("/api/record/prompts", json=asked | {"speaker": "ben"}).json()
    assert ben["coverage"]["read"] == 0


def test_a_text_can_be_added_and_read(agreed, project):
    said = {"name": "../my: terms!", "text": "kubectl\nGrafana\netcd\n"}
    answer = agreed.post("/api/record/sources", json=said).json()
    assert answer["added"] == "prompts/my terms.txt"
    assert (project.folder / "prompts" / "my terms.txt").read_text() == said["text"]
    source = next(one for one in answer["sources"] if one["id"] == answer["added"])
    assert (source["form"], source["terms"]) == ("glossary", 3)
    assert agreed.post("/api/record/sources", json=said).json()["added"] == answer["added"]
    other = agreed.post("/api/record/sources", json=said | {"text": "One. Two."}).json()
    assert other["added"] == "prompts/my terms 2.txt"
    prompts = agreed.post("/api/record/prompts", json={"speaker": "anna", "source": answer["added"]}).json()
    assert {term for one in prompts["prompts"] for term in one["terms"]} == {"kubectl", "Grafana", "etcd"}
    assert agreed.post("/api/record/sources", json=said | {"text": "  \n"}).status_code == 400


def test_a_speaker_has_to_do_with_their_own_takes_only(agreed, access):
    other, _ = begin(agreed, speaker="anna")
    agreed.cookies.clear()
    agreed.cookies.set(COOKIE, access.cookie_for(Session("ben", "speaker")))
    agreed.post("/api/record/consent", json={"speaker": "ben"})
    mine, answer = begin(agreed, speaker="ben")
    assert answer.status_code == 200
    assert [one["id"] for one in agreed.get("/api/record/takes").json()] == [mine]
    assert re.findall(r'"name": "(\w+)"', agreed.get("/record").text) == ["ben"]
    for path, content in (("parts/0", b"ab"), ("end", b"{}"), ("drop", b""), ("keep", b""), ("go-on", b"")):
        refused = agreed.post(
            f"/api/record/takes/{other}/{path}", content=content, headers={"content-type": "application/json"}
        )
        assert refused.status_code == 403, path
    assert agreed.get(f"/api/record/takes/{other}/audio.wav").status_code == 403
    assert begin(agreed, speaker="anna")[1].status_code == 403
    assert agreed.post("/api/record/consent", json={"speaker": "anna"}).status_code == 403
    assert agreed.post("/api/record/prompts", json={"speaker": "anna", "source": "everyday"}).status_code == 403
    assert agreed.post("/api/record/sources", json={"name": "x", "text": "y"}).status_code == 403
