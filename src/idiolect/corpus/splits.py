"""Which side a clip stands on: a hash of its group, so that nothing that is added ever moves it.

The rule is `RULE`. A group's hash is a number in [0, 1): the lowest `Shares.test` are test, the next `Shares.dev` are
dev, the rest is train. So a larger test share takes whole groups from train by way of dev, and never gives one back.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from idiolect.corpus.values import Clip, GroupBy, Split
from idiolect.errors import CorpusError

RULE = "idiolect.split.v1"
"""The salt of the hash; another rule would have another name."""
_SPEAKERS, _COVER = 3, 0.9
"""Grouping by speaker wants this many speakers who carry this share of the clips."""
_SESSIONS = 3


@dataclass(frozen=True, slots=True)
class Shares:
    """How much of the groups stands in dev and test; the rest trains."""

    dev: float = 0.1
    test: float = 0.1

    def __post_init__(self) -> None:
        if self.dev < 0 or self.test < 0 or self.dev + self.test >= 1:
            raise CorpusError(f"dev {self.dev} and test {self.test} leave nothing to train on", hint="e.g. .1 and .1")


def position(key: str) -> float:
    """A number in [0, 1) that depends on `key` alone."""
    digest = hashlib.blake2b(f"{RULE}\0{key}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


def side(key: str, shares: Shares) -> Split:
    """The split of everything that has this key."""
    where = position(key)
    if where < shares.test:
        return "test"
    return "dev" if where < shares.test + shares.dev else "train"


def group_key(clip: Clip, group_by: GroupBy) -> str:
    """What holds a clip together with others: the speaker, else the session, else the recording.

    Where speakers are the groups, a session is one of a speaker: two people may both have a session "1". Where
    sessions are, all who share the name of one stand together.
    """
    recording = clip.recording
    if group_by == "speaker" and recording.speaker is not None:
        return f"speaker:{recording.speaker}"
    if group_by in ("speaker", "session") and recording.session is not None:
        return f"session:{recording.session}"
    return f"recording:{recording.id}"


def choose_grouping(clips: Sequence[Clip], shares: Shares) -> GroupBy:
    """The widest group that these clips can be split by: speaker, else session, else recording.

    Decided once for a project, at its first freeze, over clips that may be tested on. A grouping is passed over where
    it would leave dev or test empty, as three speakers would in most cases.
    """
    speakers = [clip.recording.speaker for clip in clips if clip.recording.speaker is not None]
    sessions = [clip.recording.session for clip in clips if clip.recording.session is not None]
    fits: dict[GroupBy, bool] = {
        "speaker": len(set(speakers)) >= _SPEAKERS and len(speakers) >= _COVER * len(clips),
        "session": len(set(sessions)) >= _SESSIONS and len(sessions) >= _COVER * len(clips),
    }
    wanted = {"train"} | ({"dev"} if shares.dev else set()) | ({"test"} if shares.test else set())
    for group_by, fitting in fits.items():
        if fitting and {side(group_key(clip, group_by), shares) for clip in clips} >= wanted:
            return group_by
    return "recording"


def assign(
    clips: Iterable[Clip], texts: Mapping[str, set[str]], group_by: GroupBy, shares: Shares
) -> tuple[dict[str, Split], set[str]]:
    """The split of each clip id, and the ids that stand nowhere because of their text.

    texts: for prompted clips, all normalized texts that people claim for it, by clip id.

    Recordings that are synthetic or train-only are in train. A prompted text that several groups on different sides
    read is on one side only, by its own hash: clips of it on other sides are left out. So a clip may be left out
    when somebody else reads its text, and comes back never; it does not change sides.
    """
    splits: dict[str, Split] = {}
    readers: dict[str, dict[Split, list[str]]] = defaultdict(lambda: defaultdict(list))
    for clip in clips:
        if clip.recording.train_only or clip.recording.synthetic:
            splits[clip.id] = "train"
            continue
        split = splits[clip.id] = side(group_key(clip, group_by), shares)
        for text in texts.get(clip.id, ()):
            readers[text][split].append(clip.id)
    out: set[str] = set()
    for text, sides in readers.items():
        if len(sides) > 1:
            own = side(f"text:{text}", shares)
            out |= {clip_id for split, found in sides.items() if split != own for clip_id in found}
    return splits, out


def as_group_by(name: str) -> GroupBy:
    """Raises `CorpusError` for what is no grouping."""
    if name not in ("speaker", "session", "recording"):
        raise CorpusError(f"group_by is {name!r}", hint="speaker, session or recording")
    return cast("GroupBy", name)
