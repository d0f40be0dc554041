from __future__ import annotations

import itertools
import math
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idiolect.errors import TaskError
from idiolect.tasks.ngram import END, START, UNKNOWN, NgramModel

SENTENCES = [
    "brew a large latte".split(),  # noqa: SIM905 - reads better
    "brew a small latte".split(),  # noqa: SIM905
    "brew a large mocha".split(),  # noqa: SIM905
    "get me a mocha".split(),  # noqa: SIM905
    "get me a large latte".split(),  # noqa: SIM905
    "stop".split(),  # noqa: SIM905
]

corpora = st.lists(st.lists(st.sampled_from("abcde"), max_size=6), min_size=1, max_size=12).filter(any)


@settings(deadline=None, max_examples=60)
@given(corpora, st.integers(1, 4), st.integers(1, 2))
def test_the_words_after_every_context_share_the_whole_probability(sentences, order: int, min_count: int) -> None:
    if max(Counter(itertools.chain.from_iterable(sentences)).values()) < min_count:
        return
    model = NgramModel.train(sentences, order=order, min_count=min_count)
    everyone = [*model.words, END, UNKNOWN]
    begun = [(START, *rest) for size in range(order) for rest in itertools.product("abz", repeat=size)]
    for context in [(), *itertools.product("abz", repeat=order), *begun]:
        assert math.isclose(sum(math.exp(model.log_prob(word, context)) for word in everyone), 1, abs_tol=1e-9)


def brute_force(sentences, word: str, context: tuple[str, ...], size: int, discounts: list[float]) -> float:
    """Interpolated Kneser-Ney straight from its formula, counting the text again for every question."""
    vocabulary = {word for sentence in sentences for word in sentence} | {END, UNKNOWN}
    if size == 0:
        return 1 / len(vocabulary)
    context = context[len(context) - (size - 1) :]

    def adjusted(gram: tuple[str, ...]) -> int:
        said = [(START, *sentence, END) for sentence in sentences]
        places = [(one, at) for one in said for at in range(1, len(one)) if one[max(0, at - size + 1) : at + 1] == gram]
        if size == len(discounts) or gram[0] == START:
            return len(places)
        return len({one[at - size] for one, at in places})

    total = sum(adjusted((*context, one)) for one in vocabulary)
    if not total:
        return brute_force(sentences, word, context[1:], size - 1, discounts)
    kinds = sum(adjusted((*context, one)) > 0 for one in vocabulary)
    discount = discounts[size - 1]
    lower = brute_force(sentences, word, context[1:], size - 1, discounts)
    return max(0, adjusted((*context, word)) - discount) / total + discount * kinds / total * lower


@settings(deadline=None, max_examples=25)
@given(corpora)
def test_probabilities_are_those_of_the_formula(sentences) -> None:
    model = NgramModel.train(sentences, order=3)
    discounts = [_discount_of(model, sentences, size) for size in (1, 2, 3)]
    for context in [("a", "b"), (START, "a"), ("b", START), ("c", "c")]:
        if START in context[1:]:
            continue
        for word in [*model.words, END]:
            expected = brute_force(sentences, word, context, 3, discounts)
            assert math.exp(model.log_prob(word, context)) == pytest.approx(expected, rel=1e-9)


def _discount_of(model: NgramModel, sentences, size: int) -> float:
    """Discounts by the rule n1 / (n1 + 2 n2) within [.1, .9], from counts of counts taken here."""
    said = [(START, *sentence, END) for sentence in sentences]
    grams = {one[max(0, at - size + 1) : at + 1] for one in said for at in range(1, len(one)) if at >= size - 1}
    counts = Counter()
    for gram in grams:
        places = [(one, at) for one in said for at in range(1, len(one)) if one[max(0, at - size + 1) : at + 1] == gram]
        raw = size == 3 or gram[0] == START
        counts[len(places) if raw else len({one[at - size] for one, at in places})] += 1
    ones, twos = counts[1], counts[2]
    if not ones or not twos:
        return 0.9 if ones else 0.5
    return min(0.9, max(0.1, ones / (ones + 2 * twos)))


def test_what_was_said_is_likelier_than_what_was_not() -> None:
    model = NgramModel.train(SENTENCES)
    assert model.log_prob("latte", ["a", "large"]) > model.log_prob("stop", ["a", "large"])
    assert model.log_prob("tea", ["a", "large"]) == model.log_prob(UNKNOWN, ["a", "large"])
    assert model.perplexity(SENTENCES) < model.perplexity([["latte", "a", "brew"]])
    assert model.perplexity([]) == math.inf


def test_an_arpa_file_comes_back(tmp_path) -> None:
    model = NgramModel.train(SENTENCES)
    model.write_arpa(tmp_path / "a.arpa")
    again = NgramModel.load_arpa(tmp_path / "a.arpa")
    assert (again.order, sorted(again.words)) == (3, sorted(model.words))
    for context in [(), ("brew", "a"), (START, "brew"), ("x", "large")]:
        for word in [*model.words, END, "tea"]:
            assert again.log_prob(word, context) == pytest.approx(model.log_prob(word, context), abs=1e-5)


def test_another_reader_reads_the_same_probabilities(tmp_path) -> None:
    pocketsphinx = pytest.importorskip("pocketsphinx")
    model = NgramModel.train(SENTENCES)
    model.write_arpa(tmp_path / "a.arpa")
    scale = pocketsphinx.LogMath()
    theirs = pocketsphinx.NGramModel(pocketsphinx.Config(), scale, str(tmp_path / "a.arpa"))
    for words in (["latte"], ["a", "large"], ["brew", "a", "large"], ["stop", "a", "latte"], [START, "get"]):
        ours = model.log_prob(words[-1], words[:-1])
        # Newest word first is how PocketSphinx wants them; its logarithms are coarse.
        assert scale.log_to_ln(theirs.prob(words[::-1])) == pytest.approx(ours, abs=2e-3)


@pytest.mark.parametrize("line", ["x\ta", "-1.0", "-1 a b c"])
def test_a_line_that_is_no_ngram_is_named(tmp_path, line: str) -> None:
    path = tmp_path / "a.arpa"
    path.write_text(f"\\data\\\nngram 1=1\n\n\\1-grams:\n{line}\n\n\\end\\\n")
    with pytest.raises(TaskError, match=r"a\.arpa:5: not an n-gram of 1 words"):
        NgramModel.load_arpa(path)


def test_a_file_without_ngrams_and_a_text_without_words_are_refused(tmp_path) -> None:
    (tmp_path / "a.arpa").write_text("hello\n")
    with pytest.raises(TaskError, match="no n-gram"):
        NgramModel.load_arpa(tmp_path / "a.arpa")
    with pytest.raises(TaskError, match="no word"):
        NgramModel.train([[]])
