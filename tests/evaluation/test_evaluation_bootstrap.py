from __future__ import annotations

import math

import numpy as np
import pytest
from evaluation_cases import make_clip
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from idiolect.errors import EvaluationError
from idiolect.evaluation import Tally, compare, group, interval, share_interval, wilson
from idiolect.evaluation.bootstrap import _student_quantile
from idiolect.evaluation.comparison import mcnemar

OPPOSITE = {"better": "worse", "worse": "better", "cannot tell": "cannot tell"}


def make_tally(errors, words=None, groups=None) -> Tally:
    errors = np.asarray(errors, dtype=np.float64)
    words = np.full(len(errors), 10.0) if words is None else np.asarray(words, dtype=np.float64)
    groups = np.arange(len(errors)) if groups is None else np.asarray(groups)
    return Tally(errors, words, groups)


def simulated(rng, speakers: int, clips: int) -> Tally:
    """Speakers differ (a beta of mean .2); their clips' errors are binomial."""
    rates = np.repeat(rng.beta(4, 16, speakers), clips)
    return make_tally(rng.binomial(10, rates), groups=np.repeat(np.arange(speakers), clips))


@pytest.mark.parametrize("speakers", [8, 40])
def test_the_interval_covers_the_truth_95_times_in_100(speakers):
    rng = np.random.default_rng(5)
    runs = 300
    covered = sum(0.2 in interval(simulated(rng, speakers, 10), seed=run, draws=800) for run in range(runs))
    # Three standard deviations of a binomial with p = .95 and 300 runs are .038.
    assert 0.95 - 0.045 <= covered / runs <= 0.95 + 0.038


def test_correlated_clips_drawn_by_speaker_give_a_wider_interval():
    tally = simulated(np.random.default_rng(0), 20, 30)
    by_clip = make_tally(tally.numerators)
    assert interval(tally, seed=0).width > 1.5 * interval(by_clip, seed=0).width


def test_a_seed_gives_the_same_interval_again():
    tally = simulated(np.random.default_rng(1), 10, 5)
    assert interval(tally, seed=3) == interval(tally, seed=3)
    assert interval(tally, seed=3) != interval(tally, seed=4)


def test_one_group_says_nothing_and_gives_no_verdict():
    tally = make_tally([1, 2, 3], groups=[0, 0, 0])
    assert math.isnan(interval(tally, seed=0).low)
    assert compare(tally, make_tally([9, 9, 9], groups=[0, 0, 0]), seed=0).verdict == "cannot tell"


@given(st.lists(st.tuples(st.integers(0, 10), st.integers(0, 10)), min_size=2, max_size=40), st.booleans())
@settings(deadline=None, max_examples=60)
def test_a_verdict_turned_around_is_its_opposite(pairs, lower):
    a, b = (make_tally(side) for side in zip(*pairs, strict=True))
    there = compare(a, b, seed=0, lower_is_better=lower, draws=400)
    back = compare(b, a, seed=0, lower_is_better=lower, draws=400)
    assert back.verdict == OPPOSITE[there.verdict]
    assert back.p == there.p
    assert back.difference == pytest.approx(-there.difference)
    assert back.interval.low == pytest.approx(-there.interval.high)


def test_equal_systems_cannot_be_told_apart():
    tally = make_tally(range(10))
    found = compare(tally, tally, seed=0)
    assert (found.verdict, found.difference, found.p) == ("cannot tell", 0, 1)


def test_a_clear_difference_is_seen_and_noise_is_not():
    rng = np.random.default_rng(2)
    base = rng.binomial(10, 0.3, 200)
    assert compare(make_tally(base // 2), make_tally(base), seed=0).verdict == "better"
    assert compare(make_tally(rng.permutation(base)), make_tally(base), seed=0).verdict == "cannot tell"


def test_equal_systems_are_told_apart_no_more_than_5_times_in_100():
    rng = np.random.default_rng(3)
    wrong = 0
    for run in range(300):
        a, b = (make_tally(rng.binomial(10, 0.2, 30)) for _ in range(2))
        wrong += compare(a, b, seed=run, draws=500).verdict != "cannot tell"
    assert wrong / 300 <= 0.05 + 0.038


def test_three_clips_that_all_agree_prove_nothing():
    a, b = (make_tally([value] * 3, [1] * 3) for value in (1, 0))
    assert compare(a, b, seed=0, lower_is_better=False, share=True).verdict == "cannot tell"
    a, b = (make_tally([value] * 9, [1] * 9) for value in (1, 0))
    assert compare(a, b, seed=0, lower_is_better=False, share=True).verdict == "better"


def test_systems_scored_on_other_clips_are_not_compared():
    with pytest.raises(EvaluationError, match="same clips"):
        compare(make_tally([1, 2]), make_tally([1, 2], words=[5, 5]), seed=0)


def test_a_perfect_share_of_few_clips_has_an_honest_interval():
    found = share_interval(make_tally([1] * 8, [1] * 8), seed=0)
    assert found.high == 1
    assert found.low == pytest.approx(wilson(8, 8).low)


@given(st.integers(0, 40), st.integers(1, 40))
@settings(deadline=None, max_examples=50)
def test_wilson_agrees_with_scipy(successes, failures):
    total = successes + failures
    oracle = stats.binomtest(successes, total).proportion_ci(method="wilson")
    assert wilson(successes, total).low == pytest.approx(oracle.low, abs=1e-9)
    assert wilson(successes, total).high == pytest.approx(oracle.high, abs=1e-9)


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=60))
@settings(deadline=None, max_examples=50)
def test_mcnemar_agrees_with_scipy(pairs):
    a, b = (np.array(side, dtype=float) for side in zip(*pairs, strict=True))
    differing = int((a != b).sum())
    oracle = stats.binomtest(int((a > b).sum()), differing).pvalue if differing else 1.0
    assert mcnemar(a, b) == pytest.approx(oracle)


@pytest.mark.parametrize("freedom", [5, 10, 100])
def test_students_quantile_agrees_with_scipy(freedom):
    assert _student_quantile(stats.norm.ppf(0.975), freedom) == pytest.approx(stats.t.ppf(0.975, freedom), rel=5e-3)


def test_clips_are_grouped_by_what_is_known_of_all_of_them():
    named = [make_clip(n, speaker=f"s{n % 7}", session=f"d{n % 9}") for n in range(30)]
    assert (group(named).by, group(named).count) == ("speaker", 7)
    partly = [*named, make_clip(30, session="d0")]
    assert (group(partly).by, group(partly).count) == ("session", 9)
    two = [make_clip(n, speaker=f"s{n % 2}") for n in range(30)]
    assert (group(two).by, group(two).count) == ("clip", 30)
    cut = [make_clip(n, recording=f"r{n % 8}") for n in range(30)]
    assert (group(cut).by, group(cut).count) == ("recording", 8)
