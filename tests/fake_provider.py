"""A fake provider: a real HTTP server on this machine that speaks the transcription API, and misbehaves as it is told.

Run as a program, it is a process of its own: ``fake_provider.py LOG RATE`` prints its port, bills RATE nanodollars for
each second of audio, and writes one JSON line for each request that it answered (billed) into LOG.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import socketserver
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import soundfile


@dataclass
class Received:
    """One request as the server saw it."""

    path: str
    headers: dict
    body: bytes
    request_id: str
    fields: dict = field(default_factory=dict)
    file: bytes = b""

    @property
    def payload(self):
        return hashlib.blake2b(self.body, digest_size=16).hexdigest()


def fields_of(headers, body):
    """The fields of a multipart form, and the bytes of its file."""
    kind = headers.get("Content-Type", "")
    if not kind.startswith("multipart/form-data"):
        return {}, b""
    message = message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + body)
    found, file = {}, b""
    for part in message.get_payload():
        name = re.search(r'name="([^"]+)"', part["Content-Disposition"]).group(1)
        content = part.get_payload(decode=True)
        if name == "file":
            file = content
        else:
            found.setdefault(name, content.decode())
    return found, file


def seconds_of(file):
    """The length of a FLAC or of a plain WAV, by what its header says."""
    if file[:4] == b"RIFF":
        return int.from_bytes(file[40:44], "little") / int.from_bytes(file[28:32], "little")
    if file[:4] != b"fLaC":
        return 0.0
    bits = int.from_bytes(file[18:26])  # 20 of the rate, 3 of the channels, 5 of the depth, 36 of the length
    return (bits & 0xFFFFFFFFF) / (bits >> 44)


def transcript(received):
    """A good answer: verbose_json with word times."""
    seconds = seconds_of(received.file)
    words = ["clip", hashlib.blake2b(received.file, digest_size=4).hexdigest()]
    step = seconds / len(words)
    timed = [{"word": word, "start": n * step, "end": (n + 1) * step} for n, word in enumerate(words)]
    value = {"text": " ".join(words), "language": "english", "duration": seconds, "words": timed}
    value["segments"] = [{"id": 0, "start": 0.0, "end": seconds, "text": " ".join(words), "avg_logprob": -0.1}]
    value["usage"] = {"type": "duration", "seconds": seconds}
    return value


def heard_in_chat(received):
    """A good answer to a chat with a clip in it: what `transcript` says of the clip's bytes, as JSON in a message."""
    question = json.loads(received.body)
    parts = {part["type"]: part for part in question["messages"][-1]["content"]}
    sound = base64.b64decode(parts["input_audio"]["input_audio"]["data"], validate=True)
    text = json.dumps({"text": f"clip {hashlib.blake2b(sound, digest_size=4).hexdigest()}"})
    tokens = max(1, round(10 * seconds_of(sound)))
    asked = {"prompt_tokens": 100 + tokens, "completion_tokens": 12, "prompt_tokens_details": {"audio_tokens": tokens}}
    return completion(text, asked)


def spoken(received):
    """Sound for a speech request: noise at 24 kHz that its voice and text seed, as WAV, FLAC or MP3."""
    asked = json.loads(received.body)
    seed = hashlib.blake2b((asked["voice"] + asked["input"]).encode(), digest_size=4).digest()
    sound = 0.1 * np.random.default_rng(int.from_bytes(seed)).standard_normal(12_000)
    made = io.BytesIO()
    soundfile.write(made, sound, 24_000, format=asked["response_format"].upper())
    return made.getvalue()


def completion(content, usage=None, **message):
    """The body of a chat completion."""
    choice = {"index": 0, "message": {"role": "assistant", "content": content, **message}, "finish_reason": "stop"}
    return {"id": "chat-1", "object": "chat.completion", "choices": [choice], "usage": usage}


class Provider(ThreadingHTTPServer):
    """`act(received, handler)` answers; `received` lists every request that came in whole."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 256

    def __init__(self, act=None, log=None, rate=0):
        super().__init__(("127.0.0.1", 0), Handler)
        self.act = act or (lambda received, handler: handler.good(received))
        self.received = []
        self.seen = Counter()
        self.lock = threading.Lock()
        self.log = log
        self.rate = rate

    def server_bind(self):
        socketserver.TCPServer.server_bind(self)  # without asking DNS for this machine's name
        self.server_name, self.server_port = self.server_address[:2]

    def handle_error(self, request, client_address):
        """A client that went away is what some tests are about; anything else is a fault of this file."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/v1"

    def start(self):
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def stop(self):
        self.shutdown()
        self.server_close()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        size = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(size)
        if len(body) < size:  # the client was killed in the middle of it: nobody works on half a request, or bills it
            self.close_connection = True
            return
        fields, file = fields_of(self.headers, body)
        received = Received(
            self.path, dict(self.headers), body, self.headers.get("X-Client-Request-Id", ""), fields, file
        )
        with self.server.lock:
            self.server.received.append(received)
            self.server.seen[received.payload] += 1
        self.server.act(received, self)

    do_GET = do_POST  # noqa: N815 - the name that http.server calls

    def good(self, received, **changes):
        if received.path.endswith("/chat/completions"):
            self.answer(200, heard_in_chat(received))
            return
        if received.path.endswith("/audio/speech"):
            self.answer(200, spoken(received))
            return
        value = transcript(received) | changes
        cost = round(value["usage"]["seconds"] * self.server.rate)
        if self.server.log is not None:
            clip = hashlib.blake2b(received.file, digest_size=16).hexdigest()
            line = json.dumps({"id": received.request_id, "payload": received.payload, "clip": clip, "cost": cost})
            with self.server.lock:
                self.server.log.write(line + "\n")
                self.server.log.flush()
        self.answer(200, value, {"x-request-id": f"theirs-{received.request_id[:6]}"})

    def answer(self, status, value=None, headers=None):
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.send_response(status)
        for name, text in (headers or {}).items():
            self.send_header(name, text)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def raw(self, sent):
        self.wfile.write(sent)
        self.wfile.flush()
        self.close_connection = True

    def log_message(self, *_):
        pass


def main():
    """Serve until killed; every answer takes a moment, so that a client can be killed meanwhile."""
    log, rate = sys.argv[1], int(sys.argv[2])

    def act(received, handler):
        time.sleep(0.002)
        handler.good(received)

    with Path(log).open("a", encoding="utf-8") as file:
        provider = Provider(act, file, rate)
        sys.stdout.write(f"{provider.server_port}\n")
        sys.stdout.flush()
        provider.serve_forever()


if __name__ == "__main__":
    main()
