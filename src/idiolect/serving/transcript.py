"""One file of any length through one engine."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from idiolect.serving.session import later
from idiolect.units import MAX_CLIP, Samples, Seconds, duration_of

if TYPE_CHECKING:
    from idiolect.engines import Engine, Hypothesis, Word
    from idiolect.engines.protocol import Alternative
    from idiolect.tasks import Task

BATCH = 8
"""Clips per call of the engine: enough to fill a batch, few enough (4 min) to hold in memory."""


@dataclass(frozen=True, slots=True)
class HeardClip:
    """What was heard in one stretch of the file; its words have times from the start of the file, in seconds."""

    start: Seconds
    end: Seconds
    hypothesis: Hypothesis


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was heard in a file of `duration` seconds. Stretches without speech are in no clip.

    warnings: what is wrong with the file, in words: truncated, damaged packets.
    values: the slots as the task's types have them (a number is a number); None without a task.
    """

    duration: Seconds
    clips: tuple[HeardClip, ...]
    warnings: tuple[str, ...] = ()
    values: Mapping[str, Any] | None = None

    @property
    def text(self) -> str:
        """All that was said, in order."""
        return " ".join(clip.hypothesis.text for clip in self.clips if clip.hypothesis.text)

    @property
    def words(self) -> tuple[Word, ...]:
        """Every word that has times."""
        return tuple(word for clip in self.clips for word in clip.hypothesis.words)

    @property
    def confidence(self) -> float | None:
        """The mean of the clips that have one, by their length in seconds; None where none has."""
        known = [
            (clip.hypothesis.confidence, clip.end - clip.start)
            for clip in self.clips
            if clip.hypothesis.confidence is not None
        ]
        total = math.fsum(length for _, length in known)
        return math.fsum(value * length for value, length in known) / total if total else None

    @property
    def intent(self) -> str | None:
        """What the first accepted clip means; None where the task rejects all of them."""
        return next((clip.hypothesis.intent for clip in self.clips if clip.hypothesis.intent is not None), None)

    @property
    def slots(self) -> Mapping[str, str]:
        """The slots that belong to `intent`."""
        return next((clip.hypothesis.slots for clip in self.clips if clip.hypothesis.intent is not None), {})

    @property
    def slot_confidence(self) -> Mapping[str, float]:
        """How sure the slots of `intent` are, where the engine can tell."""
        return next((clip.hypothesis.slot_confidence for clip in self.clips if clip.hypothesis.intent is not None), {})

    @property
    def alternatives(self) -> tuple[Alternative, ...]:
        """The n best, where they were asked for; empty for a file of several clips, whose best are not one list."""
        spoken = [clip.hypothesis for clip in self.clips if clip.hypothesis.text]
        return spoken[0].alternatives if len(spoken) == 1 else ()

    def as_dict(self, *, task: bool = False, nbest: bool = False) -> dict[str, Any]:
        """The contract for scripts: text, confidence, words, with a task what it means, and the n best."""
        result: dict[str, Any] = {"text": self.text, "confidence": self.confidence}
        result["words"] = [
            {"word": word.word, "start": round(word.start, 3), "end": round(word.end, 3), "confidence": word.confidence}
            for word in self.words
        ]
        if task:
            result |= self.meaning()
        if nbest:
            result["alternatives"] = self.others(task=task)
        return result

    def meaning(self) -> dict[str, Any]:
        """Intent (null where the task rejects what was said), slots, and how sure each slot is."""
        slots = dict(self.slots) if self.values is None else dict(self.values)
        return {"intent": self.intent, "slots": slots, "slot_confidence": dict(self.slot_confidence)}

    def others(self, *, task: bool) -> list[dict[str, Any]]:
        """The n best: text, confidence and, with a task, intent and slots."""
        found: list[dict[str, Any]] = [{"text": one.text, "confidence": one.confidence} for one in self.alternatives]
        if task:
            for row, one in zip(found, self.alternatives, strict=True):
                row |= {"intent": one.intent, "slots": dict(one.slots)}
        return found


def transcribe_file(engine: Engine, path: Path, *, task: Task | None = None) -> Transcript:
    """What `engine` hears in the audio or video file `path`, its slots as the types of `task` have them.

    See `_transcribe` for lengths and errors.
    """
    heard = _transcribe(engine, path, task)
    if task is None or heard.intent is None:
        return heard
    return replace(heard, values=task.answer(heard.intent, heard.slots))


def hear(engine: Engine, samples: Samples, task: Task | None) -> Hypothesis:
    """What `engine` hears in one stretch, float32 ``(n,)`` of at most 30 s, with what it means in `task`.

    Where the engine is none that decodes over tasks, its text is read by the task.
    """
    from idiolect.engines import Hypothesis
    from idiolect.engines.reading import read_by_task

    # Engines that must say something of the task, and Whisper, find words in digital silence.
    heard = engine.transcribe([samples])[0] if samples.any() else Hypothesis("")
    return heard if decodes_tasks(engine) else read_by_task(heard, task)


def _transcribe(engine: Engine, path: Path, task: Task | None) -> Transcript:
    """What `engine` hears in the audio or video file `path`.

    Up to 30 s go in whole; more is cut at silences, in constant memory. Raises `AudioError` for a file that gives no
    samples.
    """
    from idiolect.audio import decode, probe

    length = probe(path).duration
    if length is not None and length <= MAX_CLIP:
        warnings: dict[str, None] = {}
        samples = decode(path, on_warning=lambda text: warnings.update({text: None}))
        duration = duration_of(samples)
        if duration <= MAX_CLIP:
            heard = hear(engine, samples, task)
            return Transcript(duration, (HeardClip(Seconds(0.0), duration, heard),), tuple(warnings))
    return _transcribe_long(engine, path, task)


def _transcribe_long(engine: Engine, path: Path, task: Task | None) -> Transcript:
    from idiolect.audio import cut, decode, decode_blocks
    from idiolect.engines.reading import read_by_task

    total = 0.0
    warnings: dict[str, None] = {}

    def counted() -> Iterator[Samples]:
        nonlocal total
        for block in decode_blocks(path, on_warning=lambda text: warnings.update({text: None})):
            total += duration_of(block)
            yield block

    reading = None if decodes_tasks(engine) else task
    clips: list[HeardClip] = []
    found = iter(cut(counted()))
    while spans := list(islice(found, BATCH)):
        heard = engine.transcribe([decode(path, start=span.start, end=span.end) for span in spans])
        clips += [
            HeardClip(span.start, span.end, later(read_by_task(one, reading), span.start))
            for span, one in zip(spans, heard, strict=True)
        ]
    return Transcript(Seconds(total), tuple(clips), tuple(warnings))


def decodes_tasks(engine: Engine) -> bool:
    """True for an engine that decodes over the task: what it rejects stays rejected, whatever its words would mean."""
    from idiolect.engines import ENGINES

    row = ENGINES.get(engine.name)
    return row is not None and row.reads_task
