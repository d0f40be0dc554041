"""Takes on their way in: a microphone's samples, stored in numbered parts as they come.

A take is a folder ``takes/<id>/``: ``take.json`` says who speaks, on what, and which text; each part is a file of raw
16-bit samples, there whole or not at all; ``end.json`` says how many there are. Whoever sends the parts (a page, a
program) may send them twice, in any order, and again after either side was killed: the number names the place, so no
sample is lost and none is doubled. A take that is kept is imported as any file is, and its folder goes; killed in
between, keeping it again adds nothing. No table knows of takes: what is not kept is no part of the collection.
"""

from __future__ import annotations

import shutil
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import sqlalchemy as sa

from idiolect import audio
from idiolect.audio.advice import Heard, listen
from idiolect.audio.parts import BYTES, join_parts
from idiolect.corpus import tables
from idiolect.corpus.forgetting import consents
from idiolect.corpus.importers.entry import Entry
from idiolect.corpus.importing import import_entries
from idiolect.corpus.intake import ImportOptions
from idiolect.corpus.take_files import FOLDER, NewTake, checked, end_of, folders, read_take, stored_in
from idiolect.corpus.values import Sensitivity, SourceKind
from idiolect.errors import CorpusError
from idiolect.files import check_room, whole_file, write_json
from idiolect.units import MAX_CLIP, Seconds

if TYPE_CHECKING:
    from idiolect.corpus.store import Corpus

LARGEST_PART = 4_000_000
"""Bytes; half a second at 192 kHz is 0.2 million."""
MOST_PARTS = 40_000
"""Five hours in parts of half a second: 3.8 GB at 96 kHz, and a WAV holds 4."""
LARGEST_TAKE = 4_000_000_000
"""Bytes; a WAV counts its own in 32 bits."""
_JUDGED = Seconds(120.0)
"""Seconds of a take that are measured: a longer one is a free recording, whose clips are measured one by one."""
_KEEPING = Lock()
"""A key that is pressed twice keeps a take once: the second call finds it kept."""


@dataclass(frozen=True, slots=True)
class TakeState:
    """How far a take is.

    parts: how many are stored. samples: in them, at the rate of the device.
    expected: how many parts there are in all; None: it is not ended.
    missing: numbers of parts that are not there and belong before one that is, or before the end.
    """

    take: NewTake
    parts: int
    samples: int
    expected: int | None
    missing: tuple[int, ...]
    began: datetime

    @property
    def whole(self) -> bool:
        """Ended, and every part is there."""
        return self.expected is not None and not self.missing

    @property
    def next(self) -> int:
        """The number that the next part of a take that goes on has: one after the last that is there."""
        return self.parts + len(self.missing)

    @property
    def duration(self) -> Seconds:
        """Seconds in the parts that are stored."""
        return Seconds(self.samples / self.take.sample_rate)


@dataclass(frozen=True, slots=True)
class Kept:
    """A take that is a recording now. already: it was kept before, or these very samples were imported."""

    recording: str
    clips: tuple[str, ...]
    duration: Seconds
    already: bool


