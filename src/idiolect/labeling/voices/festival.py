"""Festival (Debian's ``festival``): one process speaks many lines, since starting it takes half a second."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Sequence

from idiolect.labeling.voices.voice import Line, Program, Voice, as_ascii

_LONGEST = 60.0
"""Seconds that a line may take."""
_DESCRIBED = re.compile(r"^\((\S+) .*?\(language ([a-z]+)\)", re.MULTILINE)
# Festival's names to BCP 47; voices in other languages are not offered.
_LANGUAGES = {"english": "en", "spanish": "es", "italian": "it", "german": "de", "finnish": "fi", "czech": "cs"}
_LIST = "(mapcar (lambda (v) (print (list v (voice.description v)))) (voice.list))"


def find() -> list[Voice]:
    """The voices that are installed beside the program."""
    if shutil.which("festival") is None:
        return []
    listed = _run(["festival", "-b", _LIST])
    version = _run(["festival", "--version"])
    known = next(iter(re.findall(r"System: (\S+)", version)), "")
    found = sorted(_DESCRIBED.findall(listed))
    return [Voice("festival", name, _LANGUAGES[spoken], known) for name, spoken in found if spoken in _LANGUAGES]


def speak(lines: Sequence[Line]) -> None:
    """Speak all lines with one process. An error in one of them goes on with the next."""
    script = "\n".join(_command(line) for line in lines if any(map(str.isalnum, as_ascii(line.text))))
    if script:
        _run(["festival", "--pipe"], script, timeout=_LONGEST + len(lines))


def _command(line: Line) -> str:
    """Diphone voices are stretched by Festival; HTS voices have a synthesizer of their own, with a rate."""
    text = as_ascii(line.text).replace("\\", " ").replace('"', " ")
    return (
        f"(voice_{line.voice.voice})"
        f"(Parameter.set 'Duration_Stretch {line.stretch:.3f})"
        f"(if (eq? (Parameter.get 'Synth_Method) 'HTS)"
        f' (set! hts_engine_params (append hts_engine_params (list (list "-r" {1 / line.stretch:.3f})))))'
        f'(unwind-protect (utt.save.wave (utt.synth (Utterance Text "{text}")) "{line.path}" \'riff) nil)'
    )


def _run(command: list[str], script: str | None = None, timeout: float = _LONGEST) -> str:
    try:
        done = subprocess.run(command, input=script, capture_output=True, text=True, check=False, timeout=timeout)
    except (subprocess.SubprocessError, OSError):
        return ""
    return done.stdout


PROGRAM = Program(find, speak)
