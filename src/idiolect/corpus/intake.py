"""One file on its way in: decoded, named by its samples, written, cut and measured. Reads no database."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Literal, TypeVar

from idiolect import audio
from idiolect.corpus.audio_files import AudioFiles, path_of
from idiolect.corpus.importers.entry import Entry, Skip
from idiolect.corpus.values import NewLabel, Purpose, Recording, Sensitivity, SourceKind
from idiolect.errors import AudioError, CorpusError
from idiolect.units import MAX_CLIP, SAMPLE_RATE, Samples, Seconds

_T = TypeVar("_T")

LONG = Seconds(600.0)
"""Above this a file passes through in blocks: ten minutes are 38 MB of samples."""
_BEYOND = 0.5
"""Seconds that a transcript's times may pass the end of its file: rounding, and padding that an encoder added."""
_SHORTEST = 0.05
"""Seconds; less holds no sound of speech."""


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What an import says of its files where their entries do not.

    consent: what the speakers agreed to, in words; noted for each of them.
    copy: copy audio into the project (else it is referenced where it lies).
    prompted: the speakers read given texts. train_only: pre-training material, never in dev or test.
    transcripts: what imported texts may be used for; ``none`` leaves them out.
    longest: seconds of the longest clip that a file without times is cut into.
    threads: files that are decoded at once.
    """

    speaker: str | None = None
    session: str | None = None
    device: str | None = None
    language: str | None = None
    collection: str | None = None
    sensitivity: Sensitivity | str = Sensitivity.PRIVATE
    consent: str | None = None
    copy: bool = True
    prompted: bool = False
    train_only: bool = False
    transcripts: Literal["training", "scoring", "none"] = "training"
    longest: Seconds = MAX_CLIP
    threads: int = 2

    def __post_init__(self) -> None:
        if self.transcripts not in {"training", "scoring", "none"}:
            raise CorpusError(f"transcripts is {self.transcripts!r}", hint="training, scoring or none")
        if self.sensitivity not in set(Sensitivity):
            raise CorpusError(f"sensitivity is {self.sensitivity!r}", hint="private, internal or shareable")
        if not 1 <= self.longest <= MAX_CLIP:
            raise CorpusError(f"the longest clip is {self.longest} s", hint="1 to 30 s")


@dataclass(frozen=True, slots=True)
class NewClip:
    """A clip that is ready for its row."""

    id: str
    start: Seconds
    end: Seconds
    quality: dict[str, float]


@dataclass(frozen=True, slots=True)
class Taken:
    """All that one file gives. `recording` is None where it gave only reasons why not.

    path: the file that was written for it, if one was; it goes again where no row comes to name it.
    """

    where: str
    path: str | None = None
    recording: Recording | None = None
    clips: tuple[NewClip, ...] = ()
    labels: tuple[NewLabel, ...] = ()
    skipped: tuple[Skip, ...] = ()
    damaged: tuple[Skip, ...] = ()
    """What is wrong with a file that was taken all the same: truncated, broken packets."""


@dataclass(frozen=True, slots=True)
class _Sound:
    """A decoded file: its samples where it is short, else a way to read stretches."""

    id: str
    path: str
    count: int
    stretch: Callable[[float, float], Samples]
    blocks: Callable[[], Iterator[Samples]]

    @property
    def duration(self) -> float:
        return self.count / SAMPLE_RATE


def take(
    entries: Sequence[Entry],
    options: ImportOptions,
    files: AudioFiles,
    *,
    write: bool,
    known: Collection[str] = (),
) -> Taken:
    """All entries of one file → recording, clips and labels; writes the audio file unless `write` is False.

    known: ids of clips that the store has, which need not be measured again (most of the time of an import).

    Raises:
        CorpusError: the audio cannot be written (full disk, read-only folder).
    """
    first = entries[0]
    where = str(first.audio) if first.audio is not None else first.where
    sound: _Sound | None = None
    warnings: dict[str, None] = {}  # each once, in order
    try:
        source = _source(first)
        info = audio.probe(source)
        sound = _sound(
            source, info.duration, files, options, write=write, warn=lambda text: warnings.update({text: None})
        )
        entries, others = _of_one_speaker(entries)
        spans, skipped = _stretches(entries, sound, options)
        skipped += others
        clips, quiet = _clips(spans, sound, where, known)
        labels, doubted = _labels(entries, spans, clips, options)
    except AudioError as error:
        path = sound.path if sound is not None and _copies(first, options) else None
        return Taken(where, path, skipped=(Skip(where, _reason(error.message, first)),))
    path = sound.path if _copies(first, options) else None
    skipped += [*quiet, *doubted]
    if not clips:
        return Taken(where, path, skipped=tuple(skipped or [Skip(where, "nobody speaks in it")]))
    recording = _recording(entries, options, sound, info)
    different = tuple({clip.id: clip for clip in clips.values()}.values())
    damaged = tuple(Skip(where, _reason(text, first)) for text in warnings)
    return Taken(where, path, recording, different, labels, tuple(skipped), damaged)


def _reason(message: str, entry: Entry) -> str:
    """The message without the name of the file, which stands beside it, as it was given or in full."""
    if entry.audio is None:
        return message
    return message.removeprefix(f"{entry.audio}: ").removeprefix(f"{_source(entry)}: ")


def _of_one_speaker(entries: Sequence[Entry]) -> tuple[list[Entry], list[Skip]]:
    """A recording has one speaker, whom splits and forgetting go by; stretches of another are not taken."""
    speaker = next((entry.speaker for entry in entries if entry.speaker is not None), None)
    taken = [entry for entry in entries if entry.speaker in (None, speaker)]
    others = [entry for entry in entries if entry.speaker not in (None, speaker)]
    reason = f"the recording has the speaker {speaker}; cut out what others say, and import it as files of its own"
    return taken, [Skip(entry.where, reason) for entry in others]


def _copies(entry: Entry, options: ImportOptions) -> bool:
    """Standard input lies nowhere, so it is always copied."""
    return options.copy or entry.audio is None


def _source(entry: Entry) -> Path | BytesIO:
    if entry.audio is not None:
        return entry.audio.expanduser().absolute()
    return BytesIO(sys.stdin.buffer.read())


def _sound(
    source: Path | BytesIO,
    duration: float | None,
    files: AudioFiles,
    options: ImportOptions,
    *,
    write: bool,
    warn: Callable[[str], None],
) -> _Sound:
    copy = options.copy or isinstance(source, BytesIO)
    if duration is not None and duration <= LONG:
        samples = audio.decode(source, on_warning=warn)
        if not len(samples):
            raise AudioError("holds no samples")
        key = audio.samples_hash(samples)
        path = (_written(lambda: files.write(key, samples)) if write else path_of(key)) if copy else str(source)
        return _Sound(key, path, len(samples), lambda a, b: samples[_at(a) : _at(b)], lambda: iter((samples,)))
    if copy and write:
        key, path, count = _written(lambda: files.write_blocks(audio.decode_blocks(source, on_warning=warn)))
        place: Path | BytesIO | None = None
    else:
        digest, count = audio.SamplesHash(), 0
        for block in audio.decode_blocks(source, on_warning=warn):
            digest.update(block)
            count += len(block)
        key = digest.hexdigest()
        path, place = path_of(key) if copy else str(source), source
    if not count:
        raise AudioError("holds no samples")
    if place is None:
        return _Sound(key, path, count, lambda a, b: files.stretch(path, a, b), lambda: files.blocks(path))
    return _Sound(
        key,
        path,
        count,
        lambda a, b: audio.decode(place, start=Seconds(a), end=Seconds(b)),
        lambda: audio.decode_blocks(place),
    )


def _written(write: Callable[[], _T]) -> _T:
    import soundfile

    try:
        return write()
    except (OSError, soundfile.LibsndfileError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise CorpusError(
            f"the audio cannot be written: {reason}",
            hint="What was imported stays. Free some space, or check who owns the folder; then run it again.",
        ) from error


def _at(seconds: float) -> int:
    return round(seconds * SAMPLE_RATE)


_Span = tuple[float, float]
"""Start and end in seconds, both a whole number of samples."""


def _stretches(
    entries: Sequence[Entry], sound: _Sound, options: ImportOptions
) -> tuple[dict[_Span, list[Entry]], list[Skip]]:
    """Which stretches become clips, with the entries that claim something of exactly that stretch."""
    spans: dict[_Span, list[Entry]] = {}
    skipped: list[Skip] = []
    whole = (0.0, sound.duration)
    timed = [entry for entry in entries if entry.start is not None or entry.end is not None]
    for entry in timed:
        start, end = entry.start or 0.0, sound.duration if entry.end is None else entry.end
        reason = _impossible(start, end, sound.duration)
        if reason is None:
            span = (_at(start) / SAMPLE_RATE, min(_at(end), sound.count) / SAMPLE_RATE)
            spans.setdefault(span, []).append(entry)
        else:
            skipped.append(Skip(entry.where, reason))
    untimed = [entry for entry in entries if entry.start is None and entry.end is None]
    if not untimed:
        return spans, skipped
    if sound.duration <= options.longest:
        spans.setdefault(whole, []).extend(untimed)
        return spans, skipped
    # A text of the whole file fits none of the clips it is cut into.
    skipped += [
        Skip(entry.where, f"the text has no times and the recording lasts {sound.duration:.0f} s: imported without it")
        for entry in untimed
        if entry.claims and options.transcripts != "none"
    ]
    if not timed:
        for found in audio.cut(sound.blocks(), longest=options.longest):
            spans.setdefault((_at(found.start) / SAMPLE_RATE, _at(found.end) / SAMPLE_RATE), [])
    return spans, skipped


def _impossible(start: float, end: float, duration: float) -> str | None:
    if not 0 <= start < end:
        return f"the times {start:.2f} to {end:.2f} s are no stretch"
    if start >= duration or end > duration + _BEYOND:
        return f"the times {start:.2f} to {end:.2f} s pass the end of the file at {duration:.2f} s"
    if end - start > MAX_CLIP:
        return f"the stretch lasts {end - start:.1f} s; a clip lasts at most {MAX_CLIP:.0f} s"
    return None


def _clips(
    spans: dict[_Span, list[Entry]], sound: _Sound, where: str, known: Collection[str]
) -> tuple[dict[_Span, NewClip], list[Skip]]:
    clips: dict[_Span, NewClip] = {}
    skipped: list[Skip] = []
    for (start, end), entries in spans.items():
        named = entries[0].where if entries else where
        samples = sound.stretch(start, end)
        if len(samples) < _SHORTEST * SAMPLE_RATE:
            skipped.append(Skip(named, f"lasts {len(samples) / SAMPLE_RATE:.3f} s: too short to hold speech"))
            continue
        key = audio.samples_hash(samples)
        quality = None if key in known else audio.measure(samples)
        if quality is not None and quality.silent:
            skipped.append(Skip(named, "is digital silence"))
            continue
        measured = {} if quality is None else quality.as_dict()
        clips[start, end] = NewClip(key, Seconds(start), Seconds(end), measured)
    return clips, skipped


def _labels(
    entries: Sequence[Entry], spans: dict[_Span, list[Entry]], clips: dict[_Span, NewClip], options: ImportOptions
) -> tuple[tuple[NewLabel, ...], list[Skip]]:
    """The claims, in the order of the entries. Two texts of one source for one stretch: neither is taken."""
    if options.transcripts == "none":
        return (), []
    of_entry = {id(entry): clips[span] for span, claimed in spans.items() if span in clips for entry in claimed}
    texts: dict[tuple[str, SourceKind, str], set[str]] = {}
    for entry in entries:
        if id(entry) in of_entry and entry.text is not None:
            texts.setdefault((of_entry[id(entry)].id, entry.kind, entry.source), set()).add(entry.text)
    labels: list[NewLabel] = []
    skipped: list[Skip] = []
    for entry in entries:
        clip = of_entry.get(id(entry))
        if clip is None or not entry.claims:
            continue
        if len(texts.get((clip.id, entry.kind, entry.source), ())) > 1:
            skipped.append(Skip(entry.where, f"one of several texts of {entry.source or 'one source'} for one stretch"))
            continue
        labels += _claims(entry, clip.id, Purpose(options.transcripts))
    return tuple(labels), skipped


def _claims(entry: Entry, clip_id: str, purpose: Purpose) -> Iterator[NewLabel]:
    source = entry.source or "import"
    if entry.text is not None or entry.intent is not None:
        yield NewLabel(
            clip_id,
            entry.kind,
            source,
            text=entry.text,
            intent=entry.intent,
            slots=dict(entry.slots),
            words=entry.words,
            purpose=purpose,
        )
    if entry.silver_text is not None:
        yield NewLabel(clip_id, entry.kind, source, text=entry.silver_text, purpose=purpose, silver=True)


def _recording(entries: Sequence[Entry], options: ImportOptions, sound: _Sound, info: audio.AudioInfo) -> Recording:
    """What the entries say of the file; the first that says it counts, then the options."""

    def said(name: str) -> str | None:
        values = (getattr(entry, name) for entry in entries)
        value = next((value for value in values if value is not None), getattr(options, name))
        return None if value is None else str(value)

    first = entries[0]
    prompted = [entry.prompted for entry in entries if entry.prompted is not None]
    return Recording(
        id=sound.id,
        path=sound.path,
        copied=_copies(first, options),
        duration=Seconds(sound.duration),
        sample_rate=info.sample_rate,
        channels=info.channels,
        speaker=said("speaker"),
        session=said("session"),
        device=said("device"),
        language=said("language"),
        collection=options.collection,
        sensitivity=Sensitivity(said("sensitivity") or Sensitivity.PRIVATE),
        prompted=any(prompted) if prompted else options.prompted,
        synthetic=any(entry.synthetic or entry.kind is SourceKind.SYNTHESIS for entry in entries),
        train_only=options.train_only,
        origin="-" if first.audio is None else first.audio.name,
    )
