"""What a speaker sees first: their own recordings, to be heard."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from idiolect.corpus import ClipFilter
from idiolect.studio.desk import AtDesk
from idiolect.studio.showing import show

router = APIRouter()

SHOWN = 200
"""Clips on the page; the newest."""


@router.get("/mine", response_class=HTMLResponse)
def page(request: Request, desk: AtDesk) -> HTMLResponse:
    """Recordings of the speaker who is signed in; of the others, those of the speaker of their own name."""
    corpus = desk.project.corpus
    whose = desk.voice
    clips = sorted(corpus.clips(ClipFilter(speaker=whose)), key=lambda clip: clip.recording.origin, reverse=True)
    shown = [(clip, corpus.reference(clip.id)) for clip in clips[:SHOWN]]
    rows = [(clip, "" if label is None else label.text) for clip, label in shown]
    return show(
        request,
        desk,
        "mine.html",
        whose=whose,
        rows=rows,
        count=len(clips),
        seconds=sum(clip.duration for clip in clips),
        may_record="record" in request.app.state.pages,
    )
