"""When to try again: what a provider asks for, and jitter where it asks for nothing."""

from __future__ import annotations

import random
import re
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_PARTS = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_FIRST = 0.5
_LONGEST = 30.0
_REMAINING = ("x-ratelimit-remaining-requests", "x-ratelimit-remaining", "ratelimit-remaining")
_RESET = ("x-ratelimit-reset-requests", "x-ratelimit-reset", "ratelimit-reset")


def asked_wait(headers: Mapping[str, str]) -> float | None:
    """Seconds that ``Retry-After`` (or ``retry-after-ms``) asks for; None where it says nothing that can be read."""
    if (milliseconds := _number(headers.get("retry-after-ms"))) is not None:
        return milliseconds / 1000
    said = headers.get("retry-after")
    if said is None:
        return None
    if (seconds := _number(said)) is not None:
        return seconds
    try:
        moment = parsedate_to_datetime(said)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


def limit_wait(headers: Mapping[str, str]) -> float:
    """Seconds until the provider takes the next request, where its rate-limit headers say that none is left; else 0."""
    left = next((_number(headers[name]) for name in _REMAINING if name in headers), None)
    reset = next((headers[name] for name in _RESET if name in headers), None)
    if left is None or left > 0 or reset is None:
        return 0.0
    return min(_LONGEST, span(reset))


def span(text: str) -> float:
    """``1s``, ``6m0s``, ``20ms`` or ``2.5`` as seconds; 0 for anything else."""
    if (plain := _number(text)) is not None:
        return plain
    return sum(float(number) * _SECONDS[unit] for number, unit in _PARTS.findall(text))


def backoff(tries: int) -> float:
    """Seconds before try number `tries` + 1: anything up to a doubling bound, so that workers do not come back at once.

    "Full jitter" of M. Brooker, *Exponential Backoff and Jitter*, AWS Architecture Blog, 2015.
    """
    return random.uniform(0, min(_LONGEST, _FIRST * 2.0**tries))


class Pace:
    """One provider's pace, for all threads: nobody sends before the moment that it named."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open_at = 0.0

    def hold(self, seconds: float) -> None:
        """Nobody sends for so long."""
        if seconds > 0:
            with self._lock:
                self._open_at = max(self._open_at, time.monotonic() + seconds)

    def wait(self, deadline: float) -> bool:
        """Wait for one's turn. False where that would be after `deadline` (of `time.monotonic`): nothing was waited."""
        while True:
            with self._lock:
                left = self._open_at - time.monotonic()
            if left <= 0:
                return True
            if time.monotonic() + left >= deadline:
                return False
            time.sleep(left)


def _number(text: str | None) -> float | None:
    try:
        value = float(text) if text is not None else None
    except ValueError:
        return None
    return value if value is not None and 0 <= value < 1e9 else None
