"""People review at once: who gets which clip next, what they decide, and what they take back.

The order of the queue costs seconds to make over a large store. It is made once, kept, and made anew beside the work
after so many decisions; what a person is given of it is decided in the database, in one transaction.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from uuid import uuid4

from idiolect.corpus import ADJUDICATION, ANSWERS, NewReview, Sitting
from idiolect.corpus.values import Clip, Label, SourceKind
from idiolect.errors import CorpusError
from idiolect.labeling.agreement import Dispute, dispute_of
from idiolect.labeling.queue import QueueOptions, draw, rank
from idiolect.labeling.review import ReviewItem, claim_of, item_of, words_changed

if TYPE_CHECKING:
    from idiolect.corpus import Action, Corpus, Leased, Review
    from idiolect.corpus.leases import Turn

WINDOW = 5_000
"""Waiting clips that are ranked at once: ids are hashes, so that the first ones are a fair sample of a larger store."""
TAUGHT = 2_000
"""Reviewed clips, the newest, that tell how far each teacher is to be trusted."""
AGAIN = 200
"""Decisions after which the order is made anew; and `OLD` seconds."""
OLD = 600.0
EVERY = 4
"""One clip in so many is a second opinion, while there are such clips."""
DEAR = 0.2
"""Seconds of counting above which a count is kept for a while."""
LONGEST = 300.0
"""Seconds that one decision counts at most: whoever took longer was away."""
SECOND_SEED = 20_011
"""Another draw than that of the queue's random share."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A place in the order. why: in words; queue: what put it there, kept with the decision."""

    clip_id: str
    why: str
    queue: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A clip before a person. turn: ``first``, ``second`` (their opinion, unseen the other's) or ``asked``.

    dispute: what reviewers said of it who differ; deciding then settles it.
    """

    item: ReviewItem
    turn: Turn
    dispute: Dispute | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person says. key: their own name for it; sent again, it is kept once.

    of: the number of the label that is accepted, or was edited. text: for ``edit``. also: keep it as another opinion
    where somebody decided meanwhile.
    """

    key: str
    clip_id: str
    action: Action
    of: int | None = None
    text: str | None = None
    queue: str = ""
    seconds: float = 0.0
    also: bool = False


def worthiest(corpus: Corpus, options: QueueOptions | None = None, *, window: int = WINDOW) -> list[Waiting]:
    """The order of `queue_of`, of at most `window` waiting clips and what the newest reviews teach about them."""
    ids = corpus.reviews.waiting(window)
    taught = corpus.reviews.heard_last(TAUGHT)
    clips = corpus.clips_of([*ids, *taught])
    labels = corpus.labels_of(list(clips))
    waiting = [clips[clip_id] for clip_id in ids if clip_id in clips]
    ranked = rank(waiting, labels, options or QueueOptions(), known=clips.values())
    return [Waiting(one.item.clip.id, one.item.why, one.item.queue) for one in ranked]


class Reviewing:
    """The reviewing of one store, for any number of people. Thread safe; other processes may do the same.

    order: makes the order, the first clip first. beside: make it anew in a thread, while people go on in the old one.
    """

    def __init__(
        self, corpus: Corpus, order: Callable[[Corpus], Sequence[Waiting]] = worthiest, *, beside: bool = True
    ) -> None:
        self.corpus = corpus
        self._make = order
        self._beside = beside
        self._lock = threading.Lock()
        self._making = threading.Lock()
        self._order: list[Waiting] | None = None
        self._about: dict[str, Waiting] = {}
        self._seconds: dict[str, None] = {}
        self._share = 0.0
        self._made = 0.0
        self._since = 0
        self._counted = (0, 0.0)

    def sit(self, person: str, sitting: str | None = None) -> Sitting:
        """A new sitting of a person, or that of this id. Raises `CorpusError` for a person without a name."""
        return Sitting(person.strip(), sitting or uuid4().hex)

    def next(self, who: Sitting, count: int = 1) -> list[Asked]:
        """Clips for a sitting, that nobody else gets meanwhile; none where nothing waits."""
        if self._order is None:
            self._refresh()
        elif self._beside and (self._since >= AGAIN or time.monotonic() - self._made > OLD):
            self._since, self._made = 0, time.monotonic()
            threading.Thread(target=self._refresh, name="the order of the queue", daemon=True).start()
        found = self._take(who, count)
        if len(found) < count and self._since:
            self._refresh()
            found += self._take(who, count - len(found))
        return self._shown(found)

    def held(self, who: Sitting) -> list[Asked]:
        """What a sitting holds already: a page that was loaded again goes on with it. Makes its leases longer."""
        if self._order is None:
            self._refresh()
        return self._shown(self.corpus.reviews.held(who))

    def open(self, who: Sitting, clip_id: str) -> Asked:
        """This clip, whatever was decided about it. Raises `ConflictError` where somebody else is at it."""
        clip = self.corpus.clip(clip_id)
        self.corpus.reviews.hold(who, clip.id)
        labels = self.corpus.labels_of([clip.id])[clip.id]
        return self._asked(clip, labels, "asked")

    def decide(self, who: Sitting, answer: Answer) -> Review:
        """Keep what a person says. An edit that changed nothing is an acceptance.

        Raises `ConflictError` where somebody decided meanwhile, and `CorpusError` for what makes no sense.
        """
        labels = {one.id: one for one in self.corpus.labels_of([answer.clip_id])[answer.clip_id]}
        shown = labels.get(answer.of) if answer.of is not None else None
        if answer.of is not None and shown is None:
            raise CorpusError(f"label {answer.of} is none of clip {answer.clip_id}", hint="Load the page again.")
        action = answer.action
        if action == "edit" and shown is not None and " ".join((answer.text or "").split()) == shown.text:
            action = "accept"
        settles = answer.queue == ADJUDICATION
        new = NewReview(answer.key, answer.clip_id, action, None if action not in ANSWERS else claim_of(
            answer.clip_id, action, who.person, shown=shown, text=answer.text, queue=answer.queue,
            between=self._between(answer.clip_id) if settles else (),
        ), answer.queue, min(max(0.0, answer.seconds), LONGEST))  # fmt: skip
        if new.label is not None:
            said = new.label.text or ""
            new = replace(new, words=len(said.split()), changed=words_changed(shown, said))
        kept = self.corpus.reviews.keep(who, new, also=answer.also)
        with self._lock:
            self._since += 1
            if kept.action in ANSWERS and self.second(kept.clip_id):
                self._seconds[kept.clip_id] = None
        return kept

    def undo(self, who: Sitting, key: str, review_id: int | None = None) -> tuple[Review, Asked | None]:
        """Take the newest decision back; see `Reviews.withdraw`. With the clip, where it is before the person again."""
        gone = self.corpus.reviews.withdraw(who, key, review_id)
        held = [one for one in self.corpus.reviews.held(who) if one.clip_id == gone.clip_id]
        return gone, next(iter(self._shown(held)), None)

    def count_waiting(self) -> int:
        """How many clips no person has labelled. Over a large store an older count is given while a new one is dear."""
        now = time.monotonic()
        count, until = self._counted
        if now >= until:
            count = self.corpus.reviews.count_waiting()
            took = time.monotonic() - now
            # Counting takes a twentieth of the time at most; a small store is counted each time.
            self._counted = (count, time.monotonic() + (20 * took if took > DEAR else 0.0))
        return count

    def second(self, clip_id: str) -> bool:
        """Whether two people are asked about a clip: a draw by its id, below the share that was set."""
        return draw(clip_id, SECOND_SEED) < self._share

    def _between(self, clip_id: str) -> list[int]:
        dispute = dispute_of(self.corpus.reviews.reviews(clip_ids=[clip_id]))
        return [one.label.id for one in dispute.answers if one.label is not None] if dispute is not None else []

    def _refresh(self) -> None:
        with self._making:
            share = self.corpus.reviews.double()
            order = list(self._make(self.corpus))
            once = self.corpus.reviews.once(WINDOW) if share else []
            with self._lock:
                self._share, self._since, self._made = share, 0, time.monotonic()
                self._order = order
                self._about |= {one.clip_id: one for one in order}
                self._seconds = dict.fromkeys(clip_id for clip_id in once if self.second(clip_id))

    def _take(self, who: Sitting, count: int) -> list[Leased]:
        with self._lock:
            candidates = list(self._candidates())
        taken = self.corpus.reviews.take(who, candidates, count, second=self.second)
        if taken.closed:
            with self._lock:
                self._order = [one for one in self._order or () if one.clip_id not in taken.closed]
                for clip_id in taken.closed:
                    self._seconds.pop(clip_id, None)
        return list(taken.leased)

    def _candidates(self) -> Iterator[str]:
        """What somebody asked for, then the order with second opinions in it. A clip may come twice."""
        yield from self.corpus.reviews.asked()
        seconds = iter(self._seconds)
        for place, one in enumerate(self._order or ()):
            if place % EVERY == EVERY - 1 and (other := next(seconds, None)) is not None:
                yield other
            yield one.clip_id
        yield from seconds

    def _shown(self, leased: Sequence[Leased]) -> list[Asked]:
        ids = [one.clip_id for one in leased]
        clips, labels = self.corpus.clips_of(ids), self.corpus.labels_of(ids)
        return [self._asked(clips[one.clip_id], labels[one.clip_id], one.turn) for one in leased]

    def _asked(self, clip: Clip, labels: Sequence[Label], turn: Turn) -> Asked:
        machine = [one for one in labels if one.kind is not SourceKind.HUMAN]
        place = self._about.get(clip.id)
        if turn != "asked":
            item = item_of(clip, machine)
            why = place.why if place is not None else item.why
            if turn == "second":
                why = f"a second opinion is wanted; {why}"
            return Asked(replace(item, why=why, queue=turn if turn == "second" else place.queue if place else ""), turn)
        dispute = dispute_of(self.corpus.reviews.reviews(clip_ids=[clip.id]))
        item = item_of(clip, machine)
        people = [one for one in labels if one.kind is SourceKind.HUMAN and one.text is not None][::-1]
        if people:
            rest = [*people[1:], *([item.label] if item.label is not None else []), *item.others]
            item = replace(item, label=people[0], others=tuple(rest))
        if dispute is not None and not dispute.settled:
            return Asked(replace(item, why=dispute.why, queue=ADJUDICATION), turn, dispute)
        why = self.corpus.reviews.asked().get(clip.id) or (f"{people[0].source} reviewed it" if people else item.why)
        return Asked(replace(item, why=why, queue="asked"), turn, dispute)
