"""Long work, as the tray in each page's corner asks for it."""

from __future__ import annotations

import shlex
from dataclasses import asdict
from typing import Any

from fastapi import APIRouter

from idiolect.jobs import Job, Jobs
from idiolect.studio.desk import Desk, OwnerDesk

router = APIRouter()

SHOWN = 20


def jobs_of(desk: Desk) -> Jobs:
    """The jobs of the project."""
    return Jobs(desk.project.folder)


def as_json(job: Job) -> dict[str, Any]:
    """What scripts get."""
    return {**asdict(job), "command": f"idiolect {shlex.join(job.argv)}"}


@router.get("/api/jobs")
def listed(desk: OwnerDesk) -> dict[str, Any]:
    """What runs, and what ended and was not dismissed; newest first."""
    found = [job for job in jobs_of(desk).list() if not job.dismissed]
    return {"jobs": [as_json(job) for job in found[:SHOWN]]}


@router.get("/api/jobs/{job_id}")
def one(job_id: str, desk: OwnerDesk) -> dict[str, Any]:
    """One job."""
    return as_json(jobs_of(desk).get(job_id))


@router.get("/api/jobs/{job_id}/log")
def log(job_id: str, desk: OwnerDesk, last: int = 200) -> dict[str, Any]:
    """What its command said last."""
    return {"lines": jobs_of(desk).log(job_id, min(max(last, 1), 2000))}


@router.post("/api/jobs/{job_id}/stop")
def stop(job_id: str, desk: OwnerDesk) -> dict[str, Any]:
    """Save the state and end; asked again, end harder."""
    return as_json(jobs_of(desk).stop(job_id))


@router.post("/api/jobs/{job_id}/again")
def again(job_id: str, desk: OwnerDesk) -> dict[str, Any]:
    """The same command once more."""
    return as_json(jobs_of(desk).again(job_id))


@router.post("/api/jobs/{job_id}/dismiss")
def dismiss(job_id: str, desk: OwnerDesk) -> dict[str, Any]:
    """Take it out of the tray."""
    return as_json(jobs_of(desk).dismiss(job_id))
