"""Frames out of any container that FFmpeg's libraries read, as mono float32 at the rate of the file.

A path is opened by Python and handed over as an open file, and FFmpeg may open nothing else: a playlist
that names an address or another file is refused. Several channels become their mean: FFmpeg's own mix needs a
named layout, which microphone arrays do not have, and leaves out what it takes for the low-frequency channel.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from math import gcd
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from idiolect.audio.sniff import describe
from idiolect.errors import AudioError
from idiolect.units import SAMPLE_RATE, Hertz, Samples

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream
    from av.container import InputContainer

Warn = Callable[[str], None]
"""Is told, in words, what was wrong with a file of which something could be read."""

Piece = tuple[Hertz, Samples]

_SCALES = {"u8": 128.0, "s16": 32768.0, "s32": 2147483648.0, "s64": 9223372036854775808.0}

_WITH_LENGTH = ("flac", "mov", "matroska")
"""Formats whose header promises a length that FFmpeg does not guess from the size of the file."""

_SHORTFALL = 0.5
"""Seconds that may be missing at the end before a file counts as cut off: encoders pad, headers round."""

_SMALLEST_GAP = 0.05
"""Seconds missing between two frames that are filled, so that later times stay right: clocks of 1 ms wobble less."""

_LARGEST_GAP = 10.0
"""Seconds; a greater jump is a clock that was set anew, as where two broadcasts were joined."""


@dataclass(slots=True)
class Reader:
    """An open file with one audio stream."""

    name: str
    container: InputContainer
    stream: AudioStream
    damaged: int = 0
    """Packets that could not be decoded."""
    delivered: float = 0.0
    """Seconds of audio that came out."""
    lost: float = 0.0
    """Seconds of them that are silence in place of what is missing."""
    stopped: str | None = None
    """Why reading ended before the end."""

    def from_start(self) -> Iterator[Piece]:
        """All of it: rate and mono samples, frame by frame."""
        return self._pieces(self._frames())

    def from_near(self, seconds: float) -> tuple[int, Iterator[Piece]] | None:
        """What follows a place at or just before `seconds`, and the number of its first sample at 16 kHz.

        The place is one where a sample of the file and one at 16 kHz coincide, so that resampling from there gives
        what resampling from the start gives. None where the format cannot seek or tells no times: then nothing is
        known of where the file stands, and it must be opened again.
        """
        import av

        head = next(self._frames(), None)
        if head is None or head.pts is None or self.stream.time_base is None:
            return None
        rate, tick = head.sample_rate, self.stream.time_base
        step = rate // gcd(rate, SAMPLE_RATE)
        begin = int(seconds * rate) // step * step
        try:
            self.container.seek(head.pts + int(begin / rate / tick), stream=self.stream, backward=True)
        except av.FFmpegError:
            return None
        frames = self._frames()
        landed = next(frames, None)
        if landed is None or landed.pts is None or landed.sample_rate != rate:
            return None
        surplus = begin - round((landed.pts - head.pts) * tick * rate)
        if surplus < 0:
            return None
        return begin * SAMPLE_RATE // rate, _without(surplus, self._pieces(chain([landed], frames)))

    def _pieces(self, frames: Iterable[AudioFrame]) -> Iterator[Piece]:
        """The frames as mono samples, with silence where the clock of the stream says that some are missing."""
        origin: float | None = None
        for frame in frames:
            rate = Hertz(frame.sample_rate)
            if frame.pts is not None and self.stream.time_base is not None:
                clock = float(frame.pts * self.stream.time_base) - self.delivered
                gap = 0.0 if origin is None else clock - origin
                if _SMALLEST_GAP < gap < _LARGEST_GAP:
                    silence = round(gap * rate)
                    self.lost += gap
                    self.delivered += silence / rate
                    yield rate, np.zeros(silence, dtype=np.float32)
                elif origin is None or gap >= _LARGEST_GAP or gap < -_SMALLEST_GAP:
                    origin = clock  # the first frame, or a clock that was set anew
            self.delivered += frame.samples / rate
            yield rate, mono(frame)

    def _frames(self) -> Iterator[AudioFrame]:
        """Decoded frames from here to the end; damaged packets are counted and left out."""
        import av

        packets = self.container.demux(self.stream)
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                return
            except av.FFmpegError as error:
                self.stopped = f"reading stopped: {error.strerror}"
                return
            try:
                yield from packet.decode()
            except av.FFmpegError:
                self.damaged += 1

    def promised(self) -> float | None:
        """Seconds that the header promises, where it is known to be a promise."""
        if not self.container.format.name.startswith(_WITH_LENGTH):
            return None
        if self.stream.duration is not None and self.stream.time_base is not None:
            return float(self.stream.duration * self.stream.time_base)
        if self.container.duration is not None and not self.container.streams.video:
            return self.container.duration / 1e6
        return None

    def complaint(self) -> str | None:
        """What was wrong, in words, after the last frame of a whole read; None where nothing was."""
        promised = self.promised()
        if self.stopped is not None:
            return f"truncated: after {self.delivered:.2f} s {self.stopped}"
        if promised is not None and promised - self.delivered > _SHORTFALL:
            return f"truncated: {promised:.2f} s are promised, {self.delivered:.2f} s are there"
        if self.damaged or self.lost:
            return f"damaged: {self.lost:.2f} s could not be decoded and are silent ({self.damaged} broken packets)"
        return None


@contextmanager
def open_container(file: BinaryIO, name: str) -> Iterator[Reader]:
    """The first audio stream of an open, seekable file.

    Raises:
        AudioError: FFmpeg cannot read it, or it holds no audio.
    """
    import av

    try:
        # No protocol has this name: nothing but `file` can be opened, neither a path nor an address.
        container = av.open(file, "r", options={"protocol_whitelist": "none"})
    except (av.FFmpegError, OSError, ValueError) as error:
        raise AudioError(
            f"{name}: no audio can be read: it is {describe(file)}",
            hint="Any audio or video file that FFmpeg reads will do; convert this one or leave it out.",
        ) from error
    with container:
        if not container.streams.audio:
            kinds = ", ".join(sorted({stream.type for stream in container.streams})) or "nothing"
            raise AudioError(f"{name}: no audio stream: it is {describe(file)} (streams found: {kinds})")
        stream = container.streams.audio[0]
        if stream.codec_context.name == "flac":
            # Without this the checksums that FLAC carries are not looked at, and damage sounds like noise.
            stream.codec_context.options = {"err_detect": "crccheck+explode"}
        if not stream.rate or not stream.channels:
            raise AudioError(f"{name}: no audio can be read: it is {describe(file)}")
        yield Reader(name, container, stream)


def _without(count: int, pieces: Iterator[Piece]) -> Iterator[Piece]:
    """The pieces less their first `count` samples."""
    for rate, piece in pieces:
        if count < len(piece):
            yield rate, piece[count:]
        count = max(0, count - len(piece))


def mono(frame: AudioFrame) -> Samples:
    """A frame of any sample format → float32 ``(n,)``: the mean of its channels, 1.0 at full scale."""
    values: Any = frame.to_ndarray()
    kind = frame.format.name.removesuffix("p")
    channels = frame.layout.nb_channels
    if not frame.format.is_planar:
        values = values.reshape(-1, channels).T
    mixed = values[0].astype(np.float32) if channels == 1 else values.mean(axis=0, dtype=np.float32)
    if kind == "u8":
        mixed = mixed - np.float32(_SCALES["u8"])
    return np.asarray(mixed / np.float32(_SCALES.get(kind, 1.0)), dtype=np.float32)
