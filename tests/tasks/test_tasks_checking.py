from __future__ import annotations

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idiolect.errors import TaskError
from idiolect.tasks import Lexicon, parse_task
from idiolect.tasks.ambiguity import find_ambiguities
from idiolect.tasks.checking import check_task
from idiolect.tasks.readings import meanings

BROKEN = """
intents:
  turn:
    data:
      - sentences:
          - "turn {room} {nope} <nix>"
          - "turn <a>"
          - "go (left"
      - sentences: ["stop {loop}"]
        wat: 1
expansion_rules:
  a: "x <b>"
  b: "y <a>"
lists:
  room: {values: [kitchen, {out: x}]}
  loop: {values: ["all {again}"]}
  again: {values: ["every {loop}"]}
  n: {type: number, values: [twelve, 12, foo]}
"""

DOUBTFUL = """
intents:
  turn:
    data:
      - sentences:
          - "turn (on|off) the {room} light[s]"
        slots: {domain: light}
  shut:
    data:
      - sentences: ["turn off the kitchen lights", "say kubernetes"]
expansion_rules:
  nobody: hey
lists:
  room:
    values:
      - kitchen
      - in: "living room|lounge"
        out: living_room
      - in: den
        out: "Living Room"
      - in: lounge
        out: den
      - kitchen
  cup: [small]
"""


def check(tmp_path, text: str):
    path = tmp_path / "task.yaml"
    path.write_text(text, encoding="utf-8")
    return check_task(path)


def said(checked, level: str) -> list[tuple[int | None, str]]:
    return [(finding.line, finding.message) for finding in checked.findings if finding.level == level]


def test_all_errors_are_found_at_once_each_on_its_line(tmp_path) -> None:
    checked = check(tmp_path, BROKEN)
    found = said(checked, "error")
    expected = [
        (6, "there is no list {nope}"),
        (6, "there is no rule <nix>"),
        (8, "bad template 'go (left'"),
        (10, "a data block has no 'wat'"),
        (12, "a rule that leads to itself: <a> → <b> → <a>"),
        (15, "a value of list 'room' has no 'in'"),
        (16, "a list that leads to itself: {loop} → {again} → {loop}"),
        (18, "'foo' in list 'n' is not a number"),
    ]
    assert [
        (line, message[: len(start)]) for (line, message), (_, start) in zip(found, expected, strict=True)
    ] == expected
    assert checked.counts is None
    assert checked.findings[0].text().startswith(f"{tmp_path / 'task.yaml'}:6: error: ")


def test_what_is_doubtful_is_said_with_lines(tmp_path) -> None:
    checked = check(tmp_path, DOUBTFUL)
    errors, warnings = said(checked, "error"), said(checked, "warning")
    assert (
        10,
        "'turn off the kitchen lights' may mean turn {domain: light, room: kitchen} (line 6) or shut {} (line 10)",
    ) in errors
    assert (21, "'lounge' in list 'room' means 'den', and 'living_room' on line 17") in errors
    assert len(errors) == 2
    assert any(
        line == 10 and message.startswith("the pronunciation of 'kubernetes' is guessed: K")
        for line, message in warnings
    )
    assert (12, "rule <nobody> is never used") in warnings
    assert (24, "list {cup} is never used") in warnings
    assert (19, "list 'room' gives both 'living_room' and 'Living Room'") in warnings
    assert (23, "'kitchen' stands in list 'room' twice; first on line 16") in warnings
    assert any("'turn on the lounge lights' may mean" in message for _, message in warnings)
    assert checked.counts is not None
    assert (checked.counts.intents, checked.counts.templates) == (2, 3)


def test_a_word_that_nobody_can_say_is_an_error_of_its_line(tmp_path) -> None:
    checked = check(tmp_path, "intents: {go: {data: [{sentences: [\n  go on,\n  play 日本]}]}}")
    assert said(checked, "error") == [(3, "nobody can say how '日本' is spoken")]


def test_a_lexicon_of_ones_own_leaves_nothing_guessed(tmp_path) -> None:
    path = tmp_path / "task.yaml"
    path.write_text("intents: {go: {data: [{sentences: [play frobnitz]}]}}")
    assert check_task(path).findings
    known = Lexicon({"frobnitz": ("F R AA B",)}).over(Lexicon.default())
    assert check_task(path, known).findings == ()


@pytest.mark.parametrize("text", ["", "intents: {}", "intents: {go: {data: [{sentences: []}]}}", "intents: [", "- x"])
def test_an_empty_or_unreadable_task_is_one_error(tmp_path, text: str) -> None:
    checked = check(tmp_path, text)
    assert checked.errors == 1
    assert checked.counts is None


def test_a_file_that_is_not_there_is_refused(tmp_path) -> None:
    with pytest.raises(TaskError, match="cannot be opened"):
        check_task(tmp_path / "no.yaml")


