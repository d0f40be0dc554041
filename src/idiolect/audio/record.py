"""The microphone. Needs the extra ``record`` (sounddevice) and Debian's ``libportaudio2``.

The device is open as long as the `Recorder` is: its blocks go into a queue, so nothing is lost while the caller saves a
take or talks to somebody, and the moment before a take begins is already there when it does.
"""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Protocol, Self

import numpy as np

from idiolect.audio.flac import round_to_16_bits
from idiolect.audio.resample import resample_stream
from idiolect.audio.take import Ended, Take, TakeSpec
from idiolect.errors import AudioError, MissingExtraError
from idiolect.units import SAMPLE_RATE, Hertz, Samples, Seconds

Put = Callable[[Samples], None]

_PATIENCE = 5.0
"""Seconds without a block after which a device counts as gone: they come every 32 ms."""

_CLIPPED = 0.99
"""Peaks this near full scale are shown as clipping."""

_AFTER = Seconds(3.0)


class Input(Protocol):
    """Where blocks come from: a microphone, or samples that are played to the recorder."""

    rate: Hertz
    """Of the blocks."""
    lost: int
    """How often the system had to drop samples."""

    def start(self, put: Put) -> None:
        """Begin to give blocks, float32 ``(n,)`` mono at `rate`, to `put`, on whatever thread."""
        ...

    def stop(self) -> None:
        """Give no more."""
        ...


