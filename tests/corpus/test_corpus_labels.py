from __future__ import annotations

from pathlib import Path

import pytest
from corpus_makes import row

from idiolect.corpus import (
    Corpus,
    EvaluationItem,
    EvaluationRecord,
    ModelRecord,
    NewLabel,
    Purpose,
    SourceKind,
    WordTime,
)
from idiolect.errors import CorpusError
from idiolect.units import Seconds


@pytest.fixture
def corpus(tmp_path: Path):
    with Corpus.create(tmp_path / "voice") as made:
        yield made


def test_a_label_comes_back_as_it_was_given(corpus):
    (clip_id,) = row(corpus, "a")
    words = (WordTime("hello", Seconds(0.1), Seconds(0.5), 0.75),)
    new = NewLabel(
        clip_id, SourceKind.ENGINE, "sphinx", "5.1", "héllo", "greet", {"who": "you"}, {"beam": 1e-4}, 0.5, words, 0.25
    )
    (number,) = corpus.add_labels([new])
    (label,) = corpus.labels(clip_id=clip_id)
    assert label.id == number
    assert label.created_at is not None
    assert label.created_at.utcoffset() is not None
    assert {name: getattr(label, name) for name in NewLabel.__slots__} == {
        name: getattr(new, name) for name in NewLabel.__slots__
    }


def test_done_is_this_source_version_and_parameters(corpus):
    one, other = row(corpus, "a", clips=2)
    corpus.add_labels([NewLabel(one, SourceKind.ENGINE, "sphinx", "5", text="", parameters={"a": 1, "b": 2})])
    assert corpus.done("sphinx", "5", {"b": 2, "a": 1}) == {one}
    assert corpus.done("sphinx", "6", {"b": 2, "a": 1}) == set()
    assert corpus.done("sphinx", "5", {"a": 1}) == set()
    assert other not in corpus.done("sphinx", "5", {"a": 1, "b": 2})


def test_a_machine_that_says_the_same_again_adds_nothing_and_a_person_does(corpus):
    (clip_id,) = row(corpus, "a")
    machine = NewLabel(clip_id, SourceKind.ENGINE, "sphinx", text="x")
    assert corpus.add_labels([machine]) == corpus.add_labels([machine])
    first, second, third = (
        NewLabel(clip_id, SourceKind.HUMAN, who, text=text) for who, text in (("a", "x"), ("b", "y"), ("a", "x"))
    )
    corpus.add_labels([first, second, third])
    assert len(corpus.labels(kind=SourceKind.HUMAN)) == 3
    assert corpus.reference(clip_id).text == "x"


def test_reference_is_the_newest_text_of_a_person(corpus):
    (clip_id,) = row(corpus, "a")
    assert corpus.reference(clip_id) is None
    corpus.add_labels(
        [
            NewLabel(clip_id, SourceKind.HUMAN, "me", text="old"),
            NewLabel(clip_id, SourceKind.HUMAN, "me", text="new", purpose=Purpose.SCORING),
            NewLabel(clip_id, SourceKind.HUMAN, "me", text="silver", silver=True),
            NewLabel(clip_id, SourceKind.HUMAN, "me", intent="order"),
            NewLabel(clip_id, SourceKind.ENGINE, "sphinx", text="machine"),
        ]
    )
    assert corpus.reference(clip_id).text == "new"


@pytest.mark.parametrize(
    ("about", "message"),
    [
        ({}, "claims nothing"),
        ({"text": "x", "confidence": 1.5}, "confidence 1.5"),
        ({"text": "x", "source": ""}, "who claims"),
    ],
)
def test_what_is_no_claim_is_refused(corpus, about, message):
    (clip_id,) = row(corpus, "a")
    with pytest.raises(CorpusError, match=message):
        corpus.add_labels([NewLabel(**({"clip_id": clip_id, "kind": SourceKind.HUMAN, "source": "me"} | about))])


def test_a_clip_is_found_by_the_beginning_of_its_id(corpus):
    (clip_id,) = row(corpus, "a", speaker="me")
    assert corpus.clip(clip_id[:8]).recording.speaker == "me"
    for wrong in ("", "zz", "%"):
        with pytest.raises(CorpusError):
            corpus.clip(wrong)


def test_models_and_evaluations_come_back(corpus):
    (clip_id,) = row(corpus, "a")
    corpus.add_model(ModelRecord("abc1", "nano-1", "nano", "models/nano-1", recipe={"minutes": 3}, dev_score=0.5))
    corpus.add_model(ModelRecord("abc1", "nano-1", "nano", "models/nano-1", recipe={"minutes": 3}, dev_score=0.4))
    assert [model.dev_score for model in corpus.models()] == [0.4]
    assert corpus.model("abc").name == corpus.model("nano-1").name == "nano-1"
    with pytest.raises(CorpusError, match="nano-2"):
        corpus.model("nano-2")
    with pytest.raises(CorpusError, match="not here"):
        corpus.add_model(ModelRecord("x", "x", "nano", "x", dataset_id="missing"))
    item = EvaluationItem(clip_id, "sphinx", "hello", {"hits": 1})
    record = EvaluationRecord(split="test", report={"wer": 0.5}, systems=("sphinx",), items=(item,))
    assert corpus.add_evaluation(record) == corpus.add_evaluation(record)
    (back,) = corpus.evaluations()
    assert back.items == (item,)
    assert back.report == {"wer": 0.5}
