"""The talk of a live session: OpenAI's realtime events for transcription, and raw PCM, over a `Session`. No network.

Texts and bytes in, events (JSON objects) out; ``docs/serving.md`` lists them.
"""

from __future__ import annotations

import base64
import binascii
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from idiolect.audio import Resampler, Turns, from_pcm
from idiolect.audio.turns import PAUSE
from idiolect.audio.vad import PADDING, THRESHOLD
from idiolect.errors import AudioError
from idiolect.serving.session import Ask, Event, Final, Partial, Session, Started, Stopped
from idiolect.units import Hertz, Seconds

if TYPE_CHECKING:
    from idiolect.engines import Hypothesis
    from idiolect.tasks import Task

RATE = Hertz(24_000)
"""What OpenAI's clients send unless they say otherwise."""
_RATES = (8_000, 48_000)
_SAID = "conversation.item.input_audio_transcription"

Message = dict[str, Any]


class RealtimeError(Exception):
    """A message of the client that makes no sense; the session goes on."""

    def __init__(self, message: str, *, code: str, param: str | None = None) -> None:
        super().__init__(message)
        self.code, self.param = code, param


@dataclass(frozen=True, slots=True)
class Wish:
    """What a client chose. pause: seconds of silence that end a turn; None: only a commit does."""

    model: str
    rate: Hertz = RATE
    pause: Seconds | None = PAUSE
    padding: Seconds = PADDING
    threshold: float = THRESHOLD

    def turns(self) -> Turns:
        """How speech is cut. Raises `AudioError`."""
        pause = Seconds(float("inf")) if self.pause is None else self.pause
        return Turns(pause=pause, padding=self.padding, threshold=self.threshold)

    def as_dict(self) -> Message:
        """The session as OpenAI shows it."""
        detection = self.pause is not None and {
            "type": "server_vad",
            "threshold": self.threshold,
            "prefix_padding_ms": round(self.padding * 1000),
            "silence_duration_ms": round(self.pause * 1000),
        }
        audio = {
            "format": {"type": "audio/pcm", "rate": self.rate},
            "transcription": {"model": self.model},
            "turn_detection": detection or None,
        }
        return {"type": "transcription", "audio": {"input": audio}}


@dataclass(frozen=True, slots=True)
class Answerer:
    """Who heard: the name that was asked, the engine and its version behind it, and the task that reads its texts."""

    model: str
    engine: str
    version: str
    task: Task | None = None


