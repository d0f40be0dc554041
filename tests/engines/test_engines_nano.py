"""The nano engine runs what training saved, and says what is wrong with what it cannot run."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

from idiolect.engines import create
from idiolect.engines.protocol import EngineOptions
from idiolect.errors import EngineError
from idiolect.tasks import Lexicon, parse_task
from tiny_nano import buzz

pytestmark = pytest.mark.engine

TASK = """
language: en
intents:
  answer:
    data:
      - sentences: ["yes", "no"]
"""


def speech(seconds=1.5, seed=0):
    return buzz(seconds, 120 + 15 * seed)


def test_a_saved_network_gives_the_posteriors_of_the_one_that_was_saved(nano_model):
    from idiolect.engines.network import PhoneNetwork, load_network, log_posteriors

    network, features = load_network(nano_model)
    again = PhoneNetwork(network.spec).eval()
    again.load_state_dict(network.state_dict())
    found = log_posteriors(network, speech(), features)
    assert found.shape == (-(-features.frames(24000) // 3), 40)
    assert np.array_equal(found, log_posteriors(again, speech(), features))
    assert np.allclose(np.exp(found).sum(1), 1, atol=1e-4)


def test_a_clip_is_heard_the_same_alone_and_in_a_batch(nano_model):
    engine = create("nano", EngineOptions(model=nano_model))
    clips = [speech(1.0, 1), speech(2.5, 2), speech(0.4, 3)]
    assert engine.transcribe(clips) == [engine.transcribe([clip])[0] for clip in clips]


def test_words_lie_inside_the_clip_and_come_from_the_vocabulary(nano_model):
    heard = create("nano", EngineOptions(model=nano_model)).transcribe([speech(2.0)])[0]
    assert set(heard.text.split()) <= {"i", "want", "a", "coffee", "yes", "no", "two"}
    assert all(0 <= word.start <= word.end <= 2.0 for word in heard.words)


def test_too_few_samples_hold_no_word(nano_model):
    engine = create("nano", EngineOptions(model=nano_model))
    assert [heard.text for heard in engine.transcribe([np.zeros(0, np.float32), np.zeros(100, np.float32)])] == ["", ""]


@pytest.mark.parametrize("loud", [0.3, 0.001, 0.0])
def test_where_nobody_speaks_nothing_is_heard(nano_model, loud):
    rng = np.random.default_rng(5)
    white = rng.standard_normal(48_000)
    half = np.fft.rfft(white)
    half[1:] /= np.sqrt(np.arange(1, len(half)))
    pink = np.fft.irfft(half)
    clips = [(loud * one / np.abs(one).max()).astype(np.float32) for one in (white, pink)]
    for extra in ({}, {"lm": "en-us"}):
        engine = create("nano", EngineOptions(model=nano_model, task=None if extra else parse_task(TASK), extra=extra))
        for heard in engine.transcribe(clips):
            assert (heard.text, heard.intent, heard.words) == ("", None, ())


def test_what_the_search_is_told_is_read_and_stored(nano_model, tmp_path):
    (tmp_path / "terms.txt").write_text("flat white\n")
    extra = {"terms": str(tmp_path / "terms.txt"), "boost": 4, "nbest": 3}
    engine = create("nano", EngineOptions(model=nano_model, extra=extra))
    assert engine.parameters == {"listening": "speech.v1", "lexicon": "english.v1", "terms": extra["terms"], "boost": 4}
    (heard,) = engine.transcribe([speech(2.0)])
    assert set(heard.text.split()) <= {"i", "want", "a", "coffee", "yes", "no", "two", "flat", "white"}
    assert heard.alternatives[0].text == heard.text
    with pytest.raises(EngineError, match="'bost'"):
        create("nano", EngineOptions(model=nano_model, extra={"bost": 1}))


def test_a_model_without_words_hears_any_english(nano_model, tmp_path):
    folder = tmp_path / "english"
    shutil.copytree(nano_model, folder)
    (folder / "words.json").write_text("{}")
    (folder / "lexicon.txt").write_text("")
    with pytest.raises(EngineError, match="no vocabulary"):
        create("nano", EngineOptions(model=folder))
    stored = json.loads((folder / "prior.json").read_text())
    stored |= {"language_model": "en-us", "search": {"lm_scale": 0.5, "tokens": 300}}
    (folder / "prior.json").write_text(json.dumps(stored))
    (heard,) = create("nano", EngineOptions(model=folder)).transcribe([speech(2.0)])
    assert heard.text
    assert all(word in Lexicon.default() for word in heard.text.split())
    (folder / "prior.json").write_text(json.dumps(stored | {"search": {"lm_scal": 1}}))
    with pytest.raises(EngineError, match="lm_scal"):
        create("nano", EngineOptions(model=folder))


def test_a_task_replaces_the_vocabulary(nano_model):
    task = parse_task(TASK)
    engine = create("nano", EngineOptions(model=nano_model, task=task))
    assert engine.transcribe([speech()])[0].text in {"yes", "no"}
    assert engine.parameters == {"listening": "speech.v1", "lexicon": "english.v1", "task": task.id}


def test_a_task_that_was_trained_for_is_saved_and_used(nano_model, tmp_path):
    folder = tmp_path / "with-task"
    shutil.copytree(nano_model, folder)
    (folder / "task.yaml").write_text(TASK)
    heard = create("nano", EngineOptions(model=folder)).transcribe([speech()])[0]
    assert heard.intent == "answer"


def test_weights_of_another_shape_are_refused(nano_model, tmp_path):
    folder = tmp_path / "broken"
    shutil.copytree(nano_model, folder)
    text = (folder / "checkpoint.json").read_text()
    (folder / "checkpoint.json").write_text(text.replace('"channels": 16', '"channels": 24'))
    with pytest.raises(EngineError, match="broken"):
        create("nano", EngineOptions(model=folder))


def test_a_truncated_weight_file_is_refused(nano_model, tmp_path):
    folder = tmp_path / "cut"
    shutil.copytree(nano_model, folder)
    whole = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(EngineError, match="cut"):
        create("nano", EngineOptions(model=folder))


def test_a_missing_decoding_file_is_named(nano_model, tmp_path):
    folder = tmp_path / "bare"
    shutil.copytree(nano_model, folder)
    (folder / "prior.json").unlink()
    with pytest.raises(EngineError, match=r"prior\.json"):
        create("nano", EngineOptions(model=folder))
