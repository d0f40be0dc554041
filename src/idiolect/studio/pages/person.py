"""Who sits at the desk: their name, and the language and theme they like."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from idiolect.studio.access import LASTS, Access, Session
from idiolect.studio.desk import LANGUAGE, THEME, AtDesk, NotAllowedError
from idiolect.studio.guard import set_cookie

router = APIRouter()


class Liked(BaseModel):
    """What is given is changed."""

    person: str | None = Field(None, min_length=1, max_length=80, pattern=r"\S")
    language: Literal["en", "de"] | None = None
    theme: Literal["light", "dark", ""] | None = None


@router.post("/api/person")
def change(request: Request, liked: Liked, desk: AtDesk) -> JSONResponse:
    """Keep it in cookies of this browser; the next page shows it."""
    access: Access = request.app.state.access
    if liked.person is not None and (desk.account or desk.role == "speaker"):
        raise NotAllowedError("your labels carry the name of your account", hint="An owner can make another account.")
    person = " ".join((liked.person or desk.person).split())
    answer = JSONResponse({"person": person})
    if liked.person is not None:
        set_cookie(answer, access, Session(person, desk.role))
    for name, value in ((LANGUAGE, liked.language), (THEME, liked.theme)):
        if value is not None:
            answer.set_cookie(name, value, max_age=12 * LASTS, samesite="strict", secure=access.secure)
    return answer
