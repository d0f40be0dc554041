"""The middleware before every page: Host, origin, cookie, and the headers that each answer carries."""

from __future__ import annotations

from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qsl, urlencode

from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from idiolect.studio.access import COOKIE, LASTS, Access, Session

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; "
    "connect-src 'self'; worker-src 'self'; font-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(self)",
}
OPEN = ("/static/", "/words/")
"""What lies in the package anyway is given to anybody who reaches this server."""


class Guard:
    """Lets through what may pass, with the session in ``scope["state"]["session"]``."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        answer = self._refusal(scope, headers) or self._entrance(scope)
        if answer is None and not scope["path"].startswith(OPEN):
            session = self._session(headers)
            if session is None:
                answer = _signed_out(scope)
            else:
                scope.setdefault("state", {})["session"] = session
        if answer is None:
            await self._app(scope, receive, _with_headers(send) if scope["type"] == "http" else send)
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
        answer = RedirectResponse(scope["path"] + (f"?{rest}" if rest else ""), 303)
        set_cookie(answer, self._access, Session(self._access.person))
        return answer

    def _session(self, headers: dict[str, str]) -> Session | None:
        try:
            cookie = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
        except CookieError:
            return None
        return None if cookie is None else self._access.session_of(cookie.value)


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


def _signed_out(scope: Scope) -> Response:
    hint = "Open the address that idiolect studio printed: it has a token in it."
    if scope["path"].startswith("/api/"):
        return _error(401, "you are not signed in", hint)
    text = f"You are not signed in.\n\n{hint}\n"
    return Response(text, 401, media_type="text/plain; charset=utf-8")
