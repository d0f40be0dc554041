"""One row of a list to an entry, whatever its columns are called."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from idiolect.corpus.importers.entry import Entry, Skip
from idiolect.corpus.importers.lines import flaw
from idiolect.corpus.importers.places import find_audio
from idiolect.corpus.values import Sensitivity, SourceKind, WordTime
from idiolect.units import Seconds

AUDIO = ("audio", "audio_filepath", "audio_path", "path", "file", "filename", "file_name", "audio_file", "wav", "clip")
NAMES: Mapping[str, tuple[str, ...]] = {
    "audio": AUDIO,
    "text": ("text", "sentence", "transcript", "transcription", "normalized_text"),
    "speaker": ("speaker", "client_id", "speaker_id"),
    "session": ("session", "session_id"),
    "device": ("device", "microphone"),
    "language": ("language", "lang", "locale"),
    "start": ("start", "start_time", "begin", "offset"),
    "end": ("end", "end_time"),
    "duration": ("duration", "duration_s"),
    "intent": ("intent",),
    "slots": ("slots",),
    "silver_text": ("silver_text",),
    "prompted": ("prompted",),
    "synthetic": ("synthetic",),
    "sensitivity": ("sensitivity",),
    "words": ("words",),
}
_FLAGS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


class _FieldError(ValueError):
    """A value that has no sense; its message names field and value."""


def read_row(row: Mapping[str, Any], *, folder: Path, where: str, source: str) -> Entry | Skip:
    """The entry that `row` describes, with its audio looked up from `folder`; a `Skip` says what is wrong.

    Column names are matched without regard to case. An empty text means that the row is unlabelled: empty cells are
    far more often a text that nobody wrote than the claim that nobody speaks.
    """
    values = _known(row)
    try:
        start, end = _stretch(values)
        text = as_text(values, "text")
        if (name := as_text(values, "audio")) is None:
            return Skip(where, "names no audio file")
        audio = find_audio(name, folder)
        if isinstance(audio, str):
            return Skip(where, audio if text is None else f"{audio} for the text {_short(text)!r}")
        return Entry(
            audio=audio,
            where=where,
            text=text,
            kind=_kind(row),
            source=source,
            start=start,
            end=end,
            speaker=as_text(values, "speaker"),
            session=as_text(values, "session"),
            device=as_text(values, "device"),
            language=as_text(values, "language"),
            intent=as_text(values, "intent"),
            slots=_slots(values.get("slots")),
            silver_text=as_text(values, "silver_text"),
            prompted=_flag(values, "prompted"),
            synthetic=_flag(values, "synthetic"),
            sensitivity=_sensitivity(values),
            words=_words(values.get("words")),
        )
    except _FieldError as error:
        return Skip(where, str(error))


def _known(row: Mapping[str, Any]) -> dict[str, Any]:
    """The values by our names; where two columns mean the same, the first of our list that is filled counts."""
    lowered = {str(name).strip().lower(): value for name, value in row.items() if value not in (None, "")}
    return {
        ours: next((lowered[theirs] for theirs in spellings if theirs in lowered), None)
        for ours, spellings in NAMES.items()
    }


def as_text(values: Mapping[str, Any], name: str) -> str | None:
    """The value as text with single spaces, or None where it is missing or blank."""
    value = values.get(name)
    if value is None:
        return None
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise _FieldError(f"{name} is {_short(value)}, not a text")
    if (wrong := flaw(str(value))) is not None:
        raise _FieldError(f"{name}: {wrong}")
    return " ".join(str(value).split()) or None


def _stretch(values: Mapping[str, Any]) -> tuple[Seconds | None, Seconds | None]:
    """Start and end. A duration counts only beside a start: alone it is what the list says of the whole file."""
    start, end, duration = (_seconds(values, name) for name in ("start", "end", "duration"))
    if end is None and start is not None and duration is not None:
        end = Seconds(start + duration)
    if end is not None and end <= (start or 0.0):
        raise _FieldError(f"the end, {end} s, is not after the start, {start or 0.0} s")
    return start, end


def _seconds(values: Mapping[str, Any], name: str) -> Seconds | None:
    value = values.get(name)
    if value is None:
        return None
    try:
        number = float("nan") if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        number = float("nan")
    if not math.isfinite(number) or number < 0:
        raise _FieldError(f"{name} is {_short(value)}, not a number of seconds")
    return Seconds(number)


def _slots(value: Any) -> dict[str, str]:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except json.JSONDecodeError:
            raise _FieldError(f"slots is {_short(value)}, not a JSON object") from None
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise _FieldError(f"slots is {_short(value)}, not an object")
    texts = {str(name): as_text(value, name) for name in value}
    return {name: text for name, text in texts.items() if text is not None}


def _flag(values: Mapping[str, Any], name: str) -> bool | None:
    value = values.get(name)
    if value is None:
        return None
    if str(value).strip().lower() not in _FLAGS:
        raise _FieldError(f"{name} is {_short(value)}, neither true nor false")
    return _FLAGS[str(value).strip().lower()]


def _sensitivity(values: Mapping[str, Any]) -> Sensitivity | None:
    value = values.get("sensitivity")
    try:
        return None if value is None else Sensitivity(value)
    except ValueError:
        known = ", ".join(Sensitivity)
        raise _FieldError(f"sensitivity is {_short(value)}, not one of {known}") from None


def _kind(row: Mapping[str, Any]) -> SourceKind:
    """Our own manifests say ``engine`` or ``synthesis``; other lists use the name for other things."""
    value = row.get("kind")
    return SourceKind(value) if value in set(SourceKind) else SourceKind.HUMAN


def _words(value: Any) -> tuple[WordTime, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(word, dict) for word in value):
        raise _FieldError(f"words is {_short(value)}, not a list of objects")
    return tuple(map(_word, value))


def _word(value: Mapping[str, Any]) -> WordTime:
    word, start, end = as_text(value, "word"), _seconds(value, "start"), _seconds(value, "end")
    if word is None or start is None or end is None or end < start:
        raise _FieldError(f"{_short(value)} is no word with a start and an end")
    confidence = value.get("confidence")
    if confidence is not None and not (isinstance(confidence, int | float) and 0 <= confidence <= 1):
        raise _FieldError(f"the confidence of {word!r} is {_short(confidence)}, not within 0 and 1")
    return WordTime(word, start, end, confidence)


def _short(value: Any) -> str:
    """`value` as a message shows it: one line, 60 characters, no lone surrogates."""
    text = str(value).encode("utf-8", "backslashreplace").decode()
    return text if len(text) <= 60 else f"{text[:57]}..."
