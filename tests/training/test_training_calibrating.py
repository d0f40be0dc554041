from __future__ import annotations

import numpy as np
import pytest

from idiolect.engines.decoding import Confidence
from idiolect.training.calibrating import FEWEST, fit, foreign_task, own_task, threshold


def test_groups_apart_are_told_apart_between_them() -> None:
    found = fit([-0.2, -0.25, -0.3] * 10, [-1.4, -1.5, -1.7] * 20)
    assert found is not None
    assert -1.4 < found.middle < -0.3
    assert found.of(-0.3) > 0.9
    assert found.of(-1.4) < 0.1


def test_overlap_gives_a_gentle_slope_and_the_balance_in_the_middle() -> None:
    rng = np.random.default_rng(0)
    found = fit(rng.normal(-0.5, 0.4, 400).tolist(), rng.normal(-1.0, 0.4, 4000).tolist())
    assert found is not None
    # Two normals of equal width, equally weighted: even odds half way, slope = distance / variance.
    assert found.middle == pytest.approx(-0.75, abs=0.05)
    assert found.slope == pytest.approx(0.5 / 0.16, rel=0.15)


def test_too_few_of_a_kind_fit_nothing() -> None:
    assert fit([-0.2] * (FEWEST - 1), [-1.0] * 50) is None
    assert fit([-0.2] * 50, []) is None


def test_the_threshold_keeps_out_the_others_and_what_was_understood_in() -> None:
    sure = Confidence(middle=-1.0, slope=5.0)
    others = np.linspace(-3.0, -1.5, 100).tolist()
    apart = threshold(sure, [-0.2] * 50, others)
    assert sum(sure.of(ratio) >= apart for ratio in others) <= 2
    assert sure.of(-1.1) > apart, "it lies by the others, not half way to what was understood"
    doubtful = [-1.9, -1.8, -1.7] * 30
    assert all(sure.of(ratio) >= threshold(sure, doubtful, others) for ratio in doubtful)


def test_a_sentence_is_of_its_own_task_and_of_no_foreign_one() -> None:
    texts = [
        f"the {animal} and the {fruit} were seen in town" for animal in ("dog", "cat") for fruit in ("fig", "pear")
    ]
    assert own_task(texts[0]).parse(texts[0]) is not None
    foreign = foreign_task(texts[1:], np.random.default_rng(0))
    assert foreign.parse("it's nothing of the kind") is None
    assert all(foreign.parse(sentence) for sentence in foreign.sample(20, seed=1))
    assert set(foreign.words()) <= {*" ".join(texts).split(), "with"}


def test_no_text_at_all_still_makes_a_task() -> None:
    assert foreign_task([], np.random.default_rng(0)).words()