class Realtime:
    """One client's session, in words. Raises nothing: what is wrong with a message is an ``error`` event."""

    def __init__(self, wish: Wish) -> None:
        self.wish = wish
        self.id = secrets.token_hex(6)
        self._session = Session(wish.turns())
        self._asking = self._session
        self._stream = Resampler(wish.rate)
        self._odd = b""
        self._event = 0
        self._heard_any = False
        self._by = Answerer(wish.model, "", "")

    @property
    def waiting(self) -> Seconds:
        """Seconds of speech that is over and not heard yet."""
        return self._session.waiting

    def opened(self) -> list[Message]:
        """What a client is greeted with."""
        return [self._made("session.created", session={"id": f"sess_{self.id}", **self.wish.as_dict()})]

    def ready(self, by: Answerer) -> list[Message]:
        """The engine is loaded. Audio may come before this: it waits."""
        self._by = by
        return [self._made("idiolect.ready", model=by.model, engine=by.engine, version=by.version)]

    def receive(self, message: str | bytes) -> list[Message]:
        """A text (an event) or bytes (16-bit little-endian PCM at the session's rate) → what that brings."""
        event: Mapping[str, Any] = {}
        try:
            if isinstance(message, bytes):
                return self._feed(message)
            event = _event(message)
            return self._obey(event)
        except (RealtimeError, AudioError) as error:
            code, param = getattr(error, "code", "invalid_value"), getattr(error, "param", None)
            about = {"type": "invalid_request_error", "code": code, "message": str(error), "param": param}
            return [self._made("error", error={**about, "event_id": event.get("event_id")})]

    def ask(self) -> Ask | None:
        """See `Session.ask`."""
        self._asking = self._session
        return self._session.ask()

    def answer(self, ask: Ask, heard: Hypothesis, *, took: float, by: Answerer) -> list[Message]:
        """What was heard, in how many seconds, and by whom."""
        if self._asking is not self._session:  # it was cleared meanwhile
            return []
        self._by = by
        return self._tell(self._session.answer(ask, heard, took=took))

    def fail(self, ask: Ask, message: str) -> list[Message]:
        """Nothing could be heard; only of a turn that is over is that told."""
        self._asking.fail(ask)
        if not ask.final or self._asking is not self._session:
            return []
        about = {"type": "server_error", "code": "transcription_failed", "message": message, "param": None}
        return [self._made(f"{_SAID}.failed", item_id=self._item(ask.turn), content_index=0, error=about)]

    def _obey(self, event: Mapping[str, Any]) -> list[Message]:
        kind = event.get("type")
        if kind == "input_audio_buffer.append":
            return self._feed(_decoded(event.get("audio")))
        if kind == "input_audio_buffer.commit":
            return self._tell(self._session.commit())
        if kind == "input_audio_buffer.clear":
            return self._clear()
        if kind in {"session.update", "transcription_session.update"}:
            self._update(event.get("session"))
            shown = {"id": f"sess_{self.id}", **self.wish.as_dict()}
            return [self._made(str(kind).replace("update", "updated"), session=shown)]
        raise RealtimeError(f"there is no event {kind!r}", code="unknown_event", param="type")

    def _feed(self, data: bytes) -> list[Message]:
        data = self._odd + data
        whole = len(data) // 2 * 2
        self._odd = data[whole:]
        if not whole:
            return []
        self._heard_any = True
        return self._tell(self._session.feed(self._stream.feed(from_pcm(data[:whole]))))

    def _clear(self) -> list[Message]:
        """What was not committed is forgotten; a new stream begins."""
        self._session, self._odd = Session(self.wish.turns()), b""
        self._stream, self.id = Resampler(self.wish.rate), secrets.token_hex(6)
        return [self._made("input_audio_buffer.cleared")]

    def _update(self, asked: Any) -> None:
        if not isinstance(asked, Mapping):
            raise RealtimeError("session is missing", code="missing_value", param="session")
        wish = _wished(self.wish, asked)
        if replace(wish, model=self.wish.model) != self.wish:
            if self._heard_any:
                raise RealtimeError(
                    "format and turn_detection are chosen before the first audio", code="too_late", param="session"
                )
            self._session, self._stream = Session(wish.turns()), Resampler(wish.rate)
        self.wish = wish

    def _tell(self, events: list[Event]) -> list[Message]:
        found = []
        for event in events:
            found.append(self._told(event))
            if isinstance(event, Stopped):
                before = self._item(event.turn - 1) if event.turn else None
                item = self._item(event.turn)
                found.append(self._made("input_audio_buffer.committed", item_id=item, previous_item_id=before))
        return found

    def _told(self, event: Event) -> Message:
        item = self._item(event.turn)
        if isinstance(event, Started):
            return self._made("input_audio_buffer.speech_started", audio_start_ms=_ms(event.at), item_id=item)
        if isinstance(event, Stopped):
            return self._made("input_audio_buffer.speech_stopped", audio_end_ms=_ms(event.end), item_id=item)
        if isinstance(event, Partial):
            return self._partial(event, item)
        return self._made(f"{_SAID}.completed", item_id=item, content_index=0, **completed(event, self._by))

    def _partial(self, event: Partial, item: str) -> Message:
        return self._made(f"{_SAID}.delta", item_id=item, content_index=0, delta=event.new, partial=event.text)

    def _item(self, turn: int) -> str:
        return f"item_{self.id}_{turn}"

    def _made(self, kind: str, **rest: Any) -> Message:
        self._event += 1
        return {"type": kind, "event_id": f"event_{self._event}", **rest}


