"""Any audio or video file → mono float32 at 16 kHz.

FFmpeg's libraries (PyAV) decode; soxr resamples (it streams, its filter is steep, and files, microphone and
augmentation then sound alike). Our own files (16 kHz mono WAV and FLAC) take a shorter way through libsndfile, which
reads a stretch of an hour-long file without touching the rest.

Samples are rounded to 16 bits, so that the hash of what was imported and of the FLAC it became are one.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np

from idiolect.audio.container import Piece, Warn, open_container
from idiolect.audio.flac import round_to_16_bits
from idiolect.audio.resample import resample_stream
from idiolect.audio.sniff import cut_off, describe
from idiolect.errors import AudioError
from idiolect.units import MAX_CLIP, SAMPLE_RATE, Hertz, Samples, Seconds

Source = Path | str | BinaryIO
"""A path, or anything open for reading bytes; a pipe is first copied to a temporary file."""

BEGINNING = Seconds(0.0)

_RUN_UP = 0.5
"""Seconds decoded before a stretch: decoders and resamplers that start in the middle need some past (Opus: 0.08)."""

_SEEK_FROM = MAX_CLIP
"""A stretch that begins before this is decoded from the beginning, which takes 0.1 s and gives the same to the bit."""


@dataclass(frozen=True, slots=True)
class AudioInfo:
    """What a file says of itself."""

    duration: Seconds | None
    """None where only decoding would tell."""
    sample_rate: Hertz
    channels: int
    codec: str
    container: str


def probe(source: Source) -> AudioInfo:
    """What the header of `source` says, without decoding it.

    Raises:
        AudioError: it is missing, empty, or no audio.
    """
    with _opened(source) as (file, name), open_container(file, name) as reader:
        stream, container = reader.stream, reader.container
        duration = None
        if stream.duration is not None and stream.time_base is not None:
            duration = Seconds(float(stream.duration * stream.time_base))
        elif container.duration is not None:
            duration = Seconds(container.duration / 1e6)
        codec = stream.codec_context.name
        return AudioInfo(duration, Hertz(stream.rate), stream.channels, codec, container.format.name)


def decode(
    source: Source, *, start: Seconds = BEGINNING, end: Seconds | None = None, on_warning: Warn | None = None
) -> Samples:
    """The samples of `source` from `start` to `end` seconds: float32 ``(n,)``, mono, 16 kHz, in [-1, 1].

    A stretch of a 16 kHz mono WAV or FLAC equals the same stretch of the whole, to the bit, and so does one that begins
    in the first 30 s of any file. Later ones differ from it in the last bits (measured: up to 1 of 32768 from what is
    stored without loss, up to 25 from AAC and Opus; WebM counts in milliseconds and may be half of one aside). The
    same stretch read twice is the same: whoever names a stretch by its hash reads it as a stretch.

    Args:
        source: a path, or bytes open for reading.
        start: seconds from the first sample.
        end: seconds from the first sample, or None for all. What lies past the end of the file is left out.
        on_warning: is told, in words, of a truncated file or damaged packets; what could be decoded is returned.

    Raises:
        AudioError: missing, empty, no audio, nothing decoded, no sample after `start`, or samples that are not finite.
    """
    blocks = list(decode_blocks(source, start=start, end=end, on_warning=on_warning))
    return blocks[0] if len(blocks) == 1 else np.concatenate(blocks)


def decode_blocks(
    source: Source,
    block: Seconds = MAX_CLIP,
    *,
    start: Seconds = BEGINNING,
    end: Seconds | None = None,
    on_warning: Warn | None = None,
) -> Iterator[Samples]:
    """What `decode` gives, in blocks of `block` seconds (the last may be shorter), in constant memory.

    Raises:
        AudioError: as `decode`; on the first block, or after the last where samples are not finite.
    """
    if start < 0 or (end is not None and end <= start):
        raise AudioError(f"{name_of(source)}: nothing lies between {start} s and {end} s")
    with _opened(source) as (file, name):
        warn = on_warning or _no_warning
        pieces = _quick(source, start, end) or _any(file, name, start, end, warn)
        if end is None and (missing := cut_off(file)) is not None:
            warn(f"{name}: truncated: {missing}")
        empty = True
        for piece in _in_blocks(pieces, max(1, round(block * SAMPLE_RATE))):
            empty = False
            yield round_to_16_bits(piece)
        if empty:
            what = f"no samples after {start:.2f} s" if start else f"no samples: it is {describe(file)}"
            raise AudioError(f"{name}: {what}")


def name_of(source: Source) -> str:
    """What a message calls `source`."""
    if isinstance(source, str | Path):
        return str(source)
    name = getattr(source, "name", None)
    return str(name) if isinstance(name, str) else "audio"


def _no_warning(_text: str) -> None:
    """Nobody asked."""


@contextmanager
def _opened(source: Source) -> Iterator[tuple[BinaryIO, str]]:
    """`source` as a seekable file at its start, with its name. A file that was open before stays open."""
    name = name_of(source)
    with ExitStack() as stack:
        if isinstance(source, str | Path):
            try:
                file: BinaryIO = stack.enter_context(Path(source).expanduser().open("rb"))
            except OSError as error:
                raise AudioError(f"{name}: cannot be opened: {error.strerror}") from error
        else:
            file = source
        if not file.seekable():  # a pipe, by whatever name
            copy = stack.enter_context(tempfile.TemporaryFile(prefix="idiolect-"))
            shutil.copyfileobj(file, copy)
            file = cast("BinaryIO", copy)
        file.seek(0)
        if not file.read(1):
            raise AudioError(f"{name}: is empty (0 bytes)", hint="Record or copy it again, or leave it out.")
        file.seek(0)
        yield file, name


def _finite(pieces: Iterable[Piece], name: str) -> Iterator[Piece]:
    """The pieces, as long as all is finite; then only count, and raise at the end."""
    bad = total = 0
    place = first = 0.0
    for rate, piece in pieces:
        finite = np.isfinite(piece)
        if not bad and finite.all():
            yield rate, piece
        else:
            if not bad:
                first = place + int(np.argmin(finite)) / rate
            bad += int(np.count_nonzero(~finite))
        place += len(piece) / rate
        total += len(piece)
    if bad:
        raise AudioError(
            f"{name}: {bad} of {total} samples are not finite (NaN or infinite), the first at {first:.2f} s",
            hint="The program that wrote it is at fault; export it again as 16-bit audio.",
        )


def _in_blocks(pieces: Iterator[Samples], size: int) -> Iterator[Samples]:
    """Pieces of any length → blocks of `size` samples and a shorter last one."""
    waiting: list[Samples] = []
    held = 0
    for piece in pieces:
        waiting.append(piece)
        held += len(piece)
        while held >= size:
            whole = np.concatenate(waiting) if len(waiting) > 1 else waiting[0]
            yield whole[:size]
            waiting = [whole[size:]]
            held -= size
    if held:
        yield np.concatenate(waiting)


def _quick(source: Source, start: float, end: float | None) -> Iterator[Samples] | None:
    """16 kHz mono WAV and FLAC by libsndfile; None where it is something else or libsndfile cannot read it."""
    import soundfile

    if not isinstance(source, str | Path) or Path(source).suffix.lower() not in (".wav", ".flac"):
        return None
    path = Path(source).expanduser()
    if not path.is_file():
        return None
    try:
        with soundfile.SoundFile(path) as sound:
            plain = sound.subtype.startswith("PCM") or sound.subtype in ("FLOAT", "DOUBLE")
            if sound.samplerate != SAMPLE_RATE or sound.channels != 1 or not plain or sound.frames >= sys.maxsize:
                return None
            if sound.format == "FLAC" and end is None:
                # Is the last sample there? If not, the long way decodes what is, and says so.
                sound.seek(max(0, sound.frames - 1))
                sound.read(1)
    except (soundfile.LibsndfileError, RuntimeError):
        return None
    return (piece for _, piece in _finite(_read_sound(path, start, end), str(source)))


def _read_sound(path: Path, start: float, end: float | None) -> Iterator[Piece]:
    import soundfile

    with soundfile.SoundFile(path) as sound:
        first = min(round(start * SAMPLE_RATE), sound.frames)
        last = sound.frames if end is None else min(round(end * SAMPLE_RATE), sound.frames)
        try:
            if 0 < first < last:
                sound.seek(first)
            while first < last:
                # A minute at a time: little memory, and few calls.
                piece = sound.read(min(last - first, 60 * SAMPLE_RATE), dtype="float32")
                if not len(piece):
                    return
                first += len(piece)
                yield SAMPLE_RATE, piece
        except soundfile.LibsndfileError as error:
            raise AudioError(f"{path}: broken at {first / SAMPLE_RATE:.2f} s: {error.error_string}") from error


def _any(file: BinaryIO, name: str, start: float, end: float | None, warn: Warn) -> Iterator[Samples]:
    """Whatever FFmpeg reads, resampled."""
    if start > _SEEK_FROM:
        with open_container(file, name) as reader:
            near = reader.from_near(start - _RUN_UP)
            if near is not None:
                offset, pieces = near
                yield from _between(resample_stream(_finite(pieces, name)), start, end, offset)
                return
        file.seek(0)
    with open_container(file, name) as reader:
        yield from _between(resample_stream(_finite(reader.from_start(), name)), start, end, 0)
        if end is None and (complaint := reader.complaint()) is not None:
            warn(f"{name}: {complaint}")


def _between(pieces: Iterator[Samples], start: float, end: float | None, offset: int) -> Iterator[Samples]:
    """What lies from `start` to `end` seconds; the first piece begins with sample number `offset`."""
    first = round(start * SAMPLE_RATE)
    last = sys.maxsize if end is None else round(end * SAMPLE_RATE)
    for piece in pieces:
        wanted = piece[max(0, first - offset) : max(0, last - offset)]
        offset += len(piece)
        if len(wanted):
            yield wanted
        if offset >= last:
            return
