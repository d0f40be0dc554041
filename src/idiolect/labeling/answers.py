"""What was said to a model that serves, kept: the audio becomes a clip, what was heard a label, and a correction too.

Nothing of a talk is kept unless its speaker agreed and somebody asked for it.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from idiolect.corpus.importers.entry import Entry
from idiolect.corpus.values import NewLabel, SourceKind, WordTime
from idiolect.errors import CorpusError
from idiolect.text import basic_v1
from idiolect.units import MAX_CLIP, Samples, duration_of

if TYPE_CHECKING:
    from idiolect.corpus import Corpus
    from idiolect.corpus.intake import ImportOptions
    from idiolect.corpus.values import Sensitivity
    from idiolect.engines import Hypothesis
    from idiolect.tasks import Task

ORIGIN = "serve"
"""Where such recordings come from: their collection, and the beginning of their origin."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What answered, and what it said. alias: the name that was asked; engine, version: what stood behind it."""

    alias: str
    engine: str
    version: str
    heard: Hypothesis


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """A clip that an answer became. already: the same audio was there. label: of the person; None: it waits for one."""

    clip_id: str
    already: bool
    label: int | None


def keep_answer(
    corpus: Corpus,
    samples: Samples,
    answer: Answer,
    *,
    speaker: str,
    consent: str,
    person: str,
    text: str | None = None,
    task: Task | None = None,
    language: str | None = None,
    sensitivity: Sensitivity | str = "private",
) -> KeptAnswer:
    """Keep float32 ``(n,)`` at 16 kHz, at most 30 s, as a clip of `speaker`, with what was heard in it as a label.

    text: what was really said, as `person` has it: a label of theirs (``""``: nobody speaks). None: the clip waits in
    the review queue. task: says what both texts mean. consent: what the speaker agreed to, in words.

    Raises `CorpusError` where the speaker has withdrawn consent, nobody is named, or the audio is not a clip.
    """
    if not speaker.strip() or not person.strip() or not consent.strip():
        raise CorpusError("a clip needs its speaker, their consent, and who keeps it")
    if not 0 < duration_of(samples) <= MAX_CLIP:
        raise CorpusError(f"a clip lasts up to {MAX_CLIP:.0f} s; this has {duration_of(samples):.1f} s")
    options = _options(speaker.strip(), consent, language, sensitivity)
    clip_id, already = _import(corpus, samples, options)
    labels = [_heard(clip_id, answer, task)]
    if text is not None:
        labels.append(_said(clip_id, answer, " ".join(text.split()), person, task))
    numbers = corpus.add_labels(labels)
    if text is None:
        corpus.reviews.ask([clip_id], f"{ORIGIN}: what {answer.alias} heard is doubted", person.strip())
    return KeptAnswer(clip_id, already, numbers[-1] if text is not None else None)


def _options(speaker: str, consent: str, language: str | None, sensitivity: Sensitivity | str) -> ImportOptions:
    from idiolect.corpus.intake import ImportOptions

    return ImportOptions(
        speaker=speaker,
        session=f"{ORIGIN}-{datetime.now().astimezone():%Y-%m-%d}",
        collection=ORIGIN,
        consent=consent,
        language=language,
        sensitivity=sensitivity,
    )


def _import(corpus: Corpus, samples: Samples, options: ImportOptions) -> tuple[str, bool]:
    """The clip's id, and whether it was there. Raises `CorpusError` with the reason why it was not taken."""
    from idiolect.audio import round_to_16_bits, samples_hash, write_wav
    from idiolect.corpus.importing import import_entries

    samples = round_to_16_bits(samples)
    moment = datetime.now().astimezone()
    with tempfile.TemporaryDirectory(prefix="idiolect-") as folder:
        path = Path(folder) / f"{ORIGIN}-{moment:%Y%m%d-%H%M%S}.wav"
        write_wav(path, samples)
        # With its ends said, it is one clip as it is: nothing cuts it again.
        entry = Entry(path, path.name, start=None, end=duration_of(samples))
        report = import_entries(corpus, [entry], options)
    clip_id = samples_hash(samples)
    try:
        return corpus.clip(clip_id).id, not report.clips
    except CorpusError:
        reason = report.skipped[0].reason if report.skipped else "it was not taken"
        raise CorpusError(f"this was not kept: {reason}") from None


def _meaning(text: str, task: Task | None) -> dict[str, Any]:
    parsed = None if task is None or not text else task.parse(text)
    return {} if parsed is None else {"intent": parsed.intent, "slots": dict(parsed.slots)}


def _heard(clip_id: str, answer: Answer, task: Task | None) -> NewLabel:
    heard = answer.heard
    return NewLabel(
        clip_id=clip_id,
        kind=SourceKind.ENGINE,
        source=answer.engine,
        version=answer.version,
        text=heard.text,
        confidence=heard.confidence,
        words=tuple(WordTime(word.word, word.start, word.end, word.confidence) for word in heard.words),
        parameters={"origin": ORIGIN, "alias": answer.alias},
        **_meaning(heard.text, task),
    )


def _said(clip_id: str, answer: Answer, text: str, person: str, task: Task | None) -> NewLabel:
    same = basic_v1(text) == basic_v1(answer.heard.text)
    decision = "noise" if not text else "accept" if same else "edit"
    return NewLabel(
        clip_id=clip_id,
        kind=SourceKind.HUMAN,
        source=person.strip(),
        text=text,
        parameters={"review": decision, "origin": ORIGIN, "alias": answer.alias},
        **_meaning(text, task),
    )
