"""Against a twin that looks at every clip and all its labels, one by one."""

from __future__ import annotations

import itertools
import shutil
import threading
import time
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa
from corpus_makes import hashed

from idiolect.corpus import (
    ClipQuery,
    Corpus,
    EvaluationItem,
    EvaluationRecord,
    NewLabel,
    Recording,
    Sensitivity,
    SourceKind,
    labels,
    recordings,
    summaries,
    tables,
)
from idiolect.corpus.finding import conditions
from idiolect.corpus.finding.matching import matching
from idiolect.errors import CorpusError
from idiolect.labeling.hearing import VOTE
from idiolect.units import Hertz, Seconds

TEXTS = ("Two coffees, please!", "a latte", "", "one hundred% mocha_bar", "Grüße an Anna", "two lattes")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """24 clips, two in each recording, of three speakers and nobody; engines and people on some of them."""
    folder = tmp_path_factory.mktemp("finding") / "voice"
    with Corpus.create(folder) as made, made.database.write() as connection:
        for number in range(12):
            key, speaker = hashed(f"r{number}"), ("anna", "ben", "Anna Maria", None)[number % 4]
            about = {"speaker": speaker, "collection": f"in-{number % 2}", "synthetic": number == 11}
            recording = Recording(key, "/nowhere.wav", False, Seconds(20.0), Hertz(16000), 1, **about)
            recordings.add_recording(connection, recording)
            for place in range(2):
                clip, snr = hashed(f"c{number} {place}"), {"snr": float(number % 5)} if number % 3 else {}
                span = (5.0 * place, 5.0 * place + 1 + number % 4)
                recordings.add_clip(connection, key, clip, span=span, quality=snr)
                labels.add_labels(connection, list(_claims(clip, 2 * number + place)))
    return folder


@pytest.fixture(scope="module")
def still(folder):
    """The store, to be read only."""
    with Corpus.open(folder) as opened:
        yield opened


@pytest.fixture
def corpus(folder, tmp_path: Path):
    """A copy of it."""
    shutil.copytree(folder, tmp_path / "voice")
    with Corpus.open(tmp_path / "voice") as opened:
        yield opened


def _claims(clip, number):
    text = TEXTS[number % 6]
    if number % 4:
        yield NewLabel(clip, SourceKind.ENGINE, "sphinx", "1", text=text, confidence=number / 24)
    if number % 4 == 2:
        yield NewLabel(clip, SourceKind.ENGINE, "nano", "1", text=text + " now", confidence=0.5)
    if number % 5 == 0:
        yield NewLabel(clip, SourceKind.HUMAN, "eve", text=text)


def ids(corpus, text, limit=5):
    """All that a query finds, page by page; the count and the listing say the same."""
    query, found, after = ClipQuery.parse(text), [], None
    for _ in itertools.count():
        page = corpus.find(query, after, limit)
        found += [clip.id for clip in page.clips]
        after = page.after
        if after is None:
            break
    listing = corpus.listings.new(query)
    assert [clip.id for clip in corpus.listings.page(listing, 0, 1000)] == found
    assert corpus.count(query) == len(listing) == len(found) == len(set(found))
    return found


