from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
import threading
import time

import httpx
import pytest

from idiolect.errors import UserError
from idiolect.serving import create_app, run_server

URL = "/v1/audio/transcriptions"


def ask(app, *requests):
    """Send each request (method, path, options) at the same time, in process; the answers in order."""

    async def run():
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await asyncio.gather(*(client.request(how, path, **options) for how, path, options in requests))

    return asyncio.run(run())


def transcribe(app, path, **fields):
    (answer,) = ask(app, ("POST", URL, {"files": {"file": ("a.wav", path.read_bytes())}, "data": fields}))
    return answer


def error_of(answer, status):
    assert answer.status_code == status
    (error,) = answer.json().values()
    assert set(error) == {"message", "type", "param", "code"}
    assert error["type"] == ("server_error" if status >= 500 else "invalid_request_error")
    return error


def test_json_is_the_text(echo, wav):
    answer = transcribe(create_app(echo("hello there")), wav(), model="echo")
    assert (answer.status_code, answer.json()) == (200, {"text": "hello there"})


def test_text_srt_and_vtt(echo, wav):
    app = create_app(echo("hello there"))
    text = transcribe(app, wav(), response_format="text")
    assert text.text == "hello there\n"
    assert text.headers["content-type"].startswith("text/plain")
    assert transcribe(app, wav(), response_format="srt").text == "1\n00:00:00,000 --> 00:00:01,000\nhello there\n\n"
    assert transcribe(app, wav(), response_format="vtt").text.startswith("WEBVTT\n\n00:00:00.000 --> 00:00:01.000\n")


def test_verbose_json_has_what_was_asked_for(echo, wav):
    app = create_app(echo("hello there", confidence=0.5))
    whole = transcribe(app, wav(), response_format="verbose_json").json()
    assert (whole["duration"], whole["language"], whole["text"]) == (1.0, "en", "hello there")
    assert whole["segments"] == [{"id": 0, "start": 0.0, "end": 1.0, "text": "hello there", "avg_logprob": -0.6931}]
    assert "words" not in whole
    fields = {"response_format": "verbose_json", "timestamp_granularities[]": "word", "language": "de"}
    words = transcribe(app, wav(), **fields).json()
    assert words["words"] == [{"word": "hello", "start": 0.0, "end": 0.5}, {"word": "there", "start": 0.5, "end": 1.0}]
    assert "segments" not in words
    assert words["language"] == "de"


def test_a_task_brings_intent_and_slots(echo, wav, task):
    app = create_app(echo("make me a mocha", "sing to me"), task=task)
    meaning = {"intent": "order", "slots": {"drink": "mocha"}, "slot_confidence": {}}
    assert transcribe(app, wav()).json() == {"text": "make me a mocha", **meaning}
    nothing = {"intent": None, "slots": {}, "slot_confidence": {}}
    assert transcribe(app, wav()).json() == {"text": "sing to me", **nothing}


def test_models_and_health(echo):
    app = create_app(echo(), model="mine")
    models, one, missing, health = ask(
        app,
        ("GET", "/v1/models", {}),
        ("GET", "/v1/models/mine", {}),
        ("GET", "/v1/models/other", {}),
        ("GET", "/health", {}),
    )
    assert [model["id"] for model in models.json()["data"]] == ["mine"]
    assert one.json()["id"] == "mine"
    assert error_of(missing, 404)["code"] == "model_not_found"
    row = {"model": "mine", "engine": "echo", "version": "1", "waiting": 0, "loading": False, "problem": None}
    assert health.json() == {"status": "ok", "models": {"mine": row}, "sessions": 0}


def test_other_names_of_the_model(echo, wav):
    app = create_app(echo("x"), model="mine")
    assert transcribe(app, wav(), model="whisper-1").status_code == 200
    assert "mine" in error_of(transcribe(app, wav(), model="gpt"), 404)["message"]


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"response_format": "xml"}, "response_format"),
        ({"timestamp_granularities[]": "word"}, "timestamp_granularities[]"),
        ({"timestamp_granularities[]": "letter", "response_format": "verbose_json"}, "timestamp_granularities[]"),
        ({"stream": "true"}, "stream"),
    ],
)
def test_a_bad_field_is_named(echo, wav, fields, param):
    assert error_of(transcribe(create_app(echo("x")), wav(), **fields), 400)["param"] == param


def test_bad_requests(echo, tmp_path):
    (tmp_path / "bad.wav").write_bytes(b"this is no audio")
    app = create_app(echo("x"))
    assert error_of(transcribe(app, tmp_path / "bad.wav"), 400)["code"] == "invalid_audio"
    (tmp_path / "empty.wav").write_bytes(b"")
    empty = error_of(transcribe(app, tmp_path / "empty.wav"), 400)
    assert (empty["code"], empty["message"]) == ("invalid_audio", "a.wav: is empty (0 bytes)")
    missing, text, nowhere, wrong = ask(
        app,
        ("POST", URL, {"data": {"model": "echo"}}),
        ("POST", URL, {"data": {"file": "not a file"}}),
        ("GET", "/v1/nowhere", {}),
        ("GET", URL, {}),
    )
    assert error_of(missing, 400)["param"] == "file"
    assert error_of(text, 400)["param"] == "file"
    error_of(nowhere, 404)
    error_of(wrong, 405)


