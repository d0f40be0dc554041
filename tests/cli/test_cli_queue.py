from __future__ import annotations

import json

import pytest

from idiolect.corpus import Corpus
from idiolect.corpus.values import NewLabel, SourceKind


@pytest.fixture
def heard(idiolect, manifest, tmp_path):
    """The twelve clips without a person's text, with two teachers' labels; they differ in every second clip."""
    idiolect("init", "voice")
    assert idiolect("import", manifest, "-p", "voice", "--transcripts", "none", "--json").json["clips"] == 12
    with Corpus.open(tmp_path / "voice") as corpus:
        new = []
        for number, clip in enumerate(corpus.clips()):
            for source in ("sphinx", "nano"):
                said = "make me a latte" if source == "nano" or number % 2 else "bake me the ladder"
                new.append(NewLabel(clip.id, SourceKind.ENGINE, source, "1", text=said, confidence=0.8))
        corpus.add_labels(new)
    return tmp_path / "voice"


def test_the_queue_says_why_and_fits_into_minutes(idiolect, heard):
    everything = idiolect("queue", "-p", heard, "--json").json
    assert (everything["waiting"], len(everything["queue"])) == (12, 12)
    by_worth = [one for one in everything["queue"] if one["drawn"] == "worth"]
    assert "2 teachers disagree" in by_worth[0]["reasons"][0]
    shown = idiolect("queue", "-p", heard, "--minutes", "0.5")
    seconds = [one["seconds"] for one in everything["queue"]]
    fitting = next(count for count in range(12) if sum(seconds[: count + 1]) > 30)
    assert f"{fitting} of 12 clips nobody reviewed" in shown.out
    assert len(idiolect("queue", "-p", heard, "--limit", "3").out.splitlines()) == 1 + 3 + 1


def test_terms_from_a_file(idiolect, heard, tmp_path):
    (tmp_path / "terms.txt").write_text("ladder\n")
    first = idiolect("queue", "-p", heard, "--random", "0", "--terms", "terms.txt", "--json").json["queue"][0]
    assert any("rare terms nobody confirmed: ladder" in reason for reason in first["reasons"])


def test_a_review_takes_the_order_and_keeps_why_it_was_asked(idiolect, heard, monkeypatch):
    first, *_ = idiolect("queue", "-p", heard, "--json").json["queue"]
    listed = idiolect("review", "-p", heard, "--queue", "--dry-run", "--json")
    assert json.loads(listed.out.splitlines()[0])["clip"] == first["clip"]
    monkeypatch.setattr("click.getchar", iter("aq").__next__)
    assert idiolect("review", "-p", heard, "--queue", "--no-play", "--person", "anna", "--json").code == 0
    with Corpus.open(heard) as corpus:
        (label,) = corpus.labels(kind=SourceKind.HUMAN)
    assert (label.clip_id, label.parameters["queue"]) == (first["clip"], first["drawn"])


def test_teachers_are_judged(idiolect, heard, tmp_path):
    assert "no clip has both" in idiolect("teachers", "-p", heard).err
    with Corpus.open(heard) as corpus:
        people = [
            NewLabel(clip.id, SourceKind.HUMAN, "ann", text="make me a latte", parameters={"queue": "random"})
            for clip in corpus.clips()
        ]
        corpus.add_labels(people[:11])
    report = idiolect("teachers", "-p", heard, "--precision", ".9", "--json").json
    assert {one["name"]: one["wer"] for one in report["teachers"]}["nano"] == 0
    assert report["together"] == 11
    assert report["suggestion"] is None  # four fifths of eleven clips are fewer than a threshold is fitted on
    shown = idiolect("teachers", "-p", heard, "--random-only", "--unit", "clips")
    assert (shown.code, "11 clips drawn at random" in shown.out) == (0, True)
    assert "review more of them" in shown.out


def test_relabel_by_text_dry_and_for_good(idiolect, heard):
    words = ("relabel", "-p", heard, "--engine", "echo", "--with", "texts=['make me a latte']", "--jobs", "1")
    tried = idiolect(*words, "--from", "sphinx", "--text", "ladder", "--dry-run")
    assert tried.out.count("[-bake-]{+make+} me [-the ladder-]{+a latte+}") == 6
    assert "6 clips chosen: 6 would be labelled anew" in tried.out
    with Corpus.open(heard) as corpus:
        assert corpus.labels(source="echo") == []
    done = idiolect(*words, "--from", "sphinx", "--text", "ladder", "--json").json
    assert (done["labelled"], done["already"], done["changed"]) == (6, 0, 6)
    assert idiolect(*words, "--from", "sphinx", "--text", "ladder", "--json").json["already"] == 6
    assert "nothing says which clips" in idiolect(*words).err
    assert "is no age" in idiolect(*words, "--older", "soon").err
