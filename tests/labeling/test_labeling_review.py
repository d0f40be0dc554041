from __future__ import annotations

import pytest

from idiolect.corpus import NewLabel, SourceKind
from idiolect.errors import CorpusError
from idiolect.labeling import decide, review_queue


def claim(clip, text, confidence=None, source="sphinx", **more):
    return NewLabel(clip.id, SourceKind.ENGINE, source, "1", text, confidence=confidence, **more)


def test_the_most_doubtful_come_first_and_say_why(corpus):
    sure, unsure, silent, differing, alike = corpus.clips()[:5]
    corpus.add_labels(
        [
            claim(sure, "yes", 0.99),
            claim(unsure, "maybe", 0.1),
            claim(silent, "hm"),
            claim(differing, "mocha", 0.9),
            claim(differing, "latte", 0.8, source="nano"),
            claim(alike, "Two!", 0.7),
            claim(alike, "two", 0.6, source="nano"),
        ]
    )
    queue = [item for item in review_queue(corpus) if item.label is not None]
    assert [item.clip.id for item in queue] == [one.id for one in (differing, unsure, silent, alike, sure)]
    assert queue[0].why == "sphinx and nano disagree"
    assert queue[0].label.text == "mocha"
    assert [one.text for one in queue[0].others] == ["latte"]
    assert "10%" in queue[1].why
    assert all(0 <= item.doubt <= 1 for item in queue)


def test_what_a_person_labelled_or_a_machine_spoke_is_not_asked(corpus):
    first, second = corpus.clips()[:2]
    assert len(review_queue(corpus)) == 12
    corpus.add_labels([NewLabel(first.id, SourceKind.HUMAN, "ann", text="x"), claim(second, "y", 0.5)])
    asked = [item.clip.id for item in review_queue(corpus)]
    assert first.id not in asked
    assert second.id in asked
    assert len(asked) == 11


def test_each_decision_is_a_new_label_of_the_person(corpus):
    clips = corpus.clips()[:4]
    corpus.add_labels([claim(clip, "one mocha", 0.5, intent="order", slots={"drink": "mocha"}) for clip in clips])
    items = {item.clip.id: item for item in review_queue(corpus)}
    accepted = decide(corpus, items[clips[0].id], "accept", "ann")
    edited = decide(corpus, items[clips[1].id], "edit", "ann", text=" two  lattes ")
    nobody = decide(corpus, items[clips[2].id], "noise", "ann")
    assert decide(corpus, items[clips[3].id], "skip", "ann") is None
    assert (accepted.text, accepted.intent, accepted.slots) == ("one mocha", "order", {"drink": "mocha"})
    assert (edited.text, edited.intent, edited.slots) == ("two lattes", None, {})
    assert nobody.text == ""
    for label, action in ((accepted, "accept"), (edited, "edit"), (nobody, "noise")):
        assert (label.kind, label.source) == (SourceKind.HUMAN, "ann")
        assert label.parameters["review"] == action
        assert corpus.reference(label.clip_id) == label
    assert len(corpus.labels()) == 4 + 3
    assert clips[3].id in {item.clip.id for item in review_queue(corpus)}


def test_a_second_decision_is_newer_and_both_stay(corpus):
    (item, *_) = review_queue(corpus)
    decide(corpus, item, "edit", "ann", text="wrong")
    decide(corpus, item, "edit", "ann", text="right")
    assert corpus.reference(item.clip.id).text == "right"
    assert len(corpus.labels(clip_id=item.clip.id)) == 2


@pytest.mark.parametrize(
    ("decision", "person", "text"),
    [("accept", "ann", None), ("edit", "ann", " "), ("edit", " ", "x"), ("perhaps", "ann", "x")],
)
def test_a_decision_without_sense_changes_nothing(corpus, decision, person, text):
    (item, *_) = review_queue(corpus)
    with pytest.raises(CorpusError):
        decide(corpus, item, decision, person, text=text)
    assert corpus.labels() == []
