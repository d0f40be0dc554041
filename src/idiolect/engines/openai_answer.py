"""What a server of OpenAI's transcription API says: text, word times, confidence and usage, where it gives them."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from idiolect.engines.protocol import Hypothesis, Word
from idiolect.gateway import Usage
from idiolect.units import Seconds

_ROUNDED = 1.0
"""Seconds: servers report whole ones. Less than this above the audio is rounding, which the price counts itself."""


def read_answer(body: bytes, forecast: Usage, duration: Seconds) -> tuple[Callable[[float], Hypothesis], Usage | None]:
    """The hypothesis, once its cost is known, and the usage that is reported (None where none is).

    duration: of the clip, in seconds; word times are kept within it. Raises `ValueError` for anything that is no
    transcription.
    """
    value = _object(body)
    text = value.get("text")
    if not isinstance(text, str):
        raise ValueError("it has no text")  # noqa: TRY004 - what came in is wrong, not the call
    words = tuple(_words(value, duration))
    confidence = _confidence(value)

    def heard(cost: float) -> Hypothesis:
        return Hypothesis(text.strip(), confidence, words, cost=cost)

    return heard, _usage(value.get("usage"), forecast)


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        shown = body[:60].decode("utf-8", "replace")
        raise ValueError(f"it is no JSON: {shown!r}") from None
    if not isinstance(value, dict):
        raise ValueError(f"it is a JSON {type(value).__name__}, not an object")  # noqa: TRY004 - as above
    return value


def _words(value: Mapping[str, Any], duration: Seconds) -> Iterable[Word]:
    """Words in order, within the clip; what has no sound times is left out."""
    rows = value.get("words")
    if not isinstance(rows, list):  # speaches and others keep them in their parts
        rows = [row for part in _parts(value) for row in part.get("words") or () if isinstance(part.get("words"), list)]
    last = 0.0
    for row in rows:
        if not isinstance(row, dict):
            continue
        word, start, end = str(row.get("word") or "").strip(), _number(row.get("start")), _number(row.get("end"))
        if not word or start is None or end is None:
            continue
        start = min(max(start, last), duration)
        end = min(max(end, start), duration)
        last = start
        yield Word(word, Seconds(start), Seconds(end), _share(row.get("probability")))


def _parts(value: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    parts = value.get("segments")
    return [part for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []


def _confidence(value: Mapping[str, Any]) -> float | None:
    """``exp`` of the mean log-probability: of the tokens where they are given, else of the parts by their length."""
    tokens = value.get("logprobs")
    if isinstance(tokens, list):
        found = [_number(token.get("logprob")) for token in tokens if isinstance(token, dict)]
        weighted = [(one, 1.0) for one in found if one is not None]
    else:
        weighted = []
        for part in _parts(value):
            mean = _number(part.get("avg_logprob"))
            start, end = _number(part.get("start")), _number(part.get("end"))
            if mean is not None:
                weighted.append((mean, max(0.01, end - start) if start is not None and end is not None else 1.0))
    total = sum(weight for _, weight in weighted)
    return min(1.0, math.exp(sum(mean * weight for mean, weight in weighted) / total)) if total else None


def _usage(said: Any, forecast: Usage) -> Usage | None:
    if not isinstance(said, dict):
        return None
    seconds = _number(said.get("seconds"))
    tokens = [_number(said.get(name)) for name in ("input_tokens", "output_tokens")]
    if seconds is None and None in tokens:
        return None
    audio = (
        forecast.audio if seconds is None or 0 <= seconds - forecast.audio < _ROUNDED else Seconds(max(0.0, seconds))
    )
    into, out = (int(max(0.0, one)) if one is not None else 0 for one in tokens)
    return Usage(audio=audio, input_tokens=into, output_tokens=out)


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


def _share(value: Any) -> float | None:
    number = _number(value)
    return None if number is None else min(1.0, max(0.0, number))
