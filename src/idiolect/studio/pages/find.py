"""Find: clips by anything, a list of a million, what each sounds like, and things done to many at once."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse
from pydantic import BaseModel, Field

from idiolect.corpus import ClipQuery, Corpus, FoundClip, read_map
from idiolect.corpus.finding import FIELDS, SORTS
from idiolect.studio.desk import Desk, ReviewerDesk
from idiolect.studio.pages.jobs import jobs_of
from idiolect.studio.showing import show

router = APIRouter()

ROW = (
    *("id", "text", "speaker", "duration", "snr", "confidence", "disagreement"),
    *("reviewed", "split", "tags", "marks"),
)
"""What a row of the list shows. Answers with rows go past FastAPI's encoder, which takes longer than finding them."""
FIRST = 40
"""Rows that are shown before all that fits is counted."""
MOST = 500
"""Rows of one request."""


class Chosen(BaseModel):
    """Some clips by their ids, or all of a listing but these."""

    ids: list[str] = Field(default_factory=list, max_length=100_000)
    everything: bool = False
    q: str = ""
    listing: int = 0


class Deed(Chosen):
    """What is done to the chosen clips."""

    what: str
    value: str = Field(max_length=200)


class Undone(BaseModel):
    """Which action is taken back."""

    action: int


@router.get("/find", response_class=HTMLResponse)
def page(request: Request, desk: ReviewerDesk, q: str = "") -> HTMLResponse:
    """The page; what is asked for is in its address, so that it can be kept and sent."""
    given = {
        "fields": {name: _field(desk, name) for name in FIELDS},
        "sorts": SORTS,
        "q": q,
        "pages": sorted(request.app.state.pages),
        "person": desk.person,
        "owner": desk.role == "owner",
    }
    count = desk.project.corpus.count()
    return show(request, desk, "find.html", count=count, given=given)


@router.get("/api/find/first")
def first(desk: ReviewerDesk, q: str = "") -> JSONResponse:
    """The first rows at once, and the question as it was understood; all that fits takes longer, see `found`."""
    query = ClipQuery.parse(q)
    clips = desk.project.corpus.find(query, limit=FIRST).clips
    answer = {
        "q": query.text(),
        "sort": f"{'-' if query.descending else ''}{query.sort}",
        "conditions": [one.text() for one in query.conditions],
        "clips": [_row(clip) for clip in clips],
    }
    return JSONResponse(answer)


@router.get("/api/find")
def found(
    desk: ReviewerDesk,
    q: str = "",
    listing: int = 0,
    start: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=0, le=MOST)] = FIRST,
) -> JSONResponse:
    """Rows of a listing from place `start` on; without a listing, or with one that is gone, of a new one."""
    listings, query = desk.project.corpus.listings, ClipQuery.parse(q)
    made = listings.get(listing, query) if listing else listings.new(query)
    clips = [_row(clip) for clip in listings.page(made, start, limit)]
    return JSONResponse({"listing": made.id, "count": len(made), "start": start, "clips": clips})


@router.get("/api/find/values")
def values(desk: ReviewerDesk, field: str) -> list[str]:
    """Values that a field has in this project, to choose from."""
    return desk.project.corpus.values_of(field)


@router.get("/api/find/clips/{clip_id}")
def about(desk: ReviewerDesk, clip_id: str) -> dict[str, Any]:
    """One clip with all its labels, the newest first."""
    corpus = desk.project.corpus
    clip = corpus.clip(clip_id)
    labels = [
        {
            "id": one.id,
            "kind": str(one.kind),
            "source": one.source,
            "text": one.text,
            "confidence": one.confidence,
            "purpose": str(one.purpose),
            "at": one.created_at and one.created_at.isoformat(),
        }
        for one in reversed(corpus.labels(clip_id=clip.id))
    ]
    (row,) = corpus.found([clip.id])
    return row.as_dict() | {"start": clip.start, "origin": clip.recording.origin, "all_labels": labels}


@router.post("/api/find/act")
def act(deed: Deed, desk: ReviewerDesk) -> dict[str, Any]:
    """Tag, untag or (owners only) change how far clips may travel; all of them, or none."""
    if deed.what == "sensitivity":
        desk.only("owner")
    corpus = desk.project.corpus
    done = corpus.act(deed.what, deed.value, _ids(corpus, deed), person=desk.person, query=deed.q)
    return {"action": done.id, "clips": done.clips}


@router.post("/api/find/undo")
def undo(undone: Undone, desk: ReviewerDesk) -> dict[str, Any]:
    """Take an action back."""
    if any(one.id == undone.action and one.what == "sensitivity" for one in desk.project.corpus.actions(limit=1000)):
        desk.only("owner")
    done = desk.project.corpus.undo(undone.action, person=desk.person)
    return {"action": done.id, "clips": done.clips}


@router.get("/api/find/actions")
def actions(desk: ReviewerDesk) -> list[dict[str, Any]]:
    """What was done to many clips at once, the newest first."""
    return [
        {
            **{name: getattr(one, name) for name in ("id", "what", "value", "person", "clips", "undone", "undoes")},
            "at": one.created_at.isoformat(),
        }
        for one in desk.project.corpus.actions(limit=30)
    ]


@router.get("/api/find/map")
def clip_map(desk: ReviewerDesk) -> dict[str, Any]:
    """The map that was made last, with what its dots are colored by; nothing where none was made."""
    made = read_map(desk.project.folder)
    if made is None:
        return {"ids": [], "points": [], "clips": []}
    by_id = {clip.id: clip for clip in desk.project.corpus.found(list(made.ids))}
    rows = [
        {"id": clip_id, "at": [round(float(x), 4), round(float(y), 4)], **_colors(by_id[clip_id])}
        for clip_id, (x, y) in zip(made.ids, made.points, strict=True)
        if clip_id in by_id
    ]
    return {"clips": rows, "unplaced": made.unplaced}


@router.post("/api/find/map")
def make_map(chosen: Chosen, desk: ReviewerDesk) -> dict[str, Any]:
    """Listen to what a query finds, in a job that survives this page."""
    ClipQuery.parse(chosen.q)
    # Behind -- nothing is an option: "--tag=mine" is a text that is not said.
    words = ["find", "--map", "--", chosen.q]
    job = jobs_of(desk).start(words, desk.t("Map of clips"))
    return {"job": job.id}


@router.get("/api/find/map/{job_id}")
def map_job(desk: ReviewerDesk, job_id: str) -> dict[str, Any]:
    """How far the listening is."""
    job = jobs_of(desk).get(job_id)
    return {"state": job.state, "done": job.done, "total": job.total, "left": job.left_seconds}


def _row(clip: FoundClip) -> dict[str, Any]:
    return {name: getattr(clip, name) for name in ROW}


def _ids(corpus: Corpus, chosen: Chosen) -> list[str]:
    if not chosen.everything:
        return chosen.ids
    return corpus.listings.all_but(chosen.listing, ClipQuery.parse(chosen.q), chosen.ids)


def _field(desk: Desk, name: str) -> dict[str, Any]:
    field = FIELDS[name]
    return {"kind": field.kind, "about": desk.t(field.about), "example": field.example, "choices": field.choices}


def _colors(clip: FoundClip) -> dict[str, Any]:
    return {name: getattr(clip, name) for name in ("speaker", "split", "confidence", "kind", "text", "duration")}
