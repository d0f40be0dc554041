"""Voices among clips that name neither speaker nor session, and sessions named after them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from idiolect import audio
from idiolect.audio import Prefer, VoiceGroups
from idiolect.corpus import recordings, summaries, tables
from idiolect.corpus.values import Clip, Recording
from idiolect.errors import CorpusError
from idiolect.progress import SILENT, Progress
from idiolect.units import Samples

if TYPE_CHECKING:
    from idiolect.corpus.store import Corpus

OURS = re.compile(r"voice-\d+")
"""The sessions that are named here."""


@dataclass(frozen=True, slots=True)
class ClipVoices:
    """Clips, and the voice of each: ``found.groups[i]`` is that of ``clips[i]``."""

    clips: tuple[Clip, ...]
    found: VoiceGroups

    def sessions(self) -> dict[str, str]:
        """For each recording's id the session it would be named: ``voice-07``."""
        names = self.found.names()
        return {clip.recording.id: name for clip, name in zip(self.clips, names, strict=True)}


def unnamed(clips: Sequence[Clip]) -> list[Clip]:
    """The clips of people whose recording names neither speaker nor session; a session of ours counts as none.

    Raises:
        CorpusError: there is none.
    """
    found = [clip for clip in clips if not clip.recording.synthetic and _free(clip.recording)]
    if not found:
        raise CorpusError(
            f"none of {len(clips)} clips is without speaker and session",
            hint="Only such clips are grouped; freeze groups the others by the names they have.",
        )
    return found


def _free(recording: Recording) -> bool:
    return recording.speaker is None and (recording.session is None or OURS.fullmatch(recording.session) is not None)


def find_voices(
    corpus: Corpus, clips: Sequence[Clip], *, prefer: Prefer = "joined", progress: Progress = SILENT
) -> ClipVoices:
    """Group clips by voice; clips of one recording stay together. Reads the audio of every clip once."""

    def samples() -> Iterator[Samples]:
        for clip in clips:
            yield corpus.samples(clip)
            progress.advance()

    progress.start("listening for voices", len(clips))
    found = audio.group_voices(samples(), prefer=prefer, together=[clip.recording.id for clip in clips])
    progress.finish()
    return ClipVoices(tuple(clips), found)


def name_sessions(connection: sa.Connection, sessions: Mapping[str, str]) -> int:
    """Give recordings that name neither speaker nor session a session, by their id; how many were named.

    Sessions that were given so before (`OURS`) are given anew: more clips may have come, and groups with them.

    Raises:
        CorpusError: a dataset is frozen already. A split is a hash of the speaker, session or recording: a new session
            could move a clip from test to train.
    """
    frozen = connection.execute(sa.select(tables.dataset.c.id)).first()
    if frozen is not None:
        raise CorpusError(
            f"dataset {frozen.id[:8]} is frozen: naming sessions now could move clips from one split to another",
            hint="Import into a new project and name sessions before the first freeze.",
        )
    free = {recording.id for recording in recordings.recordings(connection) if _free(recording)}
    table = tables.recording
    wanted = [(recording, session) for recording, session in sessions.items() if recording in free]
    for recording, session in wanted:
        connection.execute(sa.update(table).where(table.c.id == recording).values(session=session))
    summaries.follow(connection, [recording for recording, _ in wanted])
    return len(wanted)
