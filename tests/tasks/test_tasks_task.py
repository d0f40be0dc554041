from __future__ import annotations

import itertools
import json
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idiolect.errors import TaskError
from idiolect.tasks import Task, load_task, parse_task

ROOT = Path(__file__).resolve().parents[2]
BARISTA = ROOT / "../shared/data/barista"
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def sentences_task(*templates: str) -> Task:
    return parse_task(json.dumps({"intents": {"go": {"data": [{"sentences": list(templates)}]}}}))


def templates(depth: int = 3) -> st.SearchStrategy[tuple[str, set[tuple[str, ...]]]]:
    """A template, and by brute force everything that it says."""
    word = st.sampled_from(["ab", "cd", "ef"]).map(lambda text: (text, {(text,)}))
    if depth == 0:
        return word
    inner = templates(depth - 1)

    def row(items):
        said = {()}
        for _, options in items:
            said = {left + right for left in said for right in options}
        return " ".join(text for text, _ in items), said

    def shuffle(items):
        (one, said_one), (two, said_two) = items
        both = {a + b for a in said_one for b in said_two} | {b + a for a in said_one for b in said_two}
        return f"({one};{two})", both

    return st.one_of(
        word,
        st.lists(inner, min_size=1, max_size=3).map(row),
        st.lists(inner, min_size=2, max_size=3).map(
            lambda items: (f"({'|'.join(t for t, _ in items)})", set().union(*(s for _, s in items)))
        ),
        inner.map(lambda item: (f"[{item[0]}]", item[1] | {()})),
        st.tuples(inner, inner).map(shuffle),
    )


@settings(deadline=None, max_examples=80)
@given(templates(), st.integers(0, 5))
def test_the_graph_says_what_the_template_says(template: tuple[str, set[tuple[str, ...]]], seed: int) -> None:
    text, inner = template
    said = {("go", *words) for words in inner}
    task = sentences_task(f"go {text}")
    assert task.count() == len(said)
    for words in said:
        assert task.parse(" ".join(words)) is not None
    for sentence in task.sample(10, seed):
        assert tuple(sentence.split()) in said
    assert set(task.words()) == {word for words in said for word in words}


def test_samples_are_different_where_possible_and_repeatable() -> None:
    task = load_task(ROOT / "examples/coffee.yaml")
    sentences = task.sample(300, seed=7)
    assert sentences == task.sample(300, seed=7)
    assert sentences != task.sample(300, seed=8)
    assert len(set(sentences)) == 300
    few = sentences_task("go (left|right)").sample(5, seed=0)
    assert set(few) == {"go left", "go right"}
    assert len(few) == 5


def test_every_sample_parses_and_every_slot_has_a_value_of_its_list() -> None:
    task = load_task(ROOT / "examples/coffee.yaml")
    for sentence in task.sample(200, seed=3):
        parsed = task.parse(sentence)
        assert parsed is not None
        assert parsed.intent == "orderDrink"
        assert all(value in sentence for value in parsed.slots.values())
        assert "coffeeDrink" in parsed.slots


def test_a_billion_sentences_take_no_time() -> None:
    started = time.perf_counter()
    task = sentences_task("go " + " ".join(["(a|b|c|d|e|f|g|h|i|j)"] * 40))
    assert task.count() == 10**40
    assert task.parse("go " + " ".join("abcdefghij" * 4)) is not None
    assert len(set(task.sample(50, seed=0))) == 50
    assert len(task.jsgf()) < 5000
    assert time.perf_counter() - started < 2


def test_rules_that_multiply_without_end_are_refused(monkeypatch) -> None:
    monkeypatch.setattr("idiolect.tasks.graph.LARGEST_GRAPH", 50_000)
    rules = {f"r{level}": f"<r{level + 1}> (x|y) <r{level + 1}>" for level in range(40)} | {"r40": "z"}
    task = parse_task(
        json.dumps(
            {"intents": {"go": {"data": [{"sentences": ["<r18>"]}]}}, "expansion_rules": dict(list(rules.items())[18:])}
        )
    )
    with pytest.raises(TaskError, match="arcs"):
        task.graph()


def test_the_reading_with_the_fewest_slots_wins() -> None:
    task = parse_task(
        json.dumps(
            {
                "intents": {"go": {"data": [{"sentences": ["play {x} {y}", "play {z}"]}]}},
                "lists": {"x": ["red"], "y": ["house"], "z": ["red house"]},
            }
        )
    )
    parsed = task.parse("play red house")
    assert parsed is not None
    assert parsed.slots == {"z": "red house"}


def test_jsgf_is_understood_by_another_reader() -> None:
    pocketsphinx = pytest.importorskip("pocketsphinx")
    task = load_task(ROOT / "examples/coffee.yaml")
    decoder = pocketsphinx.Decoder(lm=None, loglevel="FATAL")
    grammar = pocketsphinx.Jsgf  # the class exists only where JSGF is compiled in
    assert grammar is not None
    decoder.add_jsgf_string("coffee", task.jsgf())
    assert "public <task>" in task.jsgf()


@pytest.mark.data
def test_all_example_sentences_of_the_coffee_shop_parse() -> None:
    if not BARISTA.exists():
        pytest.skip("../shared/data/barista is not there")
    task = load_task(ROOT / "examples/coffee.yaml")
    lines = (BARISTA / "sentences.txt").read_text().splitlines()
    assert len(lines) >= 431
    assert [line for line in lines if task.parse(line) is None] == []


@pytest.mark.data
def test_slot_values_are_literally_those_of_the_labels() -> None:
    if not BARISTA.exists():
        pytest.skip("../shared/data/barista is not there")
    task = load_task(ROOT / "examples/coffee.yaml")
    rows = [json.loads(line) for line in (BARISTA / "manifest.jsonl").read_text().splitlines()]
    read = [(row, task.parse(row["silver_text"])) for row in rows if row["silver_text"]]
    understood = [(row, parsed) for row, parsed in read if parsed is not None]
    assert len(understood) > 0.95 * len(read)
    for row, parsed in understood:
        assert parsed.intent == row["intent"]
        assert {name: parsed.slots.get(name) for name in row["slots"]} == row["slots"]


def test_a_hundred_thousand_values_make_a_graph_in_ten_seconds() -> None:
    """Measured on titles of one to three words: 4 s of one busy core, and 82 MB more than the process held before."""
    titles = [f"{a}{b} {c}{d} song" for a, b, c, d in itertools.product(LETTERS[:18], repeat=4)][:100_000]
    values = "".join(f"      - {title}\n" for title in titles)
    started = time.process_time()
    task = parse_task(
        f"intents: {{play: {{data: [{{sentences: ['play {{song}}']}}]}}}}\nlists:\n  song:\n    values:\n{values}"
    )
    assert len(task.graph().arcs) > 100_000
    parsed = task.parse("play cc cc song")
    assert time.process_time() - started < 10
    assert parsed is not None
    assert parsed.slots == {"song": "cc cc song"}