class Microphone:
    """A device of PortAudio: by name, by number, or the system's own choice.

    Raises:
        MissingExtraError: sounddevice is not installed.
        AudioError: PortAudio is not installed, or there is no such device.
    """

    def __init__(self, device: str | int | None = None) -> None:
        self._sounddevice = _sounddevice()
        self._device = device
        self._stream: Any = None
        self.lost = 0
        try:
            found = self._sounddevice.query_devices(device, kind="input")
        except (ValueError, self._sounddevice.PortAudioError) as error:
            name = "no microphone" if device is None else f"no microphone {device!r}"
            raise AudioError(
                f"{name} was found: {error}", hint=f"There are: {', '.join(devices()) or 'none'}."
            ) from error
        self.rate = self._best_rate(found)

    def _best_rate(self, found: Any) -> Hertz:
        """16 kHz where the device can; else its own rate, and we resample."""
        try:
            self._sounddevice.check_input_settings(device=self._device, channels=1, samplerate=SAMPLE_RATE)
        except (ValueError, self._sounddevice.PortAudioError):
            return Hertz(int(found["default_samplerate"]))
        return SAMPLE_RATE

    def start(self, put: Put) -> None:
        """Open the device."""

        def take(data: Any, _frames: int, _time: Any, status: Any) -> None:
            self.lost += bool(status.input_overflow)
            put(data[:, 0].copy())  # PortAudio uses its buffer again

        try:
            self._stream = self._sounddevice.InputStream(
                device=self._device, channels=1, samplerate=self.rate, dtype="float32", callback=take
            )
            self._stream.start()
        except self._sounddevice.PortAudioError as error:
            raise AudioError(
                f"the microphone cannot be opened: {error}", hint="Does another program hold it?"
            ) from error

    def stop(self) -> None:
        """Close the device."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None


class Played:
    """An input that gives samples as a microphone would, all at once, and some silence: for tests and rehearsals."""

    def __init__(
        self, samples: Samples, rate: Hertz = SAMPLE_RATE, *, silence: Seconds = _AFTER, block: int = 500
    ) -> None:
        self.rate = rate
        self.lost = 0
        self._samples = np.concatenate([samples, np.zeros(round(silence * rate), dtype=np.float32)])
        self._block = block

    def start(self, put: Put) -> None:
        """Give it all."""
        for first in range(0, len(self._samples), self._block):
            put(self._samples[first : first + self._block])

    def stop(self) -> None:
        """Nothing is open."""


def devices() -> list[str]:
    """Names of the microphones that PortAudio sees.

    Raises:
        MissingExtraError: sounddevice is not installed.
        AudioError: PortAudio is not installed.
    """
    return [str(device["name"]) for device in _sounddevice().query_devices() if device["max_input_channels"] > 0]


def _sounddevice() -> Any:
    try:
        import sounddevice
    except ImportError as error:
        raise MissingExtraError("recording", "record") from error
    except OSError as error:
        raise AudioError(f"the system's audio library cannot be loaded: {error}", hint=_PORTAUDIO) from error
    return sounddevice


_PORTAUDIO = "apt-get install libportaudio2"


@dataclass(frozen=True, slots=True)
class Level:
    """How loud the last block was: peak and rms, 1.0 at full scale."""

    peak: float
    rms: float
    speaking: bool
    """Whether the take has begun."""

    @property
    def clipped(self) -> bool:
        """The speaker is too near, or the microphone turned up too far."""
        return self.peak >= _CLIPPED


@dataclass(frozen=True, slots=True)
class Recorded:
    """A take: float32 ``(n,)``, 16 kHz, rounded to 16 bits; empty where nobody spoke."""

    samples: Samples
    ended: Ended
    clipped: float
    """Share of the samples at full scale."""
    lost: int
    """How often the system dropped samples meanwhile."""


class Recorder:
    """Takes from an input, one after the other. Use it with ``with``: the input is open inside.

    Raises:
        MissingExtraError, AudioError: as `Microphone`, where no input is given.
    """

    def __init__(self, source: Input | None = None, *, device: str | int | None = None) -> None:
        self._input = source if source is not None else Microphone(device)
        # Without a limit: a block that does not fit would be lost. An hour is 230 MB.
        self._queue: queue.SimpleQueue[Samples] = queue.SimpleQueue()
        self._blocks: Iterator[Samples] | None = None
        self._rest = np.zeros(0, dtype=np.float32)

    def __enter__(self) -> Self:
        self._blocks = resample_stream((self._input.rate, block) for block in self._arriving())
        self._input.start(self._queue.put)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._input.stop()
        self._blocks = None

    def record(
        self,
        spec: TakeSpec | None = None,
        *,
        fresh: bool = True,
        stop: Callable[[], bool] | None = None,
        on_level: Callable[[Level], None] | None = None,
    ) -> Recorded:
        """One take.

        Args:
            spec: when to begin and to stop; by default when speech does.
            fresh: leave out what was said before this call, except the margin. False takes up where the last take
                ended: for takes on end, where the speaker does not wait.
            stop: asked after each block (about 30 times a second) whether to end.
            on_level: told after each block how loud it was.

        Raises:
            AudioError: the recorder is not open, or the device gives nothing for 5 seconds.
        """
        blocks = self._open()
        take = Take(spec or TakeSpec())
        lost = self._input.lost
        waiting = self._waiting(blocks, take.spec.margin) if fresh else self._rest
        if len(waiting):
            take.feed(waiting)
        while take.ended is None:
            block = next(blocks)
            take.feed(block)
            if on_level is not None and len(block):
                on_level(_level(block, speaking=take.speaking))
            if stop is not None and stop():
                take.stop()
        self._rest = take.rest
        samples = round_to_16_bits(take.samples)
        clipped = float(np.mean(np.abs(samples) >= _CLIPPED)) if len(samples) else 0.0
        return Recorded(samples, take.ended or Ended.STOPPED, clipped, self._input.lost - lost)

    def takes(self, spec: TakeSpec | None = None, **options: Any) -> Iterator[Recorded]:
        """Takes on end, until one is stopped or nobody speaks; nothing between them is lost. Options as `record`."""
        while True:
            take = self.record(spec, fresh=False, **options)
            if len(take.samples):
                yield take
            if take.ended in (Ended.STOPPED, Ended.NOBODY):
                return

    def _arriving(self) -> Iterator[Samples]:
        while True:
            try:
                yield self._queue.get(timeout=_PATIENCE)
            except queue.Empty:
                self._blocks = None
                raise AudioError(
                    f"the microphone has given nothing for {_PATIENCE:.0f} seconds", hint="Is it still plugged in?"
                ) from None

    def _open(self) -> Iterator[Samples]:
        if self._blocks is None:
            raise AudioError("the recorder is not open", hint="Use it as `with Recorder() as recorder:`.")
        return self._blocks

    def _waiting(self, blocks: Iterator[Samples], margin: Seconds) -> Samples:
        """The last `margin` seconds of what came while nobody recorded."""
        count = round(margin * SAMPLE_RATE)
        kept = self._rest
        while not self._queue.empty():
            kept = np.concatenate([kept, next(blocks)])[-count:] if count else next(blocks)[:0]
        return kept[max(0, len(kept) - count) :]


def _level(block: Samples, *, speaking: bool) -> Level:
    return Level(float(np.abs(block).max()), float(np.sqrt(np.mean(np.square(block)))), speaking)
