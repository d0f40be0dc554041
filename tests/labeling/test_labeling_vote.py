from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idiolect.corpus import Label, NewLabel, Purpose, SourceKind, WordTime
from idiolect.errors import CorpusError
from idiolect.labeling import VoteOptions, vote_clips
from idiolect.labeling.hearing import Token, names_of, teacher_of, tokens_of
from idiolect.labeling.rover import Voter, network, times_of, vote
from idiolect.labeling.weighing import Reviewed, Trust, learn

WORDS = st.lists(st.sampled_from(["one", "won", "mocha", "a", "latte"]), max_size=6)


def voter(key, text, confidence=0.5, weight=1.0):
    return Voter(key, weight, tuple(Token(word, word, confidence) for word in text.split()))


def claim(clip, text, source, confidence=None, **more):
    return NewLabel(clip.id, SourceKind.ENGINE, source, "1", text, confidence=confidence, **more)


def test_the_majority_wins_word_by_word():
    heard = ["make me a latte please", "make a latte", "may me a latte please", "make me a ladder please"]
    outcome = vote([voter(str(number), text) for number, text in enumerate(heard)])
    assert outcome.text == "make me a latte please"
    assert [one.agreement for one in outcome.slots] == [0.75, 0.75, 1.0, 0.75, 0.75]
    assert outcome.disagreement == pytest.approx(0.2)


def test_a_word_that_most_did_not_hear_is_left_out():
    outcome = vote([voter("a", "yes uh"), voter("b", "yes"), voter("c", "yes")])
    assert outcome.text == "yes"
    assert [one.token is None for one in outcome.slots] == [False, True]


def test_of_two_the_surer_or_the_weightier_is_believed():
    assert vote([voter("a", "mocha", 0.3), voter("b", "latte", 0.8)]).text == "latte"
    assert vote([voter("a", "mocha", 0.8), voter("b", "latte", 0.3)]).text == "mocha"
    assert vote([voter("a", "mocha", 0.3, weight=3.0), voter("b", "latte", 0.8)]).text == "mocha"
    assert vote([voter("a", "mocha", 0.3), voter("b", "latte", 0.8)], alpha=1.0).text == "mocha"  # a tie: the first key


