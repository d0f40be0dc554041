"""Bring in audio that is there already, and let a teacher write down what it hears.

Files are stored as they come. An import, which decodes them, runs as a job in a process of its own.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from idiolect.corpus import Sensitivity, Uploads
from idiolect.overview import hearers_of
from idiolect.studio.desk import Desk, OwnerDesk
from idiolect.studio.pages.jobs import jobs_of
from idiolect.studio.showing import show

router = APIRouter()


class Wanted(BaseModel):
    """An import: whose voice, what they agreed to, how far it may travel."""

    speaker: str = ""
    session: str = ""
    language: str = ""
    collection: str = ""
    sensitivity: Sensitivity = Sensitivity.PRIVATE
    consent: str = ""
    prompted: bool = False


class Teacher(BaseModel):
    """A teacher: an engine by name, or a model of the project; with a task or without."""

    engine: str = ""
    model: str = ""
    task: str = ""


@router.get("/import", response_class=HTMLResponse)
def page(request: Request, desk: OwnerDesk) -> HTMLResponse:
    """Files to import, and teachers to ask."""
    project = desk.project
    _tidy(desk)
    amounts = project.corpus.summary()
    return show(
        request,
        desk,
        "import.html",
        speakers=project.corpus.speakers(),
        **hearers_of(project),
        waiting=amounts.recorded.clips - amounts.labelled.clips,
        amounts=amounts,
    )


@router.post("/api/import")
def begin(desk: OwnerDesk) -> dict[str, str]:
    """A new batch of files."""
    return {"batch": Uploads(desk.project.folder).begin()}


@router.post("/api/import/{batch}/file")
async def take(request: Request, batch: str, name: str, desk: OwnerDesk) -> dict[str, Any]:
    """One file, as the body. It is kept whole or not at all."""
    with Uploads(desk.project.folder).take(batch, name) as file:
        async for piece in request.stream():
            if piece:
                await run_in_threadpool(file.write, piece)
        kept = await run_in_threadpool(file.keep)
    return {"name": kept.name, "size": kept.size}


@router.post("/api/import/{batch}/start")
def start(batch: str, wanted: Wanted, desk: OwnerDesk) -> dict[str, str]:
    """Import the batch, in a process of its own."""
    folder = Uploads(desk.project.folder).folder(batch)
    given = {
        "--speaker": wanted.speaker.strip(),
        "--session": wanted.session.strip(),
        "--language": wanted.language.strip(),
        "--collection": wanted.collection.strip(),
        "--sensitivity": wanted.sensitivity.value,
        "--consent": wanted.consent.strip(),
    }
    words = [word for name, value in given.items() if value for word in (name, value)]
    argv = ["import", str(folder), *words, *(["--prompted"] if wanted.prompted else [])]
    return {"job": jobs_of(desk).start(argv, title=desk.t("Import")).id}


@router.post("/api/label")
def label(teacher: Teacher, desk: OwnerDesk) -> dict[str, str]:
    """Let a teacher label what it has not labelled yet, in a process of its own."""
    argv = ["label"]
    for name, value in (("--engine", teacher.engine), ("--model", teacher.model), ("--task", teacher.task)):
        argv += [name, value] if value else []
    title = desk.t("Label with {name}", name=teacher.engine or teacher.model)
    return {"job": jobs_of(desk).start(argv, title=title).id}


def _tidy(desk: Desk) -> None:
    """What was imported needs no second copy."""
    jobs = jobs_of(desk).list()
    Uploads(desk.project.folder).tidy(word for job in jobs if job.state == "done" for word in job.argv)
