"""Bring in audio that is there already, and let a teacher write down what it hears.

Files are stored as they come. An import, which decodes them, runs as a job in a process of its own.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from idiolect.corpus import Sensitivity, Uploads
from idiolect.engines.table import ENGINES
from idiolect.jobs import Job, Jobs
from idiolect.project import Project
from idiolect.studio.desk import OwnerDesk
from idiolect.studio.showing import show
from idiolect.tasks.files import task_files

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
    _tidy(project)
    amounts = project.corpus.summary()
    return show(
        request,
        desk,
        "import.html",
        speakers=project.corpus.speakers(),
        engines=[name for name, row in ENGINES.items() if not (row.needs_model or row.remote) and name != "echo"],
        models=[path.parent.name for path in sorted((project.folder / "models").glob("*/*.json")) if _runs(path)],
        tasks=task_files(project.folder),
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
    return {"job": Jobs(desk.project.folder).start(argv, title=desk.t("Import")).id}


@router.post("/api/label")
def label(teacher: Teacher, desk: OwnerDesk) -> dict[str, str]:
    """Let a teacher label what it has not labelled yet, in a process of its own."""
    argv = ["label"]
    for name, value in (("--engine", teacher.engine), ("--model", teacher.model), ("--task", teacher.task)):
        argv += [name, value] if value else []
    title = desk.t("Label with {name}", name=teacher.engine or teacher.model)
    return {"job": Jobs(desk.project.folder).start(argv, title=title).id}


def _runs(path: Path) -> bool:
    return path.name in {"checkpoint.json", "bundle.json"}


def _tidy(project: Project) -> None:
    """What was imported needs no second copy."""
    jobs: list[Job] = Jobs(project.folder).list()
    Uploads(project.folder).tidy(word for job in jobs if job.state == "done" for word in job.argv)
