from __future__ import annotations

import asyncio
import base64
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, contextmanager

import httpx
import numpy as np
import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from idiolect.serving import Registry, Target, create_app
from idiolect.serving.realtime import Answerer, Realtime, Wish

URL = "/v1/audio/transcriptions"
SAID = "conversation.item.input_audio_transcription"
SILENCE = np.zeros(16_000, np.float32)


def pcm(samples):
    return (np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()


def append(data):
    return {"type": "input_audio_buffer.append", "audio": base64.b64encode(data).decode()}


def until(receive, kind, most=400):
    """Events up to the first of that kind."""
    found = []
    for _ in range(most):
        event = receive()
        found += [event] if event["type"] != "idiolect.ready" or kind == "idiolect.ready" else []
        if event["type"] == kind:
            return found
    raise AssertionError([event["type"] for event in found])


def kinds(events):
    return [event["type"].removeprefix("input_audio_buffer.").removeprefix(SAID) for event in events]


@pytest.fixture
def client(echo, task):
    with TestClient(create_app(echo("please make me a latte", confidence=0.9), model="coffee", task=task)) as made:
        yield made


def test_a_turn_from_the_first_sample_to_its_meaning(client, speech):
    with client.websocket_connect("/v1/realtime?rate=16000") as line:
        opened = line.receive_json()
        assert opened["type"] == "session.created"
        assert opened["session"]["audio"]["input"]["transcription"] == {"model": "coffee"}
        for at in range(0, len(speech), 1600):
            line.send_bytes(pcm(speech[at : at + 1600]))
        line.send_json(append(pcm(SILENCE)))
        events = until(line.receive_json, f"{SAID}.completed")
    said = [kind for kind in kinds(events) if kind != ".delta"]
    assert said == ["speech_started", "speech_stopped", "committed", ".completed"]
    final = events[-1]
    assert (final["transcript"], final["intent"], final["slots"]) == (
        "please make me a latte",
        "order",
        {"drink": "latte"},
    )
    assert final["confidence"] == 0.9
    assert (final["model"], final["engine"], final["version"]) == ("coffee", "echo", "1")
    assert 0 <= final["words"][0]["start"] < final["words"][-1]["end"] <= final["end"] <= 2.6
    assert len({event["item_id"] for event in events}) == 1
    assert len({event["event_id"] for event in events}) == len(events)


def test_deltas_make_the_agreed_text(client, speech):
    with client.websocket_connect("/v1/realtime?rate=16000") as line:
        for at in range(0, len(speech), 1600):
            line.send_bytes(pcm(speech[at : at + 1600]))
            time.sleep(0.02)
        deltas = until(line.receive_json, f"{SAID}.delta")[-1:]
        deltas += [
            event
            for event in until(lambda: line.send_bytes(pcm(SILENCE)) or line.receive_json(), f"{SAID}.completed")
            if event["type"].endswith("delta")
        ]
    assert "".join(event["delta"] for event in deltas) in ("please make me a latte", "")
    assert {event["partial"] for event in deltas} == {"please make me a latte"}


def test_openai_rate_and_settings(client, speech):
    twice = np.interp(np.arange(48_000) / 1.5, np.arange(32_000), speech).astype(np.float32)
    with client.websocket_connect("/v1/realtime?intent=transcription") as line:
        assert line.receive_json()["session"]["audio"]["input"]["format"]["rate"] == 24_000
        detection = {"type": "server_vad", "silence_duration_ms": 300, "prefix_padding_ms": 100, "threshold": 0.4}
        line.send_json({"type": "session.update", "session": {"audio": {"input": {"turn_detection": detection}}}})
        updated = until(line.receive_json, "session.updated")[-1]
        assert updated["session"]["audio"]["input"]["turn_detection"] == detection
        old = {"turn_detection": None, "input_audio_transcription": {"model": "coffee"}}
        line.send_json({"type": "transcription_session.update", "session": old})
        updated = until(line.receive_json, "transcription_session.updated")[-1]
        assert updated["session"]["audio"]["input"]["turn_detection"] is None
        line.send_json(append(pcm(np.concatenate([twice, np.zeros(48_000, np.float32)]))))
        line.send_json({"type": "input_audio_buffer.commit"})
        final = until(line.receive_json, f"{SAID}.completed")[-1]
        assert final["end"] == pytest.approx(2.2, abs=0.3)
        line.send_json({"type": "session.update", "session": {"turn_detection": detection}})
        assert until(line.receive_json, "error")[-1]["error"]["code"] == "too_late"


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("no json", "invalid_json"),
        ("[1]", "invalid_json"),
        ('{"type": "response.create"}', "unknown_event"),
        ('{"type": "input_audio_buffer.append"}', "missing_value"),
        ('{"type": "input_audio_buffer.append", "audio": "%%%"}', "invalid_value"),
        ('{"type": "session.update"}', "missing_value"),
        ('{"type": "session.update", "session": {"turn_detection": {"type": "semantic_vad"}}}', "invalid_value"),
        ('{"type": "session.update", "session": {"turn_detection": {"silence_duration_ms": "x"}}}', "invalid_value"),
        ('{"type": "session.update", "session": {"turn_detection": {"silence_duration_ms": 1}}}', "invalid_value"),
        ('{"type": "session.update", "session": {"input_audio_format": "g711_ulaw"}}', "invalid_value"),
        (
            '{"type": "session.update", "session": {"audio": {"input": {"format": {"type": "audio/pcm", "rate": 1}}}}}',
            "invalid_value",
        ),
    ],
)
def test_a_message_without_sense_is_told_and_the_session_goes_on(message, code):
    talk = Realtime(Wish("coffee", rate=16_000))
    (event,) = talk.receive(message)
    assert (event["type"], event["error"]["code"]) == ("error", code)
    assert talk.receive('{"type": "input_audio_buffer.clear"}')[0]["type"] == "input_audio_buffer.cleared"


