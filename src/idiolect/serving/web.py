"""OpenAI's transcription interface over HTTP. Imported only when a server is made: it loads FastAPI."""

from __future__ import annotations

import asyncio
import logging
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from fastapi import FastAPI, Request, WebSocket
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from idiolect.errors import AliasError, AudioError, EngineError, IdiolectError, UserError
from idiolect.serving import answers
from idiolect.serving.house import BusyError, House
from idiolect.serving.live import Live
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
    model: str
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


def _transcribe(engine: Engine, task: Task | None, upload: UploadFile) -> Transcript:
    with tempfile.NamedTemporaryFile(prefix="idiolect-", suffix=_suffix(upload.filename)) as file:
        upload.file.seek(0)
        shutil.copyfileobj(upload.file, file)
        file.flush()
        try:
            return transcribe_file(engine, Path(file.name), task=task)
        except AudioError as error:
            # The client knows its own name for the file, and nothing of our folders.
            raise AudioError(error.message.replace(file.name, upload.filename or "file")) from error


def build(house: House, *, limit: int, nbest: int = 1) -> FastAPI:
    """The application; see `idiolect.serving.create_app`."""
    live = Live(house)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        watching = asyncio.create_task(house.watch())
        yield
        watching.cancel()
        await asyncio.to_thread(house.close)

    # The interactive pages of FastAPI load their scripts from somebody else's server: none of that here.
    app = FastAPI(title="idiolect", lifespan=lifespan, docs_url=None, redoc_url=None)
    app.add_middleware(Limit, limit=limit)
    _answer_errors(app)

    @app.get("/health")
    async def health() -> dict[str, Any]:
        return {"status": "ok", "models": house.state(), "sessions": live.count}

    @app.get("/v1/models")
    async def models() -> dict[str, Any]:
        return {"object": "list", "data": [_model(name, since) for name, since in house.since().items()]}

    @app.get("/v1/models/{name:path}")
    async def one_model(name: str) -> dict[str, Any]:
        known = _known(name, house)
        return _model(known, house.since()[known])

    @app.websocket("/v1/realtime")
    async def realtime(socket: WebSocket) -> None:
        origin = socket.headers.get("origin")
        if origin is not None and urlsplit(origin).netloc != socket.headers.get("host"):
            await socket.close(1008)  # a page of another site that uses its visitor's server
            return
        await live.serve(socket)

    @app.post("/v1/audio/transcriptions")
    async def transcriptions(request: Request) -> Response:
        async with request.form(max_files=1, max_fields=32) as fields:
            asked = _asked(fields, house, nbest)
            return await _answer(asked, house)

    return app


async def _answer(asked: Asked, house: House) -> Response:
    async with house.use(asked.model) as hosted:
        transcript = await hosted.run(partial(_transcribe, hosted.engine, hosted.task, asked.file))
        task, language = hosted.task, hosted.language
    meaning = answers.meaning_of(transcript, task=task is not None, nbest=asked.nbest)
    if asked.form == "json":
        return JSONResponse(answers.brief(transcript, meaning))
    if asked.form == "verbose_json":
        spoken = asked.language or language or "en"
        return JSONResponse(answers.verbose(transcript, spoken, asked.granularities, meaning))
    return PlainTextResponse(answers.as_text(transcript, asked.form))


def _asked(fields: FormData, house: House, most: int) -> Asked:
    file = fields.get("file")
    if not isinstance(file, UploadFile):
        raise RequestError(400, "file is missing: send the audio as multipart/form-data", param="file")
    model = _known(_text(fields, "model"), house)
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
    return Asked(file, model, form, _text(fields, "language"), granularities, _nbest(fields, form, most))


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


def _known(name: str | None, house: House) -> str:
    """The name that is meant. Raises `RequestError` for one that nothing answers for."""
    known = house.since()
    if name in known:
        return str(name)
    if name in {None, ALIAS}:
        try:
            return house.default()
        except AliasError as error:
            hint = f": {error.hint}" if error.hint else ""
            raise RequestError(400, f"{error.message}{hint}", param="model", code="model_not_found") from error
    listed = ", ".join(known) or "none yet"
    raise RequestError(
        404, f"there is no model {name!r}; this server has {listed}", param="model", code="model_not_found"
    )


def _model(name: str, since: int) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": since, "owned_by": "idiolect"}


def _suffix(name: str | None) -> str:
    """The extension of the client's file name where it is a plain one; nothing else of the name is used."""
    suffix = Path(name or "").suffix
    return suffix if suffix[1:].isalnum() and len(suffix) <= 6 else ""


def _answer_errors(app: FastAPI) -> None:
    """Every error in OpenAI's shape."""

    @app.exception_handler(RequestError)
    async def refused(_: Request, error: RequestError) -> JSONResponse:
        return JSONResponse(error.body, error.status)

    @app.exception_handler(BusyError)
    async def busy(_: Request, error: BusyError) -> JSONResponse:
        return JSONResponse(answers.error_body(str(error), status=503, code="overloaded"), 503)

    @app.exception_handler(EngineError)
    async def of_the_engine(_: Request, error: EngineError) -> JSONResponse:
        log.error("the engine failed: %s", error.message)
        return JSONResponse(answers.error_body(error.message, status=500), 500)

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
