from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idiolect.errors import TaskError
from idiolect.tasks import parse_task
from idiolect.tasks.numbers import number_text, number_wordings, number_words, spell_template, words_number

TIMER = """
language: {language}
intents:
  timer:
    data:
      - sentences: ["timer {{minutes}} min", "level {{0..100,5:level}}"]
  cup:
    data:
      - sentences: ["cup [of] {{ounces}}", "alarm {{armed}}", "route 66", year nineteen eighty four]
lists:
  minutes: {{range: {{from: 1, to: 1000}}}}
  ounces:
    type: number
    values: [{{in: twelve ounce, out: 12}}, sixteen, "2.5"]
  armed:
    type: boolean
    values: [{{in: "on", out: true}}, {{in: "off", out: false}}]
"""


@pytest.mark.parametrize(
    ("language", "number", "wordings"),
    [
        ("en", 21, {"twenty one"}),
        ("en", 105, {"one hundred five", "one hundred and five"}),
        ("en-GB", 2005, {"two thousand five", "two thousand and five"}),
        ("en", 1000, {"one thousand", "a thousand"}),
        ("de", 21, {"einundzwanzig"}),
        ("de", 1, {"eins", "ein", "eine", "einen", "einer", "eines", "einem"}),
        ("de", 100, {"einhundert", "hundert"}),
        ("de", -2.5, {"minus zwei komma fünf"}),
        ("fr", 71, {"soixante et onze"}),
        ("fr", 80, {"quatre vingts"}),
        ("fr", 21, {"vingt et un", "vingt et une"}),
        ("es", 21, {"veintiuno", "veintiún", "veintiuna"}),
        ("es", 555, {"quinientos cincuenta y cinco", "quinientas cincuenta y cinco"}),
        ("it", 28, {"ventotto"}),
        ("it", 1000, {"mille"}),
        ("tlh", 5, set()),
    ],
)
def test_numbers_in_several_languages(language: str, number: float, wordings: set[str]) -> None:
    assert set(number_wordings(number, language)) == wordings


@settings(deadline=None)
@given(st.integers(0, 9_999), st.sampled_from(["en", "fr"]))
def test_words_are_read_back(number: int, language: str) -> None:
    for words in number_wordings(number, language):
        assert words_number(words, language) == number
    assert words_number(str(number), language) == number


def test_what_is_no_number_is_none() -> None:
    assert words_number("soy milk") is None


@pytest.mark.parametrize(("number", "text"), [(1_000_000, "1000000"), (2.5, "2.5"), (-3.0, "-3"), (0.1 * 3, "0.3")])
def test_digits_are_plain(number: float, text: str) -> None:
    assert number_text(number) == text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("go 12 (1|2)", "go twelve (one|two)"),
        ("{0..100:x} <r2> b2b 7b", "{0..100:x} <r2> b2b 7b"),
        ("2.5 or 007", "two point five or zero zero seven"),
        ("3.14", "three point one four"),
    ],
)
def test_digits_of_a_template_are_words(text: str, words: str) -> None:
    assert spell_template(text, "en") == words


@pytest.mark.parametrize(
    ("text", "slots"),
    [
        ("timer 12 min", {"minutes": 12}),
        ("timer twelve min", {"minutes": 12}),
        ("timer 1,000 min", {"minutes": 1000}),
        ("timer a thousand min", {"minutes": 1000}),
        ("timer one hundred and five min", {"minutes": 105}),
        ("level 50", {"level": 50}),
        ("cup twelve ounce", {"ounces": 12}),
        ("cup 12 ounce", {"ounces": 12}),
        ("cup of sixteen", {"ounces": 16}),
        ("cup two point five", {"ounces": 2.5}),
        ("cup 2.5", {"ounces": 2.5}),
        ("alarm off", {"armed": False}),
        ("route 66", {}),
        ("route sixty six", {}),
        ("route six six", None),
        ("year 1984", {}),
        ("year nineteen eighty four", {}),
        ("year 1985", None),
    ],
)
def test_digits_and_words_are_one(text: str, slots: dict[str, object] | None) -> None:
    task = parse_task(TIMER.format(language="en"))
    parsed = task.parse(text)
    assert (None if parsed is None else task.answer(parsed.intent, parsed.slots)) == slots
    assert parsed is None or all(isinstance(value, str) for value in parsed.slots.values())


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("de", "timer einundzwanzig min"),
        ("fr", "timer vingt-et-un min"),
        ("es", "timer veintiún min"),
        ("it", "timer 21 min"),
    ],
)
def test_the_language_of_the_file_speaks(language: str, text: str) -> None:
    task = parse_task(TIMER.format(language=language).replace("sixteen", '"16"').replace("twelve ounce", "12 oz"))
    parsed = task.parse(text)
    assert parsed is not None
    assert task.answer(parsed.intent, parsed.slots) == {"minutes": 21}


def test_digits_stay_where_a_language_has_no_words() -> None:
    task = parse_task(
        TIMER.format(language="tlh").replace("sixteen", '"16"').replace("twelve ounce", "12 oz").replace("1000", "30")
    )
    parsed = task.parse("timer 12 min")
    assert parsed is not None
    assert parsed.slots == {"minutes": "12"}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ("{type: number, values: [many]}", "'many' in list 'x' is not a number"),
        ("{type: number, values: ['(one|two)']}", "has no 'out'"),
        ("{type: boolean, values: [maybe]}", "neither true nor false"),
        ("{type: date, values: [today]}", "has type 'date'"),
    ],
)
def test_values_that_are_not_of_their_type_are_named(values: str, message: str) -> None:
    with pytest.raises(TaskError, match="task:3: ") as error:
        parse_task(f"intents: {{go: {{data: [{{sentences: ['{{x}}']}}]}}}}\nlists:\n  x: {values}\n")
    assert message in str(error.value)


def test_a_plain_wording_comes_first() -> None:
    assert number_words(101, "de") == "einhunderteins"
    assert number_words(1205) == "one thousand two hundred five"


def test_who_writes_a_number_gets_a_number() -> None:
    text = "intents: {go: {data: [{sentences: ['go {x}', 'run {y}']}]}}\nlists:\n"
    task = parse_task(
        text + "  x: [{in: (most|all), out: 100}, {in: a half, out: 0.5}]\n  y: [{in: all, out: '100'}]\n"
    )
    assert task.answer("go", task.parse("go most").slots) == {"x": 100}
    assert task.answer("go", task.parse("go a half").slots) == {"x": 0.5}
    assert task.answer("run", task.parse("run all").slots) == {"y": "100"}


def test_nothing_is_glued_to_the_words_of_a_number() -> None:
    task = parse_task("intents: {go: {data: [{sentences: ['to {0..100,50:level}[ ][%|percent]']}]}}")
    assert set(task.words()) == {"to", "zero", "fifty", "one", "a", "hundred", "percent"}
    assert task.count() == 8
    for text in ("to 50%", "to fifty percent", "to 50 percent", "to fifty"):
        assert task.parse(text).slots == {"level": "50"}, text
