"""What a handler gets: the project, and who asks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends
from starlette.requests import HTTPConnection

from idiolect.corpus.accounts import Role
from idiolect.errors import UserError
from idiolect.project import Project
from idiolect.studio import words
from idiolect.studio.access import Session

LANGUAGE = "idiolect_language"
THEME = "idiolect_theme"
"""Cookies with what a person chose for the studio."""


class NotAllowedError(UserError):
    """A role that may not do this."""


@dataclass(frozen=True, slots=True)
class Desk:
    """person: whose labels these are. language: one of `words.LANGUAGES`. theme: ``light``, ``dark``, or empty.

    speaker: whose recordings a speaker sees, where it is not the person's own name. account: signed in with an account.
    """

    project: Project
    person: str
    role: Role
    language: str = "en"
    theme: str = ""
    speaker: str | None = None
    account: bool = False

    def may_hear(self, speaker: str | None) -> bool:
        """Whether recordings of `speaker` may be heard and seen here: a speaker's own, by the others all."""
        return self.role != "speaker" or speaker == self.voice

    @property
    def voice(self) -> str:
        """The speaker as whom this person is recorded."""
        return self.speaker or self.person

    def only(self, *roles: Role) -> None:
        """Raises `NotAllowedError` for a person of another role."""
        if self.role not in roles:
            raise NotAllowedError(f"{self.person} is a {self.role}; this needs {' or '.join(roles)}")

    def t(self, message: str, **values: Any) -> str:
        """`message` in the language of the person, with ``{name}`` filled in."""
        said = words.translate(message, self.language)
        return said.format(**values) if values else said


def desk_of(request: HTTPConnection) -> Desk:
    """The desk of whoever sent the request; the guard has seen to it that there is a session."""
    session: Session = request.state.session
    language, theme = manner_of(request)
    project = request.app.state.project
    return Desk(project, session.person, session.role, language, theme, session.speaker, session.account)


def manner_of(request: HTTPConnection) -> tuple[str, str]:
    """Language and theme that this browser asks for."""
    chosen = request.cookies.get(LANGUAGE) or words.best(request.headers.get("accept-language", ""))
    theme = request.cookies.get(THEME, "")
    return chosen if chosen in words.LANGUAGES else "en", theme if theme in {"light", "dark"} else ""


def _only(*roles: Role) -> Callable[[HTTPConnection], Desk]:
    def allowed(request: HTTPConnection) -> Desk:
        desk = desk_of(request)
        desk.only(*roles)
        return desk

    return allowed


AtDesk = Annotated[Desk, Depends(desk_of)]
"""Anybody who is signed in."""
ReviewerDesk = Annotated[Desk, Depends(_only("owner", "reviewer"))]
OwnerDesk = Annotated[Desk, Depends(_only("owner"))]
