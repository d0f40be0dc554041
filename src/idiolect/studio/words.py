"""The texts of the studio in other languages: catalogs of JSON files, one a page, English message to the other one."""

from __future__ import annotations

import gettext
import json
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "catalogs"
LANGUAGES = {"en": "English", "de": "Deutsch"}


@cache
def catalog(language: str) -> dict[str, str]:
    """Every message of `language`; empty for English, which the messages are."""
    found: dict[str, str] = {}
    for path in sorted((FOLDER / language).glob("*.json")):
        found |= json.loads(path.read_text(encoding="utf-8"))
    return found


def translate(message: str, language: str) -> str:
    """The message in `language`, or as it is where the catalog lacks it."""
    return catalog(language).get(message, message)


def best(header: str) -> str:
    """The first known language of an Accept-Language header, else English."""
    for part in header.split(","):
        code = part.partition(";")[0].strip().lower().partition("-")[0]
        if code in LANGUAGES:
            return code
    return "en"


class Messages(gettext.NullTranslations):
    """What Jinja's i18n extension asks."""

    def __init__(self, language: str) -> None:
        super().__init__()
        self._language = language

    def gettext(self, message: str) -> str:
        """The message in this language."""
        return translate(message, self._language)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """One or many: both are keys of the catalog."""
        return translate(msgid1 if n == 1 else msgid2, self._language)
