"""Who gets in, what each answer carries, and what goes wrong in words."""

from __future__ import annotations

import re
import stat

import pytest
from fastapi.routing import APIRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from idiolect.studio import build, showing
from idiolect.studio.access import COOKIE, LASTS, Access, Session
from idiolect.studio.guard import DOOR
from studio_routes import every_route


@pytest.fixture
def stranger(project, access):
    with TestClient(build(project, access), base_url="http://localhost", follow_redirects=False) as made:
        yield made


def test_home_shows_the_loop_and_what_comes_next(client):
    answer = client.get("/")
    assert answer.status_code == 200
    assert "Worth doing next" in answer.text
    assert "12 clips by 3 named speakers" in answer.text


def test_the_token_becomes_a_cookie_and_leaves_the_address(stranger, access):
    assert stranger.get("/").status_code == 401
    assert stranger.get("/?token=guess").status_code == 401
    answer = stranger.get(f"/?token={access.token}&a=1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/?a=1")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert access.token not in cookie
    assert stranger.get("/").status_code == 200


def test_nothing_but_the_package_is_given_to_strangers(stranger):
    for route in every_route():
        path = re.sub(r"\{[^}]+\}", "x", route.path)
        if path in DOOR:
            continue
        if isinstance(route, APIRoute):
            method = next(iter(route.methods - {"HEAD"}))
            assert stranger.request(method, path).status_code == 401, path
        else:
            with pytest.raises(WebSocketDisconnect), stranger.websocket_connect(path):
                pass


def test_a_forged_or_old_cookie_is_nobody(access):
    session = Session("anna")
    cookie = access.cookie_for(session, now=1000)
    assert access.session_of(cookie, now=1000 + LASTS) == session
    assert access.session_of(cookie, now=1001 + LASTS) is None
    body, _, signature = cookie.partition(".")
    assert access.session_of(f"{body}A.{signature}", now=1000) is None
    assert access.session_of(f"{body}.{signature[:-1]}0x", now=1000) is None
    assert access.session_of("", now=1000) is None


def test_the_key_stays_over_a_restart_and_is_the_owners(project, access):
    path = project.folder / ".studio" / "key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    again = Access.of(project.folder)
    assert again.session_of(access.cookie_for(Session("anna"))) == Session("anna")
    assert again.token != access.token


def test_a_key_that_is_not_whole_signs_nothing(project):
    path = project.folder / ".studio" / "key"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"")
    forged = Access("", b"").cookie_for(Session("mallory"))
    access = Access.of(project.folder)
    assert access.session_of(forged) is None
    assert len(path.read_bytes()) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_token_leads_to_this_server_only(stranger, access):
    for path in ("//evil.example/x", "/%5Cevil.example", "///evil.example"):
        answer = stranger.get(f"http://localhost{path}?token={access.token}")
        assert re.match(r"/[^/\\]", answer.headers["location"]), path


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8321", "127.0.0.1.evil.example", "localhost@evil.example:80", ""]
)
def test_a_rebound_name_is_refused(client, host):
    assert client.get("/", headers={"host": host}).status_code == 400


@pytest.mark.parametrize("host", ["localhost:8321", "127.0.0.1:1", "[::1]:8321"])
def test_this_machine_has_several_names(stranger, access, host):
    assert stranger.get(f"/?token={access.token}", headers={"host": host}).status_code == 303


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://localhost:9999"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_another_origin_changes_nothing(client, headers):
    refused = client.post("/api/person", json={"person": "mallory"}, headers=headers)
    assert refused.status_code == 403
    assert "mallory" not in client.get("/").text
    assert (
        client.post("/api/person", json={"person": "anna"}, headers={"origin": "http://localhost"}).status_code == 200
    )


def test_every_answer_carries_the_policy(client):
    for path in ("/", "/nowhere", "/api/clips/nothing/audio.wav", "/words/de.json"):
        headers = client.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in policy


def test_errors_speak(client):
    answer = client.get("/api/clips/ffff/audio.wav")
    assert (answer.status_code, answer.json()["error"]) == (404, "no clip begins with 'ffff'")
    page = client.get("/nowhere", headers={"accept": "text/html"})
    assert page.status_code == 404
    assert "This did not work" in page.text
    assert client.post("/api/person", json={"language": "xx"}).status_code == 422


def test_a_clip_is_a_wav_and_its_parts(client, project):
    clip = project.corpus.clips()[0]
    whole = client.get(f"/api/clips/{clip.id}/audio.wav")
    assert whole.content[:4] == b"RIFF"
    assert len(whole.content) == 44 + 2 * round(16000 * clip.duration)
    for header, part in (("bytes=0-9", slice(0, 10)), ("bytes=100-", slice(100, None)), ("bytes=-7", slice(-7, None))):
        answer = client.get(f"/api/clips/{clip.id}/audio.wav", headers={"range": header})
        assert (answer.status_code, answer.content) == (206, whole.content[part])
    assert client.get(f"/api/clips/{clip.id}/audio.wav", headers={"range": "bytes=99999999-"}).status_code == 416


def test_a_speaker_who_was_forgotten_is_not_heard(client, project):
    clip = next(one for one in project.corpus.clips() if one.recording.speaker == "ben")
    assert client.get(f"/api/clips/{clip.id}/audio.wav").status_code == 200
    project.corpus.forget("ben")
    assert client.get(f"/api/clips/{clip.id}/audio.wav").status_code == 404


def test_static_files_are_kept_and_escape_nothing(client):
    answer = client.get(showing.static("base.css"))
    assert "immutable" in answer.headers["cache-control"]
    assert client.get(f"/static/{showing.version()}/../app.py").status_code == 404
    assert client.get(f"/static/{showing.version()}/%2e%2e/app.py").status_code == 404


def test_the_person_is_who_the_cookie_says(client):
    client.post("/api/person", json={"person": "  Anna   Berg "})
    assert "Anna Berg" in client.get("/").text
    assert COOKIE in client.cookies


def test_a_body_without_end_is_not_held(client, stranger):
    endless = (b" " * 1_000_000 for _ in range(20))  # says no length before
    assert client.post("/api/person", content=endless).status_code == 413
    assert stranger.post("/sign-in", data={"to": "x" * 1_000_000}).status_code == 413
    large = b'{"theme": "dark"' + b" " * 1_000_000 + b"}"
    assert client.post("/api/person", content=large, headers={"content-type": "application/json"}).status_code == 200
