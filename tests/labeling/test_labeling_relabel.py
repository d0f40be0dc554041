from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from idiolect.corpus import NewLabel, SourceKind
from idiolect.engines.protocol import EngineOptions
from idiolect.errors import CorpusError
from idiolect.labeling import Choice, age, relabel
from idiolect.labeling.relabel import choose, word_diff

SAYS = EngineOptions(extra={"texts": ["make a latte please"]})


def claim(clip, text, confidence=None, source="sphinx"):
    return NewLabel(clip.id, SourceKind.ENGINE, source, "1", text, confidence=confidence)


@pytest.fixture
def labelled(corpus):
    """Clip 0 has a wrong word, 1 the same with case, 2 a person's text, 3 two engines; the rest nothing."""
    clips = corpus.clips()
    corpus.add_labels(
        [
            claim(clips[0], "make a ladder please", 0.4),
            claim(clips[1], "Make a latte, please!", 0.9),
            claim(clips[2], "make a ladder", 0.2),
            NewLabel(clips[2].id, SourceKind.HUMAN, "ann", text="make a letter"),
            claim(clips[3], "make a mocha", 0.8),
            claim(clips[3], "take a ladder", None, source="nano"),
        ]
    )
    return corpus


def places(corpus, choice, **more):
    order = [clip.id for clip in corpus.clips()]
    return [order.index(one.clip.id) for one in choose(corpus, choice, **more)]


def test_clips_are_chosen_by_what_they_say_now(labelled):
    first = labelled.clips()[0]
    assert places(labelled, Choice(text=r"\bLADDER\b")) == [0]
    assert places(labelled, Choice(text="l[ae]", include_reviewed=True)) == [0, 1, 2]
    assert places(labelled, Choice(text="letter", include_reviewed=True)) == [2]
    assert places(labelled, Choice(text="ladder", source="nano")) == [3]
    assert places(labelled, Choice(ids=(first.id[:10],))) == [0]
    assert places(labelled, Choice(below=0.85)) == [0, 3]
    assert places(labelled, Choice(below=0.85, text="mocha")) == [3]
    assert places(labelled, Choice(below=0.5, source="nano")) == [3]  # no confidence is not sure
    assert places(labelled, Choice(collection="nothing")) == []
    assert places(labelled, Choice(below=1, limit=2)) == [0, 1]


def test_by_age(labelled):
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    assert places(labelled, Choice(older=age("12h")), now=tomorrow) == [0, 1, 3]
    assert places(labelled, Choice(older=age("2d")), now=tomorrow) == []
    assert age("1.5w") == timedelta(days=10.5)


@pytest.mark.parametrize(
    "wrong", [Choice(), Choice(include_reviewed=True), Choice(text="("), Choice(ids=("not there",))]
)
def test_a_choice_without_sense_is_refused_before_anything_is_heard(labelled, wrong):
    before = labelled.labels()
    with pytest.raises(CorpusError):
        relabel(labelled, "echo", SAYS, choice=wrong)
    assert labelled.labels() == before


def test_an_age_without_sense():
    with pytest.raises(CorpusError, match="soon"):
        age("soon")


def test_a_dry_run_shows_the_words_and_keeps_nothing(labelled):
    before = labelled.labels()
    report = relabel(labelled, "echo", SAYS, choice=Choice(source="sphinx"), dry_run=True)
    assert (report.chosen, report.labelled, len(report.changes)) == (3, 3, 3)
    assert [change.diff for change in report.changed] == [
        "make a [-ladder-]{+latte+} please",
        "make a [-mocha-]{+latte please+}",
    ]
    assert "2 with other words" in report.text()
    assert labelled.labels() == before


def test_the_new_label_stands_beside_the_old_and_a_second_run_hears_nothing(labelled):
    before = labelled.labels()
    choice = Choice(source="sphinx")
    report = relabel(labelled, "echo", SAYS, choice=choice)
    after = labelled.labels()
    assert after[: len(before)] == before
    assert [(one.source, one.text) for one in after[len(before) :]] == [("echo", "make a latte please")] * 3
    again = relabel(labelled, "echo", SAYS, choice=choice)
    assert (again.labelled, again.already, again.changes) == (0, 3, report.changes)
    assert labelled.labels() == after


@pytest.mark.parametrize(
    ("old", "new", "diff"),
    [
        ("a b c", "a b c", "a b c"),
        ("a b", "A, b!", "A, b!"),
        ("", "a b", "{+a b+}"),
        ("a b", "", "[-a b-]"),
        ("a b c", "a x c d", "a [-b-]{+x+} c {+d+}"),
        ("uh yes", "yes", "[-uh-] yes"),
    ],
)
def test_the_diff_of_words(old, new, diff):
    assert word_diff(old, new) == diff
