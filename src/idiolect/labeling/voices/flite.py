"""Flite (Debian's ``flite``): small English voices, 20 to 90 ms for a sentence. PocketSphinx understands them."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence

from idiolect.labeling.voices.voice import Line, Program, Voice, as_ascii

_ONLY_THE_TIME = {"awb_time"}  # speaks clock times and nothing else
_LONGEST = 60.0
"""Seconds that a line may take."""


def find() -> list[Voice]:
    """The voices that are compiled into the program."""
    if shutil.which("flite") is None:
        return []
    listed = subprocess.run(["flite", "-lv"], capture_output=True, text=True, check=False, timeout=_LONGEST).stdout
    version = subprocess.run(["flite", "--version"], capture_output=True, text=True, check=False, timeout=_LONGEST)
    known = next((line.split()[1] for line in version.stdout.splitlines() if "version:" in line), "")
    names = sorted(set(listed.partition(":")[2].split()) - _ONLY_THE_TIME)
    return [Voice("flite", name, "en", known) for name in names]


def speak(lines: Sequence[Line]) -> None:
    """Speak each line with a process of its own; they start at once."""
    for line in lines:
        text = as_ascii(line.text)
        if not any(character.isalnum() for character in text):
            continue
        command = ["flite", "-voice", line.voice.voice, "--setf", f"duration_stretch={line.stretch:.3f}"]
        try:
            subprocess.run([*command, "-t", text, "-o", line.path], capture_output=True, check=True, timeout=_LONGEST)
        except (subprocess.SubprocessError, OSError):
            line.path.unlink(missing_ok=True)


PROGRAM = Program(find, speak)
