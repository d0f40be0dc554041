"""Pages: a Jinja2 template, the desk and its values become an answer."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from idiolect.studio.desk import Desk, manner_of
from idiolect.studio.words import LANGUAGES, Messages
from idiolect.units import show_duration

STATIC = Path(__file__).parent / "static"

NAVIGATION = (
    ("home", "/", "Home"),
    ("record", "/record", "Record"),
    ("import", "/import", "Import"),
    ("find", "/find", "Find"),
    ("review", "/review", "Review"),
    ("datasets", "/datasets", "Datasets"),
    ("training", "/training", "Training"),
    ("compare", "/compare", "Compare"),
    ("serve", "/serve", "Serve"),
    ("settings", "/settings", "Settings"),
    ("mine", "/mine", "My recordings"),
)
"""The pages in the order of the loop: name, address, title."""
MAY_SEE = {
    "owner": {name for name, _, _ in NAVIGATION} - {"mine"},
    "reviewer": {"home", "record", "find", "review", "compare"},
    "speaker": {"record", "mine"},
}


@cache
def version() -> str:
    """A hash of every static file: part of their addresses, so that they may be kept for good."""
    digest = hashlib.blake2b(digest_size=6)
    for path in sorted(STATIC.rglob("*")):
        if path.is_file():
            digest.update(path.relative_to(STATIC).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()


def static(name: str) -> str:
    """The address of a static file. Raises `FileNotFoundError` for one that is not there."""
    if not (STATIC / name).is_file():
        raise FileNotFoundError(STATIC / name)
    return f"/static/{version()}/{name}"


@cache
def environment(language: str) -> Environment:
    """Templates in one language."""
    made = Environment(
        loader=PackageLoader("idiolect.studio", "templates"),
        extensions=["jinja2.ext.i18n"],
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    made.install_gettext_translations(Messages(language), newstyle=True)  # type: ignore[attr-defined]
    made.globals |= {"static": static, "languages": LANGUAGES}
    made.filters["duration"] = show_duration
    return made


def show(request: Request, desk: Desk, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """The page `template`, with ``desk``, ``here`` (its name) and `values` in it."""
    here = template.removesuffix(".html")
    pages = request.app.state.pages
    seen = [row for row in NAVIGATION if row[0] in pages and row[0] in MAY_SEE[desk.role]]
    known = {"desk": desk, "here": here, "navigation": seen, "version": version()}
    text = environment(desk.language).get_template(template).render(known | values)
    return HTMLResponse(text, status)


def show_plain(request: Request, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """A page for somebody who is not signed in: it has no desk, and shows nothing of the project but its name."""
    language, theme = manner_of(request)
    known = {
        "language": language,
        "theme": theme,
        "name_of_project": request.app.state.project.settings.name or "idiolect",
    }
    text = environment(language).get_template(template).render(known | values)
    return HTMLResponse(text, status)
