"""Log-posteriors of phones → a hypothesis: one place for the checkpoint (torch) and the bundle (ONNX). No torch here.

A checkpoint or bundle folder holds, beside the network, the files that this reads:

- ``lexicon.txt``: the words and how they are spoken (`tasks.Lexicon`);
- ``words.json``: ``{word: natural logarithm of its probability}``, the vocabulary without a task; empty where `Prior`
  names a language model, whose words (with all of the default lexicon) are then the vocabulary;
- ``prior.json``: `Prior`, and under ``phones`` the order of the network's outputs;
- ``task.yaml`` (where the model was trained for a task): what may be said.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from idiolect.engines.decoding import DEFAULT_CONFIDENCE, Confidence, DecodingOptions, PhoneGraph
from idiolect.engines.decoding import Path as PhonePath
from idiolect.engines.knowledge import ENGLISH, Knowledge, language_model
from idiolect.engines.other_speech import FILE as OTHER_SPEECH
from idiolect.engines.other_speech import OtherSpeech
from idiolect.engines.protocol import Hypothesis
from idiolect.errors import EngineError
from idiolect.files import read_json, write_json, write_text
from idiolect.tasks import PHONES, Lexicon, load_task
from idiolect.units import Seconds

if TYPE_CHECKING:
    from idiolect.tasks import Task

DECODING_FILES = ("lexicon.txt", "words.json", "prior.json", "task.yaml", OTHER_SPEECH)
"""What export copies from a checkpoint into a bundle, where it is there."""

_BEGINNING = Seconds(0.0)

LogPosteriors = NDArray[np.float32]
"""float32 ``(frames, 40)``, natural logarithms, each row summing to 1 when exponentiated."""


@dataclass(frozen=True, slots=True)
class Prior:
    """How often each phone is said, and how the search weighs.

    scale: share of the log-prior that is taken off the posteriors.
    frame: seconds per frame of posteriors.
    word_scale: weight of the words' log-probabilities without a task.
    accept: confidence below which speech is rejected (no intent, no slots).
    middle, slope, entry: of the confidence (`decoding.Confidence`); training fits the first two where it can.
    language_model: ``en-us`` where it was trained for any English, searched with that model; else empty.
    search: weights of the beam search.
    """

    log_prior: tuple[float, ...]
    scale: float = 0.8
    frame: float = 0.03
    word_scale: float = 1.0
    accept: float = 0.0
    middle: float = DEFAULT_CONFIDENCE.middle
    slope: float = DEFAULT_CONFIDENCE.slope
    entry: float = DEFAULT_CONFIDENCE.entry
    language_model: str = ""
    search: DecodingOptions = field(default_factory=DecodingOptions)

    @staticmethod
    def load(path: Path) -> Prior:
        """``prior.json``. Raises `EngineError` for what is none, or was made for other phones than ours."""
        try:
            stored = read_json(path)
            phones = stored.pop("phones")
            search = DecodingOptions.from_dict(stored.pop("search", {}))
            prior = Prior(**stored | {"log_prior": tuple(stored["log_prior"]), "search": search})
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise EngineError(f"{path} cannot be decoded with: {error}") from error
        if tuple(phones) != PHONES:
            raise EngineError(f"{path} was made for other phones than this version's")
        return prior

    def as_dict(self) -> dict[str, Any]:
        """What stands in ``prior.json``."""
        rounded = [round(value, 5) for value in self.log_prior]
        return asdict(self) | {"phones": list(PHONES), "log_prior": rounded}


def write_decoding(
    folder: Path, *, prior: Prior, words: Mapping[str, float], lexicon: Lexicon, task: Task | None
) -> None:
    """Write the decoding files of a checkpoint into `folder`."""
    write_json(folder / "prior.json", prior.as_dict())
    write_json(folder / "words.json", {word: round(value, 5) for word, value in words.items()})
    lexicon.save(folder / "lexicon.txt")
    if task is not None:
        write_text(folder / "task.yaml", task.text)


class PhoneDecoder:
    """Searches a task's graph, else any sequence of the vocabulary's words, else any English."""

    def __init__(self, search: Callable[..., PhonePath], prior: Prior) -> None:
        """`search` is that of a `PhoneGraph` or a `PhoneBeam`, its weights of words given."""
        self._search = search
        self._prior = prior
        self._log_prior = np.asarray(prior.log_prior, dtype=np.float32)

    @classmethod
    def of(
        cls,
        *,
        prior: Prior,
        words: Mapping[str, float],
        lexicon: Lexicon,
        task: Task | None = None,
        knowledge: Knowledge | None = None,
        others: OtherSpeech | None = None,
    ) -> PhoneDecoder:
        """A decoder over `task`; without one over a language model, else over the loop of `words` (→ log-probability).

        `knowledge` is what a user adds.
        `others` draws the line between `task` and what is none of it.

        Raises `EngineError` where there is nothing to search.
        """
        knowledge = knowledge or Knowledge()
        if knowledge.accept is not None:
            prior = replace(prior, accept=knowledge.accept)
        if task is None and (knowledge.lm or prior.language_model):
            return cls(_open_search(prior, lexicon, words, knowledge), prior)
        terms = knowledge.key_terms()
        if task is not None:
            graph = PhoneGraph.from_task(task, lexicon)
            prior = _with_line(prior, graph, others, knowledge)
        elif words:
            rarest = min(words.values())
            said = {**{word: rarest for term in terms for word in term.split()}, **words}
            graph = PhoneGraph.word_loop(list(said), lexicon, list(said.values()))
        else:
            raise EngineError("the model has no vocabulary and no task was given", hint="give a task file")
        if not knowledge.beam:
            return cls(partial(graph.search, word_scale=prior.word_scale), prior)
        from idiolect.engines.decoding.phone_beam import PhoneBeam

        beam = PhoneBeam.over(
            graph.arrays,
            graph.meaning,
            knowledge.options(prior.search),
            ngram=knowledge.ngram(),
            terms=terms,
            word_scale=prior.word_scale,
        )
        return cls(partial(beam.search, nbest=knowledge.nbest), prior)

    @classmethod
    def load(cls, folder: Path, task: Task | None = None, knowledge: Knowledge | None = None) -> PhoneDecoder:
        """The decoder of a checkpoint or bundle; `task` replaces the one it was trained for.

        Raises `EngineError` where a file is missing or for other phones than ours.
        """
        prior = Prior.load(folder / "prior.json")
        try:
            words = read_json(folder / "words.json")
            lexicon = Lexicon.load(folder / "lexicon.txt")
        except (OSError, ValueError) as error:
            raise EngineError(f"{folder} cannot be decoded with: {error}") from error
        # The line of the task that it was trained for was fitted then.
        others = OtherSpeech.load(folder / OTHER_SPEECH) if task is not None else None
        if task is None and (folder / "task.yaml").exists():
            task = load_task(folder / "task.yaml")
        if task is not None:
            lexicon = _with_words_of(task, lexicon)
        return cls.of(prior=prior, words=words, lexicon=lexicon, task=task, knowledge=knowledge, others=others)

    def decode(self, log_posteriors: LogPosteriors, duration: Seconds, *, start: Seconds = _BEGINNING) -> Hypothesis:
        """The best path through `log_posteriors`, which begin at `start` in a clip of `duration` seconds.

        No word ends after the clip.
        """
        found = self.search(log_posteriors).hypothesis(Seconds(self._prior.frame))
        words = tuple(
            replace(
                word,
                start=Seconds(round(min(word.start + start, duration), 3)),
                end=Seconds(round(min(word.end + start, duration), 3)),
            )
            for word in found.words
        )
        return replace(found, words=words)

    def search(self, log_posteriors: LogPosteriors) -> PhonePath:
        """The best path through `log_posteriors`, in frames."""
        prior = self._prior
        return self._search(
            log_posteriors,
            log_prior=self._log_prior,
            prior_scale=prior.scale,
            confidence=Confidence(prior.middle, prior.slope, prior.entry),
            accept_threshold=prior.accept,
        )


def _with_line(prior: Prior, graph: PhoneGraph, others: OtherSpeech | None, knowledge: Knowledge) -> Prior:
    """The confidence is a half where other speech begins, and from there on speech is taken."""
    if others is None:
        return prior
    log_prior = np.asarray(prior.log_prior, dtype=np.float32)
    against = Confidence(entry=prior.entry)

    def ratio_of(scores: LogPosteriors) -> float:
        found = graph.search(
            scores, log_prior=log_prior, prior_scale=prior.scale, word_scale=prior.word_scale, confidence=against
        )
        return found.ratio

    line = others.line(ratio_of)
    return replace(prior, middle=line, accept=0.5 if knowledge.accept is None else knowledge.accept)


def _open_search(
    prior: Prior, lexicon: Lexicon, words: Mapping[str, float], knowledge: Knowledge
) -> Callable[..., PhonePath]:
    """Over the words of a language model; with the English one, over all that the default lexicon knows."""
    from idiolect.engines.decoding.phone_beam import PhoneBeam

    name = knowledge.lm or prior.language_model
    ngram = language_model(name)
    if name == ENGLISH:
        spoken = Lexicon({**Lexicon.default().entries, **lexicon.entries})
    else:
        known = Lexicon({**Lexicon.default().entries, **lexicon.entries})
        said = [word for word in ngram.words if word[:1] not in "<[" and any(map(str.isalnum, word))]
        spoken = known.subset([*said, *words])
    options = knowledge.options(prior.search)
    beam = PhoneBeam.open(spoken, ngram, options, terms=knowledge.key_terms())
    return partial(beam.search, nbest=knowledge.nbest)


def _with_words_of(task: Task, lexicon: Lexicon) -> Lexicon:
    """The model's lexicon; for words of a new task also the default one (which a bundle may not carry)."""
    missing = [word for word in task.words() if word not in lexicon]
    if not missing:
        return lexicon
    added = Lexicon.default().subset(missing)
    return Lexicon({**lexicon.entries, **added.entries})
