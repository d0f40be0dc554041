from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from corpus_makes import row

from idiolect.corpus import Corpus, EvaluationItem, EvaluationRecord, Vote
from idiolect.errors import CorpusError


@pytest.fixture
def corpus(tmp_path: Path):
    with Corpus.create(tmp_path / "voice") as made:
        yield made


def vote(clip_id: str, **about: object) -> Vote:
    told = {"kind": "text", "person": "ann", "item": clip_id, "first": "new", "second": "old", "choice": "first"}
    return Vote(**{**told, "first_clip": clip_id, "second_clip": clip_id, **about})


def test_the_newest_vote_of_a_person_on_a_pair_counts_whichever_stood_first(corpus):
    clip = row(corpus, "a", text="hello")[0]
    corpus.add_vote(vote(clip))
    corpus.add_vote(vote(clip, first="old", second="new", choice="tie"))
    corpus.add_vote(vote(clip, person="bob"))
    found = corpus.votes()
    assert [(one.person, one.choice, one.pair) for one in found] == [
        ("ann", "tie", ("new", "old")),
        ("bob", "first", ("new", "old")),
    ]
    assert [one.person for one in corpus.votes("text", "bob")] == ["bob"]
    assert corpus.votes("voice") == []


def test_a_vote_that_is_withdrawn_counts_no_more(corpus):
    clip = row(corpus, "a", text="hello")[0]
    corpus.add_vote(vote(clip))
    corpus.add_vote(vote(clip, choice="withdrawn"))
    assert corpus.votes() == []
    corpus.add_vote(vote(clip, choice="second"))
    assert [one.choice for one in corpus.votes()] == ["second"]


def test_votes_are_asked_whether_they_can_be(corpus):
    clip = row(corpus, "a", text="hello")[0]
    for wrong in (vote("0" * 32), vote(clip, second="new"), vote(clip, choice="best")):
        with pytest.raises(CorpusError):
            corpus.add_vote(wrong)
    assert corpus.votes() == []


def test_forgetting_a_speaker_removes_the_votes_on_their_clips(corpus):
    hers = row(corpus, "a", text="hello", speaker="ann")[0]
    his = row(corpus, "b", text="hello", speaker="bob")[0]
    corpus.add_vote(vote(hers))
    corpus.add_vote(vote(his))
    corpus.add_vote(replace(vote(his, item="same text", kind="voice"), second_clip=hers))
    corpus.forget("ann")
    assert [one.item for one in corpus.votes()] == [his]


def test_evaluations_are_read_by_dataset_and_system_by_system(corpus):
    clips = row(corpus, "a", text="hello", clips=2)
    items = tuple(EvaluationItem(clip, name, f"{name} heard", {"wer": 1.0}) for clip in clips for name in ("x", "y"))
    key = corpus.add_evaluation(EvaluationRecord(split="test", systems=("x", "y"), items=items))
    corpus.add_evaluation(EvaluationRecord(split="dev", systems=("x",)))
    heads = corpus.evaluation_heads(split="test")
    assert [(one.id, one.items) for one in heads] == [(key, ())]
    found = corpus.evaluation_items(key, "y")
    assert [one.clip_id for one in found] == sorted(clips)
    assert {one.hypothesis for one in found} == {"y heard"}
    assert len(corpus.evaluations()[0].items) == 4
