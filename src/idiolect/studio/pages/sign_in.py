"""Signing in and out, for those who have an account. It works without scripts."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from idiolect.errors import SignInError
from idiolect.studio.access import ACCOUNT, Access
from idiolect.studio.guard import set_account_cookie
from idiolect.studio.showing import show_plain

router = APIRouter()


@router.get("/sign-in")
def page(request: Request, to: str = "/") -> Response:
    """The form; who is signed in goes on."""
    if getattr(request.state, "session", None) is not None:
        return RedirectResponse(_inside(to), 303)
    return show_plain(request, "sign_in.html", to=_inside(to), name="", wrong="", wait=0)


@router.post("/sign-in")
def sign_in(
    request: Request,
    name: Annotated[str, Form(max_length=200)] = "",
    password: Annotated[str, Form(max_length=2000)] = "",
    to: Annotated[str, Form(max_length=2000)] = "/",
) -> Response:
    """A session, and on to the page that was asked for; or the form again, with what was wrong."""
    access: Access = request.app.state.access
    source = request.client.host if request.client else ""
    try:
        token = request.app.state.project.corpus.accounts.sign_in(name.strip(), password, source=source)
    except SignInError as error:
        values = {"to": _inside(to), "name": name.strip(), "wrong": error.message, "wait": error.wait}
        answer: Response = show_plain(request, "sign_in.html", status=429 if error.wait else 401, **values)
        if error.wait:
            answer.headers["retry-after"] = str(error.wait)
        return answer
    answer = RedirectResponse(_inside(to), 303)
    set_account_cookie(answer, access, token)
    return answer


@router.post("/sign-out")
def sign_out(request: Request) -> Response:
    """End this session, here and in the store."""
    token = request.cookies.get(ACCOUNT)
    if token:
        request.app.state.project.corpus.accounts.sign_out(token)
    answer = RedirectResponse("/sign-in", 303)
    answer.delete_cookie(ACCOUNT)
    return answer


def _inside(to: str) -> str:
    """An address of this server: what leads elsewhere becomes the first page."""
    plain = to.startswith("/") and not to.startswith(("//", "/\\")) and to.isprintable() and "\\" not in to
    return to if plain else "/"
