"""What a dataset gives to learn from: examples, dev clips, and a plain account of both before training starts."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from idiolect.corpus import Clip, Corpus, Dataset, DatasetItem, Label
from idiolect.errors import TrainingError
from idiolect.files import whole_file
from idiolect.training.learner import Example
from idiolect.units import Samples, show_duration

FEW_SECONDS = 600.0
"""Of the project's own speech: below this a model learns little; the user is told before, not after."""

KEPT_BYTES = 2_000_000_000
"""Samples that stay in memory as 16 bits: 17 hours."""


@dataclass(frozen=True, slots=True)
class Material:
    """What is there.

    examples: train clips with a text, in order of clip id.
    dev: dev clips with a label that may choose a checkpoint.
    account: lines for people: hours by source, target share, warnings.
    """

    examples: tuple[Example, ...]
    dev: tuple[DatasetItem, ...]
    clips: Mapping[str, Clip]
    account: tuple[str, ...]


def gather(dataset: Dataset) -> Material:
    """What `dataset` gives. Raises `TrainingError` where there is nothing to learn from."""
    spoken = [(item.clip, item.label) for item in dataset.train if item.label and item.label.text is not None]
    if not spoken:
        raise TrainingError(
            f"dataset {dataset.name} has no train clip with a text", hint="idiolect label, then idiolect freeze"
        )
    examples = tuple(_example(clip, label) for clip, label in spoken)
    dev = tuple(item for item in dataset.dev if item.label and (item.label.text or item.label.intent))
    clips = {clip.id: clip for clip, _ in spoken} | {item.clip.id: item.clip for item in dev}
    return Material(examples, dev, clips, tuple(_account(spoken, examples, dev)))


def refuse_if_empty(usable: Sequence[Example], refused: Mapping[str, str]) -> None:
    """Raise `TrainingError`, with the commonest reason, where no example is left."""
    if usable:
        return
    reason, count = Counter(refused.values()).most_common(1)[0] if refused else ("no reason given", 0)
    raise TrainingError(
        f"none of the train clips can be learned from; {count} of them: {reason}",
        hint="are the texts what is said in the clips?",
    )


def _example(clip: Clip, label: Label) -> Example:
    recording = clip.recording
    own = not (recording.train_only or recording.synthetic)
    return Example(clip.id, label.text or "", clip.duration, target=own)


def _account(
    spoken: Sequence[tuple[Clip, Label]], examples: Sequence[Example], dev: Sequence[DatasetItem]
) -> Iterator[str]:
    seconds: defaultdict[str, float] = defaultdict(float)
    for clip, label in spoken:
        seconds[f"{label.kind} {label.source}"] += clip.duration
    for source, total in sorted(seconds.items(), key=lambda row: -row[1]):
        yield f"{show_duration(total)} of train speech labelled by {source}"
    own = sum(example.duration for example in examples if example.target)
    everything = sum(example.duration for example in examples)
    yield f"{show_duration(own)} of {show_duration(everything)} are the project's own speech"
    yield f"{len(dev)} dev clips choose the checkpoint"
    if own < FEW_SECONDS:
        yield f"warning: under {show_duration(FEW_SECONDS)} of own speech teach a model little"
    if not dev:
        yield "warning: no dev clips: the last weights are kept, good or not"


class ClipSamples(Mapping[str, Samples]):
    """Clip id → samples, read when they are asked for; the first `KEPT_BYTES` stay in memory.

    What lies outside the project, in whatever format, is decoded once: its samples are kept as 16 bits in the project's
    ``cache/samples``, which may be deleted at any time. (Opus of 7 s: 0.1 s to decode, 0.001 s to read.)
    """

    def __init__(self, corpus: Corpus, clips: Mapping[str, Clip]) -> None:
        self._corpus, self._clips = corpus, clips
        self._kept: dict[str, NDArray[np.int16]] = {}
        self._bytes = 0

    def __getitem__(self, clip_id: str) -> Samples:
        if clip_id in self._kept:
            return self._kept[clip_id].astype(np.float32) / np.float32(32768)
        whole = self._read(clip_id)
        if self._bytes + whole.nbytes <= KEPT_BYTES:
            self._bytes += whole.nbytes
            self._kept[clip_id] = whole
        # The rounded samples, first time as later: what a batch holds must not depend on what was read before.
        return whole.astype(np.float32) / np.float32(32768)

    def _read(self, clip_id: str) -> NDArray[np.int16]:
        clip = self._clips[clip_id]
        path = self._corpus.folder / "cache" / "samples" / clip_id[:2] / f"{clip_id}.i16"
        if not clip.recording.copied and path.exists():
            return np.fromfile(path, dtype=np.int16)
        whole = np.rint(self._corpus.samples(clip) * 32768).clip(-32768, 32767).astype(np.int16)
        if not clip.recording.copied:
            with whole_file(path, mode=0o600) as temporary:
                whole.tofile(temporary)
        return whole

    def __iter__(self) -> Iterator[str]:
        return iter(self._clips)

    def __len__(self) -> int:
        return len(self._clips)
