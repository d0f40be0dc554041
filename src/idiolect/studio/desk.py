"""What a handler gets: the project, and who asks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends
from starlette.requests import HTTPConnection

from idiolect.errors import UserError
from idiolect.project import Project
from idiolect.studio import words
from idiolect.studio.access import Role, Session

LANGUAGE = "idiolect_language"
THEME = "idiolect_theme"
"""Cookies with what a person chose for the studio."""


class NotAllowedError(UserError):
    """A role that may not do this."""


@dataclass(frozen=True, slots=True)
class Desk:
    """person: whose labels these are. language: one of `words.LANGUAGES`. theme: ``light``, ``dark``, or empty."""

    project: Project
    person: str
    role: Role
    language: str = "en"
    theme: str = ""

    def t(self, message: str, **values: Any) -> str:
        """`message` in the language of the person, with ``{name}`` filled in."""
        said = words.translate(message, self.language)
        return said.format(**values) if values else said


def desk_of(request: HTTPConnection) -> Desk:
    """The desk of whoever sent the request; the guard has seen to it that there is a session."""
    session: Session = request.state.session
    chosen = request.cookies.get(LANGUAGE) or words.best(request.headers.get("accept-language", ""))
    language = chosen if chosen in words.LANGUAGES else "en"
    theme = request.cookies.get(THEME, "")
    return Desk(
        request.app.state.project, session.person, session.role, language, theme if theme in {"light", "dark"} else ""
    )


def _only(*roles: Role) -> Callable[[HTTPConnection], Desk]:
    def allowed(request: HTTPConnection) -> Desk:
        desk = desk_of(request)
        if desk.role not in roles:
            raise NotAllowedError(f"{desk.person} is a {desk.role}; this needs {' or '.join(roles)}")
        return desk

    return allowed


AtDesk = Annotated[Desk, Depends(desk_of)]
"""Anybody who is signed in."""
ReviewerDesk = Annotated[Desk, Depends(_only("owner", "reviewer"))]
OwnerDesk = Annotated[Desk, Depends(_only("owner"))]
