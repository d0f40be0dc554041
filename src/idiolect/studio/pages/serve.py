"""Serve: which name is answered by which model, tried by voice; a wrong answer becomes a clip with a person's text."""

from __future__ import annotations

import asyncio
import base64
import binascii
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any, cast

from fastapi import APIRouter, FastAPI, Request, WebSocket
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from idiolect.audio import from_pcm, resample
from idiolect.corpus import EvaluationRecord
from idiolect.engines import Hypothesis
from idiolect.errors import AudioError
from idiolect.labeling.answers import Answer, keep_answer
from idiolect.serving import Registry, Target
from idiolect.serving.candidates import Candidate, candidates
from idiolect.serving.house import House
from idiolect.serving.live import Live
from idiolect.serving.promoting import Judged, Standing, judge, names_of, promote, roll_back, standing, target_of
from idiolect.serving.registry import Alias, Change
from idiolect.studio.desk import Desk, OwnerDesk
from idiolect.studio.showing import show
from idiolect.tasks.files import task_files
from idiolect.units import Samples

IDLE = 300.0
"""Seconds after which an engine that was tried is ended: the studio is not a server."""
SHOWN = 30
"""Decisions of an alias that the page lists."""


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Engines to try, made when they are first spoken to, in processes of their own."""
    house = House(Registry(app.state.project.folder), threads=len(os.sched_getaffinity(0)), idle=IDLE)
    app.state.live = Live(house)
    watching = asyncio.create_task(house.watch())
    yield
    watching.cancel()
    await asyncio.to_thread(house.close)


router = APIRouter(lifespan=lifespan)

Name = Annotated[str, Field(min_length=1, max_length=64)]
Text = Annotated[str, Field(max_length=2000)]


class Promoted(BaseModel):
    """A model or engine that is to answer. task: a task file; empty: anything may be said."""

    alias: Name
    model: str = Field("", max_length=500)
    engine: str = Field("", max_length=100)
    task: str = Field("", max_length=500)
    note: Text = ""


class RolledBack(BaseModel):
    """An alias that goes back, to the promotion of that number where one is given."""

    alias: Name
    to: int | None = None
    note: Text = ""


class Kept(BaseModel):
    """An answer with its audio. pcm: base64 of 16-bit samples at `rate`. text: what was said; None: not known yet."""

    pcm: str = Field(max_length=4_000_000)
    rate: int = Field(ge=8_000, le=48_000)
    speaker: str = Field(min_length=1, max_length=80, pattern=r"\S")
    agreed: bool
    alias: Name
    engine: Name
    version: str = Field("", max_length=200)
    heard: Text
    confidence: float | None = None
    text: Text | None = None


@router.get("/serve", response_class=HTMLResponse)
def page(request: Request, desk: OwnerDesk) -> HTMLResponse:
    """The page."""
    return show(request, desk, "serve.html", data=_state(desk), consent=_consent(desk))


@router.get("/api/serve")
def state(desk: OwnerDesk) -> dict[str, Any]:
    """The aliases, and what could answer for them."""
    return _state(desk)


@router.post("/api/serve/judge")
def judged(wanted: Promoted, desk: OwnerDesk) -> dict[str, Any]:
    """What the evaluations say of it, before anything changes."""
    registry = _registry(desk)
    return _judged(judge(registry, wanted.alias, _target(desk, wanted), _evaluations(desk)))


@router.post("/api/serve/promote")
def promoted(wanted: Promoted, desk: OwnerDesk) -> dict[str, Any]:
    """Let it answer, if it loads."""
    target = _target(desk, wanted)
    done = promote(_registry(desk), wanted.alias, target, _evaluations(desk), by=desk.person, note=wanted.note.strip())
    return {"judged": _judged(done.judged), **_state(desk)}


@router.post("/api/serve/rollback")
def rolled_back(wanted: RolledBack, desk: OwnerDesk) -> dict[str, Any]:
    """Let what answered before do so again, if it still loads."""
    roll_back(_registry(desk), wanted.alias, by=desk.person, to=wanted.to, note=wanted.note.strip())
    return _state(desk)


@router.post("/api/serve/keep")
def keep(said: Kept, desk: OwnerDesk) -> dict[str, Any]:
    """Keep what was said as a clip, with the right text or for the review queue."""
    if not said.agreed:
        raise AudioError("nothing was kept: the speaker has not agreed", hint="Ask, and tick the box.")
    settings = desk.project.settings
    known = {one.name: one.target.task for one in _registry(desk).aliases()}
    kept = keep_answer(
        desk.project.corpus,
        _samples(said),
        Answer(said.alias, said.engine, said.version, Hypothesis(said.heard, said.confidence)),
        speaker=said.speaker,
        consent=_consent(desk),
        person=desk.person,
        text=said.text,
        task=desk.project.task(known.get(said.alias) or None),
        language=settings.language,
        sensitivity=settings.sensitivity,
    )
    return {"clip": kept.clip_id, "already": kept.already, "label": kept.label}


@router.websocket("/api/serve/live")
async def live(socket: WebSocket, desk: OwnerDesk) -> None:  # noqa: ARG001 - the desk says who may
    """Live text, as ``idiolect serve`` has it at /v1/realtime."""
    await cast("Live", socket.app.state.live).serve(socket)


def _registry(desk: Desk) -> Registry:
    return Registry(desk.project.folder)


def _evaluations(desk: Desk) -> list[EvaluationRecord]:
    return desk.project.corpus.evaluations()


def _consent(desk: Desk) -> str:
    return desk.t("My voice may be kept in this project, to check and improve its models.")


def _target(desk: Desk, wanted: Promoted) -> Target:
    registry = _registry(desk)
    folder = registry.folder / wanted.model if wanted.model else None
    return target_of(registry, wanted.alias, model=folder, engine=wanted.engine, task=wanted.task)


def _samples(said: Kept) -> Samples:
    try:
        data = base64.b64decode(said.pcm, validate=True)
    except binascii.Error as error:
        raise AudioError(f"the audio is no base64: {error}") from error
    return resample(from_pcm(data), said.rate)


def _state(desk: Desk) -> dict[str, Any]:
    registry, evaluations = _registry(desk), _evaluations(desk)
    return {
        "aliases": [_alias(one, registry, evaluations) for one in registry.aliases()],
        "candidates": [_candidate(one) for one in candidates(registry.folder, evaluations)],
        "tasks": task_files(registry.folder),
        "person": desk.person,
        "speaker": desk.project.settings.speaker or desk.person,
    }


def _alias(alias: Alias, registry: Registry, evaluations: list[EvaluationRecord]) -> dict[str, Any]:
    score = standing(names_of(registry.folder, alias.target), evaluations)
    return {
        "name": alias.name,
        "target": _shown(alias.target),
        "since": alias.since.isoformat(),
        "by": alias.by,
        "score": _score(score),
        "stands": alias.stands.number,
        "before": None if alias.before is None else _change(alias.before),
        "history": [_change(one) for one in reversed(alias.history[-SHOWN:])],
    }


def _candidate(one: Candidate) -> dict[str, Any]:
    return {**_shown(one.target), "kind": one.kind, "score": _score(one.standing)}


def _change(change: Change) -> dict[str, Any]:
    return {
        "number": change.number,
        "what": change.action,
        "target": None if change.target is None else _shown(change.target),
        "by": change.by,
        "at": change.at.isoformat(),
        "judged": change.judged,
        "note": change.note,
        "backTo": change.back_to,
    }


def _shown(target: Target) -> dict[str, Any]:
    return {"name": target.name, "model": target.model, "engine": target.engine, "task": target.task}


def _score(score: Standing | None) -> dict[str, Any] | None:
    if score is None:
        return None
    return {
        "measure": score.measure,
        "value": score.value,
        "interval": score.interval,
        "on": score.on,
        "of": score.system,
    }


def _judged(found: Judged) -> dict[str, Any]:
    return {
        "says": found.says,
        "new": _score(found.new),
        "old": _score(found.old),
        "difference": found.difference,
        "on": found.on,
    }
