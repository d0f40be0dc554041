"""Which phone is spoken when: PocketSphinx aligns a clip to its text, state by state.

Two passes: the first finds the words (and which of a word's pronunciations) in the audio, the second the phones in
each word. `bestpath` is off in the first: with it on, its word times come from a lattice and are now and then too
short for the phones of the word, and the second pass fails ("Failed to stop utterance processing"; 6 of 34 clips of
read books, 0 of 34 without). Both ends of a clip are padded with low noise: the aligner needs a silence to end in.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from idiolect.errors import IdiolectError
from idiolect.progress import SILENT, Progress
from idiolect.text import basic_v1
from idiolect.units import SAMPLE_RATE, Samples

ALIGNER = "pocketsphinx.v1"
"""Changes whenever the same clip and text would be aligned otherwise."""

FRAME = 160
"""Samples of an alignment's frame: 10 ms, PocketSphinx's and our features' hop."""

SILENCE = "SIL"

FEW = 16
"""Clips that are aligned sooner than other processes have started."""

Pronounce = Callable[[str], Sequence[Sequence[str]]]
"""A word → its pronunciations in ARPAbet without stress; none where it has none."""


class _Try(NamedTuple):
    """One way to prepare a clip: frames of padding, deviation of the noise in 16-bit steps, peak (0: as it is)."""

    padding: int
    noise: float
    peak: float


_TRIES = (_Try(50, 20.0, 0.0), _Try(80, 60.0, 0.5), _Try(120, 3.0, 0.25))


@dataclass(frozen=True, slots=True)
class Alignment:
    """The phones of one clip: each with its first frame and its length in frames of 10 ms.

    score: mean log-likelihood per frame as the aligner counts it; comparable between clips of one aligner only.
    """

    phones: tuple[tuple[str, int, int], ...]
    score: float = 0.0

    def targets(self, frames: int, phone_ids: Mapping[str, int], stride: int = 1) -> NDArray[np.int64]:
        """int64 ``(ceil(frames / stride),)``: the phone at every `stride`-th frame; silence where none is said."""
        ids = np.full(frames, phone_ids[SILENCE], dtype=np.int64)
        for phone, start, length in self.phones:
            ids[max(0, start) : max(0, start + length)] = phone_ids.get(phone, phone_ids[SILENCE])
        return ids[::stride]

    def as_text(self) -> str:
        """``SIL:0:12 HH:12:7 …``."""
        return " ".join(f"{phone}:{start}:{length}" for phone, start, length in self.phones)

    @classmethod
    def from_text(cls, text: str, score: float = 0.0) -> Alignment:
        """The inverse of `as_text`."""
        parts = (part.split(":") for part in text.split())
        return cls(tuple((phone, int(start), int(length)) for phone, start, length in parts), score)


