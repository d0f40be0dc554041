from __future__ import annotations

from pathlib import Path

import pytest
from corpus_makes import rows

from idiolect.corpus import Corpus, summaries
from idiolect.errors import CorpusError


@pytest.fixture
def corpus(tmp_path: Path):
    """Eight clips, two in each recording."""
    with Corpus.create(tmp_path / "voice") as made:
        rows(made, [{"name": f"r{number}", "text": "hello", "clips": 2} for number in range(4)])
        yield made


def tagged(corpus, name):
    return {one.id for one in corpus.find(f'tag:"{name}"').clips}


def same(corpus):
    with corpus.database.read() as connection:
        assert list(summaries.differences(connection)) == []


def test_tags_are_given_and_taken_back(corpus):
    a, b, c, *_ = (one.id for one in corpus.find("").clips)
    first = corpus.act("tag", "noisy bar", [a, b, b], person="eve", query="snr<10")
    assert (first.clips, first.person, first.query, first.undone) == (2, "eve", "snr<10", False)
    second = corpus.act("tag", "noisy bar", [b, c], person="ann")
    assert second.clips == 1  # b has it already
    assert tagged(corpus, "noisy bar") == {a, b, c}
    assert corpus.tags() == {"noisy bar": 3}
    undone = corpus.undo(first.id, person="ann")
    assert (undone.what, undone.clips, undone.undoes) == ("untag", 2, first.id)
    assert tagged(corpus, "noisy bar") == {c}
    assert corpus.undo(undone.id, person="ann").clips == 2  # and back again
    assert tagged(corpus, "noisy bar") == {a, b, c}
    assert [one.id for one in corpus.actions()] == [4, 3, 2, 1]
    assert {one.id: one.undone for one in corpus.actions()} == {4: False, 3: True, 2: False, 1: True}
    with pytest.raises(CorpusError, match="undone already"):
        corpus.undo(first.id, person="eve")
    same(corpus)


def test_undo_leaves_what_was_changed_since(corpus):
    a, b, *_ = (one.id for one in corpus.find("").clips)
    first = corpus.act("tag", "x", [a, b], person="eve")
    corpus.act("untag", "x", [a], person="eve")
    assert corpus.undo(first.id, person="eve").clips == 1
    assert tagged(corpus, "x") == set()
    same(corpus)


def test_sensitivity_has_a_history(corpus):
    clips = corpus.find("").clips
    one = corpus.act("sensitivity", "internal", [clips[0].id], person="eve")
    assert one.clips == 2  # both of the recording
    two = corpus.act("sensitivity", "shareable", [clip.id for clip in clips[:4]], person="eve")
    assert two.clips == 4
    assert corpus.undo(two.id, person="eve").clips == 4
    assert [clip.sensitivity for clip in corpus.find("").clips] == ["internal"] * 2 + ["private"] * 6
    corpus.act("sensitivity", "shareable", [clips[0].id], person="ben")
    assert corpus.undo(one.id, person="eve").clips == 0  # ben's word is newer
    assert {str(value) for value in corpus.sensitivities([clips[0].id]).values()} == {"shareable"}
    same(corpus)


def test_marks_and_what_is_to_be_heard_come_and_go(corpus):
    a, b, *_ = (one.id for one in corpus.find("").clips)
    first = corpus.act("mark", "unsure", [a, b], person="eve")
    assert first.clips == 2
    assert {one.id for one in corpus.find("mark:unsure").clips} == {a, b}
    assert corpus.act("unmark", "unsure", [a], person="ann").clips == 1
    assert corpus.undo(first.id, person="eve").clips == 1
    assert corpus.count("mark:unsure") == corpus.count("mark:*") == 0
    queued = corpus.act("queue", "", [a, b], person="eve")
    assert set(corpus.reviews.asked()) == {a, b}
    assert corpus.act("queue", "", [b], person="ann").clips == 0
    assert corpus.undo(queued.id, person="eve").clips == 2
    assert corpus.reviews.asked() == {}
    same(corpus)


def test_nobody_speaks_is_a_claim_and_taken_back_by_a_row(corpus):
    a, b, *_ = (one.id for one in corpus.find("").clips)
    done = corpus.act("noise", "", [a, b], person="eve")
    reference = corpus.reference(a)
    assert (done.clips, reference.text, reference.source) == (2, "", "eve")
    assert {one.id for one in corpus.find("mark:noise source:eve").clips} == {a, b}
    before = len(corpus.labels(withdrawn=True))
    assert corpus.undo(done.id, person="ann").clips == 2
    assert corpus.reference(a).text == "hello"
    assert corpus.count("mark:noise") == corpus.count("source:eve") == 0
    assert len(corpus.labels(withdrawn=True)) == before  # no label is deleted
    same(corpus)


@pytest.mark.parametrize(
    ("what", "value", "person", "message"),
    [
        ("tag", "a;b", "eve", "is no tag"),
        ("tag", "  ", "eve", "is no tag"),
        ("tag", "x" * 41, "eve", "is no tag"),
        ("sensitivity", "secret", "eve", "no sensitivity"),
        ("mark", "noise", "eve", "no mark for many"),
        ("delete", "x", "eve", "no action 'delete'"),
        ("tag", "x", " ", "who decides"),
    ],
)
def test_what_has_no_sense_changes_nothing(corpus, what, value, person, message):
    clips = [one.id for one in corpus.find("").clips]
    with pytest.raises(CorpusError, match=message):
        corpus.act(what, value, clips, person=person)
    assert corpus.actions() == []


def test_an_unknown_clip_stops_all_of_it(corpus):
    clips = [one.id for one in corpus.find("").clips]
    with pytest.raises(CorpusError, match="no clip 'none'"):
        corpus.act("tag", "x", [*clips, "none"], person="eve")
    assert corpus.actions() == []
    assert tagged(corpus, "x") == set()
    with pytest.raises(CorpusError, match="no action 7"):
        corpus.undo(7, person="eve")
