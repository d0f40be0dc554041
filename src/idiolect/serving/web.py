"""OpenAI's transcription interface over HTTP. Imported only when a server is made: it loads FastAPI."""

from __future__ import annotations

import asyncio
import logging
import shutil
import tempfile
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from idiolect.errors import AudioError, IdiolectError, UserError
from idiolect.serving import answers
from idiolect.serving.transcript import Transcript, transcribe_file

if TYPE_CHECKING:
    from idiolect.engines import Engine
    from idiolect.tasks import Task

log = logging.getLogger("idiolect.serving")

ALIAS = "whisper-1"
"""Clients that were written for OpenAI ask for this name; it means the model that is served."""


class RequestError(Exception):
    """A request that cannot be answered: becomes OpenAI's error object."""

    def __init__(self, status: int, message: str, *, param: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.body = answers.error_body(message, status=status, param=param, code=code)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request for a transcription, checked."""

    file: UploadFile
    form: str
    language: str | None
    granularities: tuple[str, ...]
    nbest: int | None


class Limit:
    """Refuses a body of more than `limit` bytes, by its header or while it arrives."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI: pass the request on, counting the bytes of its body."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        said = dict(scope["headers"]).get(b"content-length", b"0")
        if said.isdigit() and int(said) > self._limit:
            await JSONResponse(self._refusal().body, 413)(scope, receive, send)
            return
        arrived = 0

        async def counted() -> Message:
            nonlocal arrived
            message = await receive()
            arrived += len(message.get("body", b""))
            if arrived > self._limit:
                raise self._refusal()
            return message

        await self._app(scope, counted, send)

    def _refusal(self) -> RequestError:
        return RequestError(413, f"the upload is larger than {self._limit} bytes", param="file", code="file_too_large")


class Worker:
    """One thread that owns the engine, and the files that wait for it."""

    def __init__(self, engine: Engine, task: Task | None, queue_limit: int) -> None:
        self.engine = engine
        self.task = task
        self.waiting = 0
        self._queue_limit = queue_limit
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="engine")

    async def transcribe(self, upload: UploadFile) -> Transcript:
        """What is said in `upload`. Raises `RequestError` 503 when too many wait, `AudioError` for a bad file."""
        if self.waiting > self._queue_limit:
            raise RequestError(503, f"{self.waiting} files are waiting; try again later", code="overloaded")
        self.waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, self._run, upload)
        finally:
            self.waiting -= 1

    def _run(self, upload: UploadFile) -> Transcript:
        with tempfile.NamedTemporaryFile(prefix="idiolect-", suffix=_suffix(upload.filename)) as file:
            upload.file.seek(0)
            shutil.copyfileobj(upload.file, file)
            file.flush()
            try:
                return transcribe_file(self.engine, Path(file.name), task=self.task)
            except AudioError as error:
                # The client knows its own name for the file, and nothing of our folders.
                raise AudioError(error.message.replace(file.name, upload.filename or "file")) from error

    def close(self) -> None:
        """Let the file at hand end, drop those that wait."""
        self._thread.shutdown(cancel_futures=True)


def build(
    engine: Engine, *, model: str, task: Task | None, language: str | None, limit: int, queue_limit: int, nbest: int = 1
) -> FastAPI:
    """The application; see `idiolect.serving.create_app`."""
    worker = Worker(engine, task, queue_limit)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        worker.close()

    # The interactive pages of FastAPI load their scripts from somebody else's server: none of that here.
    app = FastAPI(title="idiolect", lifespan=lifespan, docs_url=None, redoc_url=None)
    app.add_middleware(Limit, limit=limit)
    _answer_errors(app)

    @app.get("/health")
    async def health() -> dict[str, Any]:
        return {
            "status": "ok",
            "model": model,
            "engine": engine.name,
            "version": engine.version,
            "waiting": worker.waiting,
        }

    @app.get("/v1/models")
    async def models() -> dict[str, Any]:
        return {"object": "list", "data": [_model(model)]}

    @app.get("/v1/models/{name:path}")
    async def one_model(name: str) -> dict[str, Any]:
        _known(name, model)
        return _model(model)

    @app.post("/v1/audio/transcriptions")
    async def transcriptions(request: Request) -> Response:
        async with request.form(max_files=1, max_fields=32) as fields:
            asked = _asked(fields, model, nbest)
            transcript = await worker.transcribe(asked.file)
        meaning = answers.meaning_of(transcript, task=task is not None, nbest=asked.nbest)
        if asked.form == "json":
            return JSONResponse(answers.brief(transcript, meaning))
        if asked.form == "verbose_json":
            spoken = asked.language or language or "en"
            return JSONResponse(answers.verbose(transcript, spoken, asked.granularities, meaning))
        return PlainTextResponse(answers.as_text(transcript, asked.form))

    return app


