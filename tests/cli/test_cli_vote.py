from __future__ import annotations

import pytest

from idiolect.corpus import Corpus
from idiolect.corpus.values import NewLabel, SourceKind


@pytest.fixture
def heard(project):
    """The twelve clips with two teachers' labels; people's texts are there from the import."""
    with Corpus.open(project) as corpus:
        for number, clip in enumerate(corpus.clips()):
            said = corpus.reference(clip.id).text
            worse = said.replace("latte", "ladder") if number % 2 else said
            for source, text, sure in (("sphinx", said, 0.9), ("nano", worse, 0.95)):
                new = NewLabel(clip.id, SourceKind.ENGINE, source, "1", text=text, confidence=sure)
                corpus.add_labels([new])
    return project


def test_a_vote_is_shown_kept_and_not_made_twice(idiolect, heard):
    tried = idiolect("vote", "-p", heard, "--dry-run", "--json")
    assert (tried.code, tried.json["voted"], tried.json["reviewed"]) == (0, 12, 12)
    assert {clip["disagreement"] > 0 for clip in tried.json["clips"]} == {True, False}
    done = idiolect("vote", "-p", heard)
    assert "12 clips voted" in done.out
    assert "sphinx" in done.out
    again = idiolect("vote", "-p", heard, "--json").json
    assert (again["voted"], again["already"]) == (0, 12)
    with Corpus.open(heard) as corpus:
        votes = corpus.labels(source="vote")
        assert {label.text for label in votes} == {corpus.reference(label.clip_id).text for label in votes}


def test_a_vote_of_none_is_refused(idiolect, heard):
    assert idiolect("vote", "-p", heard, "--alpha", "2").code == 2
    assert idiolect("vote", "-p", heard, "--teacher", "nobody", "--json").json["few"] == 12
