"""The same rows and questions on SQLite and on PostgreSQL."""

from __future__ import annotations

import pytest
from corpus_makes import rows

from idiolect.corpus import Corpus, NewLabel, SourceKind, summaries

QUERIES = (
    *("", "speaker:anna", "-speaker:anna", "speaker:a*", "speaker:*", "confidence<50%", "-confidence<50%"),
    *("two", '"two coffees"', "term:latte", r"/^two\b/", "/[!?]$/", "-/[!?]$/", "reviewed:no", "source:sphinx"),
    *("tag:bar", "mark:noise", "mark:*", "duration:1..3 labels>=1", "id:1", "sort:-confidence", "two sort:speaker"),
)


def fill(corpus: Corpus) -> Corpus:
    for number in range(6):
        (clip, *_) = rows(corpus, [{"name": f"r{number}", "speaker": ("anna", "ben", None)[number % 3], "clips": 2}])
        text = ("Two coffees!", "a latte", "two lattes?")[number % 3]
        corpus.add_labels([NewLabel(clip, SourceKind.ENGINE, "sphinx", text=text, confidence=number / 6)])
    some = corpus.clip_ids("two")
    corpus.act("tag", "bar", some[:2], person="eve")
    corpus.undo(corpus.act("queue", "", some, person="eve").id, person="eve")
    corpus.act("noise", "", some[2:3], person="eve")
    corpus.undo(corpus.act("sensitivity", "internal", some, person="eve").id, person="eve")
    return corpus


@pytest.fixture
def both(postgres_url, tmp_path):
    with Corpus.create(tmp_path / "one") as one, Corpus.create(tmp_path / "team", postgres_url) as team:
        yield fill(one), fill(team)


def test_both_find_the_same(both):
    one, team = both
    for text in QUERIES:
        wanted = one.clip_ids(text)
        found = team.clip_ids(text)
        assert (sorted(found) if "speaker" in text else found) == (sorted(wanted) if "speaker" in text else wanted), (
            text
        )
        assert one.count(text) == team.count(text) == len(found)
        page, after = [], None
        while after is not None or not page:
            part = team.find(text, after, 3)
            page += [clip.id for clip in part.clips]
            after = part.after
            if after is None:
                break
        assert page == found, text
    assert team.values_of("speaker") == ["anna", "ben"]
    assert team.reviews.asked() == {}
    with team.database.read() as connection:
        assert list(summaries.differences(connection)) == []