def test_an_upload_over_the_limit_is_refused(echo, wav):
    app = create_app(echo("x"), upload_limit=10_000)
    assert error_of(transcribe(app, wav(1.0)), 413)["code"] == "file_too_large"

    async def drip():
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n'
        for _ in range(40):
            yield b"x" * 1000

    headers = {"content-type": "multipart/form-data; boundary=b"}
    (answer,) = ask(app, ("POST", URL, {"content": drip(), "headers": headers}))
    assert error_of(answer, 413)["code"] == "file_too_large"
    assert transcribe(app, wav(0.2)).status_code == 200


def test_a_fault_of_the_engine_is_ours_and_says_no_secret(echo, wav, caplog):
    engine = echo("x")
    engine.transcribe = lambda batch: 1 / 0
    error = error_of(transcribe(create_app(engine), wav()), 500)
    assert error["message"] == "a fault of the server"
    assert "ZeroDivisionError" in caplog.text


def test_the_event_loop_stays_free_while_the_engine_works(echo, wav):
    app = create_app(echo("slow", delay=0.5))
    upload = {"files": {"file": ("a.wav", wav().read_bytes())}}
    ended = {}

    async def run():
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:

            async def one(name, how, path, **options):
                answer = await client.request(how, path, **options)
                ended[name] = time.monotonic()
                return answer

            slow = asyncio.create_task(one("slow", "POST", URL, **upload))
            for _ in range(100):
                if (await one("health", "GET", "/health")).json()["models"]["echo"]["waiting"]:
                    break
                await asyncio.sleep(0.01)
            return await slow

    assert asyncio.run(run()).json() == {"text": "slow"}
    assert ended["health"] < ended["slow"] - 0.2


def test_too_many_waiting_are_refused_and_the_engine_hears_one_at_a_time(echo, wav):
    engine = echo("x")
    busy, most = 0, 0
    hear = engine.transcribe

    def counted(batch):
        nonlocal busy, most
        busy += 1
        most = max(most, busy)
        time.sleep(0.05)
        busy -= 1
        return hear(batch)

    engine.transcribe = counted
    app = create_app(engine, queue_limit=3)
    upload = {"files": {"file": ("a.wav", wav().read_bytes())}}
    answers = ask(app, *[("POST", URL, upload)] * 8)
    codes = sorted(answer.status_code for answer in answers)
    assert codes == [200] * 4 + [503] * 4
    assert most == 1
    assert all(error_of(answer, 503)["code"] == "overloaded" for answer in answers if answer.status_code == 503)


def test_no_page_loads_anything_from_elsewhere(echo):
    docs, redoc = ask(create_app(echo()), ("GET", "/docs", {}), ("GET", "/redoc", {}))
    assert (docs.status_code, redoc.status_code) == (404, 404)


def test_a_taken_port_is_the_users_to_mend(echo):
    found = []
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UserError, match=f"127.0.0.1:{port}"):
            run_server(create_app(echo()), port=port, ready=found.append)
    assert not found


def test_a_real_server(wav):
    """`idiolect serve` in a process of its own: says where it is, answers, and ends on Ctrl-C."""
    command = [sys.executable, "-m", "idiolect", "serve", "--engine", "echo", "--port", "0", "--json"]
    with subprocess.Popen([*command, "--with", 'texts=["hello"]'], stdout=subprocess.PIPE, text=True) as server:
        stop = threading.Timer(60, server.kill)
        stop.start()
        try:
            address = json.loads(server.stdout.readline())["url"]
            assert address.startswith("http://127.0.0.1:")
            with wav().open("rb") as file:
                answer = httpx.post(address + URL, files={"file": file}, data={"model": "whisper-1"}, timeout=30)
            assert answer.json() == {"text": "hello"}
        finally:
            server.send_signal(2)
            code = server.wait(30)
            stop.cancel()
    assert code in (0, 130)


def test_alternatives_are_given_as_many_as_the_server_was_made_for(echo, wav, task):
    app = create_app(echo("make me a mocha"), task=task, nbest=3)
    body = transcribe(app, wav(), nbest="3").json()
    assert body["alternatives"] == []  # echo has no second thoughts
    assert body["intent"] == "order"
    assert "alternatives" not in transcribe(app, wav()).json()
    for wrong in ("4", "0", "many"):
        refused = transcribe(app, wav(), nbest=wrong)
        assert refused.status_code == 400
        assert refused.json()["error"]["param"] == "nbest"
    assert transcribe(app, wav(), nbest="2", response_format="srt").status_code == 400
