"""Who wins more often: Bradley-Terry strengths from votes on pairs, with intervals.

The strengths that make the votes most likely are found by the MM algorithm of Hunter 2004 ("MM algorithms for
generalized Bradley-Terry models", equation 3). A tie is half a win for each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from idiolect.evaluation.bootstrap import UNKNOWN, Interval, percentile, resample

RANKING = "bradley-terry.v1"
"""Changes whenever a rating would change with the same votes."""

MIDDLE = 1000.0
SCALE = 400.0
"""As in chess (Elo 1978): 400 points more are ten times the odds."""

DRAWS = 1_000
_STEPS = 500
_SMALL = 1e-9

PRIOR = 1.0
"""Each name is given so many ties, spread over all others: without it who won every vote would be infinitely strong."""


class Game(NamedTuple):
    """One vote: `score` is what `first` got: 1, 0, or 0.5 for a tie. Votes on one `item` are drawn together."""

    item: str
    first: str
    second: str
    score: float


@dataclass(frozen=True, slots=True)
class Standing:
    """One name: its rating (1000 is the middle of all) with the interval, and what it is made of."""

    name: str
    rating: float
    interval: Interval
    wins: int
    ties: int
    losses: int

    @property
    def votes(self) -> int:
        """On how many pairs with this name somebody voted."""
        return self.wins + self.ties + self.losses


def rank(games: Sequence[Game], *, seed: int = 0, draws: int = DRAWS) -> tuple[Standing, ...]:
    """The names that somebody voted on, the strongest first. Intervals: a bootstrap over items."""
    names = sorted({name for game in games for name in (game.first, game.second)})
    if not names:
        return ()
    sums = _by_item(games, names)
    wins = sums.sum(axis=0).reshape(len(names), len(names))
    drawn = resample(sums, seed=seed, draws=draws).reshape(draws, len(names), len(names))
    ratings, many = _ratings(wins), _ratings(drawn)
    counts = {name: _counts(games, name) for name in names}
    standings = [
        Standing(name, float(ratings[place]), _interval(many[:, place], len(sums)), *counts[name])
        for place, name in enumerate(names)
    ]
    return tuple(sorted(standings, key=lambda one: (-one.rating, one.name)))


def strengths(wins: NDArray[np.float64]) -> NDArray[np.float64]:
    """Strengths ``(…, k)``, with a product of 1, of wins ``(…, k, k)``: ``[i, j]`` is how often i beat j."""
    k = wins.shape[-1]
    if k < 2:
        return np.ones(wins.shape[:-1])
    given = PRIOR / (2 * (k - 1)) * (1 - np.eye(k))
    won = wins + given
    met = won + np.swapaxes(won, -1, -2)
    total = won.sum(axis=-1)
    found = np.ones(wins.shape[:-1])
    for _ in range(_STEPS):
        newer = total / (met / (found[..., :, None] + found[..., None, :])).sum(axis=-1)
        newer /= np.exp(np.log(newer).mean(axis=-1, keepdims=True))
        moved = float(np.abs(np.log(newer / found)).max())
        found = newer
        if moved < _SMALL:
            break
    return found


def _ratings(wins: NDArray[np.float64]) -> NDArray[np.float64]:
    found: NDArray[np.float64] = MIDDLE + SCALE * np.log10(strengths(wins))
    return found


def _interval(drawn: NDArray[np.float64], items: int) -> Interval:
    return percentile(drawn, items) if items > 1 else UNKNOWN


def _by_item(games: Sequence[Game], names: Sequence[str]) -> NDArray[np.float64]:
    """Wins on each item, ``(items, k * k)``."""
    k, place = len(names), {name: number for number, name in enumerate(names)}
    items = {item: number for number, item in enumerate(dict.fromkeys(game.item for game in games))}
    out = np.zeros((len(items), k, k))
    for game in games:
        out[items[game.item], place[game.first], place[game.second]] += game.score
        out[items[game.item], place[game.second], place[game.first]] += 1 - game.score
    return out.reshape(len(items), k * k)


def _counts(games: Sequence[Game], name: str) -> tuple[int, int, int]:
    """Wins, ties, losses."""
    scores = [game.score if game.first == name else 1 - game.score for game in games if name in game[1:3]]
    return scores.count(1), scores.count(0.5), scores.count(0)
