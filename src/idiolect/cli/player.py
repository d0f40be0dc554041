"""Hear a clip: by sounddevice, else by a program of the system, else not at all."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from idiolect.units import Samples

PROGRAMS = (("ffplay", "-nodisp", "-autoexit", "-loglevel", "quiet"), ("aplay", "-q"), ("paplay",))


def play(samples: Samples) -> bool:
    """Play float32 ``(n,)`` at 16 kHz and wait; False where this machine has nothing to play it with."""
    return _by_sounddevice(samples) or _by_program(samples)


def _by_sounddevice(samples: Samples) -> bool:
    try:
        import sounddevice
    except (ImportError, OSError):  # the package, or PortAudio under it, is missing
        return False
    try:
        sounddevice.play(samples, samplerate=16_000, blocking=True)
    except sounddevice.PortAudioError:  # no output device
        return False
    return True


def _by_program(samples: Samples) -> bool:
    from idiolect.audio import write_wav

    with tempfile.TemporaryDirectory(prefix="idiolect-") as folder:
        path = Path(folder) / "clip.wav"
        write_wav(path, samples)
        for program, *options in PROGRAMS:
            if shutil.which(program) is not None:
                done = subprocess.run([program, *options, path], capture_output=True, check=False)
                if done.returncode == 0:
                    return True
    return False
