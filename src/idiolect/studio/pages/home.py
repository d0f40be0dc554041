"""The first page: the loop of this project, and what is worth doing next."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from idiolect.overview import overview
from idiolect.studio.desk import AtDesk
from idiolect.studio.showing import show

router = APIRouter()


@router.get("/", response_class=HTMLResponse)
def page(request: Request, desk: AtDesk) -> HTMLResponse:
    """Home."""
    return show(request, desk, "home.html", seen=overview(desk.project))
