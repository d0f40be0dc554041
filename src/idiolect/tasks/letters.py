"""From letters to phones by rule, where no dictionary and no synthesizer knows a word.

Longest spelling first, with a few rules for silent letters: rough, and good enough to be found by a decoder.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

_LETTER_NAMES = {
    "a": "EY", "b": "B IY", "c": "S IY", "d": "D IY", "e": "IY", "f": "EH F", "g": "JH IY", "h": "EY CH", "i": "AY",
    "j": "JH EY", "k": "K EY", "l": "EH L", "m": "EH M", "n": "EH N", "o": "OW", "p": "P IY", "q": "K Y UW",
    "r": "AA R", "s": "EH S", "t": "T IY", "u": "Y UW", "v": "V IY", "w": "D AH B AH L Y UW", "x": "EH K S",
    "y": "W AY", "z": "Z IY",
}  # fmt: skip
_DIGIT_NAMES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_DIGITS = (
    "Z IH R OW", "W AH N", "T UW", "TH R IY", "F AO R", "F AY V", "S IH K S", "S EH V AH N", "EY T", "N AY N",
)  # fmt: skip

_SPELLINGS = {
    "tion": "SH AH N", "sion": "ZH AH N", "cious": "SH AH S", "tious": "SH AH S", "ture": "CH ER", "ough": "AO",
    "augh": "AO", "eigh": "EY", "igh": "AY", "tch": "CH", "dge": "JH", "sch": "S K", "que": "K", "gue": "G",
    "air": "EH R", "ear": "IH R", "eer": "IH R", "our": "AO R", "oor": "AO R", "oar": "AO R", "are": "EH R",
    "ch": "CH", "sh": "SH", "th": "TH", "ph": "F", "wh": "W", "ck": "K", "ng": "NG", "qu": "K W", "kn": "N",
    "wr": "R", "gh": "G", "rh": "R", "ps": "P S", "mb": "M", "ss": "S", "ll": "L", "tt": "T", "pp": "P", "bb": "B",
    "dd": "D", "ff": "F", "gg": "G", "mm": "M", "nn": "N", "rr": "R", "zz": "Z", "cc": "K", "kk": "K", "vv": "V",
    "ee": "IY", "ea": "IY", "oo": "UW", "ou": "AW", "ow": "OW", "oa": "OW", "oi": "OY", "oy": "OY", "ai": "EY",
    "ay": "EY", "ei": "EY", "ey": "IY", "ie": "IY", "au": "AO", "aw": "AO", "eu": "Y UW", "ew": "UW", "ui": "UW",
    "ue": "UW", "ar": "AA R", "er": "ER", "ir": "ER", "or": "AO R", "ur": "ER", "yr": "ER", "ce": "S", "ci": "S IH",
    "cy": "S IY", "ge": "JH EH", "gi": "JH IH", "a": "AE", "b": "B", "c": "K", "d": "D", "e": "EH", "f": "F",
    "g": "G", "h": "HH", "i": "IH", "j": "JH", "k": "K", "l": "L", "m": "M", "n": "N", "o": "AA", "p": "P", "q": "K",
    "r": "R", "s": "S", "t": "T", "u": "AH", "v": "V", "w": "W", "x": "K S", "y": "Y", "z": "Z",
}  # fmt: skip
_LONG = {"a": "EY", "e": "IY", "i": "AY", "o": "OW", "u": "UW", "y": "AY"}
_AT_END = {"a": "AH", "e": "", "i": "IY", "o": "OW", "u": "UW", "y": "IY", "es": "Z", "ge": "JH", "le": "AH L"}
_VOWELS = frozenset("aeiouy")


def spell_word(word: str, known: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Phones for a word: parts around an apostrophe that are known, digits and vowel-less runs by name, else by rule.

    Empty for a word without a Latin letter or a digit.
    """
    plain = "".join(char for char in unicodedata.normalize("NFKD", word.lower()) if char.isascii() and char.isalnum())
    phones: list[str] = []
    for run in _same_kind(plain):
        if run[0].isdigit():
            for digit in run:
                phones += (known.get(_DIGIT_NAMES[int(digit)]) or (_DIGITS[int(digit)],))[0].split()
        elif run in known:
            phones += known[run][0].split()
        elif not _VOWELS.intersection(run):
            phones += [phone for letter in run for phone in _LETTER_NAMES[letter].split()]
        else:
            phones += _by_rule(run)
    return tuple(phones)


def _same_kind(plain: str) -> list[str]:
    """Runs of letters and runs of digits."""
    runs: list[str] = []
    for char in plain:
        if runs and runs[-1][-1].isdigit() == char.isdigit():
            runs[-1] += char
        else:
            runs.append(char)
    return runs


def _by_rule(run: str) -> list[str]:
    phones: list[str] = []
    at = 0
    while at < len(run):
        if at > 0 and run[at:] in _AT_END:
            phones += _AT_END[run[at:]].split()
            break
        if _is_long(run, at):
            phones.append(_LONG[run[at]])
            at += 1
            continue
        size = next(size for size in range(min(5, len(run) - at), 0, -1) if run[at : at + size] in _SPELLINGS)
        phones += _SPELLINGS[run[at : at + size]].split()
        at += size
    return phones or _LETTER_NAMES[run[0]].split()


def _is_long(run: str, at: int) -> bool:
    """A vowel, one consonant and a final e: the vowel says its name."""
    return len(run) == at + 3 and run[at] in _LONG and run[at + 1] not in _VOWELS | {"r", "x"} and run.endswith("e")
