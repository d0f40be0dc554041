"""Sounds and rows for the tests of the store."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from idiolect import audio
from idiolect.corpus import Corpus, NewLabel, Recording, SourceKind, labels, recordings
from idiolect.units import SAMPLE_RATE, Hertz, Samples, Seconds


def noise(seed: int, seconds: float = 0.4) -> Samples:
    """Samples that no other seed gives."""
    generator = np.random.default_rng(seed)
    return (generator.standard_normal(round(seconds * SAMPLE_RATE)) * 0.05).astype(np.float32)


def wav(folder: Path, name: str, seed: int, seconds: float = 0.4) -> Path:
    path = folder / f"{name}.wav"
    audio.write_wav(path, noise(seed, seconds))
    return path


def row(corpus: Corpus, name: str, *, text: str | None = None, clips: int = 1, **about: object) -> list[str]:
    """A recording without a file, and its clips; the ids of the clips depend on `name` alone."""
    return rows(corpus, [{"name": name, "text": text, "clips": clips, **about}])


def rows(corpus: Corpus, wanted: Iterable[dict[str, Any]]) -> list[str]:
    """The same for many, in one transaction."""
    ids: list[str] = []
    with corpus.database.write() as connection:
        for one in wanted:
            about = {"text": None, "clips": 1} | one
            name, text, clips = about.pop("name"), about.pop("text"), about.pop("clips")
            key = hashed(name)
            path = f"/nowhere/{name}.wav"
            recordings.add_recording(
                connection, Recording(key, path, False, Seconds(2.0 * clips), Hertz(16000), 1, **about)
            )
            for number in range(clips):
                clip_id = hashed(f"{name} {number}")
                span = (2.0 * number, 2.0 * number + 2)
                recordings.add_clip(connection, key, clip_id, span=span, quality={})
                ids.append(clip_id)
                if text is not None:
                    labels.add_labels(connection, [NewLabel(clip_id, SourceKind.HUMAN, "me", text=text)])
    return ids


def hashed(name: str) -> str:
    """What stands for the hash of samples."""
    return hashlib.blake2b(name.encode(), digest_size=16).hexdigest()
