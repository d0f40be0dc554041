from __future__ import annotations

import numpy as np
import pytest

from idiolect.evaluation.ranking import MIDDLE, Game, rank, strengths


def test_strengths_are_those_that_make_the_votes_most_likely():
    """Against a plain maximization of the likelihood, with the same ties given to each."""
    from scipy.optimize import minimize

    rng = np.random.default_rng(3)
    wins = rng.integers(0, 12, (4, 4)).astype(float)
    np.fill_diagonal(wins, 0)
    given = wins + (1 - np.eye(4)) / 6

    def unlikely(logs):
        gaps = logs[:, None] - logs[None, :]
        return float((given * np.log1p(np.exp(-gaps))).sum()) + logs.sum() ** 2

    best = minimize(unlikely, np.zeros(4), tol=1e-12).x
    assert np.allclose(np.log(strengths(wins)), best - best.mean(), atol=1e-4)


def test_true_strengths_come_back():
    rng = np.random.default_rng(0)
    true = {"strong": 4.0, "middle": 1.0, "weak": 0.25}
    games = []
    for number in range(3000):
        first, second = rng.choice(list(true), 2, replace=False)
        won = rng.random() < true[first] / (true[first] + true[second])
        games.append(Game(f"clip {number % 300}", first, second, float(won)))
    found = {one.name: one for one in rank(games, draws=300)}
    for name, strength in true.items():
        expected = MIDDLE + 400 * np.log10(strength)
        assert found[name].rating == pytest.approx(expected, abs=25)
        assert found[name].interval.low < expected < found[name].interval.high
    assert [one.name for one in rank(games, draws=50)] == ["strong", "middle", "weak"]


def test_who_wins_always_is_strong_and_not_infinitely_so():
    games = [Game(f"c{n}", "new", "old", 1.0) for n in range(9)] + [Game("c9", "old", "new", 0.5)]
    new, old = rank(games)
    assert (new.name, new.wins, new.ties, new.losses, new.votes) == ("new", 9, 1, 0, 10)
    assert MIDDLE < new.rating < MIDDLE + 400
    assert new.rating + old.rating == pytest.approx(2 * MIDDLE)


def test_ties_alone_leave_all_in_the_middle_and_one_item_has_no_interval():
    found = rank([Game("c", "a", "b", 0.5), Game("c", "b", "c", 0.5)])
    assert [one.rating for one in found] == pytest.approx([MIDDLE] * 3)
    assert all(np.isnan(one.interval.low) for one in found)
    assert rank([]) == ()
