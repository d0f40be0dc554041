"""What must not stand on two sides of a split."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from idiolect.corpus.values import SPLITS, DatasetItem, GroupBy, Split
from idiolect.errors import LeakError
from idiolect.text import basic_v1

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Leak:
    """One thing on two sides. what: recording, audio, speaker, session or prompted text. clips: their ids by side."""

    what: str
    name: str
    clips: Mapping[Split, tuple[str, ...]]

    def __str__(self) -> str:
        return f"{self.what} {self.name!r} in {' and '.join(self.clips)}"


def check_leaks(items: Sequence[DatasetItem], group_by: GroupBy) -> None:
    """Raises `LeakError` that lists what stands on two sides."""
    refuse(list(leaks(items, group_by)))


def refuse(found: Sequence[Leak]) -> None:
    """Raises `LeakError` where anything was found."""
    if not found:
        return
    more = f"\n  … and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    listed = "\n  ".join(str(leak) for leak in found[:_SHOWN])
    raise LeakError(
        f"{len(found)} things stand on two sides of the split:\n  {listed}{more}",
        hint="Nothing was frozen. Give these clips one speaker or session, or group by something wider.",
    )


def leaks(items: Sequence[DatasetItem], group_by: GroupBy) -> Iterator[Leak]:
    """Each clip, recording, and (as the grouping promises) session, speaker, or prompted text that leaks."""
    yield from _crossing("recording", items, lambda item: [item.clip.recording.id])
    yield from _crossing("audio", items, lambda item: [item.clip.id])
    if group_by == "speaker":
        yield from _crossing("speaker", items, speakers)
        yield from _crossing("session", items, lambda item: sessions(item, of_speaker=True))
    if group_by == "session":
        yield from _crossing("session", items, lambda item: sessions(item, of_speaker=False))
    yield from _crossing("prompted text", items, prompted_texts)


def speakers(item: DatasetItem) -> list[str]:
    """The speaker, where one is named."""
    speaker = item.clip.recording.speaker
    return [] if speaker is None else [speaker]


def sessions(item: DatasetItem, *, of_speaker: bool) -> list[str]:
    """The session, where one is named; with the speaker where two people's sessions may have one name."""
    recording = item.clip.recording
    if recording.session is None:
        return []
    return [f"{recording.speaker or '?'} / {recording.session}" if of_speaker else recording.session]


def prompted_texts(item: DatasetItem) -> list[str]:
    """The normalized texts of a clip whose speaker read them."""
    if not item.clip.recording.prompted:
        return []
    labels = [*item.references, *([] if item.label is None else [item.label])]
    return sorted({basic_v1(label.text) for label in labels if label.text})


def on_both_sides(items: Iterable[DatasetItem], keys: Callable[[DatasetItem], list[str]]) -> dict[str, set[Split]]:
    """Each key that stands in more than one split, with these splits."""
    sides: dict[str, set[Split]] = defaultdict(set)
    for item in items:
        for key in keys(item):
            sides[key].add(item.split)
    return {key: found for key, found in sides.items() if len(found) > 1}


def _crossing(what: str, items: Sequence[DatasetItem], keys: Callable[[DatasetItem], list[str]]) -> Iterator[Leak]:
    crossing = on_both_sides(items, keys)
    if not crossing:
        return
    clips: dict[str, dict[Split, list[str]]] = defaultdict(lambda: defaultdict(list))
    for item in items:
        for key in crossing.keys() & keys(item):
            clips[key][item.split].append(item.clip.id)
    for key, found in sorted(clips.items()):
        yield Leak(what, key, {split: tuple(found[split]) for split in SPLITS if split in found})