class Takes:
    """The takes of a project. language, sensitivity: of the recordings that they become."""

    def __init__(
        self, corpus: Corpus, *, language: str | None = None, sensitivity: Sensitivity | str = Sensitivity.PRIVATE
    ) -> None:
        self._corpus = corpus
        self._folder = corpus.folder / FOLDER
        self._options = ImportOptions(language=language, sensitivity=sensitivity)

    def begin(self, take: NewTake) -> TakeState:
        """Make room for a take. The same again does nothing.

        Raises:
            CorpusError: the speaker has not agreed to be recorded, or the id belongs to another take.
        """
        with self._corpus.database.read() as connection:
            granted = consents(connection).get(take.speaker)
        if not granted:
            said = "has not agreed to be recorded" if granted is None else "has withdrawn consent"
            raise CorpusError(f"{take.speaker} {said}", hint="Ask them, and note their consent first.")
        path = self._folder / take.id / "take.json"
        if not path.exists():
            write_json(path, asdict(take))
        elif not read_take(path.parent).same(take):
            raise CorpusError(f"take {take.id} is there already, with another text, speaker or rate")
        return self.state(take.id)

    def put(self, take_id: str, number: int, pcm: bytes) -> None:
        """Store part `number` (from 0): little-endian int16 samples, mono, at the rate of the take.

        Whole or not at all; the same part again does nothing.

        Raises:
            CorpusError: no such take, half a sample, too many bytes, or another part has this number.
        """
        folder = self._known(take_id)
        if not 0 <= number < MOST_PARTS:
            raise CorpusError(f"a take has no part {number}", hint=f"0 to {MOST_PARTS - 1}")
        if not pcm or len(pcm) % BYTES or len(pcm) > LARGEST_PART:
            raise CorpusError(
                f"part {number} holds {len(pcm)} bytes", hint=f"whole samples of {BYTES} bytes, at most {LARGEST_PART}"
            )
        path = folder / f"{number:08d}.pcm"
        if path.exists():
            if path.read_bytes() != pcm:
                raise CorpusError(f"part {number} of take {take_id} is there already, with other samples")
            return
        end = end_of(folder)
        if end is not None and number >= end:
            raise CorpusError(f"take {take_id} ended before part {number}: it has {end}")
        check_room(folder)
        with whole_file(path, mode=0o600) as temporary:
            temporary.write_bytes(pcm)

    def end(self, take_id: str, parts: int | None = None, samples: int | None = None) -> TakeState:
        """Say that the take is over, and hear which parts are missing; they may still come. The same again is harmless.

        parts: how many there are; None: those that came before the first gap, as where a tab was closed for good.
        samples: how many there are in all, to be compared once every part is there.

        Raises:
            CorpusError: no such take, none or too many parts, or the samples are not as many.
        """
        folder = self._known(take_id)
        stored = stored_in(folder)
        if parts is None:
            parts = next(number for number in range(len(stored) + 1) if number not in stored)
        beyond = [number for number in stored if number >= parts]
        if not 0 < parts <= MOST_PARTS:
            raise CorpusError(f"take {take_id} has {parts} parts: nothing was recorded", hint="Throw it away.")
        if beyond and samples is not None:
            raise CorpusError(f"take {take_id} ends after {parts} parts, and part {max(beyond)} is there")
        if len(stored) - len(beyond) == parts and samples is not None and samples != sum(stored.values()):
            raise CorpusError(f"take {take_id} holds {sum(stored.values())} of {samples} samples")
        for number in beyond:
            (folder / f"{number:08d}.pcm").unlink(missing_ok=True)
        if end_of(folder) != parts:
            write_json(folder / "end.json", {"parts": parts})
            (folder / f"{take_id}.wav").unlink(missing_ok=True)
        return self.state(take_id)

    def go_on(self, take_id: str) -> TakeState:
        """Take the end back, where one was said: more parts follow, from `TakeState.next`. Raises `CorpusError`."""
        folder = self._known(take_id)
        (folder / f"{take_id}.wav").unlink(missing_ok=True)
        (folder / "end.json").unlink(missing_ok=True)
        return self.state(take_id)

    def take(self, take_id: str) -> NewTake:
        """What was said when it began. Raises `CorpusError` for a take that is not there."""
        return read_take(self._known(take_id))

    def state(self, take_id: str) -> TakeState:
        """How far it is. Raises `CorpusError` for a take that is not there."""
        folder = self._known(take_id)
        stored, end = stored_in(folder), end_of(folder)
        highest = max(stored, default=-1) + 1
        missing = tuple(number for number in range(highest if end is None else end) if number not in stored)
        began = datetime.fromtimestamp((folder / "take.json").stat().st_mtime, UTC)
        return TakeState(read_take(folder), len(stored), sum(stored.values()), end, missing, began)

    def unfinished(self, speaker: str | None = None) -> list[TakeState]:
        """Takes that were neither kept nor thrown away, oldest first: also those of a server that was killed."""
        states = []
        for folder in folders(self._folder):
            with suppress(CorpusError, FileNotFoundError):  # kept or thrown away in this moment
                states.append(self.state(folder.name))
        mine = (one for one in states if speaker in (None, one.take.speaker))
        return sorted(mine, key=lambda one: (one.began, one.take.id))

    def wav(self, take_id: str) -> Path:
        """The take as a WAV at the rate of the device, to be heard. Raises `CorpusError` where a part is missing."""
        folder = self._known(take_id)
        path = folder / f"{take_id}.wav"
        state = self.state(take_id)
        if not state.whole:
            lacks = f"lacks {len(state.missing)} parts" if state.missing else "is not ended"
            raise CorpusError(f"take {take_id} {lacks}", hint="The page that recorded it sends what is missing.")
        if state.samples * BYTES > LARGEST_TAKE:
            raise CorpusError(f"take {take_id} is larger than {LARGEST_TAKE / 1e9:.1f} GB", hint="Throw it away.")
        if not path.exists():
            check_room(folder)
            parts = [folder / f"{number:08d}.pcm" for number in range(state.expected or 0)]
            join_parts(parts, path, state.take.sample_rate)
        return path

    def listen(self, take_id: str) -> Heard:
        """What is measured in the take (its first two minutes) and what is wrong with it. Raises as `wav` does."""
        return listen(audio.decode(self.wav(take_id), end=_JUDGED))

    def keep(self, take_id: str) -> Kept:
        """Make a recording of it: resampled once, its text a label of the person, with speaker, session and device.

        A take that is read aloud is one clip; free speech is cut at silences. Again, also after a kill: adds nothing.

        Raises:
            CorpusError: no such take, a part is missing, a text was read for longer than a clip may last, nobody
                speaks in it, or the speaker has withdrawn consent. The take stays.
        """
        with _KEEPING:
            folder = self._folder / checked(take_id)
            if not (folder / "take.json").exists() and (before := self._kept(take_id)) is not None:
                return before
            path, state = self.wav(take_id), self.state(take_id)
            if state.take.text is not None and state.duration > MAX_CLIP:
                raise CorpusError(
                    f"the text was read for {state.duration:.0f} s; a clip lasts at most {MAX_CLIP:.0f} s",
                    hint="Record it again, in less time.",
                )
            report = import_entries(self._corpus, [_entry(state.take, path)], self._options)
            kept = self._kept(take_id, already=not report.added)
            if kept is None and report.already:
                kept = self._same_samples(path)
            if kept is None:
                reasons = "; ".join(skip.reason for skip in report.skipped) or "nothing in it"
                raise CorpusError(f"the take cannot be kept: {reasons}", hint="Record it again, or throw it away.")
            self._remove(folder)
            return kept

    def throw_away(self, take_id: str) -> None:
        """Delete it. One that is not there is gone already."""
        self._remove(self._folder / checked(take_id))

    def _known(self, take_id: str) -> Path:
        folder = self._folder / checked(take_id)
        if not (folder / "take.json").exists():
            raise CorpusError(f"there is no take {take_id}", hint="It was kept or thrown away.")
        return folder

    def _remove(self, folder: Path) -> None:
        """What makes it a take goes first, so that a kill leaves no take with holes."""
        (folder / "take.json").unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)

    def _kept(self, take_id: str, *, already: bool = True) -> Kept | None:
        """The recording that the take became: by the name of its file, which no other has."""
        return self._recording(tables.recording.c.origin == f"{take_id}.wav", already=already)

    def _same_samples(self, path: Path) -> Kept | None:
        """A recording that was imported from elsewhere and sounds the same, to the bit."""
        return self._recording(tables.recording.c.id == audio.samples_hash(audio.decode(path)), already=True)

    def _recording(self, wanted: sa.ColumnElement[bool], *, already: bool) -> Kept | None:
        recording, clip = tables.recording.c, tables.clip.c
        with self._corpus.database.read() as connection:
            row = connection.execute(sa.select(recording.id, recording.duration).where(wanted)).first()
            if row is None:
                return None
            clips = connection.execute(sa.select(clip.id).where(clip.recording_id == row.id).order_by(clip.start))
            return Kept(row.id, tuple(clips.scalars()), Seconds(row.duration), already)


def _entry(take: NewTake, path: Path) -> Entry:
    return Entry(
        audio=path,
        where=f"take {take.id}",
        text=take.text,
        kind=SourceKind.HUMAN,
        source=take.person or take.speaker,
        speaker=take.speaker,
        session=take.session or None,
        device=take.device or None,
        prompted=take.text is not None,
    )
