from __future__ import annotations

from pathlib import Path

import pytest

from idiolect.errors import TaskError
from idiolect.tasks import load_task, parse_task
from idiolect.tasks.importers import FORMATS, import_task
from idiolect.tasks.importers.pruning import prune

ROOT = Path(__file__).resolve().parents[2]
BARISTA = ROOT / "../shared/data/barista"

RHINO = """
context:
  expressions:
    changeColor:
      - "[turn, make, set] (all, the) lights (to) $color:lightColor"
      - "@please dim to $pv.TwoDigitInteger:level"
    off:
      - "lights off"
  slots:
    color: [red, "sky blue"]
  macros:
    please: ["please", "would you (kindly)"]
"""

JSGF = """#JSGF V1.0 UTF-8 en;
grammar com.shop.orders;
// sizes carry a tag each: a list
<size> = small {S} | (twelve | 12) ounce {"12 oz"};
<drink> = /3/ latte | /1/ "iced mocha";
/* what people say */
public <order> = [please] bring [me | us] a [<size>] <com.shop.orders.drink> {go};
public <stop> = stop (now | <NULL>);
"""

COMMON = """
language: en
lists:
  room: {values: [kitchen, {in: "living room", out: living_room}]}
  name: {wildcard: true}
  level: {range: {from: 0, to: 10}}
expansion_rules:
  the_area: "[the] {area}"
  turn: "(turn|switch)"
  in_room: "in <the_area>"
"""
LIGHTS = """
language: en
intents:
  LightOn:
    data:
      - sentences:
          - "<turn> on [the] light[s] [<in_room>]"
          - "<turn> on {name}"
          - "<turn> on the (lamp|{name}) in {room}"
        slots: {domain: light}
        requires_context: {area: {slot: true}}
"""
MORE = """
language: en
intents:
  LightOn:
    data:
      - sentences: ["light up {room} to {level}"]
  Find:
    data:
      - sentences: ["where is {name}"]
lists:
  room: {values: [attic]}
"""


def sentences(text: str) -> set[str]:
    return set(parse_task(text).expand())


def test_every_format_is_in_the_cli() -> None:
    from idiolect.cli.task import import_

    (choice,) = [parameter.type for parameter in import_.params if parameter.name == "form"]
    assert list(choice.choices) == list(FORMATS)


def test_a_rhino_context(tmp_path) -> None:
    path = tmp_path / "lights.yaml"
    path.write_text(RHINO)
    imported = import_task([path], "rhino")
    task = parse_task(imported.text)
    assert imported.warnings == ()
    assert task.intents == ("changeColor", "off")
    parsed = task.parse("make all lights to sky blue")
    assert parsed is not None
    assert parsed.slots == {"lightColor": "sky blue"}
    parsed = task.parse("would you kindly dim to 42")
    assert parsed is not None
    assert task.answer(parsed.intent, parsed.slots) == {"level": 42}
    assert task.parse("lights red") is None


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("[a, b", r"lights.yaml:5: an unclosed '\['"),
        ("a)", r"lights.yaml:5: an unexpected '\)'"),
        ("a, b", "comma outside"),
        ("go $pv.Alphabetic:x", "has no counterpart"),
        ("a $ b", "has no meaning"),
    ],
)
def test_a_rhino_expression_that_cannot_be_read_is_named(tmp_path, expression: str, message: str) -> None:
    path = tmp_path / "lights.yaml"
    path.write_text(RHINO.replace("[turn, make, set] (all, the) lights (to) $color:lightColor", expression))
    with pytest.raises(TaskError, match=message):
        import_task([path], "rhino")


@pytest.mark.data
def test_the_coffee_context_means_what_the_example_means() -> None:
    if not BARISTA.exists():
        pytest.skip("../shared/data/barista is not there")
    imported = import_task([BARISTA / "coffee_maker.rhino.yaml"], "rhino")
    task, example = parse_task(imported.text), load_task(ROOT / "examples/coffee.yaml")
    for line in (BARISTA / "sentences.txt").read_text().splitlines():
        assert task.parse(line) == example.parse(line)
    for sentence in task.sample(300, seed=2):  # the example also lets "a" and "an" be left out
        assert task.parse(sentence) == example.parse(sentence)
    assert task.count() < example.count()