@given(st.lists(WORDS, min_size=1, max_size=4), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_the_order_of_the_teachers_does_not_matter(texts, shuffle: random.Random):
    voters = [voter(str(number), " ".join(words)) for number, words in enumerate(texts)]
    mixed = list(voters)
    shuffle.shuffle(mixed)
    assert vote(mixed) == vote(voters)


@given(WORDS, st.integers(1, 4))
@settings(max_examples=40, deadline=None)
def test_teachers_that_agree_are_what_they_say(words, count):
    outcome = vote([voter(str(number), " ".join(words), 1.0) for number in range(count)])
    assert outcome.text == " ".join(words)
    assert outcome.disagreement == 0


@given(st.lists(WORDS, min_size=2, max_size=4))
@settings(max_examples=60, deadline=None)
def test_the_network_holds_every_transcript_in_order(texts):
    slots = network([tuple(Token(word, word) for word in words) for words in texts])
    for index, words in enumerate(texts):
        assert [slot[index].word for slot in slots if index in slot] == words
    assert all(slots)


def test_case_and_punctuation_are_those_of_the_weightiest():
    written = Voter("b", 2.0, (Token("hello", "Hello,", 0.9), Token("bob", "Bob.", 0.9)))
    assert vote([voter("a", "hello bob"), written]).text == "Hello, Bob."


def test_words_that_nobody_timed_share_their_gap():
    timed = (Token("a", "a", 1.0, 0.0, 1.0), Token("b", "b", 1.0), Token("c", "c", 1.0), Token("d", "d", 1.0, 2.0, 3.0))
    outcome = vote([Voter("x", 1.0, timed)])
    assert times_of(outcome.words) == [(0.0, 1.0), (1.0, 1.5), (1.5, 2.0), (2.0, 3.0)]
    assert times_of(vote([voter("x", "a b")]).words) is None


def test_weights_follow_what_people_found_right(corpus):
    (clip, *_) = corpus.clips()
    good, bad = (
        next(iter(reviewed_teachers(corpus, clip, source, text)))
        for source, text in (("good", "a b c"), ("bad", "x y c"))
    )
    tokens = {good: [Token(w, w, 1.0) for w in ("a", "b", "c")], bad: [Token(w, w, 1.0) for w in ("x", "y", "c")]}
    few = learn([Reviewed("1", "a b c", tokens)])
    many = learn([Reviewed(str(number), "a b c", tokens) for number in range(100)])
    assert 1 < few[good].weight < many[good].weight  # few clips move the weights little
    assert few[bad].weight > many[bad].weight > 0
    assert few[good].weight < 1.1
    assert many[good].precision == pytest.approx(1, abs=0.1)
    assert many[bad].sure(1.0) == pytest.approx(1 / 3, abs=0.1)
    assert learn([]) == {}


def reviewed_teachers(corpus, clip, source, text):
    from idiolect.labeling.hearing import heard_by

    corpus.add_labels([claim(clip, text, source)])
    return heard_by(corpus.labels(clip_id=clip.id, source=source))


def test_a_calibrated_confidence_never_falls():
    trust = Trust(steps=((0.0, 0.3), (0.5, 0.6), (0.9, 0.95)), precision=0.6)
    sure = [trust.sure(number / 20) for number in range(21)]
    assert sure == sorted(sure)
    assert (sure[0], sure[-1]) == (0.3, 0.95)
    assert trust.sure(None) == 0.6
    assert Trust().sure(None) == 0.5
    assert Trust().sure(0.7) == 0.7


def test_a_vote_is_a_new_label_and_the_same_again_adds_nothing(corpus):
    first, second, alone = corpus.clips()[:3]
    corpus.add_labels(
        [
            claim(
                first,
                "one mocha",
                "sphinx",
                0.6,
                words=(WordTime("one", 0, 0.1, 0.9), WordTime("mocha", 0.1, 0.4, 0.4)),
            ),
            claim(first, "one latte", "nano", 0.9, intent="order", slots={"drink": "latte"}),
            claim(second, "yes", "sphinx", 0.9),
            claim(second, "yes", "nano", 0.9),
            claim(alone, "no", "sphinx", 0.9),
        ]
    )
    before = corpus.labels()
    tried = vote_clips(corpus, dry_run=True)
    assert (tried.voted, corpus.labels()) == (2, before)
    report = vote_clips(corpus)
    assert (report.voted, report.already, report.few, report.reviewed) == (2, 0, 10, 0)
    (made,) = corpus.labels(clip_id=first.id, source="vote")
    assert (made.text, made.intent, made.slots) == ("one latte", "order", {"drink": "latte"})
    assert [(word.word, word.confidence) for word in made.words] == [("one", 1.0), ("latte", 0.5)]
    assert [ballot.disagreement for ballot in report.ballots if ballot.clip_id == second.id] == [0.0]
    assert corpus.labels()[: len(before)] == before
    again = vote_clips(corpus)
    assert (again.voted, again.already) == (0, 2)
    corpus.add_labels([claim(alone, "no", "nano", 0.9)])
    assert vote_clips(corpus).voted == 1
    assert corpus.check(audio=False) == []


def test_what_people_review_changes_the_vote_and_scoring_labels_do_not(corpus):
    clips = corpus.clips()
    for clip in clips:
        corpus.add_labels([claim(clip, "right word", "good", 0.5), claim(clip, "wrong ward", "bad", 0.6)])
    asked = clips[0]
    assert vote_clips(corpus).ballots[0].text == "wrong ward"
    for clip in clips[1:6]:
        human = NewLabel(clip.id, SourceKind.HUMAN, "ann", text="right word", purpose=Purpose.SCORING)
        corpus.add_labels([human])
    assert vote_clips(corpus).voted == 0
    for clip in clips[1:12]:
        corpus.add_labels([NewLabel(clip.id, SourceKind.HUMAN, "ann", text="right word")])
    learned = vote_clips(corpus)
    assert learned.reviewed == 11
    assert {ballot.clip_id: ballot.text for ballot in learned.ballots}[asked.id] == "right word"
    assert vote_clips(corpus, VoteOptions(weigh=False)).already == 12


def test_an_engine_can_be_chosen_with_its_version(corpus):
    (clip, *_) = corpus.clips()
    corpus.add_labels([claim(clip, "a", "sphinx"), claim(clip, "b", "nano"), claim(clip, "c", "other")])
    assert vote_clips(corpus, VoteOptions(teachers=("sphinx", "nano@1"))).ballots[0].teachers == 2
    assert vote_clips(corpus, VoteOptions(teachers=("sphinx", "nano@2"))).voted == 0


def test_options_without_sense_are_refused():
    for wrong in ({"alpha": 1.5}, {"null": -0.1}, {"fewest": 0}):
        with pytest.raises(CorpusError):
            VoteOptions(**wrong)


def test_words_whose_times_are_of_other_words_have_the_confidence_of_the_whole(corpus):
    (clip, *_) = corpus.clips()
    corpus.add_labels([claim(clip, "Twenty-one!", "x", 0.4, words=(WordTime("21", 0, 1, 0.9),))])
    (label,) = corpus.labels(clip_id=clip.id)
    assert [(token.word, token.shown, token.confidence) for token in tokens_of(label)] == [
        ("twenty", "twenty", 0.4),
        ("one", "one", 0.4),
    ]


def test_every_small_vote_is_one_of_the_best(corpus):
    """The oracle: of all texts that the slots allow, none has more votes."""
    heard = [voter("a", "one mocha", 0.9), voter("b", "won mocha please", 0.4), voter("c", "one latte please", 0.2)]
    outcome = vote(heard)
    slots = network(
        [one.tokens for one in sorted(heard, key=lambda one: [v.key for v in _ranked(heard)].index(one.key))]
    )
    ranked = _ranked(heard)

    def votes(words):
        total = 0.0
        for slot, word in zip(slots, words, strict=True):
            for index, one in enumerate(ranked):
                said = slot[index].word if index in slot else ""
                sure = slot[index].confidence if index in slot else 0.5
                total += one.weight * (0.5 + 0.5 * sure) if said == word else 0.0
        return total

    choices = [sorted({token.word for token in slot.values()} | {""}) for slot in slots]
    best = max(votes(words) for words in itertools.product(*choices))
    won = ["" if one.token is None else one.token.word for one in outcome.slots]
    assert votes(won) == pytest.approx(best)


def _ranked(heard):
    from idiolect.labeling.rover import in_order

    return in_order(heard)


def test_teachers_that_err_alike_do_not_outvote_a_better_one(corpus):
    (clip, *_) = corpus.clips()
    names = {"good": "a b c d", "one": "a b x y", "two": "a b x y"}
    teachers = {name: next(iter(reviewed_teachers(corpus, clip, name, text))) for name, text in names.items()}
    tokens = {teachers[name]: [Token(word, word, 0.9) for word in text.split()] for name, text in names.items()}
    known = [Reviewed(str(number), "a b c d", tokens) for number in range(20)]
    trust = learn(known)
    assert trust[teachers["good"]].weight > trust[teachers["one"]].weight + trust[teachers["two"]].weight
    assert sum(one.weight for one in trust.values()) == pytest.approx(3, abs=0.01)
    few = learn(known[:1])
    assert few[teachers["good"]].weight < trust[teachers["good"]].weight


def test_names_tell_teachers_apart_and_say_no_more():
    def teacher(source, version="1", **parameters):
        return teacher_of(Label("", SourceKind.ENGINE, source, version, "x", parameters=parameters))

    plain, noisy, alone = teacher("sphinx", task=None), teacher("sphinx", task=None, noise=30.0), teacher("nano", a="b")
    assert names_of([plain, noisy, alone]) == {plain: "sphinx", noisy: "sphinx noise=30.0", alone: "nano"}
    old, new = teacher("onnx", "3f2a", bundle="x"), teacher("onnx", "77b1", bundle="x")
    assert names_of([old, new]) == {old: "onnx@3f2a", new: "onnx@77b1"}
