"""OpenAI's batch API, through the door: many questions in one file, answered within a day, for about half the price.

https://platform.openai.com/docs/guides/batch. A batch is one row of the ledger: its request is what is paid for, and
books the most that all of its questions may cost. The uploaded file, the looks at it and the answers are free rows.
Each batch carries a name of ours in its metadata: a run that was killed before it read the batch's id finds it so.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from idiolect.corpus.values import Sensitivity
from idiolect.errors import AnswerError
from idiolect.gateway.completions import PATH, Completion, as_bytes, completion_of
from idiolect.gateway.forms import multipart
from idiolect.gateway.values import Money, Request, Response, Usage
from idiolect.units import Seconds

if TYPE_CHECKING:
    from idiolect.gateway import Gateway

LARGEST = 2000
"""Questions in one batch. OpenAI takes 50,000; the answers to these fit into what the door takes at once, 32 MB."""
_OURS = "idiolect"
_DEADLINE = Seconds(120.0)
_ENDED = frozenset({"completed", "failed", "expired", "cancelled"})
_PAGE, _PAGES = 100, 10
"""Batches that are looked through for one of ours, the newest first."""


@dataclass(frozen=True, slots=True)
class Question:
    """One line of a batch. name: its ``custom_id``. items: the ids of all clips whose texts stand in it."""

    name: str
    body: Mapping[str, Any]
    usage: Usage
    items: tuple[str, ...]
    masked: int = 0


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch as the server says. files: of answers and of errors, where there are any. why: what is wrong with it."""

    id: str
    status: str
    done: int = 0
    total: int = 0
    files: tuple[str, ...] = ()
    why: str = ""

    @property
    def ended(self) -> bool:
        """Whether nothing more will come."""
        return self.status in _ENDED


@dataclass(frozen=True, slots=True)
class Answers:
    """What came of a batch, by the names of its questions; a completion with a fault is an answer that is none.

    usage: of all that was answered; None where the server does not say it of each. notes: what was odd.
    """

    found: Mapping[str, Completion]
    usage: Usage | None
    notes: tuple[str, ...] = ()


class BatchApi:
    """The batches of one model at one server. base: its base URL. key: the name of the secret."""

    def __init__(self, gateway: Gateway, base: str, model: str, key: str) -> None:
        self._gateway = gateway
        self._base = base
        self._model = model
        self._key = key

    def submit(self, name: str, questions: Sequence[Question]) -> tuple[Batch, Response]:
        """Upload the questions and have them answered. The same name is submitted and paid once.

        name: ours, for this batch and no other. Raises `GatewayError`; a cap is asked before anything leaves.
        """
        request = self._creating(name, questions)
        self._gateway.check(request)
        lines = [
            as_bytes({"custom_id": one.name, "method": "POST", "url": f"/v1{PATH}", "body": dict(one.body)})
            for one in questions
        ]
        form, kind = multipart(
            [("purpose", "batch")], f"{name}.jsonl", "application/jsonl", b"".join(line + b"\n" for line in lines)
        )
        upload = replace(request, url=f"{self._base}/files", body=form, usage=Usage(), same_as="", batch=False)
        sent = self._gateway.send(replace(upload, headers={"Content-Type": kind}))
        file_id = _text(_object(sent.body), "id")
        body = {
            "input_file_id": file_id,
            "endpoint": f"/v1{PATH}",
            "completion_window": "24h",
            "metadata": {_OURS: name},
        }
        response = self._gateway.send(replace(request, body=as_bytes(body)))
        return _batch(_object(response.body)), response

    def recover(self, name: str) -> tuple[Batch, Response] | None:
        """The batch of that name, where the server has it and a crash kept us from reading so; None where it has not.

        Raises `GatewayError`.
        """
        after = ""
        for _ in range(_PAGES):
            value = _object(self._get(f"/batches?limit={_PAGE}{after}").body)
            rows = [row for row in value.get("data") or () if isinstance(row, dict)]
            for row in rows:
                if (row.get("metadata") or {}).get(_OURS) == name:
                    return _batch(row), self._gateway.adopt(self._creating(name, ()), as_bytes(row))
            if not value.get("has_more") or not rows:
                return None
            after = f"&after={quote(_text(rows[-1], 'id'), safe='')}"
        return None

    def look(self, batch_id: str) -> Batch:
        """How far it is. Raises `GatewayError`."""
        return _batch(_object(self._get(f"/batches/{quote(batch_id, safe='')}").body))

    def collect(self, batch: Batch) -> Answers:
        """The answers of a batch that has ended, matched by name and in any order. Raises `GatewayError`."""
        found: dict[str, Completion] = {}
        notes: list[str] = []
        for file_id in batch.files:
            for line in self._get(f"/files/{quote(file_id, safe='')}/content").body.splitlines():
                if line.strip():
                    _take(line, found, notes)
        answered = [one for one in found.values() if one.content or one.usage]
        known = all(one.usage is not None for one in answered)
        used = [one.usage for one in answered if one.usage is not None]
        return Answers(found, sum(used, Usage()) if known else None, tuple(notes))

    def settle(self, row: int, destination: str, cost: Money, usage: Usage) -> Money:
        """Book what was used in place of the forecast `cost` of that row of the ledger."""
        response = Response(200, {}, b"", "", row, destination, self._model, cost, batch=True)
        return self._gateway.settle(response, usage)

    def _creating(self, name: str, questions: Sequence[Question]) -> Request:
        return Request(
            f"{self._base}/batches",
            "correct",
            headers={"Content-Type": "application/json"},
            engine="batch",
            model=self._model,
            sensitivity=Sensitivity.SHAREABLE,  # the clips decide
            items=tuple(dict.fromkeys(item for one in questions for item in one.items)),
            usage=sum((one.usage for one in questions), Usage()),
            key=self._key,
            same_as=name,
            masked=sum(one.masked for one in questions),
            batch=True,
            deadline=_DEADLINE,
        )

    def _get(self, path: str) -> Response:
        return self._gateway.send(
            Request(
                self._base + path,
                "correct",
                method="GET",
                engine="batch",
                model=self._model,
                sensitivity=Sensitivity.SHAREABLE,  # nothing is in it
                key=self._key,
                deadline=_DEADLINE,
            )
        )


