from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idiolect.engines.decoding.ngram import NGram
from idiolect.labeling.correcting.aligning import groups_between, text_of, written_words
from idiolect.labeling.correcting.guard import Rules, confidences_of, guard
from idiolect.labeling.correcting.meaning import turns_meaning
from idiolect.labeling.correcting.sounds import Ear, ear_of, phone_distance, phones_apart
from idiolect.tasks import PHONES, Lexicon
from idiolect.text import basic_v1

EAR = ear_of(Lexicon.default())
LOOSE = Rules(max_changes=1.0)
LIKELY = NGram.english().log_prob


def decide(old, new, rules=LOOSE, **evidence):
    return guard(old, new, EAR, rules, **{"plausible": LIKELY, **evidence})


def unsure_of(text, *doubted):
    return [0.1 if word in doubted else 0.99 for word in basic_v1(text).split()]


VOCABULARY = (
    "the a cat sat on no not never two three fifteen fifty b m for four mat know um meet meat don't yes well-known"
    " Tom, (really) 21 ... ? naïve 猫 o'clock"
)
words = st.sampled_from(VOCABULARY.split())
texts = st.lists(words, max_size=9).map(" ".join)


def test_the_same_sound_is_enough_and_a_like_sound_is_not():
    assert decide("the whether is nice", "the weather is nice").text == "the weather is nice"
    assert decide("i scream is cold", "ice cream is cold").text == "ice cream is cold"
    assert decide("a bad day", "a bed day").text == "a bad day"


def test_what_sounds_alike_is_taken_where_the_teacher_was_unsure():
    old, new = "a knight of the tale", "a night of the tail"
    assert (
        decide("play the sung", "play the song", confidences=unsure_of("play the sung", "sung")).text == "play the song"
    )
    assert decide("play the sung", "play the song", confidences=[0.9, 0.9, 0.9]).text == "play the sung"
    assert decide(old, new).text == new


def test_a_change_that_makes_the_sentence_less_likely_is_not_believed_for_its_sound():
    old, new = "play the song", "play the sung"
    assert decide(old, new, confidences=[0.1] * 3).text == old
    assert decide("the weather is nice", "the whether is nice").text == "the weather is nice"
    assert decide("play the sung", "play the song", confidences=[0.1] * 3, plausible=None).text == "play the sung"
    assert decide("the whether is nice", "the weather is nice", plausible=None).is_improved


def test_a_place_where_the_others_heard_the_same_is_not_doubtful():
    old, new = "play the sung", "play the song"
    assert decide(old, new, confidences=[0.1] * 3, rivals=["played the sung"]).text == old
    assert decide(old, new, confidences=[0.1] * 3, rivals=["play the sing"]).text == new


def test_a_doubtful_place_is_no_licence_to_write_anything():
    made = decide("play the sung", "play the trumpet", confidences=unsure_of("play the sung", "sung"))
    assert made.text == "play the sung"
    assert made.refused[0].why.startswith("sounds different")


def test_what_another_teacher_heard_is_taken():
    old, new = "the duck of the house sat here", "the back of the house sat down here"
    rival = "the back of house sat down here"
    made = decide(old, new, rivals=[rival])
    assert made.text == new
    assert [edit.why for edit in made.taken] == ["another teacher heard it"] * 2
    assert decide(old, "the duck of house sat here", rivals=[rival]).text == "the duck of house sat here"
    assert decide(old, "the duck of the house here", rivals=[rival]).text == old


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("do not take it", "do take it"),
        ("i can take it", "i can't take it"),
        ("i can take it", "i cannot take it"),
        ("take it", "never take it"),
        ("take fifteen drops", "take fifty drops"),
        ("he saw four", "he saw for"),
        ("spell m i", "spell n i"),
        ("it is 21 now", "it is 22 now"),
        ("an able man", "an unable man"),
        ("he was careful", "he was careless"),
        ("we increased it", "we decreased it"),
        ("he went", "she went"),
    ],
)
def test_what_turns_the_meaning_waits_for_a_person(old, new):
    every = [0.1] * len(written_words(old))
    made = decide(old, new, confidences=every if "four" not in old else ())
    assert made.text == old
    assert made.refused
    assert not made.is_improved


def test_negations_and_numbers_change_between_equal_sounds_in_a_doubtful_place_only():
    old, new = "i no the answer", "i know the answer"
    assert decide(old, new).text == old
    assert decide(old, new, confidences=unsure_of(old, "no")).text == old
    assert decide(old, new, rivals=[new]).text == new
    old, new = "he ate for apples", "he ate four apples"
    assert decide(old, new, rivals=[new], plausible=None).text == new
    assert decide(old, new, rivals=["he ate fore apples"], plausible=None).text == old
    assert decide("take fifteen drops", "take fifty drops", rivals=["take fifty drops"]).text == "take fifteen drops"


def test_the_glossary_names_words_that_sound_roughly_alike():
    rules = Rules.of("verbatim", ["kubectl", "Metoprolol"], max_changes=1.0)
    old = "give him metro pearl all now"
    assert decide(old, "give him metoprolol now", rules).text == "give him metoprolol now"
    assert decide(old, "give him metoprolol now").text == old
    assert decide("give him some tea", "give him some metoprolol", rules).text == "give him some tea"


