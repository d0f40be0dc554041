"""Pronunciations from espeak-ng, in a child process.

Its library keeps one state per process and may end it on a fault, so it runs in a child of its own, and only where
the package ``espeakng-loader`` is installed (an extra: it is GPL). No voice is heard; only its phonemes are asked for.
"""

# ruff: noqa: RUF001 - IPA letters are meant

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib.util import find_spec

_TIMEOUT = 60.0
"""Seconds; espeak-ng does some ten thousand words in one."""

_IPA = {
    "aɪɚ": "AY ER", "aɪə": "AY AH", "aʊɚ": "AW ER", "oːɹ": "AO R", "ɔːɹ": "AO R", "ɑːɹ": "AA R", "ɪɹ": "IH R",
    "ɛɹ": "EH R", "ʊɹ": "UH R", "iə": "IY AH", "tʃ": "CH", "dʒ": "JH", "aɪ": "AY", "aʊ": "AW", "eɪ": "EY",
    "oʊ": "OW", "əʊ": "OW", "ɔɪ": "OY", "əl": "AH L", "ɜː": "ER", "iː": "IY", "uː": "UW", "ɑː": "AA", "ɔː": "AO",
    "oː": "AO", "eː": "EY", "æ": "AE", "a": "AA", "ɐ": "AH", "ʌ": "AH", "ə": "AH", "ɚ": "ER", "ɝ": "ER", "ɛ": "EH",
    "e": "EH", "ɪ": "IH", "ᵻ": "IH", "i": "IY", "ɑ": "AA", "ɒ": "AA", "ɔ": "AO", "o": "OW", "ʊ": "UH", "u": "UW",
    "b": "B", "d": "D", "ð": "DH", "f": "F", "ɡ": "G", "g": "G", "h": "HH", "j": "Y", "k": "K", "l": "L", "ɫ": "L",
    "m": "M", "n": "N", "ŋ": "NG", "p": "P", "ɹ": "R", "r": "R", "s": "S", "ʃ": "SH", "t": "T", "ɾ": "T", "ʔ": "T",
    "θ": "TH", "v": "V", "w": "W", "x": "K", "z": "Z", "ʒ": "ZH", "ɬ": "L", "ç": "HH",
}  # fmt: skip

_FOREIGN = _IPA | {
    "ɛ\u0303": "AE N", "œ\u0303": "AH N", "ɔ\u0303": "OW N", "ɑ\u0303": "AA N", "y": "UW", "ʏ": "UH", "ø": "ER",
    "œ": "ER", "ɜ": "AH", "ɥ": "W", "ʁ": "R", "ɾ": "R", "x": "HH", "ɲ": "N Y", "ʎ": "L Y", "ʝ": "Y", "β": "V", "ɣ": "G",
}  # fmt: skip
"""The nearest English phones for what English does not have; a tap is an R there, and a T in American English."""


def espeak_pronunciations(words: Sequence[str], language: str = "en") -> dict[str, tuple[str, ...]]:
    """Phones of each word that espeak-ng can say; none at all where it is not installed.

    English is American; words of other languages are written in the nearest English phones.
    """
    if not words or find_spec("espeakng_loader") is None:
        return {}
    try:
        child = subprocess.run(
            [sys.executable, "-c", _CHILD, "en-us" if language == "en" else language],
            input=json.dumps(list(words)),
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=_TIMEOUT,
            check=True,
        )
        said: list[str] = json.loads(child.stdout)
    except (subprocess.SubprocessError, OSError, json.JSONDecodeError):
        return {}  # the rules of `letters` remain
    table = _IPA if language == "en" else _FOREIGN
    found = {word: phones_of_ipa(ipa, table) for word, ipa in zip(words, said, strict=True)}
    return {word: phones for word, phones in found.items() if phones}


def phones_of_ipa(ipa: str, table: Mapping[str, str] = _IPA) -> tuple[str, ...]:
    """ARPAbet phones of an IPA string; stress marks and what has no counterpart are left out.

    >>> phones_of_ipa("moʊkə")
    ('M', 'OW', 'K', 'AH')
    """
    phones: list[str] = []
    at = 0
    while at < len(ipa):
        for size in (3, 2, 1):
            if (found := table.get(ipa[at : at + size])) is not None:
                phones += found.split()
                break
        at += size
    return tuple(phones)


_CHILD = """
import ctypes, json, sys
import espeakng_loader
library = ctypes.CDLL(espeakng_loader.get_library_path())
if library.espeak_Initialize(2, 0, espeakng_loader.get_data_path().encode(), 0) <= 0:
    sys.exit(1)
if library.espeak_SetVoiceByName(sys.argv[1].encode()):
    sys.exit(1)
say = library.espeak_TextToPhonemes
say.restype = ctypes.c_char_p
say.argtypes = [ctypes.POINTER(ctypes.c_char_p), ctypes.c_int, ctypes.c_int]
answers = []
for word in json.load(sys.stdin):
    rest, heard = ctypes.c_char_p(word.encode()), []
    while rest.value:
        heard.append((say(ctypes.byref(rest), 1, 2) or b"").decode().translate({0x2c8: "", 0x2cc: ""}))
    answers.append("".join(heard))
json.dump(answers, sys.stdout)
"""
"""espeakCHARS_UTF8 is 1; phoneme mode 2 is IPA; U+02C8 and U+02CC are the stress marks."""
