"""What a person should hear next: the clips whose review is worth most for each minute, and some drawn at random.

A clip is worth the wrong words that a person would probably put right in it, more of a speaker that few reviews are of
and with rare terms that nobody has confirmed, for each minute that it takes. A stated share is drawn at random
whatever it is worth, by a hash of the clip, so that what is reviewed of it is a fair sample for honest estimates.
"""

from __future__ import annotations

import hashlib
import heapq
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from idiolect.corpus.values import Clip, Label
from idiolect.errors import CorpusError
from idiolect.labeling.hearing import Teacher, by_clip, heard_by, reviewed, tokens_of
from idiolect.labeling.review import ReviewItem, item_of
from idiolect.labeling.rover import ALPHA
from idiolect.labeling.vote import reviewed_clips, vote_of
from idiolect.labeling.weighing import Trust, learn
from idiolect.text import basic_v1
from idiolect.units import Seconds

if TYPE_CHECKING:
    from idiolect.corpus import ClipFilter, Corpus

DECIDE = 4.0
"""Seconds that a decision takes beside listening once."""
TYPE = 1.5
"""Seconds that putting one wrong word right takes. These two are assumptions: with another pace give your own."""
SPOKEN = 2.5
"""Words in a second of speech, where nothing was heard of it yet."""
FEWEST_WORDS = 500
"""Words below which everything would be commoner than in general English; only given terms are rare then."""


@dataclass(frozen=True, slots=True)
class QueueOptions:
    """random: share of the queue that is drawn at random, 0 to 1; seed: which draw.

    speakers: a clip of a speaker nobody has reviewed is worth so many times more (0: no matter who speaks).
    terms: wrong words that a rare term is worth which nobody has confirmed. extra_terms: terms that count as rare.
    decide, typing: seconds for a decision, and for a wrong word.
    """

    random: float = 0.1
    seed: int = 0
    speakers: float = 0.5
    terms: float = 0.3
    extra_terms: tuple[str, ...] = ()
    decide: float = DECIDE
    typing: float = TYPE

    def __post_init__(self) -> None:
        if not 0 <= self.random <= 1:
            raise CorpusError(f"a random share of {self.random}", hint="0 to 1")
        if min(self.speakers, self.terms, self.typing) < 0 or self.decide <= 0:
            raise CorpusError("what a clip is worth and what it takes cannot be below 0")


@dataclass(frozen=True, slots=True)
class QueueItem:
    """A clip in the queue. item: for the review, with all reasons in its `why`.

    worth: wrong words put right for each minute of a person, with what speaker and terms add. wrong: words of it that
    are probably wrong. seconds: of a person. reasons: why it is here, the first one most.
    """

    item: ReviewItem
    worth: float
    wrong: float
    seconds: Seconds
    reasons: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """JSON values."""
        return {
            "clip": self.item.clip.id,
            "text": None if self.item.label is None else self.item.label.text,
            "drawn": self.item.queue,
            "worth": round(self.worth, 4),
            "wrong_words": round(self.wrong, 3),
            "seconds": round(self.seconds, 2),
            "reasons": list(self.reasons),
        }


@dataclass(frozen=True, slots=True)
class _Seen:
    """A clip before it has a place. wrong: words probably wrong; seconds: of a person; terms: rare ones in it."""

    clip: Clip
    labels: Sequence[Label]
    wrong: float
    seconds: float
    why: str
    terms: tuple[str, ...]


def person_seconds(duration: float, wrong: float = 0.0, *, decide: float = DECIDE, typing: float = TYPE) -> Seconds:
    """What reviewing a clip of `duration` seconds takes: hearing it once, deciding, and typing the wrong words."""
    return Seconds(duration + decide + typing * wrong)


def queue_of(
    corpus: Corpus, options: QueueOptions | None = None, *, clips: ClipFilter | None = None
) -> list[QueueItem]:
    """The clips that no person has labelled, in the order they should be heard. Synthetic ones are left out."""
    everything = by_clip(corpus.labels())
    return rank(corpus.clips(clips), everything, options or QueueOptions(), known=corpus.clips())


def rank(
    clips: Sequence[Clip],
    labels: Mapping[str, Sequence[Label]],
    options: QueueOptions,
    *,
    known: Iterable[Clip] | None = None,
) -> list[QueueItem]:
    """The same from values: labels by clip id. known: all clips, whose reviews count for speakers; None: `clips`.

    The order is a function of these values alone. Of equal clips the lower id comes first.
    """
    trust = learn(reviewed_clips(labels))
    waiting = [
        clip
        for clip in clips
        if not clip.recording.synthetic and reviewed(labels.get(clip.id, []), scoring=True) is None
    ]
    heard = {clip.id: heard_by(labels.get(clip.id, [])) for clip in waiting}
    rare = _rare_terms(waiting, heard, options)
    seen = []
    for clip in waiting:
        wrong, why = _wrong_words(clip, heard[clip.id], trust)
        seconds = person_seconds(clip.duration, wrong, decide=options.decide, typing=options.typing)
        words = {token.word for label in heard[clip.id].values() for token in tokens_of(label)}
        seen.append(_Seen(clip, labels.get(clip.id, []), wrong, seconds, why, tuple(sorted(words & rare))))
    drawn = {one.clip.id: place for one in seen if (place := draw(one.clip.id, options.seed)) < options.random}
    speakers = Counter(
        clip.recording.speaker
        for clip in (clips if known is None else known)
        if reviewed(labels.get(clip.id, []), scoring=True) is not None
    )
    confirmed: Counter[str] = Counter()
    for some in labels.values():
        if (person := reviewed(some, scoring=True)) is not None:
            confirmed.update(set(basic_v1(person.text or "").split()) & rare)
    by_worth = _greedy([one for one in seen if one.clip.id not in drawn], speakers, confirmed, options)
    at_random = sorted((one for one in seen if one.clip.id in drawn), key=lambda one: drawn[one.clip.id])
    share = f"drawn at random ({options.random:.0%} are, for honest estimates)"
    randomly = [_placed(one, _worth(one, speakers, confirmed, options), "random", share) for one in at_random]
    return list(_interleave(by_worth, randomly, options.random))


