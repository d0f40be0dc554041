"""A fake language model with a batch API: files, batches and their answers, as a script tells it."""

from __future__ import annotations

import json
from types import SimpleNamespace

from fake_chat import FakeChat, Handler
from fake_provider import completion, fields_of


class FakeBatches(FakeChat):
    """`script(transcript, question)` answers as in `FakeChat`; `looks`: how often a batch is under way when asked.

    finish(lines) -> (status, answer lines, error lines): what becomes of the answers; to be replaced by tests.
    """

    def __init__(self, script, looks=1):
        self.files, self.batches, self.looks, self.uploads = {}, {}, looks, []
        self.finish = lambda lines: ("completed", lines, [])
        super().__init__(script)
        self.RequestHandlerClass = BatchHandler

    def answered(self, line):
        """One line of the answer file for one of the questions."""
        question = line["body"]
        material = question["messages"][-1]["content"]
        transcript = material.rpartition("<transcript>\n")[2].partition("\n</transcript>")[0]
        usage = {"prompt_tokens": 100, "completion_tokens": 10}
        body = completion(self.script(transcript, question), usage)
        return {"custom_id": line["custom_id"], "response": {"status_code": 200, "body": body}, "error": None}

    def end(self, batch):
        lines = [self.answered(json.loads(line)) for line in self.files[batch["input_file_id"]].splitlines()]
        status, good, bad = self.finish(lines)
        for name, rows in (("output_file_id", good), ("error_file_id", bad)):
            if rows:
                batch[name] = f"file-{batch['id']}-{name}"
                self.files[batch[name]] = b"".join(json.dumps(row).encode() + b"\n" for row in rows)
        batch["status"] = status


def expired(line):
    return {"custom_id": line["custom_id"], "response": None, "error": {"code": "batch_expired", "message": "too late"}}


class BatchHandler(Handler):
    def do_POST(self):  # noqa: N802 - the name that http.server calls
        server, path = self.server, self.path
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with server.lock:
            server.questions.append((path, dict(self.headers), body))
        if path == "/v1/files":
            fields, file = fields_of(self.headers, body)
            assert fields == {"purpose": "batch"}
            name = f"file-{len(server.files)}"
            server.files[name] = file
            self.answer(200, json.dumps({"id": name}).encode())
            return
        asked = json.loads(body)
        made = SimpleNamespace(**asked)
        assert (made.endpoint, made.completion_window) == ("/v1/chat/completions", "24h")
        name = f"batch_{len(server.batches)}"
        total = len(server.files[made.input_file_id].splitlines())
        server.batches[name] = {**asked, "id": name, "status": "validating", "left": server.looks,
                                "request_counts": {"total": total, "completed": 0, "failed": 0}}  # fmt: skip
        self.answer(200, json.dumps(server.batches[name]).encode())

    def do_GET(self):  # noqa: N802 - as above
        server = self.server
        path, _, _ = self.path.partition("?")
        if path == "/v1/batches":
            value = {"data": list(server.batches.values())[::-1], "has_more": False}
            self.answer(200, json.dumps(value).encode())
        elif path.startswith("/v1/batches/"):
            batch = server.batches[path.rpartition("/")[2]]
            if batch["status"] in {"validating", "in_progress"}:
                batch["left"] -= 1
                batch["status"] = "in_progress"
                if batch["left"] < 0:
                    server.end(batch)
            self.answer(200, json.dumps(batch).encode())
        else:
            self.answer(200, server.files[path.split("/")[3]])