def test_a_jsgf_grammar(tmp_path) -> None:
    path = tmp_path / "orders.jsgf"
    path.write_text(JSGF)
    imported = import_task([path], "jsgf")
    task = parse_task(imported.text)
    assert task.intents == ("order", "stop")
    parsed = task.parse("please bring us a twelve ounce iced mocha")
    assert parsed is not None
    assert parsed.slots == {"size": "12 oz"}
    assert task.parse("stop") == task.parse("stop now")
    assert [warning.removeprefix(f"{path}:").partition(":")[0] for warning in imported.warnings] == ["5", "5", "7"]
    assert "weight" in imported.warnings[0]
    assert "the tag {go} is left out" in imported.warnings[2]


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ("public <a> = x <b>;\n<b> = y [<a>];", r"g.jsgf:2: a rule that leads to itself: <a> → <b> → <a>"),
        ("public <a> = x+;", r"g.jsgf:2: '\+' repeats 'x' without end"),
        ("public <a> = (x y)*;", "repeats a group without end"),
        ("public <a> = x <b>;", "g.jsgf:2: there is no rule <b>"),
        ("<a> = x;", "no rule is public"),
        ("public <a> = x", "the file ends where ; was expected"),
        ("import <com.x.y>;\npublic <a> = x;", "g.jsgf:2: an import"),
        ("public <a> = x;\n<a> = y;", "g.jsgf:3: the rule <a> stands here twice"),
        ("public <a> = (x | y;", r"';' where '\)' was expected"),
        ("public <a> = x ^ }", "g.jsgf:2: '}' is not expected"),
        ("public <a> = x <VOID>;", "never be said"),
    ],
)
def test_a_grammar_that_has_no_counterpart_is_refused(tmp_path, rules: str, message: str) -> None:
    path = tmp_path / "g.jsgf"
    path.write_text(f"#JSGF V1.0;\n{rules}\n")
    with pytest.raises(TaskError, match=message):
        import_task([path], "jsgf")


def test_what_is_no_grammar_is_refused(tmp_path) -> None:
    path = tmp_path / "g.jsgf"
    path.write_text("public <a> = x;")
    with pytest.raises(TaskError, match="not a JSGF grammar"):
        import_task([path], "jsgf")


def test_brackets_without_end_are_refused(tmp_path) -> None:
    path = tmp_path / "g.jsgf"
    path.write_text("#JSGF V1.0;\npublic <a> = " + "(" * 5000 + "x" + ")" * 5000 + ";")
    with pytest.raises(TaskError, match=r"g\.jsgf: brackets or rules are nested too deeply"):
        import_task([path], "jsgf")


def test_our_own_grammar_comes_back_with_the_same_sentences(tmp_path) -> None:
    path = tmp_path / "coffee.jsgf"
    task = parse_task(
        "intents: {go: {data: [{sentences: ['go (a;[b];{x}) <r>', 'stop']}]}}\n"
        "lists: {x: [c, '[d] e']}\nexpansion_rules: {r: '[now] (f|g h)'}\n"
    )
    path.write_text(task.jsgf())
    assert sentences(import_task([path], "jsgf").text) == set(task.expand())


def test_a_folder_of_home_assistants_sentences(tmp_path) -> None:
    (tmp_path / "_common.yaml").write_text(COMMON)
    (tmp_path / "lights.yaml").write_text(LIGHTS)
    (tmp_path / "more.yaml").write_text(MORE)
    imported = import_task([tmp_path], "hassil")
    assert sentences(imported.text) >= {
        "turn on light",
        "switch on the lights",
        "turn on the lamp in living room",
        "light up kitchen to ten",
    }
    assert not any("area" in word or "attic" in word for word in parse_task(imported.text).words())
    assert parse_task(imported.text).intents == ("LightOn",)
    said = "\n".join(imported.warnings)
    assert f"{tmp_path / '_common.yaml'}:5: list 'name' takes any words" in said
    assert (
        f"{tmp_path / 'lights.yaml'}:7: a part of a sentence of LightOn was left out: nothing gives <in_room>" in said
    )
    assert f"{tmp_path / 'lights.yaml'}:8: a sentence of LightOn was left out: nothing gives {{name}}" in said
    assert f"{tmp_path / 'more.yaml'}:11: list 'room' is there already with other content" in said
    assert "requires_context is not kept" in said


def test_lists_that_home_assistant_fills_are_given(tmp_path) -> None:
    (tmp_path / "_common.yaml").write_text(COMMON)
    (tmp_path / "lights.yaml").write_text(LIGHTS)
    imported = import_task([tmp_path], "hassil", lists={"area": ["hall"], "name": ["fan"]})
    task = parse_task(imported.text)
    assert task.parse("turn on lights in the hall") is not None
    assert task.parse("switch on fan") is not None
    assert not any("left out" in warning for warning in imported.warnings)


def test_two_languages_are_not_merged(tmp_path) -> None:
    (tmp_path / "a.yaml").write_text(LIGHTS)
    (tmp_path / "b.yaml").write_text("language: de\nlists: {x: [y]}\n")
    with pytest.raises(TaskError, match="the language is 'de', and 'en' before"):
        import_task([tmp_path], "hassil")


def test_a_folder_without_such_files_is_refused(tmp_path) -> None:
    with pytest.raises(TaskError, match=r"no \.jsgf or \.gram file"):
        import_task([tmp_path], "jsgf")


@pytest.mark.parametrize(
    ("template", "left"),
    [
        ("a [in {x}] b", "a  b"),
        ("a (b|{x:y}|c) d", "a (b|c) d"),
        ("a ({x}|<r>) d", None),
        ("a [b|{x}]", "a [b]"),
        ("(a;{x})", None),
        ("(a|(b [{x}]))", "(a|(b ))"),
        ("{y} <q>", "{y} <q>"),
        (r"a \[ {x}", None),
        ("a (b", "a (b"),
    ],
)
def test_only_what_is_lost_is_cut_out(template: str, left: str | None) -> None:
    assert prune(template, {"{x}", "<r>"}) == left
