from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from idiolect.engines import EngineOptions, create
from idiolect.engines.greedy import greedy
from idiolect.tasks import parse_task
from tiny_nano import sounds

pytestmark = pytest.mark.engine

TASK = """
intents:
  order:
    data:
      - sentences: ["[large] mocha"]
  answer:
    data:
      - sentences: ["yes", "no"]
"""


def test_a_bundle_runs_without_torch(onnx_bundle):
    program = f"""
import sys
sys.modules["torch"] = sys.modules["transformers"] = None
import numpy as np
from idiolect.engines import EngineOptions, create
(heard,) = create("onnx", EngineOptions(model={str(onnx_bundle)!r})).transcribe([np.ones(16000, np.float32) * .1])
print("heard", repr(heard.text))
"""
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert found.stdout.startswith("heard"), found.stderr


def test_its_log_posteriors_sum_to_one_and_words_lie_in_the_clip(onnx_bundle):
    engine = create("onnx", EngineOptions(model=onnx_bundle))
    for samples in sounds(3):
        assert np.exp(engine.posteriors(samples)).sum(-1) == pytest.approx(1, abs=1e-4)
        (heard,) = engine.transcribe([samples])
        assert all(0 <= word.start < word.end <= len(samples) / 16_000 for word in heard.words)
        assert set(heard.text.split()) <= {"yes", "no", "mocha", "large"}


def test_a_task_takes_the_place_of_the_vocabulary(onnx_bundle):
    task = parse_task(TASK)
    engine = create("onnx", EngineOptions(model=onnx_bundle, task=task))
    assert engine.parameters["task"] == task.id
    for heard in engine.transcribe(sounds(4)):
        assert heard.intent is None or task.parse(heard.text).intent == heard.intent


def test_silence_and_nothing_are_heard_without_an_error(onnx_bundle):
    engine = create("onnx", EngineOptions(model=onnx_bundle))
    nothing, silence = engine.transcribe([np.zeros(0, np.float32), np.zeros(16_000, np.float32)])
    assert nothing.text == ""
    assert isinstance(silence.text, str)


def test_threads_change_nothing_that_is_heard(onnx_bundle):
    one, two = (create("onnx", EngineOptions(model=onnx_bundle, threads=threads)) for threads in (1, 2))
    assert [each.text for each in one.transcribe(sounds(3))] == [each.text for each in two.transcribe(sounds(3))]


def test_greedy_merges_runs_and_keeps_repeated_letters_apart():
    path = [0, 1, 1, 0, 1, 2, 2, 0]
    posterior = np.full((len(path), 3), 0.05, np.float32)
    posterior[np.arange(len(path)), path] = 0.9
    heard = greedy(posterior, 0.8, blank=0, spell=lambda ids: "".join("-ab"[number] for number in ids))
    assert heard.text == "aab"
    assert heard.confidence == pytest.approx(0.9)
    assert [(word.start, word.end) for word in heard.words] == [(pytest.approx(0.1), pytest.approx(0.7))]
