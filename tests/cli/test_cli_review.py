from __future__ import annotations

import json

import pytest

from idiolect.corpus import Corpus, Sitting
from idiolect.corpus.values import NewLabel, SourceKind
from idiolect.labeling import review_queue


@pytest.fixture
def doubtful(idiolect, wav, tmp_path):
    """A project with three clips that an engine is more and more sure of."""
    idiolect("init", "voice")
    rows = []
    for number in range(3):
        path = wav(f"data/{number}.wav", seed=number)
        rows.append(json.dumps({"audio": path.name, "start": 0.0, "end": 0.5}))
    (tmp_path / "data" / "manifest.jsonl").write_text("\n".join(rows))
    assert idiolect("import", tmp_path / "data" / "manifest.jsonl", "-p", "voice", "--json").json["clips"] == 3
    with Corpus.open(tmp_path / "voice") as corpus:
        new = [
            NewLabel(clip.id, SourceKind.ENGINE, "sphinx", text=f"heard {number}", confidence=0.2 + number / 5)
            for number, clip in enumerate(corpus.clips())
        ]
        corpus.add_labels(new)
    return tmp_path / "voice"


@pytest.fixture
def review(idiolect, doubtful, monkeypatch):
    """Answer with these keys; gives the run and every label of the person, in order."""

    def run(keys, *words, prompts=""):
        pressed = iter(keys)

        def next_key():
            try:
                return next(pressed)
            except StopIteration:
                raise EOFError from None

        monkeypatch.setattr("click.getchar", next_key)
        done = idiolect("review", "--person", "anna", "--no-play", "-p", doubtful, *words, stdin=prompts)
        with Corpus.open(doubtful) as corpus:
            return done, [label.text for label in corpus.labels(kind=SourceKind.HUMAN)]

    return run


def test_the_most_doubtful_comes_first_and_decisions_are_labels(review):
    done, texts = review("ans", "--json")
    assert (done.code, texts) == (0, ["heard 0", ""])
    assert done.json == {"asked": 3, "decided": {"accept": 1, "nobody speaks": 1, "skip": 1}}
    assert "sphinx is 20% sure" in done.err


def test_an_edit_is_typed(review):
    done, texts = review("eq", prompts="what was said\n")
    assert (done.code, texts) == (0, ["what was said"])


def test_going_back_takes_back_and_keeps_both(review, doubtful):
    done, texts = review("aun" + "q", "--json")
    assert texts == [""]
    assert done.json["decided"] == {"nobody speaks": 1}
    with Corpus.open(doubtful) as corpus:
        both = corpus.labels(kind=SourceKind.HUMAN, withdrawn=True)
    assert [label.text for label in both] == ["heard 0", ""]


def test_a_skip_is_taken_back_too_and_the_first_key_back_does_nothing(review):
    done, texts = review("usua" + "q", "--json")
    assert (texts, done.json["decided"]) == (["heard 0"], {"accept": 1})


def test_a_clip_that_somebody_is_at_is_left_to_them(review, doubtful):
    with Corpus.open(doubtful) as corpus:
        first = next(item.clip.id for item in review_queue(corpus))
        corpus.reviews.take(Sitting("ben", "b"), [first], 1)
    assert review("aa")[1] == ["heard 1", "heard 2"]


def test_what_was_decided_is_not_asked_again_and_a_skip_is(review):
    review("as")
    done, _ = review("", "--dry-run", "--json")
    assert [json.loads(line)["text"] for line in done.out.splitlines()] == ["heard 1", "heard 2"]


def test_quitting_or_an_end_of_input_keeps_what_was_decided(review):
    assert review("q")[1] == []
    done, texts = review("a")
    assert (done.code, done.out, texts) == (0, "1 accept\n", ["heard 0"])


def test_the_limit_ends_it(review):
    done, texts = review("aaa", "--limit", "2", "--json")
    assert (done.json["asked"], len(texts)) == (2, 2)


def test_nothing_to_accept_asks_for_another_key(idiolect, review, doubtful, wav, tmp_path):
    row = {"audio": wav("more/x.wav", seed=9).name, "start": 0.0, "end": 0.5}
    (tmp_path / "more" / "manifest.jsonl").write_text(json.dumps(row))
    assert idiolect("import", tmp_path / "more", "-p", doubtful, "--json").json["clips"] == 1
    done, texts = review("an")
    assert "no text to accept" in done.err
    assert texts == [""]


def test_a_machine_without_sound_names_the_file(review, monkeypatch):
    monkeypatch.setattr("idiolect.cli.review.play", lambda samples: False)
    done, _ = review("q", "--play")
    assert "plays no sound" in done.err
    assert ".flac from 0.00 s to 0.50 s" in done.err
