"""What the server answers: OpenAI's five formats and its shape of an error. Pure functions."""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from idiolect.serving.captions import cues, srt, vtt

if TYPE_CHECKING:
    from idiolect.serving.transcript import Transcript

FORMATS = ("json", "text", "verbose_json", "srt", "vtt")
GRANULARITIES = ("word", "segment")  # OpenAI's words on the wire; here they are words and clips

Meaning = dict[str, Any]
"""``intent``, ``slots``, ``slot_confidence`` where the server has a task; ``alternatives`` where they are asked for."""


def as_text(transcript: Transcript, form: str) -> str:
    """The answer as text: ``text``, ``srt`` or ``vtt``."""
    if form == "text":
        return transcript.text + "\n"
    return srt(cues(transcript)) if form == "srt" else vtt(cues(transcript))


def brief(transcript: Transcript, meaning: Meaning) -> dict[str, Any]:
    """``json``: the text, and with a task what it means; the n best where they were asked for."""
    return {"text": transcript.text, **meaning}


def verbose(transcript: Transcript, language: str, asked: Collection[str], meaning: Meaning) -> dict[str, Any]:
    """``verbose_json``: duration in seconds, and clips or words with times as `asked` (default: clips)."""
    answer: dict[str, Any] = {
        "task": "transcribe",
        "language": language,
        "duration": round(transcript.duration, 3),
        "text": transcript.text,
    }
    if "segment" in asked or not asked:
        answer["segments"] = [
            {
                "id": number,
                "start": round(clip.start, 3),
                "end": round(clip.end, 3),
                "text": clip.hypothesis.text,
                "avg_logprob": _log(clip.hypothesis.confidence),
            }
            for number, clip in enumerate(transcript.clips)
        ]
    if "word" in asked:
        answer["words"] = [
            {"word": word.word, "start": round(word.start, 3), "end": round(word.end, 3)} for word in transcript.words
        ]
    return answer | meaning


def meaning_of(transcript: Transcript, *, task: bool, nbest: int | None) -> Meaning:
    """With a task, what the speech means by it (``intent`` is null where it rejects it); the `nbest` best, if asked."""
    meaning: Meaning = transcript.meaning() if task else {}
    if nbest is not None:
        meaning["alternatives"] = transcript.others(task=task)[:nbest]
    return meaning


def error_body(message: str, *, status: int, param: str | None = None, code: str | None = None) -> dict[str, Any]:
    """OpenAI's error object."""
    kind = "server_error" if status >= 500 else "invalid_request_error"
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


def _log(confidence: float | None) -> float | None:
    return None if confidence is None else round(math.log(max(confidence, 1e-6)), 4)
