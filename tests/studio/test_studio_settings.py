"""Settings: what is changed holds and stays, what has no sense is refused, nothing is asked before a click."""

from __future__ import annotations

import http.server
import json
import re
import threading

import pytest

from idiolect.project import Project
from idiolect.settings import load_settings
from idiolect.studio import build
from idiolect.studio.access import COOKIE, Session
from idiolect.studio.pages import clips


@pytest.fixture
def model_server():
    """A server of this machine with one model; `.asked`: what it was asked."""
    asked = []

    class Answering(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            body = json.dumps({"data": [{"id": "tiny-ear"}]}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    server.asked = asked
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def test_the_page_has_every_part(client):
    page = client.get("/settings").text
    for part in ("project", "studio", "policy", "money", "ledger", "engines", "people"):
        assert f'<section class="card stack" id="{part}"' in page
    assert "Nothing was ever sent from this project" in page
    assert 'data-speaker="anna"' in page


def test_settings_hold_at_once_and_after_a_restart(client, project):
    file = project.folder / "idiolect.toml"
    file.write_text("# mine\n" + file.read_text() + "threads = 3 # two are busy\n")
    asked = {"name": 'My "voice"', "language": "de", "normalizer": "english.v1", "threads": 2, "offline": True}
    assert client.post("/api/settings/project", json=asked).status_code == 200
    assert (project.settings.name, project.settings.offline) == ('My "voice"', True)
    kept = load_settings(project.folder)
    assert {name: getattr(kept, name) for name in asked} == asked
    assert file.read_text().startswith("# mine\n")
    assert "My &#34;voice&#34;" in client.get("/settings").text
    assert "Nothing is sent anywhere" in client.get("/settings").text


@pytest.mark.parametrize(
    "wrong",
    [{"language": "german!"}, {"normalizer": "own.v1"}, {"name": "  "}, {"threads": -1}, {"sensitivity": "public"}],
)
def test_what_has_no_sense_is_refused_and_changes_nothing(client, project, wrong):
    before = (project.folder / "idiolect.toml").read_bytes()
    assert client.post("/api/settings/project", json=wrong).status_code in {400, 422}
    assert (project.folder / "idiolect.toml").read_bytes() == before


def test_a_setting_of_the_environment_cannot_be_typed_over(client, monkeypatch):
    monkeypatch.setenv("IDIOLECT_LANGUAGE", "fr")
    page = client.get("/settings").text
    assert re.search(r'id="p-language"[^>]* disabled', page)
    assert "IDIOLECT_LANGUAGE" in page


def test_a_cloud_is_allowed_and_taken_back(client, project):
    from idiolect.gateway.policy import read_policy

    assert client.post("/api/settings/allow", json={"where": "groq"}).json()["reach"] == "cloud"
    assert [one.name for one in read_policy(project.corpus).allowed] == ["groq"]
    row = re.search(r'<tr role="row" data-server="groq".*?</tr>', client.get("/settings").text, re.DOTALL)[0]
    assert "data-disallow" in row
    client.post("/api/settings/disallow", json={"where": "groq"})
    assert read_policy(project.corpus).allowed == ()
    answer = client.post("/api/settings/allow", json={"where": "nobody knows this"})
    assert (answer.status_code, "hint" in answer.json()) == (400, True)


def test_servers_are_asked_on_a_click_only_and_through_the_gateway(client, project, model_server):
    client.get("/settings")
    assert model_server.asked == []
    where = f"http://127.0.0.1:{model_server.server_address[1]}/v1"
    found = client.post("/api/settings/ask", json={"where": where}).json()
    assert found["models"] == ["tiny-ear"]
    assert model_server.asked == ["/v1/models"]
    (row,) = project.corpus.ledger.rows()
    assert (row.purpose, row.reach, row.cost) == ("models", "loopback", 0)
    assert "answered" in client.get("/settings").text
    client.post("/api/settings/project", json={"offline": True})
    refused = client.post("/api/settings/ask", json={"where": "openai"})
    assert refused.status_code == 400
    assert "offline" in refused.json()["error"]


def test_a_cloud_that_nobody_allowed_is_not_even_asked(client, project):
    refused = client.post("/api/settings/ask", json={"where": "https://203.0.113.7/v1"})
    assert refused.status_code == 400
    assert "does not allow" in refused.json()["error"]
    assert project.corpus.ledger.rows() == []


def test_caps_are_set_in_dollars(client, project):
    kept = client.post("/api/settings/budget", json={"run": "0.50", "day": "3", "project": "none"}).json()
    assert kept == {"run": "$0.50", "day": "$3.00", "project": ""}
    assert project.corpus.ledger.budget() == {"run": 500_000_000, "day": 3_000_000_000}
    page = client.get("/settings").text
    assert 'value="$0.50"' in page
    assert client.post("/api/settings/budget", json={"run": "$0.50", "day": "", "project": ""}).status_code == 200
    for wrong in ("much", "-1"):
        assert client.post("/api/settings/budget", json={"run": wrong}).status_code == 400
    assert project.corpus.ledger.budget() == {"run": 500_000_000}


def test_prices_say_how_old_they_are(client, project):
    (project.folder / "prices.toml").write_text(
        '[[price]]\nprovider = "mine"\nmodel = "ear"\nper_hour = 0.12\nseen = 2020-01-01\n'
    )
    page = client.get("/settings").text
    row = re.search(r'<tr><th scope="row">mine.*?</tr>', page, re.DOTALL)[0]
    assert "$0.12/h" in row
    assert "days old" in row
    assert "prices are old" in page


def test_forgetting_shows_first_and_wants_the_name(client, project):
    of_ben = [clip for clip in project.corpus.clips() if clip.recording.speaker == "ben"]
    client.post("/api/settings/consent", json={"speaker": "ben", "granted": True, "scope": "this project"})
    assert "this project" in client.get("/settings").text
    shown = client.post("/api/settings/forget/preview", json={"speaker": "ben"}).json()
    assert (shown["recordings"], shown["clips"]) == (len(of_ben), len(of_ben))
    assert shown["labels"] > 0
    refused = client.post("/api/settings/forget", json={"speaker": "ben", "typed": "Ben"})
    assert refused.status_code in {400, 409}
    assert len(project.corpus.clips()) == 12
    assert client.post("/api/settings/forget", json={"speaker": "ben", "typed": "ben"}).status_code == 200
    assert not [clip for clip in project.corpus.clips() if clip.recording.speaker == "ben"]
    row = re.search(r'<tr role="row" data-speaker="ben".*?</tr>', client.get("/settings").text, re.DOTALL)[0]
    assert "withdrawn" in row
    assert "data-forget" not in row
    assert client.post("/api/settings/forget/preview", json={"speaker": "nobody"}).status_code in {400, 404}


@pytest.mark.parametrize("by_command", [False, True])
def test_no_sound_of_a_forgotten_speaker_stays_in_memory(client, project, by_command):
    clips.forget_kept()
    ben = next(clip.id for clip in project.corpus.clips() if clip.recording.speaker == "ben")
    assert client.get(f"/api/clips/{ben}/audio.wav").status_code == 200
    assert clips.wav_of.cache_info().currsize == 1
    if by_command:
        project.corpus.forget("ben")
        assert client.get(f"/api/clips/{ben}/audio.wav").status_code == 404
    else:
        client.post("/api/settings/forget", json={"speaker": "ben", "typed": "ben"})
    assert clips.wav_of.cache_info().currsize == 0


def test_only_the_owner_is_let_in(project, access):
    from starlette.testclient import TestClient

    cookies = {COOKIE: access.cookie_for(Session("rita", "reviewer"))}
    with TestClient(build(project, access), base_url="http://localhost", cookies=cookies) as asking:
        assert asking.get("/settings").status_code == 403
        assert asking.post("/api/settings/forget", json={"speaker": "ben", "typed": "ben"}).status_code == 403


def test_all_that_is_changed_is_the_projects_own(client, project):
    """A second project that is opened beside it reads what was written."""
    client.post("/api/settings/project", json={"speaker": "anna", "copy_audio": False})
    with Project.find(project.folder) as other:
        assert (other.settings.speaker, other.settings.copy_audio) == ("anna", False)
