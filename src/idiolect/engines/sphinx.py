"""PocketSphinx (Huggins-Daines et al., 2006) with the English model of its wheel: the teacher that is always there.

With a task it searches the task's word graph only, several times: its answers change with the level and with a little
noise far more than a listener's would, so each clip is heard at several of both, and the meaning that most passes
agree on is taken. The agreement is the confidence. Without a task it uses its English language model, once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import numpy as np

from idiolect.audio import find_speech, samples_hash
from idiolect.engines.decoding.compile import hubs_of_graph
from idiolect.engines.protocol import EngineOptions, Hypothesis, Word
from idiolect.errors import EngineError
from idiolect.tasks import LEXICON, Lexicon, Parsed, Task
from idiolect.units import SAMPLE_RATE, Samples, Seconds

REVISION = 1
"""Goes up whenever the passes or the vote change what is heard."""

_FRAMES_PER_SECOND = 100
_SHORTEST = 1_600
"""Samples (0.1 s): less holds no word, and some of PocketSphinx's windows do not fit in."""
_SILENT = 1e-4
"""Peak below which there is nothing to hear: three steps of 16 bits."""
_KNOWN = frozenset({"accept", "passes", "noise"})


@dataclass(frozen=True, slots=True)
class Pass:
    """How a clip is prepared once.

    noise: white noise so many decibels below the loudest frame (2,048 samples); None: as it is.
    margin: cut to the speech that Silero finds, with so many seconds on both sides; None: the whole clip.
    """

    noise: float | None
    margin: float | None = None


PASSES: tuple[Pass, ...] = (
    Pass(30),
    Pass(33, margin=0.5),
    Pass(36),
    Pass(30),
    Pass(30, margin=0.5),
    Pass(42),
    Pass(27),
)
FIRST_PASSES = 3
"""When so many passes agree, the others are not needed."""

ACCEPT = 0.3
"""Confidence from which an order counts as one. Of 343 real orders this takes 331 (324 rightly), of 50 clips that are
none 18; at 0.8 it is 305 and 4 (`bench/teacher.py`)."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What one pass gave: words with times, and the meaning of the whole, if it is a sentence of the task."""

    words: tuple[Word, ...]
    parsed: Parsed | None

    @property
    def text(self) -> str:
        """The words in a row."""
        return " ".join(word.word for word in self.words)


class Sphinx:
    """Reads `task`, `language` (English only) and, of `extra`, with a task: ``passes`` (how many, from 1), ``accept``.

    Without a task, ``noise`` adds white noise so many decibels below the loudest frame, from 1: what is then heard
    differs where this engine is unsure, so that the two together can vote (its own word confidence is nearly always 1).
    """

    name = "sphinx"

    def __init__(self, options: EngineOptions) -> None:
        unknown = sorted(set(options.extra) - _KNOWN)
        if unknown:
            raise EngineError(f"sphinx does not know {', '.join(unknown)}", hint=f"known: {', '.join(sorted(_KNOWN))}")
        if options.language is not None and not options.language.lower().startswith("en"):
            raise EngineError(f"sphinx understands English only, not {options.language!r}")
        self._passes = PASSES[: _count(options.extra.get("passes", len(PASSES)))]
        self._accept = float(options.extra.get("accept", ACCEPT))
        self._noise = _noise(options.extra.get("noise"), options.task)
        self._task = options.task
        self._decoder = _decoder(options.task)
        self.version = f"{version('pocketsphinx')}+{REVISION}"

    @property
    def parameters(self) -> Mapping[str, Any]:
        """The task by its hash, how often it listens, and what it accepts."""
        if self._task is None:
            return {"task": None} if self._noise is None else {"task": None, "noise": self._noise}
        return {"task": self._task.id, "passes": len(self._passes), "accept": self._accept, "lexicon": LEXICON}

    def transcribe(self, batch: Sequence[Samples]) -> list[Hypothesis]:
        """One `Hypothesis` per clip. Raises `EngineError` for samples that are not numbers."""
        return [self._hear(np.asarray(samples, dtype=np.float32)) for samples in batch]

    def _hear(self, samples: Samples) -> Hypothesis:
        if not np.isfinite(samples).all():
            raise EngineError("the samples are not numbers", hint="decode the file again")
        if len(samples) < _SHORTEST or np.abs(samples).max() < _SILENT:
            return Hypothesis("", 0.0)
        self._decoder.reinit_feat()  # forgets the last clip; the passes over this one learn its channel one by one
        if self._task is None:
            words = _decode(self._decoder, prepare(samples, Pass(self._noise), 0)[0], Seconds(0.0))
            return Hypothesis(_joined(words), _mean_confidence(words), words)
        heard: list[Heard] = []
        for number in range(len(self._passes)):
            heard.append(self._listen(samples, number, self._task))
            if len(heard) == FIRST_PASSES and _agree(heard):
                break
        return vote(heard, self._accept)

    def _listen(self, samples: Samples, number: int, task: Task) -> Heard:
        prepared, offset = prepare(samples, self._passes[number], number)
        words = _decode(self._decoder, prepared, offset)
        return Heard(words, task.parse(_joined(words)))


