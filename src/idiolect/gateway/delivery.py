"""All tries of one request, within its deadline."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from idiolect.gateway.pace import Pace, asked_wait, backoff, limit_wait
from idiolect.gateway.transport import Answer, NotSentError, UnknownError

NOT_WORKED_ON = frozenset({408, 429, 503})
"""Request timeout, too many requests, service unavailable: the provider says that it did not begin."""
_TRIES = 5
"""Tries where nobody says how long to wait; who says so with ``Retry-After`` is asked until the deadline."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What came of it: an answer, or why there is none.

    doubtful: it went out, and may have been worked on without an answer of that. absent: nobody could be reached.
    """

    answer: Answer | None
    reason: str
    tries: int
    doubtful: bool
    absent: bool = False


def deliver(once: Callable[[float], Answer], pace: Pace, deadline: float, *, paid: bool) -> Delivery:
    """Try until there is an answer, the tries or the time are over, or another try could be paid twice.

    once: one try; it is given the deadline (of `time.monotonic`). Raises nothing of its own.
    """
    tries = 0
    doubtful = False
    while True:
        if not pace.wait(deadline):
            return Delivery(None, "the provider's rate limit lasts longer than the deadline", tries, doubtful)
        tries += 1
        answer, reason, wait, absent = None, "", None, False
        try:
            answer = once(deadline)
        except NotSentError as error:
            reason, again, absent = str(error), not error.final, error.absent and not doubtful
        except UnknownError as error:
            reason, again, doubtful = str(error), not paid, True
        else:
            pace.hold(limit_wait(answer.headers))
            again = answer.status in NOT_WORKED_ON or (answer.status >= 500 and not paid)
            wait = asked_wait(answer.headers) if again else None
            doubtful = doubtful or (answer.status >= 500 and answer.status not in NOT_WORKED_ON)
        pause = backoff(tries - 1) if wait is None else wait
        if not again or (wait is None and tries >= _TRIES) or time.monotonic() + pause >= deadline:
            return Delivery(answer, reason, tries, doubtful, absent)
        if wait is not None:
            pace.hold(wait)
        else:
            time.sleep(pause)
