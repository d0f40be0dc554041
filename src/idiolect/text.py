"""Normalizers: what counts as the same text when it is scored. Versioned, offline, pure.

A score names its normalizer. Whatever changes what one of them returns is a new version under a new name.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from idiolect.errors import SettingsError

Normalizer = Callable[[str], str]

_APOSTROPHES = str.maketrans({"\u2019": "'", "\u2018": "'", "\u02bc": "'", "`": "'"})
_NOT_IN_WORD = re.compile(r"[^\w\s']|_")
_LOOSE_APOSTROPHE = re.compile(r"(?<!\w)'|'(?!\w)")


def basic_v1(text: str) -> str:
    """NFKC, lower case, punctuation to spaces (an apostrophe inside a word stays), single spaces.

    >>> basic_v1("I'd like  a Mocha, please!")
    "i'd like a mocha please"
    """
    lowered = unicodedata.normalize("NFKC", text).translate(_APOSTROPHES).lower()
    words = _LOOSE_APOSTROPHE.sub(" ", _NOT_IN_WORD.sub(" ", lowered))
    return " ".join(words.split())


def english_v1(text: str) -> str:
    """`basic_v1`, then contractions, titles and number words in one spelling.

    Numbers below a million that are written in words become digits, so that "twenty one" and "21" are one.

    >>> english_v1("Dr. Smith won't pay $21")
    'doctor smith will not pay 21 dollars'
    """
    from idiolect.english import spell_english

    return spell_english(text)


NORMALIZERS: dict[str, Normalizer] = {"basic.v1": basic_v1, "english.v1": english_v1}


def normalizer(name: str) -> Normalizer:
    """The normalizer of that name; raises `SettingsError` with the known names."""
    try:
        return NORMALIZERS[name]
    except KeyError:
        raise SettingsError(f"there is no normalizer {name!r}", hint=f"known: {', '.join(NORMALIZERS)}") from None
