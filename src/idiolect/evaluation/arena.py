"""The blind arena: two texts of one clip, or two voices of one text, without names and in an unknown order."""

from __future__ import annotations

import hashlib
import secrets
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from idiolect import text
from idiolect.corpus.values import SourceKind
from idiolect.corpus.votes import Choice, Vote, VoteKind
from idiolect.errors import EvaluationError
from idiolect.evaluation.ranking import Game, Standing, rank
from idiolect.evaluation.stored import StoredSystem, heard_by

if TYPE_CHECKING:
    from idiolect.corpus import Corpus

MOST = 2_000
"""Clips in one arena: more than a person votes on, and few enough to be gone through at each vote (10 ms)."""

_SALT = "arena"
"""Where ``meta`` keeps what makes the order of a pair unknowable."""


@dataclass(frozen=True, slots=True)
class Entrant:
    """What one name has to show for an item: a text, and the clip that is heard with it."""

    text: str
    clip_id: str


@dataclass(frozen=True, slots=True)
class Match:
    """What a person is shown. `id` says nothing of who it is; the names `first` and `second` stay on the server."""

    id: str
    item: str
    first: str
    second: str
    shown: tuple[Entrant, Entrant]


@dataclass(frozen=True, slots=True)
class Arena:
    """All that can be put against each other. items: by item and name; names: how each is called on screens."""

    kind: VoteKind
    items: Mapping[str, Mapping[str, Entrant]]
    names: Mapping[str, str]
    salt: str

    def matches(self, person: str) -> Iterator[Match]:
        """Every pair on every item that can be told apart, in the order in which this person would see them."""
        for item, entrants in self.items.items():
            for pair in combinations(sorted(entrants), 2):
                if self.kind == "voice" or _differ(entrants[name].text for name in pair):
                    yield self._match(person, item, entrants, pair)

    def _match(self, person: str, item: str, entrants: Mapping[str, Entrant], pair: tuple[str, str]) -> Match:
        digest = _digest(self.salt, person, item, *pair)
        first, second = pair if int(digest[-1], 16) % 2 else (pair[1], pair[0])
        return Match(digest, item, first, second, (entrants[first], entrants[second]))


def text_arena(corpus: Corpus, systems: Sequence[StoredSystem]) -> Arena:
    """What systems heard in the same clips, where it differs: `MOST` of these at most, drawn once for all people."""
    items: dict[str, dict[str, Entrant]] = {}
    for system in systems:
        for clip_id, heard in heard_by(corpus, system).items():
            items.setdefault(clip_id, {})[system.identity] = Entrant(heard.text, clip_id)
    salt = _salt(corpus)
    different = [item for item, entrants in items.items() if _differ(one.text for one in entrants.values())]
    drawn = sorted(different, key=lambda item: _digest(salt, item))[:MOST]
    return Arena("text", {item: items[item] for item in drawn}, {one.identity: one.label for one in systems}, salt)


def voice_arena(corpus: Corpus, voices: Sequence[str] = ()) -> Arena:
    """What voices spoke of the same texts: these, or all. Of one voice's clips of a text the first counts."""
    items: dict[str, dict[str, Entrant]] = {}
    for label in corpus.labels(kind=SourceKind.SYNTHESIS):
        if label.text and (not voices or label.source in voices):
            item = hashlib.blake2b(text.basic_v1(label.text).encode(), digest_size=16).hexdigest()
            items.setdefault(item, {}).setdefault(label.source, Entrant(label.text, label.clip_id))
    names = sorted({name for entrants in items.values() for name in entrants})
    return Arena("voice", items, {name: name for name in names}, _salt(corpus))


def next_match(corpus: Corpus, arena: Arena, person: str) -> Match | None:
    """What this person votes on next; None where nothing is left.

    Never what they voted on. First the pair of names that has the fewest votes, then the item that has; of equal ones
    by chance, the same chance each time until they vote.
    """
    votes = corpus.votes(arena.kind)
    mine = {(vote.item, vote.pair) for vote in votes if vote.person == person}
    of_pair = Counter(vote.pair for vote in votes)
    of_item = Counter((vote.item, vote.pair) for vote in votes)
    left = (match for match in arena.matches(person) if (match.item, _pair(match)) not in mine)
    return min(
        left, key=lambda match: (of_pair[_pair(match)], of_item[match.item, _pair(match)], match.id), default=None
    )


def cast(corpus: Corpus, arena: Arena, person: str, match_id: str, choice: Choice) -> Vote:
    """Keep a person's vote on the match of that id; ``withdrawn`` takes it back.

    Raises:
        EvaluationError: there is no such match for this person, or they voted on it before.
        CorpusError: no such choice.
    """
    match = next((one for one in arena.matches(person) if one.id == match_id), None)
    if match is None:
        raise EvaluationError(f"there is no match {match_id!r}", hint="load the page again: something was evaluated")
    clips = [one.clip_id for one in match.shown]
    vote = Vote(arena.kind, person, match.item, match.first, match.second, clips[0], clips[1], choice)
    known = any((one.item, one.pair) == (vote.item, vote.pair) for one in corpus.votes(arena.kind, person))
    if known is not (choice == "withdrawn"):
        told = "has voted on this pair already" if known else "has not voted on this pair"
        raise EvaluationError(f"{person} {told}", hint="the page shows another one")
    corpus.add_vote(vote)
    return vote


def standings(corpus: Corpus, arena: Arena, *, seed: int = 0) -> tuple[Standing, ...]:
    """Who of the arena's names wins how often, by all people's votes."""
    won = {"first": 1.0, "second": 0.0, "tie": 0.5}
    games = [
        Game(vote.item, vote.first, vote.second, won[vote.choice])
        for vote in corpus.votes(arena.kind)
        if vote.first in arena.names and vote.second in arena.names
    ]
    return rank(games, seed=seed)


def _differ(texts: Iterable[str]) -> bool:
    return len({text.basic_v1(one) for one in texts}) > 1


def _digest(*told: str) -> str:
    return hashlib.blake2b("\x00".join(told).encode(), digest_size=12).hexdigest()


def _pair(match: Match) -> tuple[str, str]:
    return (match.first, match.second) if match.first < match.second else (match.second, match.first)


def _salt(corpus: Corpus) -> str:
    known = corpus.database.get(_SALT)
    if known is None:
        known = secrets.token_hex(16)
        corpus.database.put(_SALT, known)
    return str(known)
