"""The application: what guards it, its pages, its files and its errors."""

from __future__ import annotations

import importlib
import logging
from typing import TYPE_CHECKING

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles

from idiolect.errors import ConflictError, CorpusError, JobError, TrainingError, UserError
from idiolect.studio import showing, words
from idiolect.studio.desk import NotAllowedError, desk_of
from idiolect.studio.guard import Guard
from idiolect.studio.roles import OwnClips

if TYPE_CHECKING:
    from starlette.types import Scope

    from idiolect.project import Project
    from idiolect.studio.access import Access

log = logging.getLogger("idiolect.studio")

PAGES = {
    "home": "idiolect.studio.pages.home:router",
    "record": "idiolect.studio.pages.record:router",
    "import": "idiolect.studio.pages.bring:router",
    "find": "idiolect.studio.pages.find:router",
    "review": "idiolect.studio.pages.review:router",
    "datasets": "idiolect.studio.pages.datasets:router",
    "training": "idiolect.studio.pages.training:router",
    "compare": "idiolect.studio.pages.compare:router",
    "serve": "idiolect.studio.pages.serve:router",
    "settings": "idiolect.studio.pages.settings:router",
    "clips": "idiolect.studio.pages.clips:router",
    "jobs": "idiolect.studio.pages.jobs:router",
    "person": "idiolect.studio.pages.person:router",
    "mine": "idiolect.studio.pages.mine:router",
    "sign_in": "idiolect.studio.pages.sign_in:router",
}
"""Routers by name, as strings: a table that one can read."""


class Kept(StaticFiles):
    """Files whose address changes with their content."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, to be kept for good."""
        answer = await super().get_response(path, scope)
        answer.headers["cache-control"] = "public, max-age=31536000, immutable"
        return answer


def make_app(project: Project, access: Access) -> FastAPI:
    """The studio of `project`, for whom `access` lets in."""
    # The interactive pages of FastAPI load their scripts from somebody else's server: none of that here.
    app = FastAPI(title="idiolect studio", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.project, app.state.access, app.state.pages = project, access, PAGES
    app.add_middleware(Guard, access=access, project=project)
    app.mount(f"/static/{showing.version()}", Kept(directory=showing.STATIC))
    for target in PAGES.values():
        module, _, attribute = target.partition(":")
        app.include_router(getattr(importlib.import_module(module), attribute), dependencies=[OwnClips])

    @app.get("/words/{language}.json")
    def catalog(language: str) -> JSONResponse:
        known = words.catalog(language) if language in words.LANGUAGES else {}
        return JSONResponse(known, headers={"cache-control": "public, max-age=31536000, immutable"})

    @app.get("/favicon.ico", include_in_schema=False)
    def icon() -> RedirectResponse:
        return RedirectResponse(showing.static("icon.svg"))

    _answer_errors(app)
    return app


def _answer_errors(app: FastAPI) -> None:
    """What went wrong, and what to do: as JSON for scripts, as a page for people."""

    @app.exception_handler(UserError)
    def of_the_user(request: Request, error: UserError) -> Response:
        status = 403 if isinstance(error, NotAllowedError) else 400
        if isinstance(error, ConflictError):
            status = 409
        missing = ("no ", "there is no", "several clips")
        if isinstance(error, (CorpusError, JobError, TrainingError)) and error.message.startswith(missing):
            status = 404
        if isinstance(error, ConflictError):
            status = 409
        return _answer(request, status, error.message, error.hint or "")

    @app.exception_handler(RequestValidationError)
    def of_the_request(request: Request, error: RequestValidationError) -> Response:
        found = "; ".join(f"{'.'.join(str(part) for part in one['loc'][1:])}: {one['msg']}" for one in error.errors())
        return _answer(request, 422, found, "")

    @app.exception_handler(HTTPException)
    def of_the_framework(request: Request, error: HTTPException) -> Response:
        return _answer(request, error.status_code, str(error.detail), "")

    @app.exception_handler(Exception)
    def ours(request: Request, error: Exception) -> Response:
        log.error("a fault while answering %s", request.url.path, exc_info=error)
        return _answer(request, 500, "a fault of the studio", "The terminal where it runs shows what happened.")


def _answer(request: Request, status: int, message: str, hint: str) -> Response:
    if request.url.path.startswith("/api/") or not hasattr(request.state, "session"):
        return JSONResponse({"error": message, "hint": hint}, status)
    return showing.show(request, desk_of(request), "error.html", status=status, message=message, hint=hint)