def completed(final: Final, by: Answerer) -> Message:
    """A final text as it is told: OpenAI's ``transcript``, and ours: times, words, confidence, meaning, and whose."""
    heard = final.hypothesis
    found: Message = {
        "transcript": heard.text,
        "start": round(final.start, 3),
        "end": round(final.end, 3),
        "confidence": heard.confidence,
        "words": [
            {"word": word.word, "start": round(word.start, 3), "end": round(word.end, 3), "confidence": word.confidence}
            for word in heard.words
        ],
        "usage": {"type": "duration", "seconds": round(final.end - final.start, 3)},
        "model": by.model,
        "engine": by.engine,
        "version": by.version,
    }
    if by.task is not None:
        slots = by.task.answer(heard.intent, heard.slots) if heard.intent is not None else {}
        found |= {"intent": heard.intent, "slots": slots, "slot_confidence": dict(heard.slot_confidence)}
    return found


def _event(message: str) -> Mapping[str, Any]:
    try:
        event = json.loads(message)
    except ValueError as error:
        raise RealtimeError(f"no JSON: {error}", code="invalid_json") from error
    if not isinstance(event, dict):
        raise RealtimeError("an event is a JSON object", code="invalid_json")
    return event


def _decoded(audio: Any) -> bytes:
    if not isinstance(audio, str):
        raise RealtimeError("audio is missing: base64 of 16-bit PCM", code="missing_value", param="audio")
    try:
        return base64.b64decode(audio, validate=True)
    except binascii.Error as error:
        raise RealtimeError(f"audio is no base64: {error}", code="invalid_value", param="audio") from error


def _wished(now: Wish, asked: Mapping[str, Any]) -> Wish:
    """What a ``session.update`` changes, in the words of today's interface or of the one before it."""
    audio = asked.get("audio") or {}
    given = audio.get("input", {}) if isinstance(audio, Mapping) else {}
    transcription = given.get("transcription", asked.get("input_audio_transcription")) or {}
    form = given.get("format", asked.get("input_audio_format"))
    found = replace(now, model=transcription.get("model") or now.model)
    if isinstance(form, Mapping) and form.get("type", "audio/pcm") == "audio/pcm":
        found = replace(found, rate=rate_of(form.get("rate", now.rate)))
    elif form not in (None, "pcm16"):
        raise RealtimeError(f"format is {form!r}; known: audio/pcm", code="invalid_value", param="format")
    for place in (given, asked):
        if "turn_detection" in place:
            found = _detecting(found, place["turn_detection"])
    return found


def _detecting(now: Wish, asked: Any) -> Wish:
    if asked is None:
        return replace(now, pause=None)
    if not isinstance(asked, Mapping) or asked.get("type", "server_vad") != "server_vad":
        raise RealtimeError("turn_detection is server_vad or null", code="invalid_value", param="turn_detection")
    try:
        return replace(
            now,
            pause=Seconds(float(asked.get("silence_duration_ms", 500)) / 1000),
            padding=Seconds(float(asked.get("prefix_padding_ms", 300)) / 1000),
            threshold=float(asked.get("threshold", 0.5)),
        )
    except (TypeError, ValueError) as error:
        raise RealtimeError(f"turn_detection: {error}", code="invalid_value", param="turn_detection") from error


def rate_of(given: Any) -> Hertz:
    """A sample rate. Raises `RealtimeError`."""
    low, high = _RATES
    try:
        rate = int(given)
    except (TypeError, ValueError):
        rate = 0
    if not low <= rate <= high:
        raise RealtimeError(f"rate is {given!r}; {low} to {high}", code="invalid_value", param="rate")
    return Hertz(rate)


def _ms(seconds: Seconds) -> int:
    return round(seconds * 1000)
