"""How far two people agree about the same clips, and the clips about which they do not.

Texts are compared by their words (`basic.v1`): the error rate counts the edits between two people's texts against the
words of both, so that it does not matter whose text is called the reference. What they did (accept, edit, noise) is
compared by Cohen's kappa: agreement beyond what chance would give (J. Cohen, "A coefficient of agreement for nominal
scales", Educational and Psychological Measurement 20, 1960).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

from idiolect.corpus import ADJUDICATION, ANSWERS
from idiolect.text import basic_v1

if TYPE_CHECKING:
    from idiolect.corpus import Corpus, Review


@dataclass(frozen=True, slots=True)
class Agreement:
    """How two people, or everybody who was asked twice, agree.

    people: two names; none: all pairs together. clips: that both answered. same: of these with the same words.
    edits: words between their texts; words: of both texts. kappa: None where chance alone would agree always.
    """

    people: tuple[str, ...]
    clips: int
    same: int
    edits: int
    words: int
    kappa: float | None

    @property
    def wer(self) -> float | None:
        """Edits against the mean of both texts' words; None where neither said a word."""
        return 2 * self.edits / self.words if self.words else None

    def as_dict(self) -> dict[str, Any]:
        """JSON values."""
        return {
            "people": list(self.people),
            "clips": self.clips,
            "same": self.same,
            "wer": None if self.wer is None else round(self.wer, 4),
            "kappa": None if self.kappa is None else round(self.kappa, 3),
        }


@dataclass(frozen=True, slots=True)
class Dispute:
    """A clip about which people differ. answers: the newest of each person, oldest first.

    settled: somebody has decided between them since.
    """

    clip_id: str
    answers: tuple[Review, ...]
    settled: bool

    @property
    def why(self) -> str:
        """In words."""
        return f"{' and '.join(one.person for one in self.answers)} differ"


def agreement(answers: Mapping[str, Sequence[Review]]) -> tuple[Agreement, list[Agreement]]:
    """Of everybody, and of each pair of people, the pair with most clips first. answers: by clip (`by_several`)."""
    pairs: dict[tuple[str, str], list[tuple[Review, Review]]] = {}
    for some in answers.values():
        for one, other in combinations(_opinions(some), 2):
            first, second = sorted((one, other), key=lambda review: review.person)
            pairs.setdefault((first.person, second.person), []).append((first, second))
    each = [_agreement(people, both) for people, both in pairs.items()]
    everybody = _agreement((), [pair for both in pairs.values() for pair in both])
    return everybody, sorted(each, key=lambda one: (-one.clips, one.people))


def dispute_of(reviews: Sequence[Review]) -> Dispute | None:
    """Whether people differ about a clip. reviews: of one clip, those that stand, oldest first."""
    opinions = _opinions(reviews)
    if len({_words(one) for one in opinions}) < 2:
        return None
    newest = max(one.id for one in opinions)
    settled = any(one.queue == ADJUDICATION and one.action in ANSWERS and one.id > newest for one in reviews)
    return Dispute(opinions[0].clip_id, tuple(opinions), settled)


def disputes(corpus: Corpus, *, settled: bool = False) -> list[Dispute]:
    """The clips about which people differ and nobody has decided between them; with `settled`, the others too."""
    found = [dispute_of(some) for some in corpus.reviews.by_several().values()]
    return [one for one in found if one is not None and (settled or not one.settled)]


def kappa(pairs: Sequence[tuple[str, str]]) -> float | None:
    """Cohen's kappa of what two people called the same things.

    >>> kappa([("accept", "accept"), ("edit", "edit"), ("accept", "edit"), ("edit", "accept")])
    0.0
    >>> kappa([("accept", "accept"), ("edit", "edit")])
    1.0
    """
    if not pairs:
        return None
    total = len(pairs)
    ones, others = Counter(one for one, _ in pairs), Counter(other for _, other in pairs)
    chance = sum(ones[name] * others[name] for name in ones) / total**2
    if chance == 1:
        return None
    return (sum(one == other for one, other in pairs) / total - chance) / (1 - chance)


def _agreement(people: tuple[str, ...], pairs: Sequence[tuple[Review, Review]]) -> Agreement:
    from rapidfuzz.distance import Levenshtein

    texts = [(_words(one), _words(other)) for one, other in pairs]
    edits = [int(Levenshtein.distance(one, other)) for one, other in texts]
    return Agreement(
        people,
        len(pairs),
        sum(not count for count in edits),
        sum(edits),
        sum(len(one) + len(other) for one, other in texts),
        kappa([(one.action, other.action) for one, other in pairs]),
    )


def _opinions(reviews: Sequence[Review]) -> list[Review]:
    """The newest answer of each person, without what decided between others."""
    newest = {one.person: one for one in reviews if one.action in ANSWERS and one.queue != ADJUDICATION}
    return sorted(newest.values(), key=lambda one: one.id)


def _words(review: Review) -> tuple[str, ...]:
    return tuple(basic_v1((review.label.text if review.label is not None else None) or "").split())