def test_samples_may_be_split_anywhere(speech):
    whole, split = (Realtime(Wish("coffee", rate=16_000)) for _ in range(2))
    data = pcm(np.concatenate([speech, SILENCE]))
    expected = kinds(whole.receive(data))
    found = [event for at in range(0, len(data), 4_097) for event in split.receive(data[at : at + 4_097])]
    assert kinds(found) == expected == ["speech_started", "speech_stopped", "committed"]
    assert np.array_equal(whole.ask().samples, split.ask().samples)


def test_what_was_cleared_is_not_told(speech):
    from idiolect.engines import Hypothesis

    talk = Realtime(Wish("coffee", rate=16_000))
    talk.receive(pcm(np.concatenate([speech, SILENCE])))
    ask = talk.ask()
    talk.receive('{"type": "input_audio_buffer.clear"}')
    assert talk.answer(ask, Hypothesis("forgotten"), took=0.1, by=Answerer("coffee", "echo", "1")) == []
    assert talk.ask() is None


def test_the_engine_is_made_before_anybody_speaks(client):
    with client.websocket_connect("/v1/realtime") as line:
        ready = until(line.receive_json, "idiolect.ready")[-1]
    assert (ready["model"], ready["engine"], ready["version"]) == ("coffee", "echo", "1")


def test_another_site_may_not_use_the_server(client):
    with (
        pytest.raises(WebSocketDisconnect),
        client.websocket_connect("/v1/realtime", headers={"origin": "https://evil.example"}) as line,
    ):
        line.receive_json()
    with client.websocket_connect("/v1/realtime", headers={"origin": "http://testserver"}) as line:
        assert line.receive_json()["type"] == "session.created"


def test_an_unknown_model_or_rate_is_said(client):
    with client.websocket_connect("/v1/realtime?rate=12") as line:
        assert "rate is '12'" in line.receive_json()["error"]["message"]
    with client.websocket_connect("/v1/realtime?rate=16000&model=other") as line:
        assert "there is no model 'other'" in until(line.receive_json, "error")[-1]["error"]["message"]


def test_an_engine_that_fails_loses_one_turn(echo, speech):
    engine = echo("heard")
    hear, calls = engine.transcribe, []

    def sometimes(batch):
        calls.append(1)
        if len(calls) == 1:
            from idiolect.errors import EngineError

            raise EngineError("the engine's process died")
        return hear(batch)

    engine.transcribe = sometimes
    with TestClient(create_app(engine)) as client, client.websocket_connect("/v1/realtime?rate=16000") as line:
        line.send_bytes(pcm(np.concatenate([speech, SILENCE])))
        assert until(line.receive_json, f"{SAID}.failed")[-1]["error"]["message"] == "the engine's process died"
        line.send_bytes(pcm(np.concatenate([speech, SILENCE])))
        assert until(line.receive_json, f"{SAID}.completed")[-1]["transcript"] == "heard"


# A real server over the aliases of a folder


def say(text, **more):
    return Target(engine="echo", extra={"texts": [text], **more})


@pytest.fixture
def project(tmp_path):
    from idiolect.project import Project

    with Project.create(tmp_path / "project") as made:
        return made.folder


@contextmanager
def serving(folder):
    command = [sys.executable, "-m", "idiolect", "serve", "--project", str(folder), "--port", "0", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        stop = threading.Timer(100, server.kill)
        stop.start()
        try:
            yield json.loads(server.stdout.readline())["url"]
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(30)
            stop.cancel()


def ask(url, wav, model):
    with wav.open("rb") as file:
        return httpx.post(url + URL, files={"file": file}, data={"model": model}, timeout=60)


def live(url, **query):
    words = "&".join(f"{name}={value}" for name, value in {"rate": 16000, **query}.items())
    return connect(f"{url.replace('http', 'ws')}/v1/realtime?{words}", proxy=None)


def eventually(true, seconds=30):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.1)


