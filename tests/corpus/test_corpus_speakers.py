from __future__ import annotations

from pathlib import Path

import pytest
from corpus_makes import row

from idiolect.corpus import Corpus, Sensitivity


@pytest.fixture
def corpus(tmp_path: Path):
    with Corpus.create(tmp_path / "voice") as made:
        yield made


def test_each_speaker_has_an_account(corpus):
    row(corpus, "a", text="hello", clips=3, speaker="ann")
    row(corpus, "b", text="hello", speaker="ann", synthetic=True)
    row(corpus, "c", text="hello", clips=2, speaker="flite:slt", synthetic=True)
    row(corpus, "d", text="hello")
    corpus.set_consent("ann", scope="research")
    corpus.set_consent("bob", granted=False)
    ann, bob, voice = corpus.speaker_accounts()
    assert (ann.name, ann.recordings, ann.clips, ann.seconds) == ("ann", 2, 4, 8.0)
    assert (ann.machine, ann.consent, ann.scope) == (False, True, "research")
    assert (bob.name, bob.clips, bob.consent, bob.machine) == ("bob", 0, False, False)
    assert (voice.name, voice.machine, voice.consent, voice.said_at) == ("flite:slt", True, None, None)


def test_who_was_forgotten_stands_there_with_nothing_left(corpus):
    row(corpus, "a", text="hello", speaker="ann")
    corpus.forget("ann")
    (ann,) = corpus.speaker_accounts()
    assert (ann.name, ann.clips, ann.seconds, ann.consent) == ("ann", 0, 0.0, False)


def test_every_sensitivity_says_how_much(corpus):
    row(corpus, "a", clips=2, sensitivity=Sensitivity.SHAREABLE)
    row(corpus, "b")
    found = corpus.travels()
    assert {one: (many.recordings, many.seconds) for one, many in found.items()} == {
        Sensitivity.PRIVATE: (1, 2.0),
        Sensitivity.INTERNAL: (0, 0.0),
        Sensitivity.SHAREABLE: (1, 4.0),
    }
