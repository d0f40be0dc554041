"""What a page shows of a clip under review: words with times and doubts, other texts as differences, neighbours.

Plain values, ready for JSON. Nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from idiolect.corpus import ADJUDICATION
from idiolect.corpus.values import Clip, Label, Purpose, SourceKind
from idiolect.labeling.hearing import heard_by, reviewed, right_words, tokens_of
from idiolect.labeling.queue import DECIDE, TYPE
from idiolect.text import basic_v1

if TYPE_CHECKING:
    from idiolect.corpus import Corpus, Mark, Tally
    from idiolect.labeling.agreement import Dispute
    from idiolect.labeling.reviewing import Asked

SHOWN_OTHERS = 9
"""Texts beside the first: one for each number key."""


def views(corpus: Corpus, asked: Sequence[Asked]) -> list[dict[str, Any]]:
    """What is shown of these clips; their neighbours' newest texts come in one query."""
    beside = {one.item.clip.id: corpus.reviews.neighbours(one.item.clip) for one in asked}
    ids = [one.item.clip.id for one in asked]
    near = [clip.id for pair in beside.values() for clip in pair if clip is not None]
    labels = corpus.labels_of(list(dict.fromkeys([*ids, *near])))
    marks = corpus.reviews.marks(ids)
    return [
        _view(one, labels[one.item.clip.id], marks.get(one.item.clip.id, []))
        | {
            name: _neighbour(clip, labels)
            for name, clip in zip(("before", "after"), beside[one.item.clip.id], strict=True)
        }
        for one in asked
    ]


def _view(asked: Asked, labels: Sequence[Label], marks: Sequence[Mark]) -> dict[str, Any]:
    item = asked.item
    recording = item.clip.recording
    text = (item.label.text or "") if item.label is not None else ""
    return {
        "id": item.clip.id,
        "duration": round(item.clip.duration, 3),
        "start": round(item.clip.start, 2),
        "speaker": recording.speaker or "",
        "recording": recording.origin or recording.id[:8],
        "collection": recording.collection or "",
        "sensitivity": recording.sensitivity.value,
        "language": recording.language or "",
        "quality": {name: round(value, 4) for name, value in item.clip.quality.items()},
        "why": item.why.split("; ") if item.why else [],
        "turn": asked.turn,
        "queue": item.queue,
        "settles": item.queue == ADJUDICATION,
        "marks": [one.name for one in marks],
        "label": None if item.label is None else _claim(item.label),
        "text": text,
        "words": shown_words(item.label, labels, item.clip.duration) if item.label is not None else [],
        "others": [_other(text, one) for one in _distinct(text, item.others)[:SHOWN_OTHERS]],
    }


def _claim(label: Label) -> dict[str, Any]:
    return {
        "id": label.id,
        "source": label.source,
        "kind": label.kind.value,
        "text": label.text or "",
        "confidence": label.confidence,
        "intent": label.intent or "",
        "slots": dict(label.slots),
        "suggestion": label.purpose is Purpose.SUGGESTION,
    }


def _distinct(text: str, others: Sequence[Label]) -> list[Label]:
    """Other texts, each once: of equal ones the first. Texts that are written as the first one are left out."""
    found: dict[str, Label] = {}
    for one in others:
        if one.text is not None and one.text != text:
            found.setdefault(one.text, one)
    return list(found.values())


def _other(text: str, label: Label) -> dict[str, Any]:
    return _claim(label) | {"pieces": differences(text, label.text or "")}


def differences(old: str, new: str) -> list[dict[str, str]]:
    """How `new` differs from `old`, word by word as they are written: pieces that are ``same``, ``gone`` or ``new``.

    >>> differences("a large mocha", "a larger mocha please")
    [{'kind': 'same', 'text': 'a'}, {'kind': 'gone', 'text': 'large'}, {'kind': 'new', 'text': 'larger'}, \
{'kind': 'same', 'text': 'mocha'}, {'kind': 'new', 'text': 'please'}]
    """
    from rapidfuzz.distance import Levenshtein

    before, after = old.split(), new.split()
    pieces = []
    for step in Levenshtein.opcodes(before, after):
        gone = " ".join(before[step.src_start : step.src_end])
        come = " ".join(after[step.dest_start : step.dest_end])
        if step.tag == "equal":
            pieces.append({"kind": "same", "text": come})
            continue
        pieces += [{"kind": kind, "text": text} for kind, text in (("gone", gone), ("new", come)) if text]
    return pieces


