from __future__ import annotations

import os
import signal

import numpy as np
import pytest
from evaluation_cases import make_items, make_label, samples_of

from idiolect.engines.protocol import EngineOptions
from idiolect.errors import EngineError
from idiolect.evaluation import System, evaluate


def echo(text: str = "yes") -> System:
    return System.of("echo", EngineOptions(extra={"texts": [text]}))


def test_an_engine_in_a_process_of_its_own_is_measured_there():
    report = evaluate(make_items([[make_label(n, text="yes")] for n in range(3)]), [echo()], samples_of)
    found = report.system("echo")
    assert found.score("wer").value == 0
    # A Python with numpy takes some 30 MB; this process holds pytest and more.
    assert 10e6 < found.peak_bytes < 400e6
    assert found.load_seconds >= 0
    assert found.failures == ()


def test_an_engine_that_dies_fails_one_clip_and_is_made_again():
    with echo().run() as runner:
        first = runner._process.pid
        os.kill(first, signal.SIGKILL)
        runner._process.wait()
        assert runner.hear(np.zeros(1600, np.float32)).hypothesis.text == "yes"
        assert runner._process.pid != first


def test_a_death_while_hearing_is_an_answer_with_its_code():
    with echo().run() as runner:
        os.kill(runner._process.pid, signal.SIGSTOP)
        os.kill(runner._process.pid, signal.SIGKILL)
        poll, runner._process.poll = runner._process.poll, lambda: None
        answer = runner.hear(np.zeros(1600, np.float32))
        runner._process.poll = poll
        assert answer.error == "the engine's process died (code -9)"


def test_closing_ends_the_process():
    with echo().run() as runner:
        process = runner._process
    assert process.poll() == 0


def test_an_engine_that_cannot_be_made_says_why(tmp_path):
    with pytest.raises(EngineError, match=r"no bundle\.json"):
        System.of("onnx", EngineOptions(model=tmp_path)).run()


def test_the_size_of_a_model_is_that_of_its_weights(tmp_path):
    (tmp_path / "model.onnx").write_bytes(b"x" * 1000)
    (tmp_path / "MODEL_CARD.md").write_bytes(b"x" * 500)
    assert System.of("onnx", EngineOptions(model=tmp_path)).size_bytes == 1000
    assert System.of("sphinx").size_bytes is None
