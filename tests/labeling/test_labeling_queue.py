from __future__ import annotations

from dataclasses import replace

import pytest

from idiolect.corpus import NewLabel, SourceKind
from idiolect.errors import CorpusError
from idiolect.labeling import QueueOptions, decide, queue_of
from idiolect.labeling.hearing import by_clip
from idiolect.labeling.queue import _greedy, _Seen, _worth, draw, person_seconds, rank

NO_DRAW = QueueOptions(random=0, terms=0)


def claim(clip, text, confidence=None, source="sphinx"):
    return NewLabel(clip.id, SourceKind.ENGINE, source, "1", text, confidence=confidence)


def test_what_is_probably_wrong_comes_first_and_says_why(corpus):
    sure, unsure, differing, silent = corpus.clips()[:4]
    corpus.add_labels(
        [
            claim(sure, "yes it is", 0.99),
            claim(unsure, "yes it is", 0.3),
            claim(differing, "one mocha please", 0.9),
            claim(differing, "won ladder please", 0.9, source="nano"),
        ]
    )
    wanted = {sure.id, unsure.id, differing.id}
    queue = [one for one in queue_of(corpus, NO_DRAW) if one.item.clip.id in wanted]
    assert [one.item.clip.id for one in queue] == [unsure.id, differing.id, sure.id]
    assert "30% sure" in queue[0].item.why
    assert "2 teachers disagree" in queue[1].item.why
    assert all(one.worth == pytest.approx(60 * one.wrong * 1.5 / one.seconds, rel=0.35) for one in queue)
    assert next(one for one in queue_of(corpus) if one.item.clip.id == silent.id).item.why.startswith(
        ("no label yet", "drawn at random")
    )


def test_a_minute_counts_not_a_clip():
    assert person_seconds(10.0, 2.0) == 10 + 4 + 3
    assert person_seconds(10.0, 2.0, decide=1.0, typing=0.0) == 11


def test_a_random_share_is_a_fair_draw_and_marked(corpus):
    clips = corpus.clips()
    corpus.add_labels([claim(clip, "yes", 0.9) for clip in clips])
    queue = queue_of(corpus, QueueOptions(random=0.5))
    drawn = [one for one in queue if one.item.queue == "random"]
    assert {one.item.clip.id for one in drawn} == {clip.id for clip in clips if draw(clip.id, 0) < 0.5}
    assert [draw(one.item.clip.id, 0) for one in drawn] == sorted(draw(one.item.clip.id, 0) for one in drawn)
    assert "drawn at random (50% are" in drawn[0].item.why
    for count in range(1, 2 * min(len(drawn), len(clips) - len(drawn))):
        assert abs(sum(one.item.queue == "random" for one in queue[:count]) - count / 2) <= 1
    other = queue_of(corpus, QueueOptions(random=0.5, seed=1))
    assert [one.item.clip.id for one in other] != [one.item.clip.id for one in queue]
    label = decide(corpus, drawn[0].item, "accept", "ann")
    assert label.parameters["queue"] == "random"


def test_all_or_nothing_at_random(corpus):
    assert {one.item.queue for one in queue_of(corpus, QueueOptions(random=1))} == {"random"}
    assert {one.item.queue for one in queue_of(corpus, QueueOptions(random=0))} == {"worth"}
    assert len(queue_of(corpus, QueueOptions(random=1))) == 12


def test_the_order_is_the_same_again_and_does_not_move_when_a_clip_is_reviewed(corpus):
    clips = corpus.clips()
    corpus.add_labels([claim(clip, f"word {'more ' * number}", 0.5 + number / 30) for number, clip in enumerate(clips)])
    options = QueueOptions(random=0.3)
    before = queue_of(corpus, options)
    assert queue_of(corpus, options) == before
    assert rank(list(reversed(clips)), by_clip(corpus.labels()), options) == before
    by_worth = [one.item.clip.id for one in before if one.item.queue == "worth"]
    decide(corpus, before[-1].item, "noise", "ann")
    after = [one.item.clip.id for one in queue_of(corpus, options) if one.item.queue == "worth"]
    assert set(by_worth) - set(after) <= {before[-1].item.clip.id}


def seen(corpus, number, speaker, wrong, terms=()):
    clip = corpus.clips()[number]
    clip = replace(clip, recording=replace(clip.recording, speaker=speaker))
    return _Seen(clip, (), wrong, 10.0, "why", terms)


def test_the_lazy_greedy_order_is_the_greedy_one(corpus):
    """The oracle looks at every clip again at every place."""
    from collections import Counter

    options = QueueOptions(speakers=1.0, terms=2.0)
    rows = [
        seen(corpus, number, "ann" if number % 3 else "bob", 1 + (number * 7) % 5, ("mocha",) if number % 2 else ("x",))
        for number in range(12)
    ]
    speakers, terms, left, expected = Counter(), Counter(), list(rows), []
    while left:
        best = min(left, key=lambda one: (-_worth(one, speakers, terms, options), one.clip.id))
        expected.append(best.clip.id)
        speakers[best.clip.recording.speaker] += 1
        terms.update(best.terms)
        left.remove(best)
    found = [one.item.clip.id for one in _greedy(rows, Counter(), Counter(), options)]
    assert found == expected
    assert found != [one.clip.id for one in sorted(rows, key=lambda one: (-one.wrong, one.clip.id))]


def test_rare_terms_and_new_speakers_are_worth_more(corpus):
    clips = corpus.clips()
    corpus.add_labels([claim(clip, "hello there", 0.9) for clip in clips[:4]])
    corpus.add_labels([claim(clips[4], "hello frappuccino", 0.9)])
    wanted = QueueOptions(random=0, extra_terms=("Frappuccino",))
    first = next(one for one in queue_of(corpus, wanted) if one.item.label is not None)
    assert first.item.clip.id == clips[4].id
    assert "rare terms nobody confirmed: frappuccino" in first.item.why
    assert "nothing of me is reviewed" in queue_of(corpus, wanted)[0].item.why
    corpus.add_labels([NewLabel(clips[5].id, SourceKind.HUMAN, "ann", text="a frappuccino")])
    later = {one.item.clip.id: one for one in queue_of(corpus, wanted)}
    assert "frappuccino" not in later[clips[4].id].item.why
    assert later[clips[4].id].worth < first.worth


def test_what_people_reviewed_and_machines_spoke_is_not_there(corpus):
    first, *rest = corpus.clips()
    corpus.add_labels([NewLabel(first.id, SourceKind.HUMAN, "ann", text="x")])
    assert {one.item.clip.id for one in queue_of(corpus)} == {clip.id for clip in rest}


@pytest.mark.parametrize("wrong", [{"random": 1.5}, {"speakers": -1}, {"decide": 0}, {"terms": -0.1}])
def test_queue_options_without_sense(wrong):
    with pytest.raises(CorpusError):
        QueueOptions(**wrong)
