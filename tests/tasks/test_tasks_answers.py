"""Canonical values, the schema of answers, expansion, and the tests that a task file carries."""

from __future__ import annotations

import itertools
import json
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idiolect.errors import TaskError
from idiolect.tasks import load_task, parse_task
from idiolect.tasks.checking import check_task
from idiolect.tasks.proving import cover, prove
from idiolect.tasks.reading import read_task_file
from idiolect.tasks.schema import answer_schema

jsonschema = pytest.importorskip("jsonschema")

ROOT = Path(__file__).resolve().parents[2]
HOME = """
language: en
intents:
  order:
    data:
      - sentences: ["<get> {size} {drink} [with {milk}]", "<get> {drink}"]
        slots: {shop: corner}
  dim:
    data:
      - sentences: ["dim to {percent}", "dim {room} to {percent} [{on}]"]
expansion_rules:
  get: "(get|bring) [me]"
lists:
  size: [small, {in: "twelve ounce|tall", out: 12 oz}]
  drink: [latte, mocha]
  milk: ["[some] (soy|oat) milk"]
  percent: {range: {from: 0, to: 1000, step: 5}}
  room: [kitchen]
  on: {type: boolean, values: [{in: "now", out: true}, {in: "later", out: false}]}
tests:
  "get me a latte": null
  "get tall mocha": {intent: order, slots: {size: 12 oz, drink: mocha, shop: corner}}
  "dim to 50": {intent: dim, slots: {percent: 50.0}}
  "dim kitchen to five later": {intent: dim, slots: {room: kitchen, percent: 5, "on": False}}
  "bring latte": order
"""


def answer(task, text: str) -> dict[str, object]:
    parsed = task.parse(text)
    if parsed is None:
        return {"intent": None, "slots": {}}
    return {"intent": parsed.intent, "slots": task.answer(parsed.intent, parsed.slots)}


def test_a_canonical_value_stands_for_all_that_is_said() -> None:
    task = parse_task(HOME)
    assert answer(task, "get twelve ounce mocha")["slots"] == {"size": "12 oz", "drink": "mocha", "shop": "corner"}
    assert answer(task, "get 12 ounce mocha") == answer(task, "get tall mocha")
    assert answer(task, "get small latte with some oat milk")["slots"]["milk"] == "some oat milk"


@pytest.mark.parametrize("text", [HOME, (ROOT / "examples/coffee.yaml").read_text(encoding="utf-8")])
def test_every_answer_is_of_the_schema(text: str) -> None:
    task = parse_task(text)
    schema = answer_schema(task)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    for sentence in [*task.sample(100, seed=1), "no such thing"]:
        validator.validate(answer(task, sentence))


@pytest.mark.parametrize(
    "wrong",
    [
        {"intent": "order", "slots": {"size": "12 oz", "shop": "corner"}},  # the drink is always said
        {"intent": "order", "slots": {"drink": "tea", "shop": "corner"}},
        {"intent": "order", "slots": {"drink": "latte", "shop": "corner", "room": "kitchen"}},
        {"intent": "dim", "slots": {"percent": "5"}},
        {"intent": "dim", "slots": {"percent": 7}},
        {"intent": "dim", "slots": {"percent": 1005}},
        {"intent": "dim", "slots": {"percent": 5, "on": "true"}},
        {"intent": "dance", "slots": {}},
        {"intent": None, "slots": {"percent": 5}},
        {"intent": "dim", "slots": {"percent": 5}, "text": "dim to five"},
    ],
)
def test_what_no_sentence_means_is_not_of_the_schema(wrong: dict[str, object]) -> None:
    task = parse_task(HOME)
    assert not jsonschema.Draft202012Validator(answer_schema(task)).is_valid(wrong)
    whole = jsonschema.Draft202012Validator(answer_schema(task, whole=True))
    assert whole.is_valid(wrong) == ("text" in wrong)


