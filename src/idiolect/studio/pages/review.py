"""Review: hear clips, take or correct what teachers heard. All rules are in `labeling.reviewing`."""

from __future__ import annotations

import threading
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from idiolect.corpus import Action, MarkName, Sitting
from idiolect.labeling import Answer, Reviewing, agreement, disputes
from idiolect.labeling.showing import dispute_view, progress, views
from idiolect.project import Project
from idiolect.studio.desk import Desk, OwnerDesk, ReviewerDesk
from idiolect.studio.showing import show

router = APIRouter()

AHEAD = 5
"""Clips that a page may hold at once: the one that is heard, and those that are loaded before it ends."""
SHOWN = 50
"""Disputes and doubtful clips in the list."""

SittingId = Annotated[str, Field(min_length=8, max_length=64, pattern=r"^[\w-]+$")]


class At(BaseModel):
    """A page: its sitting, and the clips that it has already."""

    sitting: SittingId
    have: list[str] = Field(default=[], max_length=500)
    count: int = Field(default=1, ge=1, le=AHEAD)


class Decided(BaseModel):
    """What a person decided; see `labeling.Answer`."""

    sitting: SittingId
    key: str = Field(min_length=8, max_length=64)
    action: Action
    of: int | None = None
    text: str | None = Field(default=None, max_length=10_000)
    queue: str = Field(default="", max_length=40)
    seconds: float = 0.0
    also: bool = False


class TakenBack(BaseModel):
    """A decision to take back: the newest of the sitting, or that of this clip's decision `review`."""

    sitting: SittingId
    key: str = Field(min_length=8, max_length=64)


class Marked(BaseModel):
    """A mark, given or taken off."""

    name: MarkName
    given: bool = True


class Share(BaseModel):
    """The share of clips that two people are asked about."""

    share: float = Field(ge=0, le=1)


_making = threading.Lock()


def _reviewing(request: Request, project: Project) -> Reviewing:
    """The one of this server; its order is made when somebody first asks."""
    with _making:
        if not hasattr(request.app.state, "reviewing"):
            request.app.state.reviewing = Reviewing(project.corpus)
        found: Reviewing = request.app.state.reviewing
        return found


def _progress(request: Request, desk: Desk, sitting: str) -> dict[str, Any]:
    waiting = _reviewing(request, desk.project).count_waiting()
    return progress(desk.project.corpus, sitting) | {"waiting": waiting}


@router.get("/review", response_class=HTMLResponse)
def page(request: Request, desk: ReviewerDesk, clip: str = "") -> HTMLResponse:
    """The page. clip: begin with this one."""
    corpus = desk.project.corpus
    given = {"clip": clip, "person": desk.person, "ahead": AHEAD}
    empty = not corpus.counts()["clip"]
    return show(request, desk, "review.html", given=given, empty=empty, share=corpus.reviews.double())


@router.post("/api/review/next")
def give(request: Request, at: At, desk: ReviewerDesk) -> dict[str, Any]:
    """Clips for a page, up to `count`: first those that it holds and lost, by being loaded again."""
    reviewing, who = _reviewing(request, desk.project), Sitting(desk.person, at.sitting)
    held = [one for one in reviewing.held(who) if one.item.clip.id not in at.have]
    found = held[: at.count]
    found += reviewing.next(who, at.count - len(found)) if len(found) < at.count else []
    corpus = desk.project.corpus
    return {"clips": views(corpus, found), "progress": _progress(request, desk, at.sitting)}


@router.post("/api/review/stay")
def stay(at: At, desk: ReviewerDesk) -> dict[str, int]:
    """The page is still open: what it holds stays its own."""
    return {"held": len(desk.project.corpus.reviews.held(Sitting(desk.person, at.sitting)))}


@router.get("/api/review/progress")
def account(request: Request, desk: ReviewerDesk, sitting: SittingId) -> dict[str, Any]:
    """What was done in this sitting, and by all; and how many clips wait."""
    return _progress(request, desk, sitting)


@router.post("/api/review/undo")
def undo(request: Request, back: TakenBack, desk: ReviewerDesk) -> dict[str, Any]:
    """Take the newest decision of the sitting back, and give its clip again."""
    gone, again = _reviewing(request, desk.project).undo(Sitting(desk.person, back.sitting), back.key)
    corpus = desk.project.corpus
    clips = views(corpus, [again] if again is not None else [])
    return {"clip": gone.clip_id, "clips": clips, "progress": _progress(request, desk, back.sitting)}


@router.post("/api/review/double")
def double(share: Share, desk: OwnerDesk) -> dict[str, float]:
    """Ask two people about a share of the clips."""
    desk.project.corpus.reviews.set_double(share.share)
    return {"share": share.share}


@router.get("/api/review/agreement")
def agreed(desk: ReviewerDesk) -> dict[str, Any]:
    """How people agree, and the clips about which they differ or are not sure."""
    reviews = desk.project.corpus.reviews
    everybody, pairs = agreement(reviews.by_several())
    open_ones = disputes(desk.project.corpus)
    return {
        "share": reviews.double(),
        "everybody": everybody.as_dict(),
        "pairs": [one.as_dict() for one in pairs],
        "disputes": [dispute_view(one) for one in open_ones[:SHOWN]],
        "more": max(0, len(open_ones) - SHOWN),
        "unsure": reviews.marked("unsure", SHOWN),
    }


@router.post("/api/review/{clip_id}/open")
def open_one(request: Request, clip_id: str, at: At, desk: ReviewerDesk) -> dict[str, Any]:
    """This clip, whatever was decided about it."""
    asked = _reviewing(request, desk.project).open(Sitting(desk.person, at.sitting), clip_id)
    return {"clips": views(desk.project.corpus, [asked])}


@router.post("/api/review/{clip_id}/decide")
def decide(request: Request, clip_id: str, said: Decided, desk: ReviewerDesk) -> dict[str, Any]:
    """Keep a decision. Sent again with the same key, it is kept once."""
    answer = Answer(said.key, clip_id, said.action, said.of, said.text, said.queue, said.seconds, said.also)
    kept = _reviewing(request, desk.project).decide(Sitting(desk.person, said.sitting), answer)
    return {"review": kept.id, "action": kept.action, "text": kept.label.text if kept.label is not None else None}


@router.post("/api/review/{clip_id}/mark")
def mark(clip_id: str, marked: Marked, desk: ReviewerDesk) -> dict[str, Any]:
    """Give the clip a mark, or take it off."""
    corpus = desk.project.corpus
    corpus.reviews.mark([clip_id], marked.name, desk.person, given=marked.given)
    marks = corpus.reviews.marks([clip_id]).get(clip_id, [])
    return {"marks": [one.name for one in marks], "sensitivity": corpus.sensitivities([clip_id])[clip_id].value}