def rows(corpus):
    return corpus.find("", limit=1000).clips


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("", lambda one: True),
        ("speaker:anna", lambda one: one.speaker == "anna"),
        ("speaker:anna,ben", lambda one: one.speaker in ("anna", "ben")),
        ("speaker:*", lambda one: one.speaker is not None),
        ("-speaker:anna", lambda one: one.speaker != "anna"),
        ("speaker:A*", lambda one: (one.speaker or "").lower().startswith("a")),
        ("collection:in-1 snr<2", lambda one: one.collection == "in-1" and one.snr is not None and one.snr < 2),
        ("-snr<2", lambda one: one.snr is None or one.snr >= 2),
        ("snr:1..3", lambda one: one.snr is not None and 1 <= one.snr <= 3),
        ("snr:2", lambda one: one.snr == 2),
        ("-snr:*", lambda one: one.snr is None),
        ("duration>=3", lambda one: one.duration >= 3),
        ("confidence<50%", lambda one: one.confidence is not None and one.confidence < 0.5),
        ("disagreement>0", lambda one: one.disagreement is not None and one.disagreement > 0),
        ("reviewed:yes", lambda one: one.reviewed),
        ("reviewed:no synthetic:no", lambda one: not one.reviewed and not one.synthetic),
        ("source:nano", lambda one: "nano" in one.sources),
        ("kind:human", lambda one: one.kind == "human"),
        ("labels:0", lambda one: one.labels == 0),
        ('"two coffees"', lambda one: (one.text or "").startswith("Two coffees")),
        ('"COFFEES PLEASE"', lambda one: (one.text or "").startswith("Two coffees")),
        ("two latte", lambda one: (one.text or "").startswith("two lattes")),
        ("-two", lambda one: "two" not in (one.text or "").lower()),
        ("term:latte", lambda one: "latte" in (one.text or "").split()),
        ("grüsse,grüße", lambda one: False),
        ("grüße", lambda one: "Grüße" in (one.text or "")),
        ("/^a .*e( now)?$/", lambda one: (one.text or "").startswith("a latte")),
        ("/TWO (coffees|lattes)/", lambda one: (one.text or "").lower().startswith("two")),
        ("/[!%]/", lambda one: any(sign in (one.text or "") for sign in "!%")),
        ("teachers>=2", lambda one: one.teachers >= 2),
    ],
)
def test_a_query_finds_what_the_twin_finds(still, text, holds):
    wanted = [one for one in rows(still) if holds(one)]
    assert ids(still, text) == [one.id for one in wanted]
    assert wanted or text == "grüsse,grüße"


@pytest.mark.parametrize("text", ["", "reviewed:no", "two"])
@pytest.mark.parametrize("order", ["-number", "confidence", "-confidence", "snr", "-snr", "speaker", "-duration"])
def test_what_is_not_known_comes_last_in_any_order(still, text, order):
    name, down = order.lstrip("-"), order.startswith("-")
    wanted = still.find(text, limit=1000).clips
    known = [one for one in wanted if getattr(one, name) is not None]
    unknown = [one for one in wanted if getattr(one, name) is None]
    known.sort(key=lambda one: (getattr(one, name), one.number), reverse=down)
    unknown.sort(key=lambda one: one.number, reverse=down)
    assert ids(still, f"{text} sort:{order}") == [one.id for one in [*known, *unknown]]


def test_a_row_says_what_its_labels_say(corpus):
    assert summaries.VOTE == VOTE
    (first, *_) = rows(corpus)
    new = [
        NewLabel(first.id, SourceKind.ENGINE, "nano", "2", text="b c", confidence=0.9),
        NewLabel(first.id, SourceKind.ENGINE, "sphinx", "2", text="a b c d", confidence=0.4),
        NewLabel(first.id, SourceKind.ENGINE, "whisper", "2", text="a b c d", confidence=0.3),
    ]
    corpus.add_labels(new)
    (row,) = corpus.found([first.id])
    assert (row.confidence, row.teachers) == (0.9, 3)
    assert row.disagreement == pytest.approx((0.5 + 0.5 + 0) / 3, abs=1e-4)
    assert (row.kind, row.source, row.text) == ("human", "eve", "Two coffees, please!")
    corpus.add_labels([NewLabel(first.id, SourceKind.ENGINE, VOTE, "1", text="a b c", confidence=0.7)])
    assert corpus.found([first.id])[0].confidence == 0.7
    assert corpus.found([first.id])[0].teachers == 3


def test_splits_are_of_the_newest_dataset_or_a_named_one(corpus):
    every = [clip.id for clip in corpus.clips()]
    corpus.add_labels([NewLabel(clip, SourceKind.HUMAN, "eve", text=f"text {clip}") for clip in every])
    with pytest.raises(CorpusError, match="nothing has been frozen yet"):
        corpus.count("split:test")
    first = corpus.freeze("first")
    for split in ("train", "dev", "test"):
        wanted = {item.clip.id for item in first.split(split)}
        assert set(ids(corpus, f"split:{split}")) == set(ids(corpus, f"dataset:first split:{split}")) == wanted
    assert len(ids(corpus, "-split:train")) == 24 - len(first.train)
    assert {one.id: one.split for one in rows(corpus) if one.split} == {one.clip.id: one.split for one in first.items}
    with pytest.raises(CorpusError, match="no single dataset 'second'"):
        corpus.count("dataset:second")


