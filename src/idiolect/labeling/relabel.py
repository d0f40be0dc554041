"""Hear chosen clips again with a better teacher: a new label beside the old ones, and what it changes word by word."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from idiolect.corpus.values import Clip, Label, SourceKind
from idiolect.engines import ENGINES, create
from idiolect.engines.protocol import EngineOptions, Hypothesis
from idiolect.errors import CorpusError, EngineError, InterruptedWork
from idiolect.labeling.hearing import by_clip, reviewed
from idiolect.labeling.report import Failure
from idiolect.labeling.review import item_of
from idiolect.labeling.running import label
from idiolect.labeling.workers import Worker
from idiolect.pools import PROCESSES, PoolChoice
from idiolect.progress import SILENT, Progress
from idiolect.text import basic_v1

if TYPE_CHECKING:
    from idiolect.corpus import Corpus

_AGE = re.compile(r"(\d+(?:\.\d+)?)\s*([hdw])")
_HOURS = {"h": 1, "d": 24, "w": 24 * 7}


@dataclass(frozen=True, slots=True)
class Choice:
    """Which clips, by what they say now; what is None does not matter, and all that is given must hold.

    text: a regular expression that is found in the text, in any case. ids: of clips, or beginnings of them.
    source: only texts of this engine, its newest; None: the text of a person, else what a review would show first.
    older: made at least so long ago. below: less sure than this; a label without a confidence is.
    collection, speaker: of the recording.
    include_reviewed: also clips that a person has a text for. limit: the first so many, by recording and start.
    """

    text: str | None = None
    ids: tuple[str, ...] = ()
    source: str | None = None
    older: timedelta | None = None
    below: float | None = None
    collection: str | None = None
    speaker: str | None = None
    include_reviewed: bool = False
    limit: int | None = None

    @property
    def says_something(self) -> bool:
        """False where it would choose every clip."""
        return self != Choice(include_reviewed=self.include_reviewed)


@dataclass(frozen=True, slots=True)
class Chosen:
    """A clip with the claim that it is known by now."""

    clip: Clip
    old: Label


@dataclass(frozen=True, slots=True)
class Change:
    """Old and new text of a clip. diff: ``a [-ladder-]{+latte+} please``; no marks where the words are the same."""

    clip_id: str
    old: str
    new: str
    source: str
    confidence: float | None
    new_confidence: float | None
    diff: str

    @property
    def changed(self) -> bool:
        """Whether any word did; case and punctuation are none."""
        return basic_v1(self.old) != basic_v1(self.new)


@dataclass(frozen=True, slots=True)
class RelabelReport:
    """What `relabel` did, or with `dry_run` would do. chosen: clips; already: those that had this very label."""

    engine: str
    version: str
    chosen: int = 0
    labelled: int = 0
    already: int = 0
    changes: tuple[Change, ...] = ()
    failed: tuple[Failure, ...] = ()
    dry_run: bool = False

    @property
    def changed(self) -> tuple[Change, ...]:
        """Those with other words."""
        return tuple(change for change in self.changes if change.changed)

    def as_dict(self) -> dict[str, Any]:
        """The same, as JSON values."""
        return {
            "engine": self.engine,
            "version": self.version,
            "chosen": self.chosen,
            "labelled": self.labelled,
            "already": self.already,
            "changed": len(self.changed),
            "changes": [
                {
                    "clip": one.clip_id,
                    "old": one.old,
                    "new": one.new,
                    "source": one.source,
                    "confidence": one.confidence,
                    "new_confidence": one.new_confidence,
                    "diff": one.diff,
                }
                for one in self.changes
            ],
            "failed": [{"clip": one.clip_id, "where": one.where, "reason": one.reason} for one in self.failed],
            "dry_run": self.dry_run,
        }

    def text(self) -> str:
        """For people: every change, then the counts."""
        lines = [f"{one.clip_id[:8]}  {one.diff}" for one in self.changed]
        done = "would be labelled anew" if self.dry_run else "labelled anew"
        lines.append(
            f"{self.chosen} clips chosen: {self.labelled} {done}, {self.already} had this label; "
            f"{len(self.changed)} with other words, {len(self.failed)} failed"
        )
        return "\n".join(lines)


def relabel(
    corpus: Corpus,
    engine_name: str,
    options: EngineOptions | None = None,
    *,
    choice: Choice,
    processes: int = 1,
    batch: int = 8,
    pool: PoolChoice = PROCESSES,
    progress: Progress = SILENT,
    dry_run: bool = False,
    ask: Callable[[str], bool] | None = None,
) -> RelabelReport:
    """Let a teacher hear the chosen clips, and say what it hears otherwise. Old labels stay.

    Killed and run again, it goes on: a clip with this very label (engine, version, parameters) is not heard again.

    processes, batch, pool, ask: see `label`.
    dry_run: hear them and store nothing. It runs in this process only, and hears nothing through a server: that would
        be paid for.

    Raises:
        CorpusError: the choice is none, its regular expression is none, or an id is not known.
        EngineError: the engine cannot be made.
        PoolError: the workers cannot be had, or one of the processes died.
        InterruptedWork: Ctrl-C. What was labelled stays.
    """
    options = options or EngineOptions()
    chosen = choose(corpus, choice)
    clips = [one.clip for one in chosen]
    if dry_run:
        return _try(corpus, engine_name, options, chosen, batch=batch, progress=progress)
    report = label(
        corpus,
        engine_name,
        options,
        clips=clips,
        processes=processes,
        batch=batch,
        pool=pool,
        progress=progress,
        ask=ask,
    )
    made = {
        one.clip_id: one
        for one in corpus.labels(source=report.engine, kind=SourceKind.ENGINE)
        if one.version == report.version and dict(one.parameters) == dict(report.parameters)
    }
    pairs = [(one, made[one.clip.id]) for one in chosen if one.clip.id in made]
    return RelabelReport(
        report.engine,
        report.version,
        chosen=len(chosen),
        labelled=report.labelled,
        already=report.already,
        changes=tuple(_change(one, new.text, new.confidence) for one, new in pairs),
        failed=report.failed,
    )


def choose(corpus: Corpus, choice: Choice, *, now: datetime | None = None) -> list[Chosen]:
    """The clips that fit and have a text, with that text. now: what ages are counted from; None: this moment."""
    from idiolect.corpus import ClipFilter

    if not choice.says_something:
        raise CorpusError("nothing says which clips to label anew", hint="--text, --id, --from, --older or --below")
    pattern = _pattern(choice.text)
    ids = {corpus.clip(clip_id).id for clip_id in choice.ids}
    labels = by_clip(corpus.labels())
    found = []
    for clip in corpus.clips(ClipFilter(collection=choice.collection, speaker=choice.speaker)):
        known = labels.get(clip.id, [])
        if clip.recording.synthetic or (ids and clip.id not in ids):
            continue
        person = reviewed(known, scoring=True)
        if person is not None and not choice.include_reviewed:
            continue
        old = person if person is not None and choice.source is None else _current(clip, known, choice.source)
        if old is not None and _fits(old, choice, pattern, now or datetime.now(UTC)):
            found.append(Chosen(clip, old))
    return found[: choice.limit]


def age(text: str) -> timedelta:
    """``36h``, ``30d`` or ``2w``. Raises `CorpusError`."""
    found = _AGE.fullmatch(text.strip().lower())
    if found is None:
        raise CorpusError(f"{text!r} is no age", hint="36h, 30d or 2w")
    return timedelta(hours=float(found[1]) * _HOURS[found[2]])


def word_diff(old: str, new: str) -> str:
    """What became of each word: ``a [-ladder-]{+latte+} please``. Case and punctuation alone are no change.

    >>> word_diff("make a ladder", "Make a latte please")
    'Make a [-ladder-]{+latte please+}'
    """
    from rapidfuzz.distance import Levenshtein

    before, after = old.split(), new.split()
    steps = Levenshtein.opcodes([basic_v1(word) for word in before], [basic_v1(word) for word in after])
    said: list[str] = []
    gone: list[str] = []
    come: list[str] = []
    for step in steps:
        if step.tag == "equal":
            said += [*_marks(gone, come), *after[step.dest_start : step.dest_end]]
            gone, come = [], []
        else:
            gone += before[step.src_start : step.src_end]
            come += after[step.dest_start : step.dest_end]
    return " ".join([*said, *_marks(gone, come)])


def _marks(gone: Sequence[str], come: Sequence[str]) -> list[str]:
    text = (f"[-{' '.join(gone)}-]" if gone else "") + (f"{{+{' '.join(come)}+}}" if come else "")
    return [text] if text else []


def _pattern(text: str | None) -> re.Pattern[str] | None:
    if text is None:
        return None
    try:
        return re.compile(text, re.IGNORECASE)
    except re.error as error:
        raise CorpusError(f"{text!r} is no regular expression: {error}") from error


def _current(clip: Clip, labels: Sequence[Label], source: str | None) -> Label | None:
    if source is None:
        return item_of(clip, labels).label
    theirs = [one for one in labels if one.source == source and one.text is not None]
    return max(theirs, key=lambda one: one.id, default=None)


def _fits(old: Label, choice: Choice, pattern: re.Pattern[str] | None, now: datetime) -> bool:
    if pattern is not None and pattern.search(old.text or "") is None:
        return False
    if choice.below is not None and old.confidence is not None and old.confidence >= choice.below:
        return False
    return choice.older is None or (old.created_at is not None and now - old.created_at >= choice.older)


def _change(one: Chosen, new: str | None, confidence: float | None) -> Change:
    old, text = one.old.text or "", new or ""
    return Change(one.clip.id, old, text, one.old.source, one.old.confidence, confidence, word_diff(old, text))


def _try(
    corpus: Corpus, engine: str, options: EngineOptions, chosen: Sequence[Chosen], *, batch: int, progress: Progress
) -> RelabelReport:
    if ENGINES[engine].remote:
        raise EngineError(
            f"a dry run would send {len(chosen)} clips to the server of {engine!r}",
            hint="idiolect label --dry-run forecasts what they cost; an engine on this machine hears them for nothing",
        )
    """Hear everything, keep nothing."""
    worker = Worker(create(engine, options), corpus.audio)
    changes: list[Change] = []
    failed: list[Failure] = []
    progress.start(f"Hearing with {engine}, without keeping it", len(chosen), "clips")
    try:
        for first in range(0, len(chosen), batch):
            some = chosen[first : first + batch]
            heard = worker.hear([one.clip for one in some])
            for one, answer in zip(some, heard.answers, strict=True):
                if isinstance(answer, Hypothesis):
                    changes.append(_change(one, answer.text, answer.confidence))
                else:
                    failed.append(Failure(one.clip.id, one.clip.recording.path, answer))
            progress.advance(len(some))
    except KeyboardInterrupt:
        raise InterruptedWork("stopped; a dry run keeps nothing") from None
    finally:
        progress.finish()
    return RelabelReport(
        worker.engine.name,
        worker.engine.version,
        chosen=len(chosen),
        labelled=len(changes),
        changes=tuple(changes),
        failed=tuple(failed),
        dry_run=True,
    )
