"""Synthetic speech: sentences spoken by machines, with texts that are known. It trains only."""

from __future__ import annotations

import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from idiolect import audio
from idiolect.corpus.values import NewLabel, SourceKind
from idiolect.errors import AudioError, CorpusError, EngineError, InterruptedWork
from idiolect.gateway.values import FREE, Forecast, Money
from idiolect.labeling.voices import Line, Program, Voice, choose, program
from idiolect.progress import SILENT, Progress
from idiolect.units import MAX_CLIP, SAMPLE_RATE, Samples, Seconds, duration_of

if TYPE_CHECKING:
    from idiolect.corpus import Corpus, Entry
    from idiolect.labeling.voices.hosted import HostedVoices

_BATCH = 32
"""Sentences between two commits."""
_STRETCH = (0.85, 1.2)
_SEMITONES = (-2.0, 2.0)
"""A voice is moved up or down by playing it faster or slower: throat and pitch change together, as between people."""
_NO_TIME = Seconds(0.0)


@dataclass(frozen=True, slots=True)
class Utterance:
    """One sentence in one manner. What is spoken depends on nothing else."""

    voice: Voice
    text: str
    stretch: float
    semitones: float

    @property
    def parameters(self) -> dict[str, Any]:
        """What its label says, and what it is known by."""
        return {"voice": self.voice.name, "stretch": self.stretch, "semitones": self.semitones}

    @property
    def key(self) -> tuple[str, str, float, float]:
        """Equal for equal utterances."""
        return self.voice.name, self.text, self.stretch, self.semitones


@dataclass(frozen=True, slots=True)
class SynthesisReport:
    """What `synthesize` did, or with `dry_run` would do.

    made: new clips. already: clips that were there. failed: texts that gave no sound. pending: clips that `dry_run`
    would make. cost: what was booked. forecast: the most that a server could cost; None where all is spoken here.
    """

    made: int = 0
    already: int = 0
    failed: tuple[str, ...] = ()
    voices: Mapping[str, int] = field(default_factory=dict)
    audio: Seconds = _NO_TIME
    wall: Seconds = _NO_TIME
    pending: int = 0
    cost: Money = FREE
    forecast: Forecast | None = None
    dry_run: bool = False

    def as_dict(self) -> dict[str, Any]:
        """The same, as JSON values."""
        return {
            "made": self.made,
            "already": self.already,
            "failed": list(self.failed),
            "voices": dict(self.voices),
            "audio_seconds": round(self.audio, 3),
            "wall_seconds": round(self.wall, 3),
            "pending": self.pending,
            "cost": self.cost.dollars,
            "forecast": None if self.forecast is None else self.forecast.money.dollars,
            "dry_run": self.dry_run,
        }


def synthesize(
    corpus: Corpus,
    sentences: Sequence[str],
    *,
    voices: Sequence[str] | None = None,
    count: int | None = None,
    seed: int = 0,
    language: str = "en",
    hosted: HostedVoices | None = None,
    ask: Callable[[str], bool] | None = None,
    dry_run: bool = False,
    progress: Progress = SILENT,
) -> SynthesisReport:
    """Let machines speak, each sentence in a voice, at a rate and a pitch that `seed` draws.

    The recordings are marked synthetic, with the voice as speaker; the labels are of the kind `SYNTHESIS`. The same
    call adds nothing, and after a kill goes on.

    count: how many clips, the sentences in turn; None: one for each sentence.
    hosted: voices behind a server in place of those here; they speak at one speed, and only their pitch is drawn (the
    rate with it). ask: lets a person agree to what they cost. dry_run: only forecast that.

    Raises:
        EngineError: no sentence, or no voice of that name or language.
        GatewayError: sentences may not go to that server, nobody pays, or it wants none of them. What was made stays.
        InterruptedWork: Ctrl-C. What was made stays.
    """
    texts = [text for sentence in sentences if (text := " ".join(sentence.split()))]
    if not texts:
        raise EngineError("there is no sentence to speak", hint="give a task or a file with sentences")
    speakers = choose(voices, language) if hosted is None else hosted.find()
    stretch = _STRETCH if hosted is None else (hosted.stretch, hosted.stretch)
    wanted = draw(texts, speakers, len(texts) if count is None else count, seed, stretch=stretch)
    work = _Work(corpus, language, hosted)
    todo = work.not_yet(wanted)
    forecast = work.forecast(todo)
    if dry_run:
        return SynthesisReport(already=len(wanted) - len(todo), pending=len(todo), forecast=forecast, dry_run=True)
    if hosted is not None and forecast is not None:
        hosted.confirm(forecast, ask)
    begin = time.perf_counter()
    work.go(todo, progress)
    spoken = dict(sorted(work.voices.items()))
    wall = Seconds(time.perf_counter() - begin)
    already = len(wanted) - len(todo)
    cost = FREE if hosted is None else hosted.cost
    report = SynthesisReport(work.made, already, tuple(work.failed), spoken, Seconds(work.audio), wall)
    return replace(report, cost=cost, forecast=forecast)


def draw(
    texts: Sequence[str],
    voices: Sequence[Voice],
    count: int,
    seed: int,
    *,
    stretch: tuple[float, float] = _STRETCH,
) -> list[Utterance]:
    """`count` different utterances. Each is drawn by its own number, so that a larger count begins with the smaller."""
    drawn: dict[tuple[str, str, float, float], Utterance] = {}
    for number in range(count):
        rng = random.Random(f"{seed}:{number}")
        slower, semitones = round(rng.uniform(*stretch), 3), round(rng.uniform(*_SEMITONES), 2)
        one = Utterance(rng.choice(voices), texts[number % len(texts)], slower, semitones)
        drawn.setdefault(one.key, one)
    return list(drawn.values())


