"""Speech in, answers out: whole files through an engine, captions, and OpenAI's HTTP interface."""

from __future__ import annotations

from typing import TYPE_CHECKING

from idiolect.errors import MissingExtraError
from idiolect.serving.captions import Cue, cues, srt, vtt
from idiolect.serving.files import EngineChoice, Outcome, transcribe_files
from idiolect.serving.running import run_server
from idiolect.serving.sending import transcribe_through
from idiolect.serving.transcript import HeardClip, Transcript, transcribe_file

if TYPE_CHECKING:
    from fastapi import FastAPI

    from idiolect.engines import Engine
    from idiolect.tasks import Task

__all__ = [
    "UPLOAD_LIMIT",
    "Cue",
    "EngineChoice",
    "HeardClip",
    "Outcome",
    "Transcript",
    "create_app",
    "cues",
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
    """OpenAI's ``/v1/audio/transcriptions`` and ``/v1/models``, and ``/health``, over one engine.

    The engine is called on one thread of its own, one file after the other. At most `queue_limit` files wait; more are
    refused with status 503. `model` is the name that clients ask for (default: the engine's). With a `task` answers
    carry ``intent``, ``slots`` and ``slot_confidence``. `nbest` is how many alternatives the engine was made to give:
    a request may ask for as many (form field ``nbest``). Raises `MissingExtraError` where FastAPI is not installed.
    """
    try:
        from idiolect.serving.web import build
    except ModuleNotFoundError as error:
        if error.name in {"fastapi", "starlette", "multipart", "python_multipart"}:
            raise MissingExtraError("the server", "serve") from error
        raise
    return build(
        engine,
        model=model or engine.name,
        task=task,
        language=language,
        limit=upload_limit,
        queue_limit=queue_limit,
        nbest=nbest,
    )