def prepare(samples: Samples, how: Pass, number: int) -> tuple[Samples, Seconds]:
    """The clip at half of full scale as `how` says, and the second of it that it begins at.

    The noise is a function of the samples and of `number` only: the same clip is heard in the same way again.
    """
    offset = Seconds(0.0)
    if how.margin is not None and (spans := find_speech(samples)):
        first = max(0, round((spans[0].start - how.margin) * SAMPLE_RATE))
        samples = samples[first : round((spans[-1].end + how.margin) * SAMPLE_RATE)]
        offset = Seconds(first / SAMPLE_RATE)
    level = samples - samples.mean()
    level = 0.5 * level / max(float(np.abs(level).max()), _SILENT)
    if how.noise is not None:
        rng = np.random.default_rng([int(samples_hash(samples)[:16], 16), number])
        noise = rng.standard_normal(len(level), dtype=np.float32)
        level = level + noise * np.sqrt(_loudest(level) / (_loudest(noise) * 10 ** (how.noise / 10)))
    return level.astype(np.float32), offset


def _loudest(samples: Samples) -> float:
    """Energy of the loudest frame of 2,048 samples."""
    return float(np.add.reduceat(samples.astype(np.float64) ** 2, np.arange(0, len(samples), 2048)).max())


def vote(heard: Sequence[Heard], accept: float) -> Hypothesis:
    """What most passes mean, in the words of the first that means it; its confidence is the share of passes.

    Where no pass gave a whole sentence, the longest piece, with confidence 0 and no intent.
    """
    meanings = Counter(_meaning(one.parsed) for one in heard if one.parsed is not None)
    if not meanings:
        longest = max(heard, key=lambda one: len(one.words))
        return Hypothesis(longest.text, 0.0, tuple(_sure(word, 0.0) for word in longest.words))
    meaning, votes = meanings.most_common(1)[0]  # of equals, the one heard first
    winner = next(one for one in heard if one.parsed is not None and _meaning(one.parsed) == meaning)
    confidence = sureness(votes, len(heard))
    words = tuple(_sure(word, sum(map(_has(word), heard)) / len(heard)) for word in winner.words)
    if confidence < accept or winner.parsed is None:
        return Hypothesis(winner.text, confidence, words)
    return Hypothesis(winner.text, confidence, words, winner.parsed.intent, winner.parsed.slots)


def sureness(votes: int, passes: int) -> float:
    """Confidence in a meaning that `votes` of `passes` gave."""
    return votes / passes


def _agree(heard: Sequence[Heard]) -> bool:
    first = heard[0].parsed
    return first is not None and all(one.parsed == first for one in heard)


