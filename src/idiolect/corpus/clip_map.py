"""A map of clips: near each other where they sound like one voice in one room.

Voice prints (`audio.voice_print`) brought to two dimensions by their principal components (Pearson 1901; by numpy's
singular values). Hearing a clip takes some 20 ms, so the prints are kept in the project's cache, and only clips that
are new to it are heard.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from idiolect import audio
from idiolect.audio.tensors import read_tensors, write_tensors
from idiolect.corpus import recordings
from idiolect.errors import AudioError, CorpusError
from idiolect.progress import SILENT, Progress

if TYPE_CHECKING:
    from idiolect.corpus.store import Corpus

FILE = Path("cache") / "map.v1.safetensors"
MOST = 20_000
"""Clips of a map: more dots than that are a stain, and hearing them takes seven minutes."""
_SAVE_EVERY = 500
_ID = 32


@dataclass(frozen=True, slots=True)
class ClipMap:
    """ids: of the clips that have a place. points: float32 ``(n, 2)``, in [-1, 1]. unplaced: too little is said."""

    ids: tuple[str, ...]
    points: NDArray[np.float32]
    unplaced: int


def make_map(corpus: Corpus, clip_ids: Sequence[str], *, progress: Progress = SILENT) -> ClipMap:
    """Place these clips, or `MOST` of them evenly drawn, and keep the map. Killed and called again, it goes on.

    Raises:
        CorpusError: none to place, or a clip that is not there. AudioError: audio that cannot be read.
    """
    if not clip_ids:
        raise CorpusError("there is no clip to place on the map", hint="Ask for other clips, or for all of them.")
    chosen = clip_ids if len(clip_ids) <= MOST else [clip_ids[len(clip_ids) * n // MOST] for n in range(MOST)]
    path = corpus.folder / FILE
    prints = _kept_prints(path)
    progress.start("listening for the map", len(chosen))
    for count, clip_id in enumerate(chosen, start=1):
        if clip_id not in prints:
            prints[clip_id] = _print_of(corpus, clip_id)
        progress.advance()
        if count % _SAVE_EVERY == 0:
            _write(path, prints, ())
    progress.finish()
    _write(path, prints, chosen)
    made = read_map(corpus.folder)
    if made is None or not made.ids:
        raise CorpusError(f"in none of {len(chosen)} clips is enough said for a place", hint="0.3 s of speech is.")
    return made


def read_map(folder: Path) -> ClipMap | None:
    """The map that was made last; None where there is none, or its file is damaged."""
    if not (folder / FILE).exists():
        return None
    try:
        arrays, _ = read_tensors(folder / FILE)
        placed = arrays["placed"].astype(bool)
        ids = np.array(_names(arrays["ids"]))[placed]
        return ClipMap(tuple(ids.tolist()), arrays["points"], int(arrays["unplaced"][0]))
    except (AudioError, KeyError, IndexError):
        return None


def forget_map(folder: Path) -> None:
    """Remove it: a print is of a voice."""
    (folder / FILE).unlink(missing_ok=True)


def project(prints: NDArray[np.float64]) -> NDArray[np.float32]:
    """``(n, dimensions)`` → ``(n, 2)`` in [-1, 1]: the two directions in which the prints differ most."""
    centred = prints - prints.mean(axis=0)
    if len(prints) < 2 or not centred.any():
        return np.zeros((len(prints), 2), dtype=np.float32)
    _, _, directions = np.linalg.svd(centred.T @ centred)
    points = centred @ directions[:2].T
    if points.shape[1] < 2:
        points = np.pad(points, ((0, 0), (0, 2 - points.shape[1])))
    return np.asarray(points / max(float(np.abs(points).max()), 1e-9), dtype=np.float32)


def _print_of(corpus: Corpus, clip_id: str) -> NDArray[np.float16] | None:
    with corpus.database.read() as connection:
        clip = recordings.clip(connection, clip_id)
    found = audio.voice_print(corpus.samples(clip))
    return None if found is None else found.astype(np.float16)


def _kept_prints(path: Path) -> dict[str, NDArray[np.float16] | None]:
    if not path.exists():
        return {}
    try:
        arrays, _ = read_tensors(path)
        rows = zip(_names(arrays["ids"]), arrays["prints"], arrays["known"], strict=True)
        return {name: row if known else None for name, row, known in rows}
    except (AudioError, KeyError, ValueError):
        return {}  # a damaged cache is made anew


def _write(path: Path, prints: Mapping[str, NDArray[np.float16] | None], placed: Sequence[str]) -> None:
    names, wanted = list(prints), set(placed)
    size = next((len(row) for row in prints.values() if row is not None), 0)
    empty = np.zeros(size, dtype=np.float16)
    table = np.array([empty if row is None else row for row in prints.values()], dtype=np.float16)
    known = np.array([row is not None for row in prints.values()])
    shown = known & np.array([name in wanted for name in names])
    arrays = {
        "ids": np.frombuffer("".join(names).encode("ascii"), dtype=np.uint8),
        "prints": table,
        "known": known.astype(np.uint8),
        "placed": shown.astype(np.uint8),
        "points": project(table[shown].astype(np.float64)),
        "unplaced": np.array([len(wanted) - int(shown.sum())], dtype=np.int64),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    write_tensors(path, arrays, {"rule": "voice prints, principal components"})


def _names(letters: NDArray[np.uint8]) -> list[str]:
    text = letters.tobytes().decode("ascii")
    return [text[start : start + _ID] for start in range(0, len(text), _ID)]
