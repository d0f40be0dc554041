"""A team: who may do what on every route, signing in and out, and what it takes to listen where others are."""

from __future__ import annotations

import json
import os
import re
import shutil
import ssl
import subprocess
import sys

import httpx
import pytest
from fastapi.routing import APIRoute, APIWebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from idiolect.errors import UserError
from idiolect.studio import build
from idiolect.studio.access import ACCOUNT, COOKIE, Access, Session
from idiolect.studio.roles import area_of, may_enter
from idiolect.studio.team import Listening
from studio_routes import every_route

GOOD = "correct horse battery"
EVERYWHERE = "0.0.0.0"  # noqa: S104 - the point of these tests
PEOPLE = {"olga": "owner", "rita": "reviewer", "ben": "speaker"}

# What a speaker may ask for, in all: a new route is closed to them until it stands here, looked at by somebody.
SPEAKERS = {
    "/mine",
    "/sign-in",
    "/sign-out",
    "/api/person",
    "/api/clips/{clip_id}/audio.wav",
}
SPEAKERS_AREAS = {"record", "takes"}
# What is in the package anyway.
ANYBODY = {"/words/{language}.json", "/favicon.ico", "/sign-in", "/sign-out"}


@pytest.fixture
def quick(monkeypatch):
    """Argon2 at its least."""
    import argon2

    real = argon2.PasswordHasher
    monkeypatch.setattr(argon2, "PasswordHasher", lambda: real(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
def team(project, quick):
    """The studio as others reach it, and the accounts of an owner, a reviewer and the speaker ben."""
    for name, role in PEOPLE.items():
        project.corpus.accounts.add(name, GOOD, role)
    return build(project, Access.of(project.folder, person="tester", team=True))


@pytest.fixture
def door(team):
    with TestClient(team, base_url="http://localhost", follow_redirects=False) as made:
        yield made


def entered(app, name):
    """A browser in which `name` has signed in."""
    client = TestClient(app, base_url="http://localhost", follow_redirects=False)
    answer = client.post("/sign-in", data={"name": name, "password": GOOD})
    assert answer.status_code == 303, answer.text
    return client


def routes(app):
    """(method, path as it is declared, path to ask for); WebSockets have no method."""
    for route in [*app.routes, *every_route()]:
        path = getattr(route, "path", "")
        asked = re.sub(r"\{[^}]+\}", "x", path)
        if isinstance(route, APIRoute):
            yield from ((method, path, asked) for method in sorted(route.methods - {"HEAD"}))
        elif isinstance(route, APIWebSocketRoute):
            yield None, path, asked


def status(client, method, path, token=None):
    """What whoever has that session gets; one client for all, since each has an event loop of its own."""
    client.cookies.clear()
    if token is not None:
        client.cookies.set(ACCOUNT, token)
    if method is None:
        try:
            with client.websocket_connect(path):
                return 101
        except WebSocketDisconnect as error:
            return 403 if error.code == 1008 else 101
    return client.request(method, path).status_code


def test_every_route_asks_who_and_what_they_are(door, team, project):
    everything = list(routes(team))
    assert len(everything) >= 6
    owner, reviewer, speaker = (project.corpus.accounts.sign_in(name, GOOD) for name in PEOPLE)
    for method, path, asked in everything:
        if path in ANYBODY:
            continue
        said = status(door, method, asked)
        assert said in {401, 403} or (method == "GET" and said == 303), (method, path, said)
        if method == "GET":
            assert status(door, method, asked, owner) not in {401, 403}, path
        if path not in SPEAKERS and area_of(path) not in SPEAKERS_AREAS:
            said = status(door, method, asked, speaker)
            assert said == 403 or (path == "/" and said == 303), (method, path, said)
        if not may_enter("reviewer", path):
            assert status(door, method, asked, reviewer) == 403, (method, path)
        elif method == "GET":
            assert status(door, method, asked, reviewer) != 401, path


@pytest.mark.parametrize("path", ["/settings", "/api/settings/x", "/training", "/api/jobs", "/datasets", "/new-page"])
def test_what_is_not_listed_is_the_owners(path):
    assert [may_enter(role, path) for role in ("owner", "reviewer", "speaker")] == [True, False, False]


def test_signing_in_and_out(door, project):
    first = door.get("/review?x=1", headers={"accept": "text/html"})
    assert (first.status_code, first.headers["location"]) == (303, "/sign-in?to=%2Freview%3Fx%3D1")
    assert door.get("/api/clips/x/audio.wav").json()["hint"] == "Sign in at /sign-in."
    page = door.get(first.headers["location"])
    assert page.status_code == 200
    assert 'value="/review?x=1"' in page.text
    wrong = door.post("/sign-in", data={"name": "rita", "password": "wrong", "to": "/review"})
    assert (wrong.status_code, ACCOUNT in wrong.cookies) == (401, False)
    assert "The name or the password is wrong." in wrong.text
    assert 'value="rita"' in wrong.text
    right = door.post("/sign-in", data={"name": "rita", "password": GOOD, "to": "/review?x=1"})
    assert (right.status_code, right.headers["location"]) == (303, "/review?x=1")
    cookie = right.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    home = door.get("/")
    assert home.status_code == 200
    assert "Sign out" in home.text
    assert door.get("/sign-in").headers["location"] == "/"
    token = door.cookies[ACCOUNT]
    assert door.post("/sign-out").status_code == 303
    door.cookies.set(ACCOUNT, token)  # kept by a thief
    assert door.get("/").status_code == 303
    assert project.corpus.accounts.who(token) is None


def test_sessions_end_at_once_when_an_owner_says_so(team, project):
    rita = entered(team, "rita")
    assert rita.get("/").status_code == 200
    project.corpus.accounts.disable("rita")
    assert rita.get("/").headers["location"] == "/sign-in"
    assert rita.get("/api/clips/x/audio.wav").status_code == 401


@pytest.mark.parametrize("to", ["//evil.example", "https://evil.example", "/\\evil.example", "evil", "/a\r\nb", ""])
def test_signing_in_leads_to_this_server_only(team, to):
    client = TestClient(team, base_url="http://localhost", follow_redirects=False)
    answer = client.post("/sign-in", data={"name": "olga", "password": GOOD, "to": to})
    assert answer.headers["location"] == "/"


def test_guessing_is_slowed_down(door):
    for _ in range(5):
        assert door.post("/sign-in", data={"name": "olga", "password": "guess"}).status_code == 401
    answer = door.post("/sign-in", data={"name": "olga", "password": GOOD})
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
    assert "Wait 1 seconds" in answer.text


def test_another_origin_signs_nobody_in(door):
    headers = {"origin": "http://evil.example"}
    answer = door.post("/sign-in", data={"name": "olga", "password": GOOD}, headers=headers)
    assert (answer.status_code, ACCOUNT in answer.cookies) == (403, False)


def test_where_others_are_neither_a_token_nor_a_signed_cookie_opens(project, team, door):
    access = team.state.access
    assert door.get(f"/?token={access.token}").status_code == 303
    assert door.get(f"/?token={access.token}").headers["location"].startswith("/sign-in")
    alone = Access.of(project.folder)
    door.cookies.set(COOKIE, alone.cookie_for(Session("mallory")))
    assert door.get("/").headers["location"] == "/sign-in"


def test_a_speaker_hears_and_sees_their_own_only(team, project):
    ben = entered(team, "ben")
    own = [clip for clip in project.corpus.clips() if clip.recording.speaker == "ben"]
    others = [clip for clip in project.corpus.clips() if clip.recording.speaker != "ben"]
    assert own
    assert others
    for clip in own:
        assert ben.get(f"/api/clips/{clip.id}/audio.wav").status_code == 200
    for clip in others:
        answer = ben.get(f"/api/clips/{clip.id}/audio.wav")
        assert (answer.status_code, answer.json()["error"]) == (404, f"no clip begins with {clip.id!r}")
    # The beginning of an id, which may be somebody else's too, says nothing either.
    assert ben.get(f"/api/clips/{own[0].id[:6]}/audio.wav").status_code == 404
    assert ben.get("/").headers["location"] == "/mine"
    page = ben.get("/mine").text
    assert {clip.id in page for clip in own} == {True}
    assert {clip.id in page for clip in others} == {False}
    assert entered(team, "rita").get(f"/api/clips/{others[0].id}/audio.wav").status_code == 200


def test_a_speaker_without_recordings_is_told_what_comes(project, team):
    project.corpus.accounts.add("dora", GOOD, "speaker", speaker="dora-2")
    assert "recorded under the name dora-2" in entered(team, "dora").get("/mine").text


def test_the_name_of_an_account_stays(team):
    rita = entered(team, "rita")
    assert rita.post("/api/person", json={"person": "olga"}).status_code == 403
    assert rita.post("/api/person", json={"theme": "dark"}).status_code == 200
    assert COOKIE not in rita.cookies


def test_on_this_machine_alone_the_token_still_opens_and_accounts_do_too(project, team):
    alone = build(project, Access.of(project.folder, person="tester"))
    with TestClient(alone, base_url="http://localhost") as client:
        assert client.get(f"/?token={alone.state.access.token}").status_code == 200
    assert entered(alone, "rita").get("/").status_code == 200


@pytest.mark.parametrize(
    ("listening", "said"),
    [
        (Listening(EVERYWHERE), "no account of an owner"),
        (Listening("192.168.1.5", insecure=True), "no account of an owner"),
    ],
)
def test_others_meet_no_open_door(project, quick, listening, said):
    with pytest.raises(UserError, match=said):
        listening.check(project)
    Listening().check(project)
    project.corpus.accounts.add("olga", GOOD, "owner")
    with pytest.raises(UserError, match="read along"):
        Listening(listening.host).check(project)
    Listening(listening.host, insecure=True).check(project)


def test_a_certificate_that_is_none_is_named(project, tmp_path):
    (tmp_path / "cert.pem").write_text("nonsense")
    with pytest.raises(UserError, match="certificate and its key"):
        Listening(certificate=tmp_path / "cert.pem").check(project)
    with pytest.raises(UserError, match=r"cert\.pem .* make no TLS"):
        Listening(certificate=tmp_path / "cert.pem", key=tmp_path / "cert.pem").check(project)


def test_it_answers_to_the_names_it_was_given():
    assert "evil.example" not in Listening(EVERYWHERE, names=("Voices.example.org",)).hosts()
    assert "voices.example.org" in Listening(EVERYWHERE, names=("Voices.example.org",)).hosts()
    assert "192.168.1.5" in Listening("192.168.1.5").hosts()


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificate")
def test_a_team_meets_it_over_tls(project, tmp_path):
    """A real server at every address of this machine, and a client that verifies its certificate."""
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    words = ("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost")
    more = ("-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate)
    subprocess.run(["openssl", *words, *more], check=True, capture_output=True)
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    idiolect = [sys.executable, "-m", "idiolect"]
    account = ["account", "add", "olga", "--role", "owner", "--password-stdin", "-p", str(project.folder)]
    subprocess.run([*idiolect, *account], input=f"{GOOD}\n", text=True, check=True, env=environment)
    where = ["--host", EVERYWHERE, "--port", "0", "--tls-cert", str(certificate), "--tls-key", str(key)]
    command = [*idiolect, "studio", "-p", str(project.folder), *where, "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as studio:
        try:
            address = json.loads(studio.stdout.readline())["url"]
            assert address.startswith("https://0.0.0.0:")
            assert address.endswith("/sign-in")
            base = f"https://localhost:{address.rpartition(':')[2].partition('/')[0]}"
            with httpx.Client(
                base_url=base, verify=ssl.create_default_context(cafile=certificate), timeout=60
            ) as client:
                assert client.get("/").headers["location"] == "/sign-in"
                answer = client.post("/sign-in", data={"name": "olga", "password": GOOD}, headers={"origin": base})
                assert (answer.status_code, "; secure" in answer.headers["set-cookie"].lower()) == (303, True)
                assert "Worth doing next" in client.get("/").text
                assert client.get("/", headers={"host": "evil.example"}).status_code == 400
        finally:
            studio.terminate()


@pytest.mark.browser
def test_the_door_and_a_speakers_page_in_a_browser(page, project, axe):
    project.corpus.accounts.add("ben", GOOD, "speaker")
    base = page.url.partition("/?")[0].rstrip("/")
    page.context.clear_cookies()
    page.goto(f"{base}/mine")
    assert page.url == f"{base}/sign-in?to=%2Fmine"
    axe(page)
    page.get_by_label("Name").fill("ben")
    page.keyboard.press("Tab")
    page.keyboard.type("wrong password")
    page.keyboard.press("Enter")
    page.get_by_role("alert").wait_for()
    axe(page)
    page.faults.clear()  # the browser tells of the 401
    page.get_by_label("Password").fill(GOOD)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="My recordings").wait_for()
    assert page.locator(".own li").count() == 4
    axe(page)
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("heading", name="Sign in").wait_for()


def test_a_speaker_records_as_themselves_and_touches_no_other_take(team, project):
    """`dora` speaks as dora-2; what the owner began for ben is not hers to hear, end or throw away."""
    project.corpus.accounts.add("dora", GOOD, "speaker", speaker="dora-2")
    for name in ("ben", "dora-2"):
        project.corpus.set_consent(name, granted=True, scope="all")
    owner, dora = entered(team, "olga"), entered(team, "dora")

    def begin(client, take, speaker):
        said = {"id": take * 32, "speaker": speaker, "rate": 16000}
        return client.post("/api/record/takes", json=said).status_code

    assert (begin(owner, "a", "ben"), begin(dora, "b", "dora-2")) == (200, 200)
    assert begin(dora, "c", "ben") == 403
    for method, rest in (("GET", "audio.wav"), ("GET", "heard"), ("POST", "end"), ("POST", "drop"), ("POST", "go-on")):
        answer = dora.request(method, f"/api/record/takes/{'a' * 32}/{rest}", json={} if method == "POST" else None)
        assert answer.status_code == 403, (rest, answer.text)
    assert dora.post(f"/api/record/takes/{'a' * 32}/parts/0", content=b"\0\0" * 1600).status_code == 403
    (project.folder / "takes" / ("a" * 32) / "end.json").write_text("{")  # a damaged one is still ben's
    assert dora.post(f"/api/record/takes/{'a' * 32}/drop").status_code == 403
    (project.folder / "takes" / ("a" * 32) / "end.json").unlink()
    assert dora.post(f"/api/record/takes/{'b' * 32}/parts/0", content=b"\0\0" * 1600).status_code == 200
    assert [one["speaker"] for one in dora.get("/api/record/takes").json()] == ["dora-2"]
    assert dora.post("/api/record/consent", json={"speaker": "ben"}).status_code == 403


def test_how_far_a_voice_may_travel_is_the_owners_to_say(team, project):
    reviewer, owner = entered(team, "rita"), entered(team, "olga")
    ids = [project.corpus.clips()[0].id]
    found = owner.get("/api/find").json()
    deed = {"q": "", "listing": found["listing"], "ids": ids}
    assert reviewer.post("/api/find/act", json=deed | {"what": "tag", "value": "mine"}).status_code == 200
    wide = deed | {"what": "sensitivity", "value": "shareable"}
    assert reviewer.post("/api/find/act", json=wide).status_code == 403
    assert set(project.corpus.sensitivities(ids).values()) == {"private"}
    narrowed = owner.post("/api/find/act", json=wide | {"value": "internal"}).json()
    assert reviewer.post("/api/find/undo", json={"action": narrowed["action"]}).status_code == 403
    assert owner.post("/api/find/undo", json={"action": narrowed["action"]}).status_code == 200
