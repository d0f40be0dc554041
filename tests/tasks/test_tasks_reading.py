from __future__ import annotations

import pytest

from idiolect.errors import TaskError
from idiolect.tasks import load_task, parse_task

HOME = """
language: en
intents:
  turn:
    data:
      - sentences:
          - "<please> turn (on|off) [the] {room} light[s]"
          - "dim {room} to {percent} percent"
        slots: {domain: light}
  ask:
    data:
      - sentences: ["(what;is;it)", "set {0..20,10:degrees} degrees"]
expansion_rules:
  please: "[please]"
lists:
  room:
    values:
      - kitchen
      - in: "living room|lounge"
        out: living_room
      - "bed[ ]room"
  percent:
    range: {from: 0, to: 100, step: 50}
"""


def task_of(template: str, rest: str = "") -> str:
    return f"language: en\nintents:\n  go:\n    data:\n      - sentences:\n          - {template!r}\n{rest}"


@pytest.mark.parametrize(
    ("text", "intent", "slots"),
    [
        ("Please turn on the kitchen lights!", "turn", {"domain": "light", "room": "kitchen"}),
        ("turn off lounge light", "turn", {"domain": "light", "room": "living_room"}),
        ("turn off the living room light", "turn", {"domain": "light", "room": "living_room"}),
        ("turn on bed room lights", "turn", {"domain": "light", "room": "bed room"}),
        ("turn on bedroom lights", "turn", {"domain": "light", "room": "bedroom"}),
        ("dim kitchen to one hundred percent", "turn", {"domain": "light", "room": "kitchen", "percent": "100"}),
        ("it is what", "ask", {}),
        ("set twenty degrees", "ask", {"degrees": "20"}),
    ],
)
def test_sentences_mean_what_the_file_says(text: str, intent: str, slots: dict[str, str]) -> None:
    parsed = parse_task(HOME).parse(text)
    assert parsed is not None
    assert (parsed.intent, parsed.slots) == (intent, slots)


@pytest.mark.parametrize(
    "text", ["", "turn", "turn on the kitchen", "it is", "set five degrees", "turn on kitchen light s"]
)
def test_what_is_no_sentence_is_none(text: str) -> None:
    assert parse_task(HOME).parse(text) is None


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        (task_of("go to {place}"), 6, "no list {place}"),
        (task_of("go <fast>"), 6, "no rule <fast>"),
        (task_of("go <a>", "expansion_rules:\n  a: x <b>\n  b: y <a>\n"), 8, "<a> → <b> → <a>"),
        (task_of("go (left|right"), 6, "bad template"),
        (task_of("[please]"), 6, "may say nothing"),
        (task_of("go", "lists:\n  empty: {values: []}\n"), 8, "is empty"),
        (task_of("go", "lists:\n  any: {wildcard: true}\n"), 8, "no values"),
        (task_of("go", "lists:\n  x: {range: {from: 5, to: 1}}\n"), 8, "no sense"),
        (task_of("go", "lists:\n  x: {range: {from: a, to: 1}}\n"), 8, "not a number"),
        (task_of("go", "lists:\n  x: [a]\n  x: [b]\n"), 9, "twice"),
        (task_of("go", "wat: 1\n"), 7, "no 'wat'"),
        (task_of("go", "expansion_rules:\n  unused: 'x {nowhere}'\n"), 8, "no list {nowhere}"),
        (task_of("(a;b;c;d;e;f;g;h;i)"), 6, "permutation of 9"),
        ("intents: [", 1, "not YAML"),
        ("intents: 3\n", 1, "not a table"),
        ("language: en\nintents:\n  go: {}\n", 3, "no data"),
    ],
)
def test_mistakes_are_named_with_file_and_line(text: str, line: int, message: str) -> None:
    with pytest.raises(TaskError) as error:
        parse_task(text, path="home.yaml")
    assert f"home.yaml:{line}: " in str(error.value) or (line == 1 and "home.yaml" in str(error.value))
    assert message in str(error.value)


@pytest.mark.parametrize(
    "text", ["", "language: en\n", "language: en\nintents: {}\n", "intents: {go: {data: [{sentences: []}]}}"]
)
def test_an_empty_task_is_refused(text: str) -> None:
    with pytest.raises(TaskError):
        parse_task(text)


def test_a_file_that_is_not_text_is_refused(tmp_path) -> None:
    path = tmp_path / "task.yaml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(TaskError, match=r"task\.yaml"):
        load_task(path)


def test_the_id_is_the_files_content() -> None:
    assert parse_task(HOME).id == parse_task(HOME).id
    assert parse_task(HOME).id != parse_task(HOME + "\n").id
    assert len(parse_task(HOME).id) == 32


@pytest.mark.parametrize(
    ("template", "sentences"),
    [
        ("light[s] on", {"light on", "lights on"}),
        ("turn[ the] light", {"turn light", "turn the light"}),
        ("[un|re]do it", {"do it", "undo it", "redo it"}),
        ("{who}['s] lamp", {"ann lamp", "ann's lamp", "bo lamp", "bo's lamp"}),
        ("a[ b]c", {"ac", "a bc"}),
        ("(a|b)(c|d)", {"ac", "ad", "bc", "bd"}),
        ("x [a|b] y", {"x y", "x a y", "x b y"}),
        ("(a;b)", {"a b", "b a"}),
    ],
)
def test_white_space_counts(template: str, sentences: set[str]) -> None:
    task = parse_task(f'intents: {{go: {{data: [{{sentences: ["{template}"]}}]}}}}\nlists: {{who: [Ann, Bo]}}')
    assert task.count() == len(sentences)
    assert set(task.sample(50, seed=1)) == sentences


def test_a_value_keeps_its_name_when_something_is_glued_to_it() -> None:
    task = parse_task('intents: {go: {data: [{sentences: ["{who}\'s lamp"]}]}}\nlists: {who: [Ann Lee, Bo]}')
    parsed = task.parse("ann lee's lamp")
    assert parsed is not None
    assert parsed.slots == {"who": "Ann Lee"}
