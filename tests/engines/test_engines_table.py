"""The contract of every engine in the table, and how one is made."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec

import numpy as np
import pytest

from idiolect.audio import samples_hash
from idiolect.engines import ENGINES, EngineOptions, create, engine_of
from idiolect.errors import EngineError, MissingExtraError

# The fixtures (of session scope) that make a tiny model for the engines that need one, in tests/engines/conftest.py.
FIXTURES = {
    "nano": "nano_model",
    "ctc": "ctc_model",
    "seq2seq": "seq2seq_model",
    "onnx": "onnx_bundle",
    "faster-whisper": "whisper_bundle",
}
LIGHT = {"echo", "openai", "chat-audio"}


def row(name):
    return pytest.param(name, marks=[] if name in LIGHT else [pytest.mark.engine])


@pytest.fixture(scope="module", params=[row(name) for name in ENGINES])
def engine(request):
    name = request.param
    module = ENGINES[name].target.partition(":")[0]
    if find_spec(module) is None:
        pytest.skip(f"{module} is not written yet")
    if ENGINES[name].remote:
        return request.getfixturevalue("remote_engine")(name)
    if not ENGINES[name].needs_model:
        extra = {"texts": ["one two", ""], "confidence": 0.5} if name == "echo" else {}
        return create(name, EngineOptions(extra=extra))
    try:
        model = request.getfixturevalue(FIXTURES[name])
    except pytest.FixtureLookupError:
        pytest.skip(f"tests/engines/conftest.py has no fixture {FIXTURES[name]} yet")
    return create(name, EngineOptions(model=model))


def tone(seconds: float, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    time = np.arange(int(seconds * 16_000)) / 16_000
    return (0.2 * np.sin(2 * np.pi * 220 * time) + 0.02 * rng.standard_normal(len(time))).astype(np.float32)


CLIPS = {
    "silence": np.zeros(16_000, np.float32),
    "short": tone(0.05),
    "empty": np.zeros(0, np.float32),
    "tone": tone(1.0),
    "loud": np.clip(tone(0.7) * 10, -1, 1),
    "long": tone(3.3, seed=1),
}


def test_it_has_a_name_a_version_and_parameters_that_json_can_say(engine):
    assert ENGINES[engine.name].target.endswith(f":{type(engine).__name__}")
    assert isinstance(engine.version, str)
    assert engine.version
    assert json.loads(json.dumps(dict(engine.parameters), allow_nan=False)) == dict(engine.parameters)


def test_no_clips_give_no_hypotheses(engine):
    assert engine.transcribe([]) == []


def test_every_clip_gives_one_sound_hypothesis_and_is_left_as_it_was(engine):
    batch = [samples.copy() for samples in CLIPS.values()]
    for samples in batch:
        samples.flags.writeable = False
    heard = engine.transcribe(batch)
    assert len(heard) == len(batch)
    for samples, before, hypothesis in zip(batch, CLIPS.values(), heard, strict=True):
        assert np.array_equal(samples, before)
        assert isinstance(hypothesis.text, str)
        assert hypothesis.confidence is None or 0 <= hypothesis.confidence <= 1
        duration = len(samples) / 16_000
        last = 0.0
        for word in hypothesis.words:
            assert word.word
            # Half a frame of slack: an engine may round a clip up to whole frames.
            assert last - 1e-6 <= word.start <= word.end <= duration + 0.02
            assert word.confidence is None or 0 <= word.confidence <= 1
            last = word.start


@pytest.mark.parametrize("name", CLIPS)
def test_each_clip_alone(engine, name):
    (hypothesis,) = engine.transcribe([CLIPS[name]])
    assert isinstance(hypothesis.text, str)


def test_order_is_that_of_the_clips(engine):
    if engine.name == "echo":
        pytest.skip("echo speaks in turn, whatever it is given")
    names = ["tone", "silence", "long"]
    forward = engine.transcribe([CLIPS[name] for name in names])
    backward = engine.transcribe([CLIPS[name] for name in reversed(names)])
    assert [h.text for h in forward] == [h.text for h in reversed(backward)]


def test_echo_says_what_it_was_told_by_turn_and_by_hash():
    clips = [tone(0.5), tone(0.6), tone(0.7)]
    assert [h.text for h in create("echo", EngineOptions(extra={"texts": ["a", "b"]})).transcribe(clips)] == list("aba")
    by_hash = create("echo", EngineOptions(extra={"texts": {samples_hash(clips[1]): "me"}}))
    assert [h.text for h in by_hash.transcribe(clips)] == ["", "me", ""]
    assert [h.text for h in create("echo").transcribe(clips)] == ["", "", ""]
    with pytest.raises(EngineError, match="speed"):
        create("echo", EngineOptions(extra={"speed": 2}))


def test_an_unknown_engine_is_named_with_the_known():
    with pytest.raises(EngineError, match="'kaldi'") as caught:
        create("kaldi")
    assert "sphinx" in str(caught.value)


@pytest.mark.parametrize("name", [name for name, row in ENGINES.items() if row.needs_model])
def test_an_engine_that_needs_a_model_says_so(name):
    with pytest.raises(EngineError, match="needs a model"):
        create(name)


def test_a_missing_package_names_the_extra_that_brings_it(tmp_path, monkeypatch):
    (tmp_path / "needy_engine.py").write_text("import a_package_that_nobody_has\n")
    monkeypatch.syspath_prepend(tmp_path)
    row = type(ENGINES["echo"])("needy_engine:Needy", "", extra="speech")
    monkeypatch.setitem(ENGINES, "needy", row)
    with pytest.raises(MissingExtraError, match=r"idiolect\[speech\]"):
        create("needy")


@pytest.mark.parametrize(
    ("file", "content", "engine"),
    [
        ("checkpoint.json", {"family": "nano"}, "nano"),
        ("checkpoint.json", {"family": "seq2seq"}, "seq2seq"),
        ("bundle.json", {"engine": "onnx"}, "onnx"),
        ("config.json", {"model_type": "whisper"}, "seq2seq"),
        ("config.json", {"model_type": "parakeet_ctc"}, "ctc"),
    ],
)
def test_a_folder_says_which_engine_runs_it(tmp_path, file, content, engine):
    (tmp_path / file).write_text(json.dumps(content))
    assert engine_of(tmp_path) == engine


@pytest.mark.parametrize(
    ("file", "content"),
    [
        (None, ""),
        ("checkpoint.json", '{"family": "gpt"}'),
        ("checkpoint.json", "[]"),
        ("bundle.json", "{"),
        ("bundle.json", '{"engine": "none"}'),
        ("config.json", '{"model_type": "bert"}'),
    ],
)
def test_a_folder_that_is_no_model_is_refused_by_name(tmp_path, file, content):
    if file:
        (tmp_path / file).write_text(content)
    with pytest.raises(EngineError, match=tmp_path.name):
        engine_of(tmp_path)


def test_listing_the_engines_loads_nothing_heavy():
    code = "import idiolect.engines, sys; print('numpy' in sys.modules, 'torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