class SphinxAligner:
    """Aligns one clip after the other. Loads in 0.3 s; about 0.035 s per second of audio on one core."""

    def __init__(self, pronounce: Pronounce | None = None) -> None:
        from pocketsphinx import Decoder

        self._decoder = Decoder(samprate=SAMPLE_RATE, loglevel="FATAL", lm=None, bestpath=False)
        self._pronounce = pronounce
        self._unknown: set[str] = set()

    def align(self, samples: Samples, text: str) -> Alignment | str:
        """The alignment of float32 ``(n,)`` samples to `text`, or in words why there is none."""
        words = basic_v1(text).split()
        if not words:
            return self._silence(samples)
        missing = [word for word in words if not self._learn(word)]
        if missing:
            return f"no pronunciation for {missing[0]!r}"
        # Noise that depends on the clip alone: the same clip is aligned the same in any order, in any process.
        seed = int.from_bytes(hashlib.blake2b(samples.tobytes(), digest_size=8).digest(), "little")
        for attempt in _TRIES:
            try:
                found = self._once(_padded(samples, attempt, np.random.default_rng(seed)), " ".join(words))
            except RuntimeError:
                continue
            if found is not None:
                return _shifted(found, attempt.padding, len(samples) // FRAME)
        return "the text does not fit the audio"

    def _silence(self, samples: Samples) -> Alignment:
        return Alignment(((SILENCE, 0, len(samples) // FRAME),))

    def _learn(self, word: str) -> bool:
        """True if the aligner can pronounce `word`, from its own dictionary or by ours."""
        if word in self._unknown:
            return False
        if self._decoder.lookup_word(word) is not None:
            return True
        try:
            found = list(self._pronounce(word)) if self._pronounce else []
        except IdiolectError:
            found = []
        for number, phones in enumerate(found, start=1):
            name = word if number == 1 else f"{word}({number})"
            self._decoder.add_word(name, " ".join(phones), update=number == len(found))
        if not found:
            self._unknown.add(word)
        return bool(found)

    def _once(self, pcm: bytes, text: str) -> Any:
        # The acoustic scorer starts from the Gaussians that were best in the last frame it saw, also across
        # clips: without this a phone border moved by a frame with the clip before it (1 of 7 clips of an4).
        self._decoder.reinit_feat()
        self._decoder.set_align_text(text)
        self._decode(pcm)
        self._decoder.set_alignment()
        self._decode(pcm)
        return self._decoder.get_alignment()

    def _decode(self, pcm: bytes) -> None:
        self._decoder.start_utt()
        try:
            self._decoder.process_raw(pcm, full_utt=True)
        finally:
            self._decoder.end_utt()


def _padded(samples: Samples, attempt: _Try, rng: np.random.Generator) -> bytes:
    scaled = samples * (attempt.peak / (float(np.abs(samples).max()) + 1e-6)) if attempt.peak else samples
    padded = np.pad(scaled, attempt.padding * FRAME) * 32767
    padded += rng.normal(scale=attempt.noise, size=len(padded))
    return padded.clip(-32768, 32767).astype(np.int16).tobytes()


def _shifted(found: Any, padding: int, frames: int) -> Alignment:
    """The clip's own frames of an alignment of the padded clip."""
    phones: list[tuple[str, int, int]] = []
    score = 0.0
    for word in found:
        for phone in word:
            start, end = max(0, phone.start - padding), min(frames, phone.start + phone.duration - padding)
            score += phone.score
            if end > start:
                # Fillers (+SPN+, +NSN+) are no speech that we model.
                phones.append((SILENCE if phone.name.startswith("+") else phone.name, start, end - start))
    return Alignment(tuple(phones), round(score / (frames + 2 * padding), 1))


class AlignmentCache:
    """Alignments that were made, in a JSONL file that is only added to: killed work goes on where it was.

    A clip's alignment is found by the clip's id, its normalized text and the aligner. Failures are kept too, with
    the reason.
    """

    def __init__(self, folder: Path, aligner: str = ALIGNER) -> None:
        self.path = folder / f"{aligner}.jsonl"
        self._rows: dict[tuple[str, str], Alignment | str] = {}
        if self.path.exists():
            self._read()

    def _read(self) -> None:
        whole = 0
        for line in self.path.read_bytes().splitlines(keepends=True):
            try:
                row = json.loads(line)
            except ValueError:
                break
            if not line.endswith(b"\n"):
                break
            whole += len(line)
            found = row.get("failed") or Alignment.from_text(row["phones"], row["score"])
            self._rows[row["clip"], row["text"]] = found
        if whole < self.path.stat().st_size:
            # The last line was cut by a kill: what comes next must not be glued to it.
            with self.path.open("r+b") as file:
                file.truncate(whole)

    def get(self, clip_id: str, text: str) -> Alignment | str | None:
        """The alignment, in words why there is none, or None where nobody tried."""
        return self._rows.get((clip_id, basic_v1(text)))

    def add(self, clip_id: str, text: str, found: Alignment | str) -> None:
        """Keep one result."""
        key = (clip_id, basic_v1(text))
        row: dict[str, Any] = {"clip": clip_id, "text": key[1]}
        row |= {"failed": found} if isinstance(found, str) else {"phones": found.as_text(), "score": found.score}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
        self._rows[key] = found


def align_all(
    wanted: Sequence[tuple[str, str]],
    samples: Mapping[str, Samples],
    cache: AlignmentCache,
    *,
    processes: int = 1,
    progress: Progress = SILENT,
) -> None:
    """Align each (clip id, text) that `cache` does not hold yet. Killed and called again, it goes on."""
    todo = [(clip_id, text) for clip_id, text in wanted if cache.get(clip_id, text) is None]
    if not todo:
        return
    progress.start("align", len(todo))
    for (clip_id, text), found in zip(todo, _aligned(todo, samples, processes), strict=True):
        cache.add(clip_id, text, found)
        progress.advance()
    progress.finish()


def _aligned(
    todo: Sequence[tuple[str, str]], samples: Mapping[str, Samples], processes: int
) -> Iterator[Alignment | str]:
    if processes > 1 and len(todo) > FEW:
        from idiolect.training.aligning import align_in_processes

        yield from align_in_processes(((samples[clip_id], text) for clip_id, text in todo), processes)
        return
    aligner = SphinxAligner(lexicon())
    yield from (aligner.align(samples[clip_id], text) for clip_id, text in todo)


def lexicon() -> Pronounce:
    """How words are spoken that PocketSphinx does not know."""
    from idiolect.tasks import Lexicon

    return Lexicon.default().pronounce