def test_a_promotion_answers_without_a_restart_and_drops_nothing(project, wav):
    registry = Registry(project)
    registry.promote("a", say("old", delay=0.05), by="anna")
    registry.promote("b", say("other"), by="anna")
    found, stop = [], threading.Event()

    def keep_asking(url):
        while not stop.is_set():
            answer = ask(url, wav(0.3, "asked.wav"), "a")
            found.append((answer.status_code, answer.json().get("text")))

    with serving(project) as url:
        assert ask(url, wav(), "b").json() == {"text": "other"}
        refused = ask(url, wav(), "whisper-1")
        assert (refused.status_code, refused.json()["error"]["message"]) == (400, "say which model: a, b")
        askers = [threading.Thread(target=keep_asking, args=(url,)) for _ in range(3)]
        for asker in askers:
            asker.start()
        eventually(lambda: (200, "old") in found)
        registry.promote("a", say("new"), by="anna")
        eventually(lambda: (200, "new") in found)
        registry.promote("a", Target(model="models/none"), by="anna")  # by hand: it does not load
        eventually(lambda: httpx.get(f"{url}/health").json()["models"]["a"]["problem"])
        count = len(found)
        eventually(lambda: len(found) > count + 5)
        stop.set()
        for asker in askers:
            asker.join()
        registry.remove("b", by="anna")
        eventually(lambda: ask(url, wav(), "b").status_code == 404)
        assert [row["id"] for row in httpx.get(f"{url}/v1/models").json()["data"]] == ["a"]
    texts = [text for _, text in found]
    assert {status for status, _ in found} == {200}
    assert set(texts[texts.index("new") + 3 :]) == {"new"}


VANISHES = """
import sys, time
from websockets.sync.client import connect
with connect(sys.argv[1], proxy=None) as client:
    print(client.recv(), flush=True)
    time.sleep(60)
"""


def test_several_clients_at_once_and_those_that_vanish_leave_nothing(project, speech):
    registry = Registry(project)
    registry.promote("coffee", say("hello"), by="anna")
    turn = pcm(np.concatenate([speech, SILENCE]))

    def sessions():
        return httpx.get(f"{url}/health").json()["sessions"]

    with serving(project) as url, ExitStack() as open_ones:
        clients = [open_ones.enter_context(live(url)) for _ in range(5)]
        for client in clients:
            client.recv()
        for client in clients:
            client.send(turn)
        for client in clients:
            final = until(lambda client=client: json.loads(client.recv(timeout=30)), f"{SAID}.completed")[-1]
            assert final["transcript"] == "hello"
        assert sessions() == 5
        clients[0].close()
        clients[1].socket.shutdown(socket.SHUT_RDWR)  # no goodbye
        command = [sys.executable, "-c", VANISHES, f"{url.replace('http', 'ws')}/v1/realtime"]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as other:
            other.stdout.readline()
            os.kill(other.pid, signal.SIGKILL)
        eventually(lambda: sessions() == 3)
        for client in clients[2:]:
            client.close()
        eventually(lambda: sessions() == 0)


def test_who_sends_faster_than_is_heard_has_to_wait(echo, speech, in_loop):
    """Three minutes at once: the server takes what fits its limit, the rest as it is heard; all of it, in order."""
    turn = pcm(np.concatenate([speech, SILENCE]))
    app, taken, at_first, finals = create_app(echo("x", delay=0.05)), 0, [], asyncio.Event()
    counted = []

    async def receive():
        nonlocal taken
        if taken == 0:
            taken += 1
            return {"type": "websocket.connect"}
        if taken <= 60:
            taken += 1
            return {"type": "websocket.receive", "bytes": turn}
        await finals.wait()
        return {"type": "websocket.disconnect", "code": 1000}

    async def send(message):
        event = json.loads(message.get("text", "{}"))
        if event.get("type", "").endswith("completed"):
            at_first.append(taken)
            counted.append(event["start"])
            if len(counted) == 60:
                finals.set()

    scope = {"type": "websocket", "path": "/v1/realtime", "query_string": b"rate=16000", "headers": []}
    in_loop(asyncio.wait_for(app(scope, receive, send), 60))
    assert counted == sorted(counted)
    assert len(counted) == 60
    assert at_first[0] < 25
    assert all(taken - number < 25 for number, taken in enumerate(at_first))


def test_a_message_that_is_too_large_ends_the_session(project):
    Registry(project).promote("coffee", say("x"), by="anna")
    with serving(project) as url:
        with live(url) as client:
            client.recv()
            client.send(b"\0" * (2 * 1024 * 1024))
            with pytest.raises(ConnectionClosed):
                client.recv(timeout=30)
        eventually(lambda: httpx.get(f"{url}/health").json()["sessions"] == 0)
