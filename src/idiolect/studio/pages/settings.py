"""What this project allows, costs and knows of people; its settings; and how the studio looks."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from idiolect.corpus.ledger import SumBy
from idiolect.engines.state import engine_states
from idiolect.errors import ConflictError
from idiolect.gateway import Money
from idiolect.gateway.asking import ask_server, servers
from idiolect.gateway.budget import caps_of, set_caps
from idiolect.gateway.offline import offline_asked
from idiolect.gateway.policy import allow, disallow
from idiolect.settings import change_settings, from_environment
from idiolect.studio.desk import Desk, OwnerDesk
from idiolect.studio.pages import clips, compare
from idiolect.studio.showing import show
from idiolect.text import NORMALIZERS

router = APIRouter()

ROWS = 25
"""Rows of the ledger that are shown."""

Short = Annotated[str, Field(max_length=300)]


class Asked(BaseModel):
    """By what the ledger is summed."""

    by: SumBy = "engine"


@router.get("/settings", response_class=HTMLResponse)
def page(request: Request, desk: OwnerDesk, asked: Annotated[Asked, Query()]) -> HTMLResponse:
    """All of it on one page."""
    corpus, ledger = desk.project.corpus, desk.project.corpus.ledger
    return show(
        request,
        desk,
        "settings.html",
        settings=desk.project.settings,
        fixed=from_environment(),
        offline_now=desk.project.settings.offline or offline_asked(),
        normalizers=list(NORMALIZERS),
        servers=servers(corpus),
        travels=corpus.travels(),
        caps=caps_of(corpus),
        prices=_prices(desk),
        by=asked.by,
        sums=ledger.sums(asked.by),
        rows=ledger.rows(last=ROWS),
        unfinished=len(ledger.unfinished()),
        engines=engine_states(),
        people=corpus.speaker_accounts(),
        money=Money,
    )


class Changes(BaseModel):
    """Settings of the project; what is not given stays."""

    name: Short | None = None
    language: Short | None = None
    speaker: Short | None = None
    sensitivity: Literal["private", "internal", "shareable"] | None = None
    copy_audio: bool | None = None
    normalizer: Short | None = None
    threads: int | None = Field(None, ge=0, le=4096)
    offline: bool | None = None


@router.post("/api/settings/project")
def change(changes: Changes, desk: OwnerDesk) -> dict[str, Any]:
    """Write them into ``idiolect.toml``; they hold at once."""
    given = changes.model_dump(exclude_none=True)
    desk.project.settings = change_settings(desk.project.folder, given)
    return {"settings": {name: getattr(desk.project.settings, name) for name in given}}


class Where(BaseModel):
    """A server, by its name or URL."""

    where: Short


@router.post("/api/settings/allow")
def allow_server(wanted: Where, desk: OwnerDesk) -> dict[str, str]:
    """Let this project send there. DNS is asked for a server that has no name here."""
    said = allow(desk.project.corpus, wanted.where.strip())
    return {"name": said.name, "origin": said.origin, "reach": said.reach}


@router.post("/api/settings/disallow")
def disallow_server(wanted: Where, desk: OwnerDesk) -> dict[str, str]:
    """Take that back."""
    gone = disallow(desk.project.corpus, wanted.where.strip())
    return {"name": gone.name, "origin": gone.origin}


@router.post("/api/settings/ask")
def ask(wanted: Where, desk: OwnerDesk) -> dict[str, Any]:
    """Ask a server whether it answers, through the gateway."""
    with closing(desk.project.gateway()) as door:
        found = ask_server(door, wanted.where.strip())
    return {"name": found.name, "origin": found.origin, "models": found.models, "seconds": round(found.seconds, 2)}


class Caps(BaseModel):
    """In dollars; empty or ``none``: no such cap."""

    run: Short = ""
    day: Short = ""
    project: Short = ""


@router.post("/api/settings/budget")
def budget(caps: Caps, desk: OwnerDesk) -> dict[str, str]:
    """Set the caps."""
    set_caps(desk.project.corpus, caps.model_dump())
    return {one.name: "" if one.most is None else str(one.most) for one in caps_of(desk.project.corpus)}


class Person(BaseModel):
    """A speaker; `typed` is their name again, where what is done cannot be taken back."""

    speaker: str = Field(min_length=1, max_length=300)
    granted: bool = True
    scope: Short = ""
    typed: Short = ""


@router.post("/api/settings/consent")
def consent(person: Person, desk: OwnerDesk) -> dict[str, Any]:
    """Note what a speaker says. Withdrawing deletes nothing yet."""
    desk.project.corpus.set_consent(person.speaker, granted=person.granted, scope=person.scope)
    return {"speaker": person.speaker, "granted": person.granted}


@router.post("/api/settings/forget/preview")
def preview(person: Person, desk: OwnerDesk) -> dict[str, Any]:
    """What forgetting a speaker would remove, and what was built from it."""
    return _forgotten(desk, person.speaker, dry_run=True)


@router.post("/api/settings/forget")
def forget(person: Person, desk: OwnerDesk) -> dict[str, Any]:
    """Forget them, for good."""
    if person.typed != person.speaker:
        raise ConflictError(desk.t("the name that was typed is another one"), hint=desk.t("Nothing was removed."))
    try:
        return _forgotten(desk, person.speaker, dry_run=False)
    finally:
        clips.forget_kept()
        compare.forget_kept()


def _forgotten(desk: Desk, speaker: str, *, dry_run: bool) -> dict[str, Any]:
    corpus = desk.project.corpus
    found = corpus.forget(speaker, dry_run=dry_run)
    names = {key: name for name, key in corpus.dataset_names().items()}
    return {
        "speaker": speaker,
        "recordings": found.recordings,
        "clips": found.clips,
        "labels": found.labels,
        "datasets": [names.get(one, one[:12]) for one in found.datasets],
        "models": list(found.models),
        "evaluations": len(found.evaluations),
        "referenced": list(found.referenced),
    }


def _prices(desk: Desk) -> list[dict[str, Any]]:
    """Rows with their age, the project's own first."""
    known, today = desk.project.prices(), datetime.now(UTC).date()
    return [{"row": row, "age": row.age(today), "stale": row.stale(today)} for row in known.rows]
