from __future__ import annotations

import math

import jiwer
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idiolect.evaluation import Counts, align, count_characters, count_words

WORDS = st.lists(st.sampled_from(["a", "b", "mocha", "large", "ü", "猫"]), max_size=12)
PICTURES = [
    (
        "i'd like a large mocha please",
        "i'd like large mocca please now",
        """\
REF  i'd like a large mocha please ***
HYP  i'd like * large mocca please now
              D       S            I""",
    ),
    ("same words", "same words", "REF  same words\nHYP  same words"),
    ("", "ghost", "REF  *****\nHYP  ghost\n     I"),
    ("猫 が いる", "猫 いる", "REF  猫 が いる\nHYP  猫 ** いる\n        D"),
]


@given(WORDS, WORDS)
@settings(deadline=None, max_examples=150)
def test_the_alignment_says_both_texts_and_is_as_cheap_as_jiwer(reference, hypothesis):
    alignment = align(reference, hypothesis)
    assert [left for left, _ in alignment.pairs if left is not None] == reference
    assert [right for _, right in alignment.pairs if right is not None] == hypothesis
    if not reference:
        assert alignment.counts == Counts(insertions=len(hypothesis))
        return
    oracle = jiwer.process_words(" ".join(reference), " ".join(hypothesis))
    assert alignment.counts.errors == oracle.substitutions + oracle.deletions + oracle.insertions
    assert alignment.counts.wer == pytest.approx(oracle.wer)


@given(st.text("ab ü", min_size=1, max_size=20), st.text("ab ü", max_size=20))
@settings(deadline=None, max_examples=100)
def test_characters_are_counted_as_jiwer_counts_them(reference, hypothesis):
    reference, hypothesis = " ".join(reference.split()) or "a", " ".join(hypothesis.split())
    assert count_characters(reference, hypothesis).wer == pytest.approx(jiwer.cer(reference, hypothesis))


@given(st.lists(st.tuples(WORDS.filter(bool), WORDS), min_size=1, max_size=6))
@settings(deadline=None, max_examples=60)
def test_a_score_is_pooled_not_a_mean_of_rates(pairs):
    pooled = sum((align(*pair).counts for pair in pairs), Counts())
    references, hypotheses = ([" ".join(side) for side in sides] for sides in zip(*pairs, strict=True))
    assert pooled.wer == pytest.approx(jiwer.wer(references, hypotheses))


def test_wer_may_pass_one_and_is_nan_without_a_reference():
    assert count_words("yes", "no no no").wer == 3
    assert math.isnan(count_words("", "no").wer)
    assert count_words("", "no").errors == 1


@pytest.mark.parametrize(("reference", "hypothesis", "picture"), PICTURES)
def test_a_picture_shows_word_under_word(reference, hypothesis, picture):
    assert align(reference.split(), hypothesis.split()).picture() == picture


def test_a_long_picture_is_wrapped_and_each_piece_is_aligned():
    alignment = align(["one", "two", "three", "four", "five", "six"], ["one", "too", "three", "four", "six"])
    assert alignment.picture(width=22) == (
        "REF  one two three\nHYP  one too three\n         S\n\nREF  four five six\nHYP  four **** six\n          D"
    )


@given(WORDS, WORDS, st.integers(20, 60))
@settings(deadline=None, max_examples=60)
def test_no_line_of_a_picture_is_wider_than_asked(reference, hypothesis, width):
    lines = align(reference, hypothesis).picture(width).splitlines()
    assert all(len(line) <= width for line in lines)