def draw(clip_id: str, seed: int) -> float:
    """A number in [0, 1) that belongs to the clip: below the share, it is drawn; whatever else is there."""
    digest = hashlib.blake2b(f"{seed}:{clip_id}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


def _interleave(by_worth: Iterator[QueueItem], randomly: Sequence[QueueItem], share: float) -> Iterator[QueueItem]:
    """Of any first n, about ``share * n`` are random ones."""
    waiting = iter(randomly)
    place = 0
    for item in by_worth:
        while int((place + 1) * share) > int(place * share) and (other := next(waiting, None)) is not None:
            yield other
            place += 1
        yield item
        place += 1
    yield from waiting


def _greedy(
    seen: Sequence[_Seen], speakers: Counter[str | None], confirmed: Counter[str], options: QueueOptions
) -> Iterator[QueueItem]:
    """The worthiest first, given those before it.

    What a clip is worth only falls as others go ahead, so that a clip which is still the best after it was looked at
    again is the best of all (the lazy greedy of Minoux, 1978).
    """
    ahead_speakers, ahead_terms = Counter(speakers), Counter(confirmed)
    heap = [(-_worth(one, ahead_speakers, ahead_terms, options), one.clip.id, one) for one in seen]
    heapq.heapify(heap)
    while heap:
        before, clip_id, one = heapq.heappop(heap)
        worth = _worth(one, ahead_speakers, ahead_terms, options)
        if worth < -before:
            heapq.heappush(heap, (-worth, clip_id, one))
            continue
        yield _placed(one, worth, "worth", *_more(one, ahead_speakers, ahead_terms, options))
        ahead_speakers[one.clip.recording.speaker] += 1
        ahead_terms.update(one.terms)


def _worth(one: _Seen, speakers: Counter[str | None], confirmed: Counter[str], options: QueueOptions) -> float:
    name = one.clip.recording.speaker
    need = 0.0 if name is None else options.speakers / (1 + speakers[name])
    terms = options.terms * sum(1 / (1 + confirmed[term]) for term in one.terms)
    return 60 * (one.wrong * (1 + need) + terms) / one.seconds


def _more(one: _Seen, speakers: Counter[str | None], confirmed: Counter[str], options: QueueOptions) -> list[str]:
    name = one.clip.recording.speaker
    reasons = []
    new = [term for term in one.terms if not confirmed[term]]
    if new and options.terms:
        reasons.append(f"rare terms nobody confirmed: {', '.join(new)}")
    if name is not None and options.speakers and not speakers[name]:
        reasons.append(f"nothing of {name} is reviewed")
    return reasons


def _placed(one: _Seen, worth: float, queue: str, *more: str) -> QueueItem:
    item = item_of(one.clip, one.labels)
    reasons = (*more, one.why) if queue == "random" else (one.why, *more)
    item = replace(item, why="; ".join(reasons), queue=queue)
    return QueueItem(item, worth, one.wrong, Seconds(one.seconds), reasons)


def _wrong_words(clip: Clip, heard: Mapping[Teacher, Label], trust: Mapping[Teacher, Trust]) -> tuple[float, str]:
    """How many words are probably wrong, and the reason in words."""
    if not heard:
        return SPOKEN * clip.duration, "no label yet"
    # One teacher agrees with itself: that says nothing. The more there are, the more their agreement says.
    outcome = vote_of(heard, trust, alpha=ALPHA * (1 - 1 / len(heard)))
    wrong = sum(1 - one.score for one in outcome.slots)
    if outcome.disagreement:
        return (
            wrong,
            f"{len(heard)} teachers disagree on {outcome.disagreement:.0%} of it, about {wrong:.1f} words wrong",
        )
    who = "the teacher is" if len(heard) == 1 else f"all {len(heard)} teachers agree and are"
    return wrong, f"{who} {outcome.confidence:.0%} sure, about {wrong:.1f} words wrong"


def _rare_terms(
    clips: Sequence[Clip], heard: Mapping[str, Mapping[Teacher, Label]], options: QueueOptions
) -> frozenset[str]:
    """Words much commoner in these clips than in general English, and the given ones."""
    from idiolect.tasks.terms import key_terms

    given = frozenset(word for term in options.extra_terms for word in basic_v1(term).split())
    counts: Counter[str] = Counter()
    for clip in clips:
        if (clip.recording.language or "en").lower().startswith("en"):
            said = {token.word for label in heard[clip.id].values() for token in tokens_of(label)}
            counts.update(said)
    if not options.terms or counts.total() < FEWEST_WORDS:
        return given
    return given | {term.word for term in key_terms(counts)}
