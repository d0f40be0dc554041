"""eSpeak NG from the wheel ``espeakng-loader``: no Debian package, many languages, a robot's sound.

The library (GPL) is loaded by `espeak_child.py` in a process of its own: its state is one for the whole process, and a
crash of it is not ours. PocketSphinx hardly understands it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from idiolect.labeling.voices.voice import Line, Program, Voice

_CHILD = Path(__file__).with_name("espeak_child.py")
_LONGEST = 60.0
# eSpeak's variants that differ most from its own voice, of either sex.
_VARIANTS = ("", "+f2", "+f4", "+m3", "+m7")


def find() -> list[Voice]:
    """Each language of the library, in a few variants."""
    if find_spec("espeakng_loader") is None:
        return []
    known = version("espeakng_loader")
    languages = json.loads(_ask({"list": True}) or "[]")
    return [
        Voice("espeak", f"{language}{variant}", language.partition("-")[0], known)
        for language in languages
        for variant in _VARIANTS
    ]


def speak(lines: Sequence[Line]) -> None:
    """Speak all lines with one child process."""
    told = [
        {"voice": line.voice.voice, "text": line.text, "stretch": line.stretch, "path": str(line.path)}
        for line in lines
    ]
    _ask({"speak": told}, timeout=_LONGEST + len(lines))


def _ask(request: object, timeout: float = _LONGEST) -> str:
    command = [sys.executable, str(_CHILD)]
    try:
        done = subprocess.run(
            command, input=json.dumps(request), capture_output=True, text=True, check=False, timeout=timeout
        )
    except (subprocess.SubprocessError, OSError):
        return ""
    return done.stdout


PROGRAM = Program(find, speak)
