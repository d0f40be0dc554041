from __future__ import annotations

import json

import numpy as np
import pytest

from fake_chat import FakeChat
from idiolect.audio import write_wav
from idiolect.corpus import Corpus, NewLabel, SourceKind
from idiolect.corpus.values import Purpose

HEARD = ("the whether is not nice today", "play the the sung um for me please")
ANSWERS = {HEARD[0]: "the weather is nice today", HEARD[1]: "Play the sung for me, please."}


@pytest.fixture
def model():
    made = FakeChat(lambda text, _: json.dumps({"text": ANSWERS.get(text, text), "categories": []}))
    yield made
    made.stop()


@pytest.fixture
def project(idiolect, tmp_path, monkeypatch):
    monkeypatch.setenv("IDIOLECT_KEYS", str(tmp_path / "no-keys"))
    monkeypatch.delenv("IDIOLECT_OFFLINE", raising=False)
    for number in range(2):
        noise = 0.1 * np.random.default_rng(number).standard_normal(8000)
        write_wav(tmp_path / f"{number}.wav", noise.astype(np.float32))
    rows = [{"audio": f"{n}.wav", "start": 0.0, "end": 0.5} for n in range(2)]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert idiolect("init", "voice").code == 0
    assert idiolect("import", "-p", "voice", "rows.jsonl").code == 0
    with Corpus.open(tmp_path / "voice") as corpus:
        corpus.add_labels(
            [
                NewLabel(clip.id, SourceKind.ENGINE, "sphinx", "1", text=text, confidence=0.8)
                for clip, text in zip(corpus.clips(), HEARD, strict=True)
            ]
        )
    return tmp_path / "voice"


def test_correct_asks_keeps_and_goes_on(idiolect, project, model):
    words = ("correct", "-p", project, "--url", model.url, "--model", "m")
    dry = idiolect(*words, "--dry-run", "--json")
    assert (dry.code, dry.json["pending"], model.questions) == (0, 2, [])
    done = idiolect(*words, "--json", "--max-changes", "0.5")
    assert done.code == 0, done.err
    assert (done.json["corrected"], done.json["improved"], done.json["suggestions"]) == (2, 1, 2)
    reasons = [edit["why"] for clip in done.json["clips"] for edit in clip["edits"] if not edit["taken"]]
    assert "'not' is a negation" in reasons
    again = idiolect(*words, "--max-changes", "0.5")
    assert "0 clips read by m (verbatim), 2 were done before" in again.out
    clean = idiolect(*words, "--mode", "clean", "--max-changes", "0.5")
    assert clean.code == 0, clean.err
    with Corpus.open(project) as corpus:
        cleaned = {label.text for label in corpus.labels(purpose=Purpose.CLEAN)}
        assert "Play the sung for me, please." in cleaned
        assert {label.text for label in corpus.labels(purpose=Purpose.TRAINING, source="m")} == {
            "the weather is not nice today",
            HEARD[1],
        }
    assert len(model.questions) == 4


def test_correct_names_what_it_cannot_do(idiolect, project, model, tmp_path, monkeypatch):
    words = ("correct", "-p", project, "--url", model.url, "--model", "m")
    (tmp_path / "bad.txt").write_text("no arrow\n")
    for more, code, said in (
        (("--corrections", "bad.txt"), 1, "bad.txt:1"),
        (("--cap", "much"), 2, "--cap: 'much'"),
        (("--price", "cheap"), 1, "is no price"),
        (("--mask", "("), 1, "no regular expression"),
    ):
        done = idiolect(*words, *more)
        assert (done.code, said in done.err) == (code, True), done.err
    monkeypatch.setenv("IDIOLECT_OFFLINE", "1")
    cloud = idiolect("correct", "-p", project, "--url", "openai", "--model", "gpt-5-nano")
    assert cloud.code == 1
    assert "idiolect is offline, and api.openai.com is not this machine" in cloud.err
    assert model.questions == []


def test_an_old_price_warns(idiolect, project, model):
    row = f'[[price]]\nprovider = "mine"\nhosts = ["{model.url[7:-3]}"]\nmodel = "m"\nper_million_input = 0\n'
    (project / "prices.toml").write_text(row + "per_million_output = 0\nseen = 2020-01-01\n")
    done = idiolect("correct", "-p", project, "--url", model.url, "--model", "m", "--dry-run")
    assert done.code == 0, done.err
    assert "the price of mine m was seen" in done.err


def test_cost_compares_teachers(idiolect, project):
    done = idiolect("cost", "-p", project, "--json")
    assert done.code == 0, done.err
    names = [one["name"] for one in done.json["teachers"]]
    assert "sphinx" in names
    assert "groq whisper-large-v3-turbo" in names
    assert "echo" not in names
    assert "sphinx" in idiolect("cost", "-p", project, "--all").out


def test_a_run_that_was_stopped_goes_on_under_its_own_cap(idiolect, project, model):
    """A question may cost $0.10 and costs less; what the first run spent counts in the second."""
    row = f'[[price]]\nprovider = "mine"\nhosts = ["{model.url[7:-3]}"]\nmodel = "m"\nper_million_input = 0\n'
    (project / "prices.toml").write_text(row + "per_million_output = 1000\n")
    words = ("correct", "-p", project, "--url", model.url, "--model", "m", "--longest", "100", "--jobs", "1", "--yes")
    stopped = idiolect(*words, "--cap", "0.105")
    assert (stopped.code, len(model.questions)) == (1, 1)
    assert "the cap of $0.105 per run does not cover $0.10" in stopped.err
    assert "to change it: --cap 0.2" in stopped.err
    assert idiolect(*words, "--cap", "0.105").code == 1
    assert len(model.questions) == 1
    done = idiolect(*words, "--cap", "0.30")
    assert (done.code, len(model.questions)) == (0, 2)
    # It came to its end: the next one begins anew.
    assert idiolect(*words, "--cap", "0.105", "--mode", "clean").code == 1
    assert len(model.questions) == 3


def test_clips_of_nobody_are_no_work_that_is_done(idiolect, project, model):
    for command in (("correct", "--url", model.url, "--model", "m"), ("label", "--engine", "echo")):
        refused = idiolect(*command, "-p", project, "--speaker", "nobody")
        assert (refused.code, "there is no clip by 'nobody'" in refused.err) == (1, True)
    assert model.questions == []
