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
    host: str = "127.0.0.1",
    port: int = 8321,
    person: str = "",
    ready: Callable[[str], None] | None = None,
) -> None:
    """Serve the studio of `project` until it is interrupted. `ready` is told the address, with the token in it.

    Raises `UserError` where the address cannot be listened at, `MissingExtraError` where the web packages are missing.
    """
    from idiolect.serving import run_server
    from idiolect.studio.access import Access

    access = Access.of(project.folder, person=person)

    def tell(address: str) -> None:
        if ready is not None:
            ready(f"{address}/?token={access.token}")

    run_server(build(project, access), host=host, port=port, ready=tell)