def test_a_slot_of_two_types_is_text() -> None:
    task = parse_task(
        "intents: {go: {data: [{sentences: ['go {1..3:x}', 'go {y:x}']}]}}\nlists: {y: [far]}\n",
    )
    assert answer(task, "go two")["slots"] == {"x": "2"}
    assert jsonschema.Draft202012Validator(answer_schema(task)).is_valid(answer(task, "go two"))


def test_the_tests_of_a_file(tmp_path) -> None:
    path = tmp_path / "home.yaml"
    path.write_text(HOME)
    file = read_task_file(path)
    assert file.task is not None
    proof = prove(file.task, file.tests)
    assert (proof.passed, proof.of) == (5, 5)
    path.write_text(
        HOME + '  "bring mocha": dim\n  "bring small mocha": {intent: order, slots: {size: small}}\n  wat: dim\n'
    )
    proof = prove(file.task, read_task_file(path).tests)
    assert [failure.line for failure in proof.failures] == [26, 27, 28]
    assert proof.failures[1].expected == "order {size: small}"
    assert proof.failures[1].found == "order {shop: corner, size: small, drink: mocha}"
    assert proof.failures[2].found == "rejected"


def test_home_assistants_way_to_write_tests(tmp_path) -> None:
    path = tmp_path / "home.yaml"
    listed = "tests:\n  - sentences: [bring latte, get mocha]\n    intent: {name: order}\n"
    path.write_text(HOME.partition("tests:")[0] + listed)
    file = read_task_file(path)
    assert [(test.sentence, test.intent, test.line) for test in file.tests] == [
        ("bring latte", "order", 21),
        ("get mocha", "order", 21),
    ]


def test_a_test_without_an_intent_is_an_error() -> None:
    with pytest.raises(TaskError, match=r"task:21: .*names no intent"):
        parse_task(HOME.partition('  "get me a latte"')[0] + "  bring latte: {slots: {}}\n")


def test_coverage_counts_lines() -> None:
    proof = cover(parse_task(HOME), ["get latte", "", "bring me coal", "dim to 5"])
    assert (proof.passed, proof.of) == (2, 3)
    assert [(failure.line, failure.sentence) for failure in proof.failures] == [(3, "bring me coal")]


def test_a_billion_sentences_are_read_from_the_beginning() -> None:
    started = time.perf_counter()
    words = " ".join(["(a|b|c|d|e|f|g|h|i|j)"] * 40)
    task = parse_task(json.dumps({"intents": {"go": {"data": [{"sentences": [f"go {words}"]}]}}}))
    first = list(itertools.islice(task.expand(), 11))
    assert first[0] == "go " + " ".join("a" * 40)
    assert first[10] == "go " + " ".join("a" * 38 + "ba")
    assert time.perf_counter() - started < 2


@settings(deadline=None, max_examples=60)
@given(st.lists(st.sampled_from(["a", "[a]", "(a|b)", "(a;[b])", "{x}", "a[ b]c"]), min_size=1, max_size=4))
def test_each_sentence_comes_once_and_none_is_left_out(pieces: list[str]) -> None:
    template = " ".join(["s", *pieces])
    task = parse_task(
        json.dumps({"intents": {"go": {"data": [{"sentences": [template]}]}}, "lists": {"x": ["b", "a b"]}})
    )
    sentences = list(task.expand())
    assert len(sentences) == len(set(sentences)) == task.count()
    assert set(task.sample(200, seed=0)) <= set(sentences)
    assert all(task.parse(sentence) is not None for sentence in sentences)


def test_expansion_keeps_the_order_of_the_file() -> None:
    task = load_task(ROOT / "examples/coffee.yaml")
    assert next(task.expand()) == "brew a small light roast single shot americano"


def test_the_example_of_the_page_holds(tmp_path) -> None:
    page = (ROOT / "docs/tasks.md").read_text(encoding="utf-8")
    path = tmp_path / "page.yaml"
    path.write_text(page.partition("```yaml\n")[2].partition("```")[0])
    file = read_task_file(path)
    assert file.task is not None
    assert not file.errors
    proof = prove(file.task, file.tests)
    assert (proof.failures, proof.of) == ((), 4)
    assert check_task(path).findings == ()
