"""The studio: a local web app over the project folder. A skin: it asks the rooms and draws.

``idiolect studio`` opens it. Pages are Jinja2 templates with a few small ES modules; nothing is asked of another host.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from idiolect.errors import MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi import FastAPI

    from idiolect.project import Project
    from idiolect.studio.access import Access
    from idiolect.studio.team import Listening

__all__ = ["build", "run_studio"]


def build(project: Project, access: Access) -> FastAPI:
    """The application. Raises `MissingExtraError` where FastAPI is not installed."""
    try:
        from idiolect.studio.app import make_app
    except ModuleNotFoundError as error:
        raise MissingExtraError("the studio", "studio") from error
    return make_app(project, access)


def run_studio(
    project: Project,
    *,
    listening: Listening | None = None,
    person: str = "",
    ready: Callable[[str], None] | None = None,
) -> None:
    """Serve the studio of `project` until it is interrupted. `ready` is told the address.

    On this machine alone the address has a token in it, which lets in as an owner. Where others can reach it, accounts
    alone do.

    Raises `UserError` where the address cannot be listened at, or a team would meet an open door;
    `MissingExtraError` where the web packages are missing.
    """
    from idiolect.serving import run_server
    from idiolect.studio.access import Access
    from idiolect.studio.team import Listening

    where = listening or Listening()
    where.check(project)
    team, hosts = not where.alone, where.hosts()
    access = Access.of(project.folder, person=person, hosts=hosts, secure=where.tls is not None, team=team)

    def tell(address: str) -> None:
        if ready is not None:
            ready(f"{address}/sign-in" if team else f"{address}/?token={access.token}")

    run_server(build(project, access), host=where.host, port=where.port, ready=tell, tls=where.tls)
