"""Voices of machines: one file per program, and a table of them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib import import_module

from idiolect.errors import EngineError
from idiolect.labeling.voices.voice import Line, Program, Voice

__all__ = ["PROGRAMS", "Line", "Program", "Voice", "choose", "program", "voices"]

# In the order in which they are preferred: teachers understand the first two.
PROGRAMS: dict[str, str] = {
    "flite": "idiolect.labeling.voices.flite:PROGRAM",
    "festival": "idiolect.labeling.voices.festival:PROGRAM",
    "espeak": "idiolect.labeling.voices.espeak:PROGRAM",
}
_LAST_RESORT = "espeak"


def program(name: str) -> Program:
    """The program of that name in the table."""
    module, attribute = PROGRAMS[name].split(":")
    found: Program = getattr(import_module(module), attribute)
    return found


@cache
def _voices_of(name: str) -> tuple[Voice, ...]:
    return tuple(program(name).find())


def voices(language: str | None = None) -> list[Voice]:
    """The voices on this machine, for a language such as ``en``, or of all. Empty where no program is installed."""
    found = [voice for name in PROGRAMS for voice in _voices_of(name)]
    return [voice for voice in found if language is None or voice.language == language.partition("-")[0]]


def choose(names: Sequence[str] | None, language: str) -> list[Voice]:
    """The voices called `names`: ``flite:slt``, ``slt``, or ``flite`` for all of its voices.

    None: all that speak the language; eSpeak only where there is no other, since few teachers understand it. Raises
    `EngineError` where there is none, or none of that name.
    """
    if not (here := voices(language)):
        raise EngineError(
            f"no voice on this machine speaks {language!r}",
            hint="apt-get install flite festival festvox-us-slt-hts, or: pip install 'idiolect[speech]'",
        )
    if names is None:
        better = [voice for voice in here if voice.program != _LAST_RESORT]
        return better or here
    chosen: dict[str, Voice] = {}
    for name in names:
        fit = [voice for voice in here if name in {voice.name, voice.voice, voice.program}]
        if not fit:
            known = ", ".join(voice.name for voice in here[:20])
            raise EngineError(f"there is no voice {name!r} for {language!r}", hint=f"known: {known}")
        chosen.update((voice.name, voice) for voice in fit)
    return list(chosen.values())