def test_errors_of_a_model(corpus):
    a, b, c = (one.id for one in rows(corpus)[:3])
    items = [(a, "nano-1", 2.0), (b, "nano-1", 0.0), (c, "sphinx", 4.0)]
    corpus.add_evaluation(
        EvaluationRecord(
            systems=("nano-1", "sphinx"),
            items=tuple(EvaluationItem(clip, name, "x", {"wer": wrong, "wer_of": 4.0}) for clip, name, wrong in items),
        )
    )
    assert ids(corpus, "error:nano-1") == [a]
    assert ids(corpus, "error:nano-1>50%") == []
    assert ids(corpus, "error:nano-1,sphinx") == [a, c]


def test_a_listing_stays_as_it_was_found(corpus):
    query = ClipQuery.parse("reviewed:no")
    listing = corpus.listings.new(query)
    before = corpus.listings.page(listing, 3, 4)
    corpus.add_labels([NewLabel(before[0].id, SourceKind.HUMAN, "eve", text="now")])
    kept = corpus.listings.get(listing.id, query)
    assert kept is listing
    after = corpus.listings.page(kept, 3, 4)
    assert [one.id for one in after] == [one.id for one in before]
    assert after[0].reviewed
    assert len(corpus.listings.get(10**6, query)) == len(listing) - 1
    for _ in range(10):
        corpus.listings.new(query)
    assert corpus.listings.get(listing.id, query) is not listing


def test_summaries_are_checked_and_made_anew(corpus):
    assert promises(corpus) == set()
    assert list(differences(corpus)) == []
    with corpus.database.write() as connection:
        connection.execute(sa.update(tables.clip_summary).where(tables.clip_summary.c.number == 3).values(said="x"))
        connection.execute(sa.delete(tables.clip_summary).where(tables.clip_summary.c.number == 5))
    assert len(list(differences(corpus))) == 2
    assert promises(corpus) == {"what is searched is what the labels say"}
    assert corpus.rebuild_summaries() == 24
    assert list(differences(corpus)) == []


def test_an_older_store_is_given_its_summaries(corpus):
    before = [one.as_dict() | {"number": 0} for one in rows(corpus)]
    with corpus.database.write() as connection:
        connection.execute(sa.delete(tables.clip_summary))
        connection.execute(sa.delete(tables.meta).where(tables.meta.c.key == "summaries"))
        summaries.ensure(connection)
    assert sorted((one.as_dict() | {"number": 0} for one in rows(corpus)), key=lambda one: one["id"]) == sorted(
        before, key=lambda one: one["id"]
    )


def test_a_forgotten_speaker_is_not_found(corpus):
    corpus.act("tag", "old", [one.id for one in rows(corpus)], person="eve")
    corpus.forget("anna")
    assert ids(corpus, "speaker:anna") == []
    assert {one.speaker for one in rows(corpus)} == {"ben", "Anna Maria", None}
    assert list(differences(corpus)) == []


def test_sensitivity_is_followed(corpus):
    first = rows(corpus)[0]
    corpus.set_sensitivity(Sensitivity.SHAREABLE, ids=[first.id])
    assert set(ids(corpus, "sensitivity:shareable")) == {
        one.id for one in rows(corpus) if one.recording == first.recording
    }


def differences(corpus):
    with corpus.database.read() as connection:
        yield from summaries.differences(connection)


def promises(corpus):
    missing = {"every recording has its audio"}
    return {one.promise for one in corpus.check(audio=False)} - missing


def test_a_regex_that_goes_back_for_ever_is_ended_and_stops_nobody_else(corpus, monkeypatch):
    clip = rows(corpus)[0]
    corpus.add_labels([NewLabel(clip.id, SourceKind.HUMAN, "eve", text="a" * 60 + "!")])
    monkeypatch.setattr(conditions, "matching", partial(matching, seconds=1.0))
    gaps, over = [], threading.Event()

    def look():
        before = time.monotonic()
        while not over.wait(0.01):
            gaps.append(time.monotonic() - before)
            before = time.monotonic()

    other = threading.Thread(target=look)
    other.start()
    began = time.monotonic()
    with pytest.raises(CorpusError, match="takes longer than"):
        corpus.count("/(a+)+b/")
    assert time.monotonic() - began < 8
    over.set()
    other.join()
    assert max(gaps) < 0.9
    assert corpus.count("/^a{60}!$/") == 1
