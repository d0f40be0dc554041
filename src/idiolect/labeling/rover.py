"""ROVER: several transcripts of a clip into one network of slots, and a vote in each slot.

J. G. Fiscus, "A post-processing system to yield reduced word error rates: Recognizer Output Voting Error Reduction
(ROVER)", ASRU 1997. The network is built by aligning one transcript after another to what is there. The order is a
function of what was heard and of the teachers' keys, never of the order they come in: first the transcript with the
fewest edits to all others, then the next; of equals, the one whose key sorts first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz.distance import Indel, Levenshtein

from idiolect.labeling.hearing import Token
from idiolect.units import Seconds

ALPHA = 0.5
"""How much of a vote is agreement; the rest is the confidence of who agrees."""
NULL = 0.5
"""The confidence of a teacher that it heard no word where another heard one."""

Slot = Mapping[int, Token]
"""A place in the network: the word of each voter (by its index) that heard one there; the others vote for no word."""


@dataclass(frozen=True, slots=True)
class Voter:
    """One transcript. weight: above 0. The confidences of its tokens are used as they are: `weighing` calibrates."""

    key: str
    weight: float
    tokens: tuple[Token, ...]


@dataclass(frozen=True, slots=True)
class Elected:
    """What a slot was voted to be.

    token: None where no word won. agreement: share of the weight that voted for it. score: in [0, 1], the vote itself.
    """

    token: Token | None
    agreement: float
    score: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a vote gives.

    slots: each place, also those that no word won. confidence: their mean score. disagreement: one less their mean
    agreement, 0 where all voters heard the same.
    """

    slots: tuple[Elected, ...]
    confidence: float
    disagreement: float

    @property
    def words(self) -> tuple[Elected, ...]:
        """The slots that a word won."""
        return tuple(slot for slot in self.slots if slot.token is not None)

    @property
    def text(self) -> str:
        """The words that won, as the weightiest of those who heard them writes them."""
        return " ".join(slot.token.shown for slot in self.slots if slot.token is not None)


def vote(voters: Sequence[Voter], *, alpha: float = ALPHA, null: float = NULL) -> Outcome:
    """Vote slot by slot: each voter gives ``weight * (alpha + (1 - alpha) * confidence)`` to its word.

    The voters must differ in their keys. Of equal votes a word wins over no word, then what the voter heard that
    entered the network first.
    """
    ranked = in_order(voters)
    slots = network([voter.tokens for voter in ranked]) or [{}]
    elected = tuple(_elect(slot, ranked, alpha, null) for slot in slots)
    return Outcome(
        elected,
        round(sum(one.score for one in elected) / len(elected), 4),
        round(1 - sum(one.agreement for one in elected) / len(elected), 4),
    )


def in_order(voters: Sequence[Voter]) -> list[Voter]:
    """The voters as they enter the network: who agrees most with the others first."""
    words = [[token.word for token in voter.tokens] for voter in voters]
    distances = [sum(Levenshtein.distance(one, other) for other in words) for one in words]
    return [voters[index] for index in sorted(range(len(voters)), key=lambda at: (distances[at], voters[at].key))]


def network(transcripts: Sequence[Sequence[Token]]) -> list[Slot]:
    """Align each transcript to those before it. In every slot stands at least one word."""
    places = _places(tuple(tuple(token.word for token in tokens) for tokens in transcripts))
    return [{index: transcripts[index][place] for index, place in slot} for slot in places]


@lru_cache(maxsize=20_000)
def _places(transcripts: tuple[tuple[str, ...], ...]) -> tuple[tuple[tuple[int, int], ...], ...]:
    """Each slot as (index of the transcript, place of the word in it); kept, since weights change and words do not."""
    slots: list[dict[int, int]] = []
    for index, words in enumerate(transcripts):
        known = [tuple(sorted({transcripts[other][place] for other, place in slot.items()})) for slot in slots]
        merged: list[dict[int, int]] = []
        for slot, place in _path(known, [len(one) for one in slots], words, index):
            merged.append(dict(slots[slot]) if slot is not None else {})
            if place is not None:
                merged[-1][index] = place
        slots = merged
    return tuple(tuple(slot.items()) for slot in slots)


