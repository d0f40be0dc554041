from __future__ import annotations

import pytest
from evaluation_cases import make_label

from idiolect.engines.protocol import Hypothesis
from idiolect.evaluation import judge, slot_table

ORDER = make_label(intent="order", slots={"drink": "mocha", "size": "large "})


@pytest.mark.parametrize(
    ("heard", "accepted"),
    [
        (Hypothesis("", intent="order", slots={"drink": "mocha", "size": "large"}), True),
        (Hypothesis("", intent="order", slots={"drink": " mocha ", "size": "large", "extra": "milk"}), True),
        (Hypothesis("", intent="order", slots={"drink": "mocha"}), False),
        (Hypothesis("", intent="order", slots={"drink": "Mocha", "size": "large"}), False),
        (Hypothesis("", intent="cancel", slots={"drink": "mocha", "size": "large"}), False),
        (Hypothesis("a large mocha"), False),
    ],
)
def test_a_command_is_accepted_with_its_intent_and_every_labelled_slot(heard, accepted):
    assert judge(ORDER, heard).accepted is accepted


def test_a_reference_without_slots_asks_for_the_intent_alone():
    assert judge(make_label(intent="stop"), Hypothesis("", intent="stop", slots={"when": "now"})).accepted


def test_slots_are_counted_one_by_one():
    right = judge(ORDER, Hypothesis("", intent="order", slots={"drink": "mocha", "size": "small"}))
    also = judge(make_label(intent="order", slots={"drink": "tea"}), Hypothesis("", slots={"drink": "tea"}))
    table = {score.slot: (score.right, score.asked) for score in slot_table([right, also])}
    assert table == {"drink": (2, 2), "size": (0, 1)}