def test_a_correction_of_the_user_is_taken():
    rules = Rules.of("verbatim", corrections={"cube cuddle": "kubectl"}, max_changes=1.0)
    assert decide("run cube cuddle now", "run kubectl now", rules).text == "run kubectl now"
    assert decide("run cube cuddle now", "run kubectl now").text == "run cube cuddle now"


def test_a_model_that_writes_anew_is_not_believed_anywhere():
    old = "the whether is nice today"
    made = decide(old, "das wetter ist heute schön", Rules(max_changes=0.3))
    assert (made.text, made.taken) == (old, ())
    made = decide(old, "the weather is lovely this morning", Rules(max_changes=0.3))
    assert (made.text, made.taken) == (old, ())
    assert "at most 30%" in made.refused[0].why
    assert decide(old, "the weather is nice today", Rules(max_changes=0.3)).is_improved


def test_verbatim_keeps_what_was_said_and_how_it_was_written():
    old = "um the the Cat, do not sit"
    made = decide(old, "The cat: don't sit!", Rules())
    assert made.text == old
    assert not made.is_improved
    assert decide(old, "UM THE THE CAT DO NOT SIT", Rules()).text == old
    assert decide(old, "UM THE THE CAT DO NOT SIT", Rules()).edits == ()


def test_clean_lets_fillers_repetitions_case_and_punctuation_go():
    rules = Rules(mode="clean")
    assert decide("um the the cat do not sit", "The cat: don't sit!", rules).text == "The cat: don't sit!"
    assert decide("it costs twenty one dollars", "It costs $21.", rules).text == "It costs $21."
    assert (
        decide("um no no the cat sat on the mat", "The cat sat on the mat.", rules).text
        == "no no The cat sat on the mat."
    )
    assert basic_v1(decide("call nine one one", "Call nine one.", rules).text) == "call nine one one"
    assert decide("and then and then he went", "Then he went.", rules).text == "and Then he went."
    assert decide("i do not i do not know", "I do not know.", rules).refused
    assert basic_v1(decide("it is really really good", "It is good.", rules).text) == "it is really good"
    assert not decide("um yes", "Yes.", rules).refused


def test_each_old_word_is_in_the_text_where_nothing_is_taken():
    old = "Well-known (really) isn't it ?"
    assert decide(old, "").text == old
    assert text_of(written_words(old)) == old
    assert decide("", "invented").text == ""
    assert decide("", "").edits == ()


@settings(deadline=None, max_examples=150)
@given(texts, texts, texts)
def test_the_guard_is_a_mixture_of_its_texts(old, new, rival):
    for rules in (LOOSE, Rules(mode="clean"), Rules()):
        made = decide(old, new, rules, rivals=[rival])
        assert decide(old, old, rules, rivals=[rival]).edits == ()
        if not made.taken and rules.mode == "verbatim":
            assert made.text.split() == old.split()
        assert made.is_improved is (basic_v1(made.text) != basic_v1(old))
        negations = [word for word in basic_v1(old).split() if word in {"not", "never", "don't"}]
        assert [word for word in basic_v1(made.text).split() if word in {"not", "never", "don't"}] == negations


@settings(deadline=None, max_examples=100)
@given(st.lists(words, max_size=9), st.lists(words, max_size=9))
def test_groups_lead_from_one_text_to_the_other(old, new):
    out, place = [], 0
    for group in groups_between(old, new, EAR):
        out += [*old[place : group.start], *new[group.new_start : group.new_end]]
        place = group.end
    assert [*out, *old[place:]] == new


def test_confidences_follow_the_words_of_the_text():
    assert confidences_of("Well-known cat.", [("well-known", 0.3), ("cat", 0.9)]) == [0.3, 0.3, 0.9]
    assert confidences_of("the cat", [("the", 0.5), ("uh", 0.1), ("cat", None)]) == [0.5, None]
    assert confidences_of("the cat", []) == [None, None]


phones = st.lists(st.sampled_from(PHONES[1:]), max_size=5)


@given(phones, phones, phones)
def test_phones_are_apart_as_a_distance_is(one, other, third):
    assert phones_apart(one, one) == 0
    assert phones_apart(one, other) == pytest.approx(phones_apart(other, one))
    assert phones_apart(one, other) <= max(len(one), len(other))
    assert (phones_apart(one, other) == 0) == (one == other)
    assert all(0 <= phone_distance(a, b) <= 1 for a in one for b in other)


def test_an_ear_knows_near_sounds_from_far_ones():
    assert EAR.distance(("meet",), ("meat",)) == 0
    assert EAR.distance(("ice", "cream"), ("i", "scream")) == 0
    assert EAR.distance(("song",), ("sung",)) < EAR.distance(("song",), ("trumpet",))
    assert EAR.distance(("猫",), ("cat",)) == 1
    assert EAR.distance((), ("cat",)) == 1
    assert Ear(lambda word: []).distance(("a",), ("a",)) == 1


def test_words_that_turn_a_meaning_are_named():
    assert turns_meaning(("not", "so"), ("so", "not")) is None
    assert "negation" in (turns_meaning(("not",), ("hot",)) or "")
    assert "number" in (turns_meaning(("fifty",), ("fifteen",)) or "")
    assert "letter" in (turns_meaning(("b",), ("be",)) or "")
    assert "opposites" in (turns_meaning(("he",), ("she",)) or "")
    assert turns_meaning(("whether",), ("weather",)) is None
