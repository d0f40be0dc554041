"""The beam search over CTC outputs: against every path through a few frames."""

from __future__ import annotations

import itertools
import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idiolect.engines.ctc_beam import CtcBeam
from idiolect.engines.decoding.terms import read_terms
from idiolect.engines.greedy import greedy
from idiolect.engines.knowledge import Knowledge
from idiolect.engines.spelling import Spelling
from idiolect.errors import EngineError
from idiolect.tasks import parse_task
from idiolect.units import Seconds

LETTERS = Spelling(["-", "|", "a", "b"], [0], "|")
PIECES = Spelling(["-", "▁a", "▁b", "b", "a"], [0], "▁")
WIDE = {"beam": 1e4, "tokens": 20_000}

ARPA = """\\data\\
\\1-grams:
-99 <s> -0.3
-0.9 </s>
-0.5 a -0.2
-0.7 b -0.4
-1.1 ab -0.1
\\2-grams:
-0.3 <s> a
-0.2 a b
-0.6 ab ab
-0.4 b </s>
\\end\\
"""


def posteriors(frames: int, outputs: int, seed: int, sharp: float) -> np.ndarray:
    logits = sharp * np.random.default_rng(seed).normal(size=(frames, outputs))
    return (logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))).astype(np.float32)


def collapsed(path: tuple[int, ...]) -> tuple[int, ...]:
    """Graves et al. 2006: runs merged, blanks dropped."""
    return tuple(token for token, _ in itertools.groupby(path) if token)


def sentences(spelling: Spelling, words: list[str], most: int) -> dict[tuple[int, ...], list[tuple[str, ...]]]:
    """Ids → the sentences that they may spell."""
    found: dict[tuple[int, ...], list[tuple[str, ...]]] = {}
    for count in range(most + 1):
        for said in itertools.product(words, repeat=count):
            for ways in itertools.product(*(spelling.spell(word) for word in said)):
                found.setdefault(tuple(itertools.chain(*ways)), []).append(said)
    return found


def everything(scores, spelling, words, worth) -> float:
    """The best score of any path and any sentence that it spells."""
    spelled = sentences(spelling, words, len(scores))
    best = -math.inf
    for path in itertools.product(range(scores.shape[1]), repeat=len(scores)):
        said = spelled.get(collapsed(path))
        if said:
            sound = float(scores[np.arange(len(scores)), path].sum())
            best = max(best, *(sound + worth(one) for one in said))
    return best


def boosted(words: tuple[str, ...], terms: list[tuple[str, ...]], boost: float) -> float:
    """Boost per word of each term that is said; the terms here never overlap."""
    total, at = 0.0, 0
    while at < len(words):
        said = [term for term in terms if words[at : at + len(term)] == term]
        total += boost * max((len(term) for term in said), default=0)
        at += max((len(term) for term in said), default=1)
    return total


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10**6), st.integers(1, 5), st.floats(0.3, 3), st.sampled_from([LETTERS, PIECES]))
def test_with_a_language_model_and_terms_nothing_better_exists(tmp_path_factory, seed, frames, sharp, spelling):
    folder = tmp_path_factory.mktemp("lm")
    (folder / "lm.arpa").write_text(ARPA)
    (folder / "terms.txt").write_text("ab\nb a # a remark\n")
    extra = {"lm": str(folder / "lm.arpa"), "terms": str(folder / "terms.txt"), "lm_scale": 0.8, "boost": 1.5, **WIDE}
    knowledge = Knowledge.of({**extra, "word_penalty": 0.4}, "ctc")
    beam = CtcBeam.of(spelling, 0, knowledge)
    scores = posteriors(frames, len(spelling), seed, sharp)
    model = knowledge.ngram()

    def worth(words):
        return 0.8 * model.log_prob(words) + boosted(words, [("ab",), ("b", "a")], 1.5) - 0.4 * len(words)

    best = beam.search.run(scores).best()
    assert best.score == pytest.approx(everything(scores, spelling, ["a", "b", "ab"], worth), abs=1e-3)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10**6), st.integers(1, 6), st.floats(0.3, 3))
