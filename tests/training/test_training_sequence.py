"""Lattice-free MMI against sums over every sequence, one by one."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from idiolect.training.sequence import TOLERANCE, PhoneModel  # noqa: E402

pytestmark = pytest.mark.engine

PHONES = 3


@pytest.fixture
def model():
    rng = np.random.default_rng(1)
    return PhoneModel([rng.integers(0, PHONES, 60).astype(np.uint8) for _ in range(4)], PHONES)


def every_sequence(model, frames):
    """(frames of phones, probability without the sounds) of all that could be said, what came before included."""
    begin, follow, stay = model._begin.numpy(), model.next.numpy(), model.stay.numpy()
    for path in itertools.product(range(PHONES), repeat=frames):
        for before in range(PHONES):
            probability, previous = float(begin[path[0], before]), before
            for one, two in itertools.pairwise(path):
                if one == two:
                    probability *= float(stay[one])
                else:
                    probability *= float((1 - stay[one]) * follow[one, previous, two])
                    previous = one
            yield path, probability


def summed(model, logits, wanted=lambda path: True):
    """Log of the sum and shares, by brute force."""
    total, shares = 0.0, np.zeros(logits.shape)
    for path, probability in every_sequence(model, len(logits)):
        if wanted(path):
            score = probability * np.exp(logits[np.arange(len(path)), path].sum())
            total += score
            shares[np.arange(len(path)), path] += score
    return np.log(total), shares / total


def test_the_sum_over_all_is_that_over_every_sequence(model):
    logits = np.random.default_rng(0).normal(size=(2, 5, PHONES)).astype(np.float32)
    found, shares = model.sum_over_all(torch.from_numpy(logits))
    for clip in range(2):
        total, wanted = summed(model, logits[clip])
        assert float(found[clip]) == pytest.approx(total, abs=1e-4)
        np.testing.assert_allclose(shares[clip].numpy(), wanted, atol=1e-5)


def test_what_was_said_may_move_its_borders_by_the_tolerance_and_no_more(model):
    logits = np.random.default_rng(2).normal(size=(1, 6, PHONES)).astype(np.float32)
    targets = np.array([[0, 0, 0, 2, 2, 2]])
    _, shares = model.sum_over_said(torch.from_numpy(logits), targets)

    def near(path):
        runs = [phone for phone, _ in itertools.groupby(path)]
        return runs == [0, 2] and abs(path.index(2) - 3) <= TOLERANCE

    begin = model._begin.numpy().copy()
    _, wanted = summed(model, logits[0], near)
    np.testing.assert_allclose(shares[0].numpy(), wanted, atol=1e-5)
    np.testing.assert_allclose(begin, model._begin.numpy())


def test_the_gradient_is_that_of_the_value(model):
    rng = np.random.default_rng(3)
    logits = torch.from_numpy(rng.normal(size=(2, 6, PHONES)).astype(np.float32)).requires_grad_()
    targets = np.array([[0, 0, 1, 1, 2, 2], [1, 1, 0, 0, -1, -1]])
    model.loss(logits, targets).backward()
    found = logits.grad.numpy()
    assert not found[1, 4:].any(), "padding teaches nothing"
    for place in [(0, 0, 0), (0, 3, 2), (1, 1, 1), (1, 3, 0)]:
        step = torch.zeros_like(logits)
        step[place] = 0.05
        with torch.no_grad():
            slope = (model.loss(logits + step, targets) - model.loss(logits - step, targets)) / 0.1
        assert float(found[place]) == pytest.approx(float(slope), abs=2e-3)


def test_padding_does_not_change_the_value(model):
    logits = torch.from_numpy(np.random.default_rng(4).normal(size=(1, 4, PHONES)).astype(np.float32))
    longer = torch.nn.functional.pad(logits, (0, 0, 0, 3), value=5.0)
    short = model.loss(logits, np.array([[0, 1, 1, 2]]))
    assert float(model.loss(longer, np.array([[0, 1, 1, 2, -1, -1, -1]]))) == pytest.approx(float(short), abs=1e-4)


def test_it_learns_to_say_what_was_said(model):
    targets = np.array([[0, 0, 1, 1, 1, 2, 2, 0]])
    logits = torch.zeros(1, 8, PHONES, requires_grad=True)
    optimizer = torch.optim.Adam([logits], 0.2)
    for _ in range(60):
        optimizer.zero_grad()
        loss = model.loss(logits, targets)
        loss.backward()
        optimizer.step()
    assert logits.detach().argmax(-1).numpy()[0, [0, 3, 5]].tolist() == [0, 1, 2]