@dataclass(slots=True)
class _Work:
    """One run and its counts."""

    corpus: Corpus
    language: str
    hosted: HostedVoices | None = None
    made: int = 0
    audio: float = 0.0
    failed: list[str] = field(default_factory=list)
    voices: Counter[str] = field(default_factory=Counter)

    def not_yet(self, wanted: Sequence[Utterance]) -> list[Utterance]:
        done = {
            (one.source, one.text, one.parameters.get("stretch"), one.parameters.get("semitones"))
            for one in self.corpus.labels(kind=SourceKind.SYNTHESIS)
        }
        return [one for one in wanted if one.key not in done]

    def forecast(self, todo: Sequence[Utterance]) -> Forecast | None:
        """What a server would cost at most; None where there is none, or nothing to speak."""
        if self.hosted is None or not todo:
            return None
        self.hosted.check()
        return self.hosted.forecast([(one.voice.name, one.text) for one in todo])

    def go(self, todo: Sequence[Utterance], progress: Progress) -> None:
        """Make all of it, in batches that are committed."""
        progress.start("Synthesizing", len(todo), "clips")
        try:
            for first in range(0, len(todo), _BATCH):
                batch = todo[first : first + _BATCH]
                self.add(batch)
                if self.hosted is not None:
                    self.hosted.go_on()
                progress.advance(len(batch))
        except KeyboardInterrupt:
            raise InterruptedWork(
                f"stopped after {self.made} of {len(todo)} clips; what was made stays", hint="The same command goes on."
            ) from None
        finally:
            progress.finish()

    def add(self, batch: Sequence[Utterance]) -> None:
        """Speak, import, label. A kill between the last two leaves a recording that the next run labels."""
        from idiolect.corpus import ImportOptions, import_entries

        with tempfile.TemporaryDirectory(prefix="idiolect-") as name:
            hosted = None if self.hosted is None else self.hosted.program
            spoken = speak(batch, Path(name), hosted)
            self.failed += [one.text for one in batch if one.key not in spoken]
            entries, labels = [], []
            for number, one in enumerate(one for one in batch if one.key in spoken):
                path = Path(name) / f"import-{number}.flac"
                audio.write_flac(path, spoken[one.key])
                entries.append(self._entry(one, path, duration_of(spoken[one.key])))
                labels.append(_label(one, audio.samples_hash(spoken[one.key])))
            import_entries(self.corpus, entries, ImportOptions(collection="synthesis"))
        self._keep(labels)

    def _entry(self, one: Utterance, path: Path, duration: Seconds) -> Entry:
        from idiolect.corpus import Entry

        return Entry(
            audio=path,
            where=f"{one.voice.name}: {one.text}",
            start=Seconds(0.0),
            end=duration,
            speaker=one.voice.name,
            session=f"synthesis of {one.voice.name}",
            language=self.language,
            synthetic=True,
        )

    def _keep(self, labels: Sequence[NewLabel]) -> None:
        taken: list[NewLabel] = []
        for label in labels:
            try:
                clip = self.corpus.clip(label.clip_id)
            except CorpusError:  # the import did not take it
                self.failed.append(label.text or "")
                continue
            taken.append(label)
            self.audio += clip.duration
            self.voices[label.source] += 1
        self.corpus.add_labels(taken)
        self.made += len(taken)


def speak(
    batch: Sequence[Utterance], folder: Path, hosted: Program | None = None
) -> dict[tuple[str, str, float, float], Samples]:
    """The samples of each utterance by its key, rounded to 16 bits; what gave no usable sound is left out.

    hosted: speaks all of them; None: the program of each voice.
    """
    order = sorted(range(len(batch)), key=lambda at: batch[at].voice.name)
    lines = {at: _line(batch[at], folder / f"{at}.wav") for at in order}
    groups = [list(group) for _, group in groupby(lines.values(), key=lambda line: line.voice.program)]
    with ThreadPoolExecutor(max(1, len(groups))) as pool:  # programs work side by side
        list(pool.map(lambda group: (hosted or program(group[0].voice.program)).speak(group), groups))
    found = {}
    for at, line in lines.items():
        if line.path.is_file() and (samples := _read(line.path, batch[at].semitones)) is not None:
            found[batch[at].key] = samples
    return found


def _line(one: Utterance, path: Path) -> Line:
    """Spoken slower by what playing it faster takes away."""
    return Line(one.voice, one.text, one.stretch * 2 ** (one.semitones / 12), path)


def _read(path: Path, semitones: float) -> Samples | None:
    try:
        spoken = audio.decode(path)
    except AudioError:
        return None
    moved = audio.resample(spoken, SAMPLE_RATE * 2 ** (semitones / 12))
    samples = audio.round_to_16_bits(moved)
    return samples if 0 < duration_of(samples) <= MAX_CLIP and samples.any() else None


def _label(one: Utterance, clip_id: str) -> NewLabel:
    return NewLabel(
        clip_id=clip_id,
        kind=SourceKind.SYNTHESIS,
        source=one.voice.name,
        version=one.voice.version,
        text=one.text,
        parameters=one.parameters,
    )