def _path(
    slots: Sequence[tuple[str, ...]], filled: Sequence[int], heard: Sequence[str], voters: int
) -> list[tuple[int | None, int | None]]:
    """The cheapest alignment as (slot, word) pairs; None on one side is a skipped slot or a new one.

    A word costs nothing where it stands already, and 1 to 1.5 beside others, less where the spelling is alike. A slot
    that few of the `voters` have filled is skipped at less; a new slot costs 1.
    """
    skips = [max(0.1, count / max(1, voters)) for count in filled]
    # Each cell: what it costs to come here, and the step that led here; of equal ways, word beside word.
    above: list[float] = [float(column) for column in range(len(heard) + 1)]
    steps: list[list[str]] = [["new"] * (len(heard) + 1)]
    for skip, words in zip(skips, slots, strict=True):
        row, led = [above[0] + skip], ["skip"]
        for column, word in enumerate(heard, start=1):
            ways = (
                (above[column - 1] + _beside(words, word), 0, "beside"),
                (above[column] + skip, 1, "skip"),
                (row[column - 1] + 1.0, 2, "new"),
            )
            cost, _, step = min(ways)
            row.append(cost)
            led.append(step)
        above = row
        steps.append(led)
    return _back(steps)


def _back(steps: Sequence[Sequence[str]]) -> list[tuple[int | None, int | None]]:
    """From the end of the table to its start."""
    row, column = len(steps) - 1, len(steps[0]) - 1
    path: list[tuple[int | None, int | None]] = []
    while row or column:
        step = steps[row][column]
        row -= step != "new"
        column -= step != "skip"
        path.append((None if step == "new" else row, None if step == "skip" else column))
    return path[::-1]


@lru_cache(maxsize=100_000)
def _beside(words: tuple[str, ...], word: str) -> float:
    if word in words:
        return 0.0
    return 1.0 + 0.5 * (1 - max(Indel.normalized_similarity(one, word) for one in words))


def _elect(slot: Slot, voters: Sequence[Voter], alpha: float, null: float) -> Elected:
    weight = {"": 0.0}
    score = {"": 0.0}
    for index, voter in enumerate(voters):
        token = slot.get(index)
        word = "" if token is None else token.word
        sure = null if token is None or token.confidence is None else token.confidence
        weight[word] = weight.get(word, 0.0) + voter.weight
        score[word] = score.get(word, 0.0) + voter.weight * (alpha + (1 - alpha) * sure)
    total = sum(voter.weight for voter in voters)
    entered = {token.word: -index for index, token in sorted(slot.items(), reverse=True)}
    won = max(score, key=lambda word: (round(score[word], 9), word != "", entered.get(word, 0)))
    return Elected(_written(slot, won, voters), weight[won] / total, score[won] / total)


def _written(slot: Slot, won: str, voters: Sequence[Voter]) -> Token | None:
    """The word as the weightiest voter that heard it wrote it; times of another voter where it has none."""
    if not won:
        return None
    order = sorted(slot, key=lambda index: (-voters[index].weight, index))
    best = next(slot[index] for index in order if slot[index].word == won)
    if best.start is not None:
        return best
    timed = next((slot[index] for index in order if slot[index].start is not None), None)
    if timed is None:
        return best
    return Token(best.word, best.shown, best.confidence, timed.start, timed.end)


def times_of(words: Sequence[Elected]) -> list[tuple[Seconds, Seconds]] | None:
    """Seconds of each word that won. Words nobody timed share the gap they stand in; None where none is timed."""
    known = [_span(one.token) for one in words]
    if not any(known):
        return None
    result: list[tuple[Seconds, Seconds]] = []
    for place, span in enumerate(known):
        if span is not None:
            result.append(span)
            continue
        before = result[-1][1] if result else Seconds(0.0)
        onward = next((other[0] for other in known[place:] if other is not None), before)
        waiting = next((n for n, other in enumerate(known[place:]) if other is not None), len(known) - place)
        end = Seconds(before + max(0.0, onward - before) / waiting)
        result.append((before, end))
    return result


def _span(token: Token | None) -> tuple[Seconds, Seconds] | None:
    return None if token is None or token.start is None or token.end is None else (token.start, token.end)
