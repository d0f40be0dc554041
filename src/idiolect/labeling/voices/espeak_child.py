"""Run as a script by `espeak.py`: a JSON request on standard input, WAV files or a JSON list out.

It imports nothing of idiolect. The calls are those of espeak-ng's ``speak_lib.h``.
"""

from __future__ import annotations

import ctypes
import json
import sys
import wave
from ctypes import POINTER, Structure, c_char_p, c_int, c_short, c_ubyte, c_void_p
from typing import Any

_RETRIEVAL = 2  # AUDIO_OUTPUT_SYNCHRONOUS: samples come through the callback
_UTF8 = 1
_RATE = 1  # espeakRATE, words per minute
_OWN_RATE = 175


class _Voice(Structure):
    """``espeak_VOICE``; of `languages` the first byte is a priority."""

    _fields_ = (
        ("name", c_char_p),
        ("languages", c_char_p),
        ("identifier", c_char_p),
        ("gender", c_ubyte),
        ("age", c_ubyte),
        ("variant", c_ubyte),
        ("unused", c_ubyte),
        ("score", c_int),
        ("spare", c_void_p),
    )


_CALLBACK = ctypes.CFUNCTYPE(c_int, POINTER(c_short), c_int, c_void_p)


class _Espeak:
    """The library: one for the whole process."""

    def __init__(self) -> None:
        import espeakng_loader

        self._library = ctypes.CDLL(espeakng_loader.get_library_path())
        self._library.espeak_ListVoices.restype = POINTER(POINTER(_Voice))
        self.rate = self._library.espeak_Initialize(_RETRIEVAL, 0, espeakng_loader.get_data_path().encode(), 0)
        if self.rate <= 0:
            raise RuntimeError(f"espeak_Initialize gives {self.rate}")
        self._sound = bytearray()
        self._callback = _CALLBACK(self._take)  # the library keeps no reference
        self._library.espeak_SetSynthCallback(self._callback)

    def languages(self) -> list[str]:
        listed = self._library.espeak_ListVoices(None)
        found = []
        at = 0
        while listed[at]:
            found.append(listed[at].contents.languages[1:].decode())
            at += 1
        return sorted(set(found))

    def speak(self, text: str, voice: str, stretch: float) -> bytes:
        """int16 samples at `rate`; empty where there is no such voice (a failed choice keeps the voice before it)."""
        if self._library.espeak_SetVoiceByName(voice.encode()):
            return b""
        self._library.espeak_SetParameter(_RATE, round(_OWN_RATE / stretch), 0)
        self._sound.clear()
        told = text.encode()
        self._library.espeak_Synth(told, len(told) + 1, 0, 0, 0, _UTF8, None, None)
        self._library.espeak_Synchronize()
        return bytes(self._sound)

    def _take(self, samples: Any, count: int, _events: object) -> int:
        if samples and count:
            self._sound += ctypes.string_at(samples, 2 * count)
        return 0


def main() -> None:
    """Answer one request."""
    request = json.load(sys.stdin)
    espeak = _Espeak()
    if "list" in request:
        json.dump(espeak.languages(), sys.stdout)
    for line in request.get("speak", ()):
        sound = espeak.speak(line["text"], line["voice"], line["stretch"])
        if sound:
            with wave.open(line["path"], "wb") as file:
                file.setnchannels(1)
                file.setsampwidth(2)
                file.setframerate(espeak.rate)
                file.writeframes(sound)


if __name__ == "__main__":
    main()
