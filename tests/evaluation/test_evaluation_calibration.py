from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idiolect.errors import EvaluationError
from idiolect.evaluation import calibration_of

ANSWERS = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60)


@given(ANSWERS, st.integers(1, 12))
def test_it_is_the_weighed_distance_of_each_bin(answers, bins):
    total = 0.0
    for at in range(bins):
        low, high = at / bins, (at + 1) / bins
        inside = [(c, r) for c, r in answers if math.ceil(c * bins) - 1 == at or (at == 0 and c == 0)]
        assert all(low - 1e-12 <= c <= high + 1e-12 for c, _ in inside)
        if inside:
            right = sum(r for _, r in inside) / len(inside)
            sure = sum(c for c, _ in inside) / len(inside)
            total += len(inside) / len(answers) * abs(right - sure)
    found = calibration_of([c for c, _ in answers], [r for _, r in answers], bins=bins)
    assert found.error == pytest.approx(total)
    assert sum(one.count for one in found.bins) == found.count == len(answers)
    assert 0 <= found.error <= 1


def test_examples_by_hand():
    assert calibration_of([1.0, 1.0, 0.0], [True, True, False]).error == 0
    assert calibration_of([0.95] * 4, [True, True, False, False]).error == pytest.approx(0.45)
    assert calibration_of([0.85] * 20, [True] * 17 + [False] * 3).error == pytest.approx(0)
    two = calibration_of([0.05, 0.95], [True, True])
    assert two.error == pytest.approx((0.95 + 0.05) / 2)
    assert [(one.low, one.count) for one in two.bins] == [(0.0, 1), (0.9, 1)]


def test_nothing_and_nonsense():
    assert math.isnan(calibration_of([], []).error)
    with pytest.raises(EvaluationError, match="2 confidences"):
        calibration_of([0.1, 0.2], [True])
    with pytest.raises(EvaluationError, match=r"1\.2"):
        calibration_of([1.2], [True])
    with pytest.raises(EvaluationError, match="nan"):
        calibration_of([math.nan], [True])
