"""A comparison as HTML: a page of its own that asks nothing of anybody, or the part of it that the studio shows."""

from __future__ import annotations

import gettext
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from idiolect.evaluation import charts, views
from idiolect.evaluation.board import title_of
from idiolect.evaluation.page import MOST_CLIPS, Page, diff
from idiolect.evaluation.scores import show

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

STYLES = Path(__file__).parent / "templates" / "board.css"
"""The styles of `board_html`; its colors are custom properties that the page around it sets."""

AddressOf = Callable[[str], str]
"""The address of a clip's sound by its id; empty where there is none."""


def report_html(page: Page, *, audio: AddressOf = lambda _: "") -> str:
    """A whole file, styles and pictures in it."""
    from markupsafe import Markup

    css = Markup(STYLES.read_text(encoding="utf-8"))  # noqa: S704 - our own file
    board = board_html(page, audio=audio)
    return _environment(_ENGLISH).get_template("report.html.j2").render(page=page, css=css, board=board)


def board_html(
    page: Page,
    *,
    audio: AddressOf = lambda _: "",
    translations: gettext.NullTranslations | None = None,
    most: int = MOST_CLIPS,
) -> Markup:
    """Everything below the heading, to stand in a page that has `STYLES`.

    translations: of the texts; None: English. most: how many clips are shown.
    """
    from markupsafe import Markup

    template = _environment(translations or _ENGLISH).get_template("board.html.j2")
    text = template.render(
        page=page,
        drawn=charts.differences(page.board),
        scores=charts.measure_charts(page.board),
        slices=charts.slice_charts(page.board),
        planes=charts.planes(page.candidates),
        audio=audio,
        diff=lambda one, system: diff(one, system, page.normalizer),
        most=most,
    )
    return Markup(text)  # noqa: S704 - the template escapes what it is given


_ENGLISH = gettext.NullTranslations()


@cache
def _environment(translations: gettext.NullTranslations) -> Environment:
    import jinja2

    made = jinja2.Environment(
        loader=jinja2.PackageLoader("idiolect.evaluation"),
        extensions=["jinja2.ext.i18n"],
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.install_gettext_translations(translations, newstyle=True)  # type: ignore[attr-defined]
    made.globals |= {"show": show, "size": views.size, "title_of": title_of, "signed": charts.signed}
    return made