def test_a_list_that_loops_is_refused() -> None:
    text = "intents: {go: {data: [{sentences: ['{a}']}]}}\nlists:\n  a: ['x {b}']\n  b: ['y {a}']\n"
    with pytest.raises(TaskError, match=r"task:3: .*\{a\} → \{b\} → \{a\}"):
        parse_task(text)


def test_a_loop_through_a_list_and_a_rule_is_refused() -> None:
    text = "intents: {go: {data: [{sentences: ['<r>']}]}}\nlists:\n  a: ['x <r>']\nexpansion_rules:\n  r: 'y {a}'\n"
    with pytest.raises(TaskError, match=r"<r> → \{a\} → <r>"):
        parse_task(text)


def test_rules_that_are_too_deep_are_refused() -> None:
    rules = {f"r{level}": f"x <r{level + 1}>" for level in range(3000)} | {"r3000": "z"}
    with pytest.raises(TaskError, match="64 inside one another"):
        parse_task(json.dumps({"intents": {"go": {"data": [{"sentences": ["<r0>"]}]}}, "expansion_rules": rules}))


def test_ambiguity_in_a_task_that_is_never_expanded() -> None:
    words = " ".join(["(a|b|c|d|e|f|g|h|i|j)"] * 12)
    task = parse_task(
        json.dumps(
            {
                "intents": {
                    "one": {"data": [{"sentences": [f"go {words}"]}]},
                    "two": {"data": [{"sentences": ["go c [c] c c c c c c c c c c {last}"]}]},
                },
                "lists": {"last": ["c", "z"]},
            }
        )
    )
    assert task.count() > 10**12
    started = time.perf_counter()
    found = find_ambiguities(task.graph(), task.blocks)
    assert time.perf_counter() - started < 5
    assert found.complete
    (one,) = found.found
    assert one.sentence == "go " + " ".join("c" * 12)
    assert [(reading.intent, reading.slots) for reading in one.readings] == [("one", {}), ("two", {"last": "c"})]


def test_mistakes_in_tests_are_found_with_the_others(tmp_path) -> None:
    text = "intents: {go: {data: [{sentences: [go]}]}}\ntests:\n"
    assert said(check(tmp_path, text + "  go: {slots: {}}\n  stop: {wat: x, intent: go}\n"), "error") == [
        (3, "the test 'go' names no intent"),
        (4, "a test has no 'wat'"),
    ]
    assert said(check(tmp_path, text + "  - sentences: [go]\n"), "error") == [
        (3, "a test needs sentences and an intent")
    ]


def test_what_a_block_keeps_for_itself_and_does_not_use_is_said(tmp_path) -> None:
    checked = check(tmp_path, "intents:\n  go:\n    data:\n      - sentences: [go]\n        lists:\n          x: [a]\n")
    assert said(checked, "warning") == [(6, "list {x} is never used")]


def test_a_search_that_was_cut_short_says_so(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("idiolect.tasks.ambiguity.LARGEST_SEARCH", 20)
    checked = check(
        tmp_path, "intents: {go: {data: [{sentences: ['go (a|b|{x}) (a|b|{x}) (a|b|{x}) now']}]}}\nlists: {x: [a]}"
    )
    assert any("not every sentence was looked at" in message for _, message in said(checked, "warning"))


PIECES = st.sampled_from(["a", "b", "{x}", "{y}", "[a]", "[{x}]", "(a|b)", "(a;[b])", "{x:y}", "{z}"])


@settings(deadline=None, max_examples=150)
@given(st.lists(st.lists(PIECES, min_size=1, max_size=4), min_size=1, max_size=3))
def test_ambiguities_are_those_of_brute_force(rows: list[list[str]]) -> None:
    """Every sentence of a small task is written out, read in every way, and compared."""
    blocks = {f"i{number}": {"data": [{"sentences": [" ".join(["s", *row])]}]} for number, row in enumerate(rows)}
    lists = {"x": ["a", {"in": "b", "out": "B"}], "y": ["a", "b", "[a] b"], "z": ["b [{x}]", "a"]}
    task = parse_task(json.dumps({"intents": blocks, "lists": lists}))
    found = find_ambiguities(task.graph(), task.blocks)
    assert found.complete
    sentences = list(task.expand())
    truth = {sentence: meanings(task.blocks, sentence.split()) for sentence in sentences}
    ambiguous = {sentence for sentence, readings in truth.items() if len(readings) > 1}
    assert {one.sentence for one in found.found} <= ambiguous
    assert bool(found.found) == bool(ambiguous)
    for sentence, readings in truth.items():
        parsed = task.parse(sentence)
        assert parsed is not None
        assert (parsed.intent, parsed.slots) in [(reading.intent, reading.slots) for reading in readings]


def test_a_task_of_any_size_is_checked(tmp_path) -> None:
    started = time.process_time()
    words = " ".join(["(a|b|c|d|e|f|g|h|i|j)"] * 40)
    checked = check(tmp_path, f"intents: {{go: {{data: [{{sentences: ['go {words}']}}]}}}}")
    assert checked.findings == ()
    assert checked.counts is not None
    assert checked.counts.sentences == 10**40
    assert time.process_time() - started < 5
