"""The middleware before every page: Host, origin, cookie, and the headers that each answer carries."""

from __future__ import annotations

import re
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qsl, urlencode

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from idiolect.project import Project
from idiolect.studio import showing
from idiolect.studio.access import ACCOUNT, COOKIE, LASTS, Access, Session
from idiolect.studio.desk import desk_of
from idiolect.studio.roles import may_enter

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; "
    "connect-src 'self'; worker-src 'self'; font-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    # With none at all, browsers send forms with Origin: null, which `same_origin` refuses.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(self)",
}
OPEN = ("/static/", "/words/")
"""What lies in the package anyway is given to anybody who reaches this server."""
STREAMED = re.compile(r"/api/import/[0-9a-f]+/file|/api/record/takes/[0-9a-f]+/parts/[0-9]+")
"""What takes a body piece by piece, and bounds it itself."""
LARGEST = 12_000_000
"""Bytes of another body, which is held in memory: 100,000 ids of clips are 4 million, half a minute of audio too."""
LARGEST_OF_STRANGERS = 100_000
DOOR = ("/sign-in", "/sign-out")
"""What answers to whoever has no session."""


class Guard:
    """Lets through what may pass, with the session in ``scope["state"]["session"]``."""

    def __init__(self, app: ASGIApp, access: Access, project: Project) -> None:
        self._app = app
        self._access = access
        self._project = project

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        answer = self._refusal(scope, headers) or self._entrance(scope)
        if answer is None and not scope["path"].startswith(OPEN):
            session = await run_in_threadpool(self._session, headers)
            if session is not None:
                scope.setdefault("state", {})["session"] = session
            if scope["path"] not in DOOR:
                answer = await run_in_threadpool(self._way, scope, session)
        if answer is None and scope["type"] == "http":
            await self._app(scope, _bounded(scope, receive), _with_headers(send))
        elif answer is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await answer(scope, receive, _with_headers(send))

    def _refusal(self, scope: Scope, headers: dict[str, str]) -> Response | None:
        host = headers.get("host", "")
        if not self._access.knows_host(host):
            return _error(400, f"this server does not answer to {host!r}")
        method = scope.get("method", "POST")  # a WebSocket has none, and may do anything
        if not self._access.same_origin(method, headers):
            return _error(403, "a page of another origin asked for this")
        return None

    def _entrance(self, scope: Scope) -> Response | None:
        """The token in the address becomes a cookie, and leaves the address."""
        asked = parse_qsl(scope.get("query_string", b"").decode("latin-1"))
        token = dict(asked).get("token")
        if scope["type"] != "http" or token is None or not self._access.admits(token):
            return None
        rest = urlencode([pair for pair in asked if pair[0] != "token"])
        # A path of two slashes would be the address of another host.
        answer = RedirectResponse("/" + scope["path"].lstrip("/\\") + (f"?{rest}" if rest else ""), 303)
        set_cookie(answer, self._access, Session(self._access.person))
        return answer

    def _session(self, headers: dict[str, str]) -> Session | None:
        try:
            cookies = SimpleCookie(headers.get("cookie", ""))
        except CookieError:
            return None
        if (token := cookies.get(ACCOUNT)) is not None:
            account = self._project.corpus.accounts.who(token.value)
            if account is not None:
                return Session(account.name, account.role, account.speaker, account=True)
        cookie = cookies.get(COOKIE)
        return None if cookie is None else self._access.session_of(cookie.value)

    def _way(self, scope: Scope, session: Session | None) -> Response | None:
        """Where this leads instead, for who may not go there; None: on."""
        if session is None:
            has_door = self._access.team or self._project.corpus.accounts.exist()
            return _signed_out(scope, has_door=has_door)
        if may_enter(session.role, scope["path"]):
            return None
        if scope["path"] == "/":
            return RedirectResponse("/mine", 303)
        return _closed(scope, session)


def set_account_cookie(answer: Response, access: Access, token: str) -> None:
    """Let `answer` make its receiver the one whose session `token` is."""
    answer.set_cookie(ACCOUNT, token, max_age=LASTS, httponly=True, samesite="strict", secure=access.secure)


def set_cookie(answer: Response, access: Access, session: Session) -> None:
    """Let `answer` make its receiver `session`."""
    answer.set_cookie(
        COOKIE,
        access.cookie_for(session),
        max_age=LASTS,
        httponly=True,
        samesite="strict",
        secure=access.secure,
    )


def _bounded(scope: Scope, receive: Receive) -> Receive:
    """The body, counted while it arrives: what is read whole must not be larger than the memory."""
    if STREAMED.fullmatch(scope["path"]):
        return receive
    most, arrived = LARGEST if "session" in scope.get("state", {}) else LARGEST_OF_STRANGERS, 0

    async def counted() -> Message:
        nonlocal arrived
        message = await receive()
        arrived += len(message.get("body", b""))
        if arrived > most:
            raise HTTPException(413, f"more than {most} bytes were sent")
        return message

    return counted


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            had: Any = message.setdefault("headers", [])
            there = {name.lower() for name, _ in had}
            had.extend((name.encode(), value.encode()) for name, value in HEADERS.items() if name.encode() not in there)
            if b"cache-control" not in there:
                had.append((b"cache-control", b"no-store"))
        await send(message)

    return sending


def _error(status: int, message: str, hint: str = "") -> Response:
    return JSONResponse({"error": message, "hint": hint}, status)


def _signed_out(scope: Scope, *, has_door: bool) -> Response:
    page = scope["type"] == "http" and not scope["path"].startswith("/api/")
    if page and has_door and scope["method"] in {"GET", "HEAD"}:
        query = scope.get("query_string", b"").decode("latin-1")
        to = scope["path"] + (f"?{query}" if query else "")
        return RedirectResponse("/sign-in" + (f"?{urlencode({'to': to})}" if to != "/" else ""), 303)
    hint = "Open the address that idiolect studio printed: it has a token in it."
    if has_door:
        hint = "Sign in at /sign-in."
    if not page:
        return _error(401, "you are not signed in", hint)
    return Response(f"You are not signed in.\n\n{hint}\n", 401, media_type="text/plain; charset=utf-8")


def _closed(scope: Scope, session: Session) -> Response:
    message = f"{session.person} is a {session.role}, and this is not for them"
    hint = "An owner can give another role: idiolect account role."
    if scope["type"] != "http" or scope["path"].startswith("/api/"):
        return _error(403, message, hint)
    request = Request(scope)
    return showing.show(request, desk_of(request), "error.html", status=403, message=message, hint=hint)