def _meaning(parsed: Parsed) -> tuple[str, tuple[tuple[str, str], ...]]:
    return parsed.intent, tuple(sorted(parsed.slots.items()))


def _has(word: Word) -> Any:
    """Whether a pass heard the same word at the same time."""
    return lambda one: any(
        other.word == word.word and other.start < word.end and word.start < other.end for other in one.words
    )


def _sure(word: Word, confidence: float) -> Word:
    return Word(word.word, word.start, word.end, confidence)


def _joined(words: Sequence[Word]) -> str:
    return " ".join(word.word for word in words)


def _mean_confidence(words: Sequence[Word]) -> float:
    return float(np.mean([word.confidence for word in words])) if words else 0.0


def _count(passes: Any) -> int:
    if not isinstance(passes, int) or not 1 <= passes <= len(PASSES):
        raise EngineError(f"passes is {passes!r}", hint=f"1 to {len(PASSES)}")
    return passes


def _noise(decibels: Any, task: Task | None) -> float | None:
    if decibels is None:
        return None
    if task is not None:
        raise EngineError("noise is for hearing without a task", hint="with a task, passes=N adds noise by itself")
    if isinstance(decibels, bool) or not isinstance(decibels, int | float) or not 1 <= decibels <= 90:
        raise EngineError(f"noise is {decibels!r}", hint="decibels below the speech, 1 to 90")
    return float(decibels)


def _decoder(task: Task | None) -> Any:
    """A decoder over the graph of `task`, or over the language model of the wheel.

    Arcs and not JSGF: its own JSGF reader copies a rule wherever it is used, and was three times slower (RTF 0.098
    to 0.034 for the coffee orders).
    """
    from pocketsphinx import Decoder

    if task is None:
        return Decoder(samprate=SAMPLE_RATE, cmn="batch", loglevel="FATAL")
    decoder = Decoder(samprate=SAMPLE_RATE, cmn="batch", lm=None, loglevel="FATAL")
    lexicon = Lexicon.default().extend(task.words())
    for word in task.words():
        for number, phones in enumerate(lexicon.pronounce(word), start=1):
            name = word if number == 1 else f"{word}({number})"
            if decoder.lookup_word(name) is None:  # variants come in the order of its own dictionary, ours after them
                decoder.add_word(name, " ".join(phones), False)
    decoder.add_fsg("task", decoder.create_fsg("task", *_transitions(task)))
    decoder.activate_search("task")
    return decoder


def _transitions(task: Task) -> tuple[int, int, list[tuple[int, int, float, str] | tuple[int, int, float]]]:
    """Start, end and arcs of the task's graph; whatever leaves a hub is as likely as the next."""
    hubs = hubs_of_graph(task.graph())
    end = len(hubs.words)
    arcs: list[tuple[int, int, float, str] | tuple[int, int, float]] = []
    for hub, words in enumerate(hubs.words):
        onward = [other for other in hubs.reach[hub] if other != hub] + ([end] if hub in hubs.finals else [])
        share = 1 / max(1, len(words) + len(onward))
        arcs += [(hub, target, share, word) for word, target, _ in words]
        arcs += [(hub, target, share) for target in onward]
    return hubs.start, end, arcs


def _decode(decoder: Any, samples: Samples, offset: Seconds) -> tuple[Word, ...]:
    decoder.start_utt()
    decoder.process_raw((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes(), full_utt=True)
    decoder.end_utt()
    if decoder.hyp() is None:
        return ()
    logarithm = decoder.get_logmath()
    return tuple(
        Word(
            piece.word.partition("(")[0],
            Seconds(round(offset + piece.start_frame / _FRAMES_PER_SECOND, 2)),
            Seconds(round(offset + (piece.end_frame + 1) / _FRAMES_PER_SECOND, 2)),
            min(1.0, float(logarithm.exp(piece.prob))),
        )
        for piece in decoder.seg()
        if piece.word[0] not in "<[+("
    )
