"""One stream of speech through an engine: samples in, what was said out, while it is said. No network, clock or thread.

Every engine here hears whole stretches. So the stretch under way is heard again while it grows (pseudo-streaming), and
a last time when a pause has ended it. Who drives a session asks it what to hear, lets an engine hear it wherever that
lives, and hands the hypothesis back:

    for event in session.feed(samples): …
    while (ask := session.ask()) is not None:
        for event in session.answer(ask, hear(ask.samples), took=seconds): …

`listen` does this for an engine at hand; `serving.live` for many clients at once.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import TYPE_CHECKING

from idiolect.audio import Turn, Turns
from idiolect.engines.protocol import Hypothesis
from idiolect.units import SAMPLE_RATE, Samples, Seconds

if TYPE_CHECKING:
    from idiolect.engines import Engine
    from idiolect.tasks import Task

EVERY = Seconds(0.4)
"""Seconds of new speech before the stretch under way is heard again; 3 words are said in a second."""

SHARE = 0.5
"""At most this much of the stream's own time goes into stretches that are not over: hearing one that took 0.3 s is
followed by 0.6 s without. So a session costs at most this, and its turns once, however long they are."""


@dataclass(frozen=True, slots=True)
class Started:
    """Somebody began to speak at `at` seconds of the stream."""

    turn: int
    at: Seconds


@dataclass(frozen=True, slots=True)
class Partial:
    """What was heard of a turn so far.

    text: all of it; its end may change. agreed: the words that two hearings in a row gave, which only grow; they are
    right most of the time, and the final text need not keep to them. new: what this one added to `agreed`.
    """

    turn: int
    text: str
    agreed: str
    new: str = ""


@dataclass(frozen=True, slots=True)
class Stopped:
    """A turn is over: `start` to `end`, in seconds of the stream, with a little silence on both sides."""

    turn: int
    start: Seconds
    end: Seconds


@dataclass(frozen=True, slots=True)
class Final:
    """What was said in a turn. The words of `hypothesis` have times from the start of the stream."""

    turn: int
    start: Seconds
    end: Seconds
    hypothesis: Hypothesis
    samples: Samples


Event = Started | Partial | Stopped | Final


@dataclass(frozen=True, slots=True)
class Ask:
    """A stretch that is to be heard: float32 ``(n,)``, 16 kHz, at most 30 s. final: its turn is over."""

    turn: int
    start: int
    end: int
    samples: Samples
    final: bool


class Session:
    """The state of one stream.

    turns: how speech is cut; None: by pauses of half a second. every: seconds of new speech for a new partial text.
    partials: False: only final texts.
    """

    def __init__(self, turns: Turns | None = None, *, every: Seconds = EVERY, partials: bool = True) -> None:
        self._turns = turns or Turns()
        self._every = every
        self._partials = partials
        self._over: deque[Turn] = deque()
        self._started = -1
        self._asked: Ask | None = None
        # The last stretch of the turn under way that was heard: what, when (in samples), and what that took.
        self._heard: tuple[Ask, Hypothesis] | None = None
        self._last: Ask | None = None
        self._asked_at = 0
        self._took = 0.0
        self._agreed: list[str] = []
        self._before: list[str] = []

    @property
    def seconds(self) -> Seconds:
        """How much of the stream has come."""
        return Seconds(self._turns.total / SAMPLE_RATE)

    @property
    def waiting(self) -> Seconds:
        """Seconds of speech that is over and not heard yet: who feeds should wait while this is much."""
        return Seconds(sum(len(turn.samples) for turn in self._over) / SAMPLE_RATE)

    def feed(self, samples: Samples) -> list[Event]:
        """The next float32 ``(n,)`` at 16 kHz → what that brings; ask what is to be heard now."""
        return self._events(self._turns.feed(samples))

    def commit(self) -> list[Event]:
        """What is being said is said, whatever comes next."""
        return self._events(self._turns.cut_here())

    def finish(self) -> list[Event]:
        """The stream has ended; asks may be left."""
        return self._events(self._turns.finish())

    def ask(self) -> Ask | None:
        """What to hear now; None: nothing, or an answer is awaited. Turns that are over come first."""
        if self._asked is not None:
            return None
        now = self._turns.under_way if self._partials else None
        if self._over:
            self._asked = _ask(self._over[0], final=True)
        elif now is not None and self._due(now):
            self._asked = self._last = _ask(now, final=False)
            self._asked_at = self._turns.total
        return self._asked

    def answer(self, ask: Ask, heard: Hypothesis, *, took: float = 0.0) -> list[Event]:
        """What an engine heard, and in how many seconds (waiting for its turn included)."""
        assert ask is self._asked  # noqa: S101 - one ask at a time is what `ask` promises
        self._asked = None
        if ask.final:
            self._over.popleft()
            return [self._final(ask, heard)]
        self._took = took
        self._heard = ask, heard
        if not self._over:
            return self._partial(ask, heard) if ask.turn == self._started else []
        if _same(self._over[0], ask):  # it ended while this was heard
            return [self._final_of(self._over.popleft(), heard)]
        return []

    def fail(self, ask: Ask) -> None:
        """An engine could not hear `ask`: a turn that is over is given up."""
        assert ask is self._asked  # noqa: S101 - as above
        self._asked = None
        if ask.final:
            self._over.popleft()

    def _due(self, turn: Turn) -> bool:
        """Whether the turn under way is to be heard now."""
        last = self._last if self._last is not None and self._last.turn == turn.number else None
        if last is not None and (last.start, last.end) == (turn.start, turn.end):
            return False
        since = (self._turns.total - self._asked_at) / SAMPLE_RATE
        if turn.end < self._turns.total:
            # A pause has begun: should it go on, this is the turn, and it is heard before the pause is over.
            return since >= self._took
        grown = (turn.end - (last.end if last is not None else turn.start)) / SAMPLE_RATE
        return grown >= self._every and since >= self._took / SHARE

    def _events(self, over: Sequence[Turn]) -> list[Event]:
        found: list[Event] = []
        for turn in over:
            found += self._begin(turn)
            found.append(Stopped(turn.number, _seconds(turn.start), _seconds(turn.end)))
            known = self._heard
            if not self._over and known is not None and _same(turn, known[0]):
                found.append(self._final_of(turn, known[1]))
            else:
                self._over.append(turn)
        if (turn_now := self._turns.under_way) is not None:
            found += self._begin(turn_now)
        return found

    def _begin(self, turn: Turn) -> list[Event]:
        if turn.number <= self._started:
            return []
        self._started = turn.number
        self._agreed, self._before = [], []
        return [Started(turn.number, _seconds(turn.start))]

    def _partial(self, ask: Ask, heard: Hypothesis) -> list[Event]:
        words = heard.text.split()
        alike = [word for word, _ in takewhile(lambda pair: pair[0] == pair[1], zip(self._before, words, strict=False))]
        new = ""
        if len(alike) > len(self._agreed) and alike[: len(self._agreed)] == self._agreed:
            new = " ".join(["", *alike[len(self._agreed) :]] if self._agreed else alike)
            self._agreed = alike
        if words == self._before and not new:
            return []
        self._before = words
        return [Partial(ask.turn, heard.text, " ".join(self._agreed), new)]

    def _final_of(self, turn: Turn, heard: Hypothesis) -> Final:
        return self._final(_ask(turn, final=True), heard)

    def _final(self, ask: Ask, heard: Hypothesis) -> Final:
        start, end = _seconds(ask.start), _seconds(ask.end)
        return Final(ask.turn, start, end, later(heard, start), ask.samples)


def listen(
    engine: Engine, blocks: Iterable[Samples], *, task: Task | None = None, session: Session | None = None
) -> Iterator[Event]:
    """Blocks of a stream through `engine`: the events in their order. What it hears is read by `task`."""
    from idiolect.serving.transcript import hear

    session = session or Session()
    for events in _fed(session, blocks):
        yield from events
        while (ask := session.ask()) is not None:
            started = time.perf_counter()
            heard = hear(engine, ask.samples, task)
            yield from session.answer(ask, heard, took=time.perf_counter() - started)


def _fed(session: Session, blocks: Iterable[Samples]) -> Iterator[list[Event]]:
    for block in blocks:
        yield session.feed(block)
    yield session.finish()


def later(heard: Hypothesis, offset: Seconds) -> Hypothesis:
    """The same with the times of its words `offset` seconds later."""
    words = tuple(
        replace(word, start=Seconds(word.start + offset), end=Seconds(word.end + offset)) for word in heard.words
    )
    return replace(heard, words=words)


def _ask(turn: Turn, *, final: bool) -> Ask:
    return Ask(turn.number, turn.start, turn.end, turn.samples, final)


def _same(turn: Turn, ask: Ask) -> bool:
    return (turn.number, turn.start, turn.end) == (ask.turn, ask.start, ask.end)


def _seconds(samples: int) -> Seconds:
    return Seconds(samples / SAMPLE_RATE)
