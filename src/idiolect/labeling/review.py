"""What a person should listen to, the most doubtful first; each decision is a new label of theirs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from uuid import uuid4

from idiolect.corpus import NewReview, Sitting
from idiolect.corpus.values import Clip, Label, NewLabel, Purpose, SourceKind
from idiolect.errors import CorpusError
from idiolect.labeling.hearing import VOTE
from idiolect.text import basic_v1

if TYPE_CHECKING:
    from idiolect.corpus import Action, ClipFilter, Corpus

_UNKNOWN = 0.5
"""The confidence of a label that has none: between a sure one and a doubtful one."""

Decision = Literal["accept", "edit", "skip", "noise"]
"""Take the best text, give another one, leave the clip for later, or say that nobody speaks."""


@dataclass(frozen=True, slots=True)
class ReviewItem:
    """A clip to be heard.

    label: the vote, else the machine's claim with the highest confidence; None where there is none.
    others: the rest, the surest first, then what a guard did not let a language model change.
    doubt: in [0, 1], the order of the queue. why: the reason, in words.
    queue: what put it there, kept with the decision: ``random``, ``worth``, or nothing where doubt alone did.
    """

    clip: Clip
    label: Label | None
    others: tuple[Label, ...]
    doubt: float
    why: str
    queue: str = ""


def review_queue(corpus: Corpus, clips: ClipFilter | None = None) -> list[ReviewItem]:
    """The clips that no person has labelled, the most doubtful first.

    Doubt is 1 where engines disagree, else one less the confidence of the best label. Synthetic clips are left out:
    what they say is known. Skipping leaves no label, so that the clip comes again.
    """
    by_clip: dict[str, list[Label]] = {}
    for label in corpus.labels():
        by_clip.setdefault(label.clip_id, []).append(label)
    by_people = {clip_id for clip_id, known in by_clip.items() if any(one.kind is SourceKind.HUMAN for one in known)}
    items = [
        item_of(clip, by_clip.get(clip.id, []))
        for clip in corpus.clips(clips)
        if not clip.recording.synthetic and clip.id not in by_people
    ]
    return sorted(items, key=lambda item: (-item.doubt, item.clip.id))


def decide(
    corpus: Corpus, item: ReviewItem, decision: Decision | str, person: str, *, text: str | None = None
) -> Label | None:
    """Keep a decision as a new label of `person`, whoever holds the clip. Returns it, or None for ``skip``.

    Raises `CorpusError` where there is nothing to accept, an edit has no text, or the person no name.
    """
    if decision == "skip":
        return None
    label = claim_of(item.clip.id, decision, person, shown=item.label, text=text, queue=item.queue)
    action: Action = "noise" if decision == "noise" else "edit" if decision == "edit" else "accept"
    changed = words_changed(item.label, label.text or "")
    new = NewReview(uuid4().hex, item.clip.id, action, label, item.queue, 0.0, len((label.text or "").split()), changed)
    return corpus.reviews.keep(Sitting(person.strip(), new.key), new, forced=True).label


def claim_of(
    clip_id: str,
    decision: str,
    person: str,
    *,
    shown: Label | None,
    text: str | None = None,
    queue: str = "",
    between: Sequence[int] = (),
) -> NewLabel:
    """What a decision claims. shown: the label that is taken, or was edited. between: the labels it decides between.

    Raises `CorpusError` where there is nothing to accept, an edit has no text, or the person no name.
    """
    if not person.strip():
        raise CorpusError("a decision needs the name of who decides", hint="--person NAME")
    said = _text(clip_id, shown, decision, text)
    same = shown is not None and shown.text == said
    about: dict[str, Any] = {"review": decision, "of": shown.id if shown is not None else None}
    return NewLabel(
        clip_id=clip_id,
        kind=SourceKind.HUMAN,
        source=person.strip(),
        text=said,
        # An accepted claim is accepted whole; after an edit the meaning may be another.
        intent=shown.intent if shown is not None and same else None,
        slots=shown.slots if shown is not None and same else {},
        words=shown.words if shown is not None and same else (),
        parameters=about | ({"queue": queue} if queue else {}) | ({"between": list(between)} if between else {}),
        purpose=Purpose.TRAINING,
    )


def words_changed(shown: Label | None, said: str) -> int:
    """The words that a person put in, took out or replaced in what was shown (`basic.v1`)."""
    from rapidfuzz.distance import Levenshtein

    before = basic_v1((shown.text if shown is not None else None) or "").split()
    return int(Levenshtein.distance(before, basic_v1(said).split()))


def _text(clip_id: str, shown: Label | None, decision: str, text: str | None) -> str:
    if decision == "noise":
        return ""
    if decision == "accept":
        if shown is None or shown.text is None:
            raise CorpusError(f"clip {clip_id} has no text to accept", hint="edit it, or skip it")
        return shown.text
    if decision != "edit":
        raise CorpusError(f"there is no decision {decision!r}", hint="accept, edit, skip or noise")
    said = " ".join((text or "").split())
    if not said:
        raise CorpusError("an edit needs a text", hint="noise says that nobody speaks")
    return said


def item_of(clip: Clip, labels: Sequence[Label]) -> ReviewItem:
    """What a person is shown of a clip. A vote stands before what it was made of, then the surest."""
    newest = {one.source: one for one in labels if one.text is not None and one.purpose is Purpose.TRAINING}
    ranked = sorted(newest.values(), key=lambda one: (one.source != VOTE, -_confidence(one), -one.id))
    wished = tuple(one for one in labels if one.purpose is Purpose.SUGGESTION)
    if not ranked:
        return ReviewItem(clip, None, (), 1.0, "no label yet")
    best = ranked[0]
    differ = [one for one in ranked[1:] if basic_v1(one.text or "") != basic_v1(best.text or "")]
    if differ:
        why = f"{best.source} and {', '.join(one.source for one in differ)} disagree"
        doubt = 1.0
    elif best.confidence is None:
        doubt, why = 1 - _UNKNOWN, f"{best.source} does not say how sure it is"
    else:
        doubt, why = 1 - best.confidence, f"{best.source} is {best.confidence:.0%} sure"
    return ReviewItem(clip, best, (*ranked[1:], *wished), doubt, why)


def _confidence(label: Label) -> float:
    return _UNKNOWN if label.confidence is None else label.confidence
