"""The one loop with a model of `transformers`: killed in the middle, it ends with the same adapter."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from training_tones import make_project

import tiny_transformers as tiny
from idiolect.engines import EngineOptions, create, engine_of
from idiolect.training import load_recipe, merge, train

pytestmark = [pytest.mark.engine, pytest.mark.slow]

KILLED = """
import os, signal, sys
from pathlib import Path
sys.path[:0] = {paths!r}
from idiolect.progress import Silent

from idiolect.training import load_recipe, train

class Killer(Silent):
    steps = 0
    def advance(self, steps=1):
        self.steps += steps
        if self.steps == 7:
            os.kill(os.getpid(), signal.SIGKILL)

corpus = Corpus.open(Path({project!r}))
recipe = load_recipe({recipe!r}, overrides={overrides!r})
train(corpus, corpus.dataset(), recipe, Path({out!r}), progress=Killer(), threads=1)
"""


def overrides(base: Path) -> dict[str, object]:
    return {
        "base": str(base),
        "steps": 10,
        "batch.seconds": 6.0,
        "batch.accumulate": 2,
        "optimizer.peak": 1e-2,
        "watch.times": 2,
        "watch.clips": 4,
        "watch.save_steps": 3,
        "watch.save_seconds": 0.0,
    }


def weights(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*.safetensors")}


@pytest.mark.parametrize("recipe", ["lora", "full"])
def test_a_killed_run_ends_with_the_same_weights(tmp_path, recipe):
    base = tiny.wav2vec2(tmp_path / "base")
    corpus, dataset = make_project(tmp_path, count=20)
    resolved = load_recipe(recipe, overrides=overrides(base))
    whole = train(corpus, dataset, resolved, tmp_path / "whole", threads=1)
    script = KILLED.format(
        paths=sys.path,
        project=str(corpus.folder),
        recipe=recipe,
        overrides=overrides(base),
        out=str(tmp_path / "killed"),
    )
    done = subprocess.run([sys.executable, "-c", script], check=False, env=os.environ | {"PYTHONWARNINGS": "ignore"})
    assert done.returncode == -signal.SIGKILL
    assert not (tmp_path / "killed" / "checkpoint.json").exists()
    again = train(corpus, dataset, resolved, tmp_path / "killed", threads=1)
    assert again.id == whole.id
    assert weights(tmp_path / "killed") == weights(tmp_path / "whole")
    assert weights(tmp_path / "whole")
    assert again.dev == whole.dev


def test_a_project_trains_an_adapter_that_its_engine_runs_and_merges(tmp_path):
    base = tiny.wav2vec2(tmp_path / "base")
    corpus, dataset = make_project(tmp_path, count=20)
    checkpoint = train(corpus, dataset, load_recipe("lora", overrides=overrides(base)), tmp_path / "out", threads=1)
    assert (checkpoint.family, engine_of(tmp_path / "out")) == ("ctc", "ctc")
    clips = [corpus.samples(item.clip) for item in dataset.items[:3]]
    heard = create("ctc", EngineOptions(model=tmp_path / "out")).transcribe(clips)
    merge(tmp_path / "out", tmp_path / "merged")
    assert engine_of(tmp_path / "merged") == "ctc"
    assert [h.text for h in create("ctc", EngineOptions(model=tmp_path / "merged")).transcribe(clips)] == [
        h.text for h in heard
    ]