def test_over_a_task_nothing_better_exists(seed, frames, sharp):
    task = parse_task(json.dumps({"intents": {"x": {"data": [{"sentences": ["(a|ab) b", "a"]}]}}}))
    beam = CtcBeam.of(LETTERS, 0, Knowledge.of({"search": "beam", "accept": 0.0, **WIDE}, "ctc"), task)
    scores = posteriors(frames, 4, seed, sharp)
    allowed = {("a", "b"), ("ab", "b"), ("a",)}
    best = beam.search.run(scores).best()
    true = everything(scores, LETTERS, ["a", "b", "ab"], lambda words: 0.0 if words in allowed else -math.inf)
    if best is None:
        assert true == -math.inf
    else:
        assert best.score == pytest.approx(true, abs=1e-3)
        heard = beam.hear(scores, Seconds(1.0))
        assert tuple(heard.text.split()) in allowed
        assert heard.intent == "x"


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10**6), st.integers(1, 30), st.floats(0.3, 5), st.sampled_from([LETTERS, PIECES]))
def test_without_knowledge_it_is_the_greedy_text(seed, frames, sharp, spelling):
    beam = CtcBeam.of(spelling, 0, Knowledge.of({"search": "beam"}, "ctc"))
    scores = posteriors(frames, len(spelling), seed, sharp)
    heard = beam.hear(scores, Seconds(frames * 0.04))
    simple = greedy(np.exp(scores), Seconds(frames * 0.04), blank=0, spell=spelling)
    assert heard.text == simple.text
    assert [word.word for word in heard.words] == [word.word for word in simple.words]
    if heard.text:
        assert heard.confidence == pytest.approx(simple.confidence, abs=0.35)


def said(ids, outputs, seed=0, sharp=4.0):
    rng = np.random.default_rng(seed)
    frames = [one for number in ids for one in (number, number, 0)]
    logits = rng.normal(size=(len(frames), outputs))
    logits[np.arange(len(frames)), frames] += sharp
    return (logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))).astype(np.float32)


def test_a_term_wins_a_near_tie_and_only_as_a_whole(tmp_path):
    (tmp_path / "terms.txt").write_text("abba\n")
    spoken = said([2, 3, 3, 2], 4)
    spoken[6] = np.log([0.02, 0.02, 0.6, 0.36])  # the third letter sounds a little more like an a: abaa
    spoken[7] = spoken[8]
    plain = CtcBeam.of(LETTERS, 0, Knowledge.of({"search": "beam"}, "ctc"))
    terms = {"terms": str(tmp_path / "terms.txt"), "boost": 3.0}
    biased = CtcBeam.of(LETTERS, 0, Knowledge.of(terms, "ctc"))
    assert plain.hear(spoken, Seconds(1.0)).text == "abaa"
    assert biased.hear(spoken, Seconds(1.0)).text == "abba"
    begun = said([2, 3, 2], 4)
    assert biased.search.run(begun).best().score == pytest.approx(plain.search.run(begun).best().score)


def test_the_best_are_given_in_order_with_what_they_mean():
    task = parse_task(
        json.dumps({"intents": {"x": {"data": [{"sentences": ["{letter}"]}]}}, "lists": {"letter": ["a", "b", "ab"]}})
    )
    beam = CtcBeam.of(LETTERS, 0, Knowledge.of({"nbest": 3, "accept": 0.0}, "ctc"), task)
    heard = beam.hear(said([2, 3], 4, sharp=2.0), Seconds(1.0))
    assert heard.alternatives[0].text == heard.text == "ab"
    assert len({one.text for one in heard.alternatives}) == len(heard.alternatives) > 1
    assert [one.slots for one in heard.alternatives] == [{"letter": one.text} for one in heard.alternatives]
    assert heard.slot_confidence.keys() == {"letter"}


def test_words_are_cut_into_the_fewest_pieces():
    table = ["-", "▁he", "▁h", "llo", "l", "o", "e"]
    assert Spelling(table, [0], "▁").spell("hello")[:2] == [[1, 3], [2, 6, 3]]
    assert Spelling(table, [0], "▁").spell("xyz") == []
    assert Spelling(["-", "|", "H", "I"], [0], "|").spell("hi") == [[2, 3], [1, 2, 3]]


def test_what_cannot_be_written_or_read_is_said(tmp_path):
    task = parse_task(json.dumps({"intents": {"x": {"data": [{"sentences": ["cab"]}]}}}))
    with pytest.raises(EngineError, match="'cab'"):
        CtcBeam.of(LETTERS, 0, Knowledge.of({"search": "beam"}, "ctc"), task)
    for extra in (
        {"lmm": 1},
        {"nbest": 0},
        {"nbest": True},
        {"accept": 2},
        {"search": "tree"},
        {"beam": 0},
        {"boost": "x"},
    ):
        with pytest.raises(EngineError, match=next(iter(extra))):
            Knowledge.of(extra, "ctc")
    for text, message in (("", "no term"), ("a\tmuch", ":1: 'much'"), ("!?", "no word")):
        (tmp_path / "terms.txt").write_text(text)
        with pytest.raises(EngineError, match=message):
            read_terms(tmp_path / "terms.txt")
    (tmp_path / "terms.txt").write_text("Flat White\t2.5\n# all of it\nlatte\n")
    assert read_terms(tmp_path / "terms.txt") == {"flat white": 2.5, "latte": None}