def shown_words(label: Label, labels: Sequence[Label], duration: float) -> list[dict[str, Any]]:
    """The words of a label as they are written, with seconds from the start of the clip, and how sure each is.

    confidence: of the word, or None. against: the share of other teachers who did not hear it there; None without
    others. Words that nobody timed stand evenly by their letters, and say so (``timed`` is false).
    """
    written = (label.text or "").split()
    tokens = list(tokens_of(label))
    doubts = _doubts([token.word for token in tokens], label, labels)
    found: list[dict[str, Any]] = []
    at = 0
    for word in written:
        parts = tokens[at : at + len(basic_v1(word).split())]
        sure = [one.confidence for one in parts if one.confidence is not None]
        against = doubts[at : at + len(parts)] if doubts is not None else []
        at += len(parts)
        start = parts[0].start if parts else None
        end = parts[-1].end if parts else None
        found.append(
            {
                "word": word,
                "start": None if start is None else round(start, 3),
                "end": None if end is None else round(end, 3),
                "confidence": round(min(sure), 3) if sure else None,
                "against": round(max(against), 3) if against else None,
                "timed": start is not None and end is not None,
            }
        )
    _spread(found, duration)
    return found


def _doubts(words: Sequence[str], label: Label, labels: Sequence[Label]) -> list[float] | None:
    heard = [one for one in heard_by(labels).values() if one.id != label.id and one.source != label.source]
    if not heard:
        return None
    wrong = [0] * len(words)
    for other in heard:
        right, _ = right_words([token.word for token in tokens_of(other)], words)
        wrong = [count + (not fine) for count, fine in zip(wrong, right, strict=True)]
    return [count / len(heard) for count in wrong]


def _spread(words: list[dict[str, Any]], duration: float) -> None:
    """Give words without times a share of the gap they stand in, by their letters."""
    place = 0
    while place < len(words):
        if words[place]["timed"]:
            place += 1
            continue
        end = next((other for other in range(place, len(words)) if words[other]["timed"]), len(words))
        start = words[place - 1]["end"] if place else 0.0
        until = words[end]["start"] if end < len(words) else duration
        letters = sum(len(one["word"]) + 1 for one in words[place:end])
        for one in words[place:end]:
            share = max(0.0, until - start) * (len(one["word"]) + 1) / letters
            one["start"], one["end"] = round(start, 3), round(start + share, 3)
            start, letters = start + share, letters - len(one["word"]) - 1
        place = end


def _neighbour(clip: Clip | None, labels: Mapping[str, Sequence[Label]]) -> dict[str, Any] | None:
    """The clip beside: its newest text of a person, else the surest of a machine."""
    if clip is None:
        return None
    known = labels.get(clip.id, ())
    person = reviewed(known, scoring=True)
    machine = [
        one for one in known if one.kind is not SourceKind.HUMAN and one.text and one.purpose is Purpose.TRAINING
    ]
    best = person or max(machine, key=lambda one: (one.confidence or 0.0, one.id), default=None)
    return {
        "id": clip.id,
        "duration": round(clip.duration, 2),
        "text": best.text or "" if best is not None else "",
        "source": best.source if best is not None else "",
        "by_person": person is not None,
    }


def minutes_saved(tally: Tally) -> dict[str, float]:
    """What reviewing took, against typing every word. In minutes; `by_hand` is an estimate (hearing, deciding, typing).

    took: as it was measured. saved: the difference; below 0 where people took longer.
    """
    by_hand = (tally.audio + DECIDE * tally.answers + TYPE * tally.words) / 60
    took = tally.seconds / 60
    return {"by_hand": round(by_hand, 2), "took": round(took, 2), "saved": round(by_hand - took, 2)}


def progress(corpus: Corpus, sitting: str) -> dict[str, Any]:
    """What was done in this sitting, and by all."""
    found = {"sitting": corpus.reviews.tally(sitting=sitting), "all": corpus.reviews.tally()}
    return {
        name: {"actions": tally.actions, "answers": tally.answers, "changed": tally.changed, **minutes_saved(tally)}
        for name, tally in found.items()
    }


def dispute_view(dispute: Dispute) -> dict[str, Any]:
    """A clip about which people differ: what each said, the later ones as differences to the first."""
    first, *rest = [(one.person, (one.label.text or "") if one.label is not None else "") for one in dispute.answers]
    return {
        "id": dispute.clip_id,
        "first": {"person": first[0], "text": first[1]},
        "others": [{"person": person, "text": text, "pieces": differences(first[1], text)} for person, text in rest],
    }
