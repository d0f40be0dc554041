"""Speech in, answers out: whole files through an engine, captions, and OpenAI's HTTP interface."""

from __future__ import annotations

from typing import TYPE_CHECKING

from idiolect.errors import MissingExtraError
from idiolect.serving.captions import Cue, cues, srt, vtt
from idiolect.serving.files import EngineChoice, Outcome, transcribe_files
from idiolect.serving.registry import Alias, Change, Registry, Target
from idiolect.serving.running import run_server
from idiolect.serving.sending import transcribe_through
from idiolect.serving.session import Ask, Event, Final, Partial, Session, Started, Stopped, listen
from idiolect.serving.transcript import HeardClip, Transcript, hear, transcribe_file

if TYPE_CHECKING:
    from fastapi import FastAPI

    from idiolect.engines import Engine
    from idiolect.serving.house import House
    from idiolect.tasks import Task

__all__ = [
    "UPLOAD_LIMIT",
    "Alias",
    "Ask",
    "Change",
    "Cue",
    "EngineChoice",
    "Event",
    "Final",
    "HeardClip",
    "Outcome",
    "Partial",
    "Registry",
    "Session",
    "Started",
    "Stopped",
    "Target",
    "Transcript",
    "create_alias_app",
    "create_app",
    "cues",
    "hear",
    "listen",
    "run_server",
    "srt",
    "transcribe_file",
    "transcribe_files",
    "transcribe_through",
    "vtt",
]

UPLOAD_LIMIT = 100 * 1024 * 1024
"""Bytes of one request: nine minutes of 96 kHz stereo WAV, a day of Opus. OpenAI takes 25 MB."""


def create_app(
    engine: Engine,
    *,
    model: str | None = None,
    task: Task | None = None,
    language: str | None = None,
    upload_limit: int = UPLOAD_LIMIT,
    queue_limit: int = 64,
    nbest: int = 1,
) -> FastAPI:
    """OpenAI's ``/v1/audio/transcriptions``, ``/v1/realtime`` and ``/v1/models``, and ``/health``, over one engine.

    The engine is called on one thread of its own, one file after the other. At most `queue_limit` files wait; more are
    refused with status 503. `model` is the name that clients ask for (default: the engine's). With a `task` answers
    carry ``intent``, ``slots`` and ``slot_confidence``. `nbest` is how many alternatives the engine was made to give:
    a request may ask for as many (form field ``nbest``). Raises `MissingExtraError` where FastAPI is not installed.
    """
    from idiolect.serving.house import Hosted, House

    hosted = Hosted(engine, task, language=language, queue_limit=queue_limit)
    return _build(House.of_one(model or engine.name, hosted), upload_limit, nbest)


def create_alias_app(
    registry: Registry, *, upload_limit: int = UPLOAD_LIMIT, queue_limit: int = 64, threads: int = 1
) -> FastAPI:
    """The same over every alias of a project, each engine in a process of its own.

    What is promoted or rolled back meanwhile answers as soon as it is loaded; until then the old one does.
    """
    from idiolect.serving.house import House

    return _build(House(registry, threads=threads, queue_limit=queue_limit), upload_limit, 1)


def _build(house: House, limit: int, nbest: int) -> FastAPI:
    try:
        from idiolect.serving.web import build
    except ModuleNotFoundError as error:
        if error.name in {"fastapi", "starlette", "multipart", "python_multipart"}:
            raise MissingExtraError("the server", "serve") from error
        raise
    return build(house, limit=limit, nbest=nbest)
