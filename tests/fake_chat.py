"""A fake language model: a real HTTP server that speaks ``/v1/chat/completions``, as a script tells it."""

from __future__ import annotations

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class FakeChat(ThreadingHTTPServer):
    """`script(transcript, question)` gives the content of the answer, or (status, body) to misbehave with."""

    daemon_threads = True

    def __init__(self, script):
        super().__init__(("127.0.0.1", 0), Handler)
        self.script = script
        self.questions = []
        self.lock = threading.Lock()
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/v1"

    def stop(self):
        self.shutdown()
        self.server_close()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.lock:
            self.server.questions.append((self.path, dict(self.headers), question))
        material = question["messages"][-1]["content"]
        transcript = re.search(r"<transcript>\n(.*)\n</transcript>", material, re.DOTALL).group(1)
        said = self.server.script(transcript, question)
        if isinstance(said, tuple):
            self.answer(*said)
            return
        message = {"role": "assistant", "content": said}
        usage = {"prompt_tokens": len(material) // 4, "completion_tokens": len(said) // 4}
        self.answer(200, {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}], "usage": usage})

    def answer(self, status, value):
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass
