from __future__ import annotations

import itertools
import random
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from idiolect.errors import TaskError, UserError
from idiolect.labeling.prompt_sources import CARRIERS, of_glossary, of_sentences, of_task, read_source
from idiolect.labeling.prompting import Prompter
from idiolect.tasks import Lexicon, load_task
from idiolect.text import basic_v1

COFFEE = Path(__file__).parents[2] / "examples" / "coffee.yaml"


def pairs(text):
    lexicon = Lexicon.default()
    phones = [phone for word in basic_v1(text).split() for phone in lexicon.pronounce(word)[0]]
    return set(pairwise(["SIL", *phones, "SIL"]))


def test_the_first_prompt_is_the_one_that_adds_most_and_a_second_reading_adds_nothing():
    source = of_sentences(["the cat", "the cat sat on a thick old yellow measure", "cat"])
    best = Prompter([source]).choose(1)[0]
    assert best.text == "the cat sat on a thick old yellow measure"
    assert set(best.diphones) == pairs(best.text)
    assert "ZH" in best.phones
    rest = Prompter([source], [best.text]).choose(5)
    assert {prompt.text for prompt in rest} == {"the cat", "cat"}
    assert all(not prompt.phones for prompt in rest)


def test_what_a_prompt_adds_is_what_no_recording_has():
    source = of_glossary(["Grafana", "load balancer"])
    prompter = Prompter([source], ["A load balancer, please."])
    first = prompter.choose(1)[0]
    assert first.terms == ("Grafana",)
    assert not set(first.diphones) & pairs("a load balancer please")
    assert prompter.coverage().terms == {"Grafana": 0, "load balancer": 1}


def test_greedy_covers_more_pairs_than_chance_does():
    source = of_task(load_task(COFFEE))
    chosen = [prompt.text for prompt in Prompter([source]).choose(8)]
    drawn = [random.Random(seed).sample(source.texts, 8) for seed in range(10)]
    covered = [len(set().union(*(pairs(text) for text in texts))) for texts in [chosen, *drawn]]
    assert covered[0] > max(covered[1:])
    words = Counter(word for text in chosen for word in text.split())
    assert {"espresso", "cappuccino", "sweetener", "skim"} <= set(words)


def test_prompts_that_were_read_are_not_asked_again_in_whatever_spelling():
    source = of_sentences(["Hello, world!", "hello world", "Good morning."])
    assert [one.text for one in Prompter([source], ["HELLO WORLD"]).choose(9)] == ["Good morning."]
    assert len(Prompter([source]).choose(9)) == 2
    prompter = Prompter([source])
    prompter.said("good morning", 2.5)
    assert [basic_v1(one.text) for one in prompter.choose(9)] == ["hello world"]
    assert (prompter.coverage().read, prompter.coverage().left, prompter.coverage().seconds) == (1, 2, 2.5)


def test_skipped_prompts_wait():
    source = of_sentences(["one thing", "another thing"])
    prompter = Prompter([source])
    first = prompter.choose(1)[0]
    second = prompter.choose(1, without=[first.text])[0]
    assert {first.text, second.text} == set(source.texts)
    assert prompter.choose(1)[0] == first


def test_the_seed_decides_the_order_and_nothing_else_does():
    # All sound the same, so that nothing but the seed can tell them apart.
    source = of_sentences(" ".join(words) for words in itertools.permutations(["to", "two", "too"]))
    orders = [[one.text for one in Prompter([source], seed=seed).choose(9)] for seed in (1, 1, 2, 3)]
    assert orders[0] == orders[1]
    assert len({tuple(order) for order in orders}) == 3
    assert all(sorted(order) == sorted(source.texts) for order in orders)


def test_words_that_nobody_can_say_do_not_stop_the_others():
    source = of_sentences(["日本 tea", "..."])
    prompter = Prompter([source])
    found = prompter.choose(5)
    assert [one.text for one in found] == ["日本 tea"]
    assert set(found[0].phones) == {"IY", "T"}
    assert prompter.coverage().left == 1


def test_no_prompts_are_no_error():
    assert Prompter([]).choose(3) == []
    assert Prompter([of_sentences([])]).coverage().as_dict()["diphones"] == {"heard": 0, "all": 0}


def test_files_are_what_they_look_like(tmp_path):
    sentences, glossary = tmp_path / "s.txt", tmp_path / "g.txt"
    sentences.write_text("# mine\nThe first one.\n\nThe   second one is longer.\n")
    glossary.write_text("kubectl\nload balancer\nGrafana\n")
    assert read_source(sentences).texts == ("The first one.", "The second one is longer.")
    found = read_source(glossary)
    assert (found.form, found.terms) == ("glossary", ("kubectl", "load balancer", "Grafana"))
    assert "Have you ever heard of Grafana?" in found.texts
    assert "kubectl" in found.texts
    assert "Hast du schon einmal von Grafana gehört?" in read_source(glossary, language="de-AT").texts
    assert read_source(glossary, language="fr").texts == ("kubectl", "load balancer", "Grafana")
    assert read_source(glossary, "sentences").form == "sentences"
    assert read_source(COFFEE).form == "task"


def test_files_that_are_no_prompts_are_named(tmp_path):
    empty, latin = tmp_path / "e.txt", tmp_path / "l.txt"
    empty.write_text("\n# nothing\n")
    latin.write_bytes(b"caf\xe9\n")
    with pytest.raises(UserError, match="no sentence"):
        read_source(empty)
    with pytest.raises(UserError, match="not UTF-8 at byte 3"):
        read_source(latin)
    with pytest.raises(UserError, match="no form of prompts"):
        read_source(empty, "poem")
    with pytest.raises(TaskError):
        read_source(empty, "task")
    with pytest.raises(UserError, match="401 characters"):
        of_sentences(["x" * 401])


def test_carriers_hold_the_term_once():
    for language, sentences in CARRIERS.items():
        assert all(sentence.count("{}") == 1 for sentence in sentences), language
        assert len(set(sentences)) == len(sentences)
