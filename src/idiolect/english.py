"""English spelling for the scorer: contractions, titles, money, and numbers as digits."""

from __future__ import annotations

import re

_CONTRACTIONS = {
    "won't": "will not",
    "can't": "can not",
    "cannot": "can not",
    "shan't": "shall not",
    "ain't": "is not",
    "let's": "let us",
    "gonna": "going to",
    "wanna": "want to",
    "gotta": "got to",
    "y'all": "you all",
    "ma'am": "madam",
}
_ENDINGS = {"n't": " not", "'re": " are", "'ve": " have", "'ll": " will", "'m": " am"}
_TITLES = {
    "mr": "mister",
    "mrs": "missus",
    "ms": "miss",
    "dr": "doctor",
    "prof": "professor",
    "st": "saint",
    "jr": "junior",
    "sr": "senior",
    "capt": "captain",
    "gov": "governor",
    "vs": "versus",
    "etc": "et cetera",
}
_UNITS = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16,
    "seventeen": 17, "eighteen": 18, "nineteen": 19,
}  # fmt: skip
_TENS = {
    "twenty": 20, "thirty": 30, "forty": 40, "fourty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80,
    "ninety": 90,
}  # fmt: skip
_SCALES = {"thousand": 1_000}
_MONEY = {"$": "dollars", "€": "euros", "£": "pounds"}
_MONEY_BEFORE = re.compile(r"([$€£])\s?(\d+(?:[.,]\d+)*)")
_GROUPED = re.compile(r"(?<=\d),(?=\d{3}\b)")
_DECIMAL_POINT = re.compile(r"(?<=\d)\.(?=\d)")


def spell_english(text: str) -> str:
    """One spelling for what sounds the same; see `idiolect.text.english_v1`."""
    from idiolect.text import basic_v1

    text = _MONEY_BEFORE.sub(lambda found: f"{found[2]} {_MONEY[found[1]]}", text)
    text = _DECIMAL_POINT.sub(" point ", _GROUPED.sub("", text)).replace("%", " percent ").replace("&", " and ")
    words: list[str] = []
    for word in basic_v1(text).split():
        words.extend(_expand(word).split())
    return " ".join(_digits(words))


def _expand(word: str) -> str:
    if word in _CONTRACTIONS:
        return _CONTRACTIONS[word]
    for ending, full in _ENDINGS.items():
        if word.endswith(ending) and len(word) > len(ending):
            return word.removesuffix(ending) + full
    return _TITLES.get(word, word)


def _digits(words: list[str]) -> list[str]:
    """Runs of number words as digits: ``twenty one`` → ``21``, ``nine one one`` → ``9 1 1``."""
    out: list[str] = []
    position = 0
    while position < len(words):
        value, used = _number_at(words, position)
        if used:
            out.append(str(value))
            position += used
        else:
            out.append(words[position])
            position += 1
    return out


def _below_hundred(words: list[str], at: int) -> tuple[int, int]:
    if at >= len(words):
        return 0, 0
    if words[at] in _TENS:
        tens = _TENS[words[at]]
        unit = _UNITS.get(words[at + 1], 0) if at + 1 < len(words) else 0
        return (tens + unit, 2) if 0 < unit < 10 else (tens, 1)
    if words[at] in _UNITS:
        return _UNITS[words[at]], 1
    return 0, 0


def _below_thousand(words: list[str], at: int) -> tuple[int, int]:
    value, used = _below_hundred(words, at)
    if used and 0 < value < 100 and at + used < len(words) and words[at + used] == "hundred":
        rest_at = at + used + 1
        skip = 1 if rest_at < len(words) and words[rest_at] == "and" else 0
        rest, more = _below_hundred(words, rest_at + skip)
        return (value * 100 + rest, used + 1 + skip + more) if more else (value * 100, used + 1)
    return value, used


def _number_at(words: list[str], at: int) -> tuple[int, int]:
    """The number that starts at `at` and how many words it takes (0: none)."""
    value, used = _below_thousand(words, at)
    if used and value and at + used < len(words) and words[at + used] in _SCALES:
        scale = _SCALES[words[at + used]]
        rest, more = _below_thousand(words, at + used + 1)
        return value * scale + rest, used + 1 + more
    return value, used