def _take(line: bytes, found: dict[str, Completion], notes: list[str]) -> None:
    """One line of an answer file. The same answer twice is one; two different answers are none."""
    try:
        value = json.loads(line)
        name = value["custom_id"]
    except (ValueError, RecursionError, KeyError, TypeError):
        notes.append(f"a line of the answers is none: {line[:60]!r}")
        return
    if not isinstance(name, str):
        notes.append(f"a line of the answers has the name {name!r}")
        return
    made = _answer(value)
    if name not in found or found[name] == made:
        if name in found:
            notes.append(f"the answer to {name} came twice")
        found[name] = made
    else:
        notes.append(f"{name} got two different answers")
        found[name] = Completion(usage=found[name].usage, fault="the server gave two different answers")


def _answer(value: Mapping[str, Any]) -> Completion:
    error, response = value.get("error"), value.get("response")
    if isinstance(error, dict):
        return Completion(fault=str(error.get("message") or error.get("code") or "the server gave an error")[:200])
    if not isinstance(response, dict) or not isinstance(response.get("body"), dict):
        return Completion(fault="the line of the answer has no body")
    if response.get("status_code") != 200:
        said = response["body"].get("error")
        words = said.get("message") if isinstance(said, dict) else ""
        return Completion(fault=f"the server answered {response.get('status_code')}: {words or ''}"[:200])
    return completion_of(response["body"])


def _batch(value: Mapping[str, Any]) -> Batch:
    counts = value.get("request_counts")
    counts = counts if isinstance(counts, dict) else {}
    done, failed, total = (counts.get(name) for name in ("completed", "failed", "total"))
    files = tuple(
        one for name in ("output_file_id", "error_file_id") if isinstance(one := value.get(name), str) and one
    )
    errors = value.get("errors")
    rows = errors.get("data") if isinstance(errors, dict) else None
    why = "; ".join(str(row.get("message")) for row in rows or () if isinstance(row, dict))
    return Batch(
        _text(value, "id"), _text(value, "status"), _count(done) + _count(failed), _count(total), files, why[:300]
    )


def _count(value: Any) -> int:
    return value if type(value) is int and value >= 0 else 0


def _text(value: Mapping[str, Any], name: str) -> str:
    found = value.get(name)
    if not isinstance(found, str) or not found:
        raise AnswerError(f"the server's answer has no {name}: {as_bytes(value)[:80]!r}")
    return found


def _object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise AnswerError(f"the server's answer is no JSON object: {body[:80]!r}")
    return value
