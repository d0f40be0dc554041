from __future__ import annotations

import json

from idiolect.engines.protocol import Hypothesis, Word
from idiolect.engines.reading import read_by_task
from idiolect.engines.slot_confidence import slot_confidence, slot_words
from idiolect.tasks import parse_task
from idiolect.units import Seconds

TASK = parse_task(
    json.dumps(
        {
            "intents": {"order": {"data": [{"sentences": ["[please] make a {size} {drink} [now]"]}]}},
            "lists": {"size": [{"in": "large", "out": "L"}, "twelve ounce"], "drink": ["mocha", "flat white"]},
        }
    )
)


def test_the_words_of_a_slot_are_those_it_was_heard_in() -> None:
    words = ["please", "make", "a", "twelve", "ounce", "flat", "white", "now"]
    assert slot_words(TASK.graph(), words) == {"size": [3, 4], "drink": [5, 6]}
    assert slot_words(TASK.graph(), ["make", "a", "large", "mocha"]) == {"size": [2], "drink": [3]}
    assert slot_words(TASK.graph(), ["make", "tea"]) == {}


def test_a_slot_is_as_sure_as_its_least_sure_word() -> None:
    words = ["make", "a", "twelve", "ounce", "mocha"]
    sure = [0.1, 0.2, 0.9, 0.6, 0.8]
    slots = {"size": "twelve ounce", "drink": "mocha", "cup": "paper"}
    found = slot_confidence(TASK.graph(), words, sure, slots, 0.5)
    assert found == {"size": 0.6, "drink": 0.8, "cup": 0.5}


def test_a_text_is_read_by_the_task_with_its_confidences() -> None:
    words = tuple(Word(word, Seconds(0), Seconds(1), 0.7) for word in ["make", "a", "large", "mocha"])
    heard = read_by_task(Hypothesis("make a large mocha", 0.9, words), TASK)
    assert (heard.intent, heard.slots) == ("order", {"size": "L", "drink": "mocha"})
    assert heard.slot_confidence == {"size": 0.7, "drink": 0.7}
    assert read_by_task(Hypothesis("make a large mocha"), TASK).slot_confidence == {}
    assert read_by_task(Hypothesis("make tea", 0.9), TASK).intent is None