def _asked(fields: FormData, model: str, most: int) -> Asked:
    file = fields.get("file")
    if not isinstance(file, UploadFile):
        raise RequestError(400, "file is missing: send the audio as multipart/form-data", param="file")
    name = _text(fields, "model")
    if name is not None:
        _known(name, model)
    form = _text(fields, "response_format") or "json"
    if form not in answers.FORMATS:
        known = ", ".join(answers.FORMATS)
        raise RequestError(400, f"response_format is {form!r}; known: {known}", param="response_format")
    granularities = tuple(str(value) for value in fields.getlist("timestamp_granularities[]"))
    if unknown := set(granularities) - set(answers.GRANULARITIES):
        raise RequestError(
            400,
            f"timestamp_granularities[] is {min(unknown)!r}; known: word, segment",
            param="timestamp_granularities[]",
        )
    if granularities and form != "verbose_json":
        raise RequestError(
            400, "timestamp_granularities[] needs response_format verbose_json", param="timestamp_granularities[]"
        )
    if (_text(fields, "stream") or "false").lower() == "true":
        raise RequestError(400, "stream is not supported", param="stream", code="unsupported_value")
    return Asked(file, form, _text(fields, "language"), granularities, _nbest(fields, form, most))


def _nbest(fields: FormData, form: str, most: int) -> int | None:
    """How many alternatives are wanted; None: none."""
    text = _text(fields, "nbest")
    if text is None:
        return None
    if not text.isdecimal() or not 1 <= int(text) <= most:
        raise RequestError(400, f"nbest is {text!r}; this server gives 1 to {most} (serve --nbest)", param="nbest")
    if form not in {"json", "verbose_json"}:
        raise RequestError(400, "nbest needs response_format json or verbose_json", param="nbest")
    return int(text)


def _text(fields: FormData, name: str) -> str | None:
    value = fields.get(name)
    if isinstance(value, UploadFile):
        raise RequestError(400, f"{name} is a file, not a text", param=name)
    return value or None


def _known(name: str, model: str) -> None:
    if name not in {model, ALIAS}:
        raise RequestError(
            404, f"there is no model {name!r}; this server has {model}", param="model", code="model_not_found"
        )


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 0, "owned_by": "idiolect"}


def _suffix(name: str | None) -> str:
    """The extension of the client's file name where it is a plain one; nothing else of the name is used."""
    suffix = Path(name or "").suffix
    return suffix if suffix[1:].isalnum() and len(suffix) <= 6 else ""


def _answer_errors(app: FastAPI) -> None:
    """Every error in OpenAI's shape."""

    @app.exception_handler(RequestError)
    async def refused(_: Request, error: RequestError) -> JSONResponse:
        return JSONResponse(error.body, error.status)

    @app.exception_handler(HTTPException)
    async def of_the_framework(_: Request, error: HTTPException) -> JSONResponse:
        return JSONResponse(answers.error_body(str(error.detail), status=error.status_code), error.status_code)

    @app.exception_handler(UserError)
    async def of_the_input(_: Request, error: UserError) -> JSONResponse:
        body = answers.error_body(error.message, status=400, param="file", code="invalid_audio")
        return JSONResponse(body, 400)

    @app.exception_handler(Exception)
    async def ours(_: Request, error: Exception) -> JSONResponse:
        log.error("a fault while answering", exc_info=error)
        message = error.message if isinstance(error, IdiolectError) else "a fault of the server"
        return JSONResponse(answers.error_body(message, status=500), 500)
