"""Clips to hypotheses, here or in the workers of a pool: each makes its engine once and reads the audio itself."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from idiolect.corpus.travel import check_travel
from idiolect.engines import create
from idiolect.engines.protocol import Engine, EngineOptions, Hypothesis
from idiolect.errors import UserError
from idiolect.pools import Job, Pool
from idiolect.units import Samples, Seconds

if TYPE_CHECKING:
    from idiolect.corpus.audio_files import AudioFiles
    from idiolect.corpus.values import Clip


@dataclass(frozen=True, slots=True)
class Heard:
    """One batch: for each clip its hypothesis, or in words why there is none."""

    clips: tuple[Clip, ...]
    answers: tuple[Hypothesis | str, ...]
    busy: Seconds
    """Seconds of transcribing."""


class Worker:
    """An engine with the audio of a project."""

    def __init__(self, engine: Engine, audio: AudioFiles) -> None:
        self.engine = engine
        self._audio = audio

    def hear(self, clips: Sequence[Clip]) -> Heard:
        """What the engine hears. A clip that cannot be read, or that the engine fails on, fails alone."""
        answers: dict[str, Hypothesis | str] = {}
        samples: dict[str, Samples] = {}
        for clip in clips:
            try:
                samples[clip.id] = self._audio.read(clip.recording, clip.start, clip.end)
            except (UserError, OSError) as error:
                answers[clip.id] = str(error)
        begin = time.perf_counter()
        answers |= self._transcribe(samples)
        busy = Seconds(time.perf_counter() - begin)
        return Heard(tuple(clips), tuple(answers[clip.id] for clip in clips), busy)

    def _transcribe(self, samples: dict[str, Samples]) -> dict[str, Hypothesis | str]:
        if not samples:
            return {}
        try:
            hypotheses = self.engine.transcribe(list(samples.values()))
        except Exception as error:  # noqa: BLE001 - engines are other people's code; the clip at fault is found and named
            if len(samples) == 1:
                return dict.fromkeys(samples, f"{self.engine.name}: {type(error).__name__}: {error}")
            alone = [self._transcribe({clip_id: one}) for clip_id, one in samples.items()]
            return {clip_id: answer for one in alone for clip_id, answer in one.items()}
        return dict(zip(samples, hypotheses, strict=True))


def hear_in(
    pool: Pool,
    batches: Sequence[Sequence[Clip]],
    engine: str,
    options: EngineOptions,
    audio: AudioFiles,
    *,
    offline: bool = False,
) -> Iterator[Heard]:
    """Each batch as it is done, in order. On Ctrl-C the batches under way are finished and given, then it is raised.

    A batch that workers died with is heard again at the end, clip by clip: the clip at fault fails alone.
    offline: no clip may be heard on other machines of the pool.

    Raises:
        PoolError: workers cannot be had, do not see the audio, or died and the pool does not know with what.
        CorpusError: a clip may not be heard on the machines of the pool.
    """
    check_travel((clip.recording for batch in batches for clip in batch), pool.elsewhere, offline=offline)
    seen = next((clip.recording.path for batch in batches for clip in batch if audio.exists(clip.recording.path)), "")
    job = Job(_make, (engine, options, audio, seen), f"the engine {engine}")
    again: list[Clip] = []
    # The answers first: at its end the map then lets its workers go, before the next one wants some.
    answers = pool.map(job, map(tuple, batches))
    for heard, batch in zip(answers, batches, strict=True):
        if isinstance(heard, Heard):
            yield heard
        else:
            again += batch
    alone = pool.map(job, ((clip,) for clip in again))
    for heard, clip in zip(alone, again, strict=True):
        yield heard if isinstance(heard, Heard) else Heard((clip,), (heard.reason,), Seconds(0.0))


def _make(engine: str, options: EngineOptions, audio: AudioFiles, seen: str) -> Callable[[Sequence[Clip]], Heard]:
    """In a worker. seen: audio that is there for who sent it."""
    audio.require(seen)
    return Worker(create(engine, options), audio).hear
