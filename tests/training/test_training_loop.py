"""The loop: learns, resumes to the same bits, chooses by what was heard, and says what is wrong."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
import training_tones as tones
from safetensors.numpy import load_file

from idiolect.corpus import Corpus, FreezeOptions
from idiolect.engines import create, engine_of
from idiolect.engines.protocol import EngineOptions, Hypothesis
from idiolect.errors import InterruptedWork, TrainingError
from idiolect.files import read_json
from idiolect.training import load_recipe, loop, train
from idiolect.training.alignment import AlignmentCache

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return tones.make_project(tmp_path_factory.mktemp("tones"))


def recipe(**changes):
    dotted = {key.replace("__", "."): value for key, value in changes.items()}
    return load_recipe("nano", tones.SMALL | dotted)


class Told:
    """A progress that remembers, and presses Ctrl-C after `stop` steps."""

    def __init__(self, stop=None):
        self.notes, self.steps, self.stop = [], 0, stop

    def start(self, what, total, unit="clips"):
        self.what = what

    def advance(self, steps=1):
        self.steps += steps
        if self.stop is not None and self.what == "train" and self.steps >= self.stop:
            raise KeyboardInterrupt

    def note(self, text):
        self.notes.append(text)

    def finish(self):
        pass


class Scripted:
    """A learner of one weight that starts at 0 and is drawn to 5; what it hears, and its losses, follow a script."""

    family = "scripted"

    def __init__(self, hears, losses=lambda step: None):
        self.module = torch.nn.Linear(1, 1, bias=False)
        torch.nn.init.zeros_(self.module.weight)
        self._hears, self._losses, self._step = hears, losses, 0

    def prepare(self, corpus_samples, examples):
        pass

    def usable(self, example):
        return True

    def batch(self, samples, examples, rng):
        return {}

    def loss(self, batch):
        self._step += 1
        scripted = self._losses(self._step)
        loss = (self.module.weight - 5).square().sum()
        return loss if scripted is None else loss * scripted

    def decode(self, samples):
        return [Hypothesis(self._hears(float(self.module.weight.detach()))) for _ in samples]

    def save(self, folder):
        from safetensors.torch import save_file

        save_file({"weight": self.module.weight.detach()}, folder / "model.safetensors")


def test_it_learns_and_the_engine_hears_what_was_said(project, tmp_path):
    corpus, dataset = project
    told = Told()
    checkpoint = train(corpus, dataset, recipe(), tmp_path / "m", progress=told)
    assert checkpoint.dev["wer"] == 0
    assert engine_of(checkpoint.folder) == "nano"
    engine = create("nano", EngineOptions(model=checkpoint.folder))
    assert engine.version == checkpoint.id
    items = [*dataset.dev, *dataset.test]
    heard = engine.transcribe([corpus.samples(item.clip) for item in items])
    assert [hypothesis.text for hypothesis in heard] == [item.label.text for item in items]
    notes = "\n".join(told.notes)
    assert "human" in notes
    assert "REF " in notes
    assert "warning: under 10 min" in notes
    assert corpus.model(checkpoint.id).dataset_id == dataset.id


def test_a_model_for_any_english_weighs_its_language_model_on_dev_and_leaves_the_line_to_the_task(project, tmp_path):
    corpus, dataset = project
    told = Told()
    folder = train(corpus, dataset, recipe(nano__language_model="en-us"), tmp_path / "m", progress=told).folder
    (note,) = [note for note in told.notes if "weight of the language model" in note]
    tried = {float(weight): float(wer) for wer, weight in re.findall(r"([0-9.]+)% at ([0-9.]+)", note)}
    prior = read_json(folder / "prior.json")
    assert len(tried) == 4
    assert tried[prior["search"]["lm_scale"]] == min(tried.values())
    assert prior["accept"] == 0
    assert (folder / "other-speech.safetensors").exists()


def test_words_are_heard_when_they_are_said(project, tmp_path):
    corpus, dataset = project
    folder = train(corpus, dataset, recipe(), tmp_path / "m").folder
    samples, alignment = tones.spoken("tea no", 1)
    heard = create("nano", EngineOptions(model=folder)).transcribe([samples])[0]
    starts = [alignment.phones[1][1] / 100, alignment.phones[3][1] / 100]
    assert [word.start for word in heard.words] == pytest.approx(starts, abs=0.061)


def test_a_checkpoint_says_all_that_made_it(project, tmp_path):
    corpus, dataset = project
    chosen = recipe(steps=21)
    checkpoint = train(corpus, dataset, chosen, tmp_path / "m")
    stored = json.loads((checkpoint.folder / "checkpoint.json").read_text())
    assert stored["recipe"] == chosen.as_dict()
    assert (stored["dataset"], stored["seed"], stored["base"]) == (dataset.id, 0, None)
    assert stored["versions"]["torch"]
    assert [row["step"] for row in stored["history"]] == [7, 14, 21]
    assert not (checkpoint.folder / "state").exists()


KILLED = """
import sys
sys.path.insert(0, {tests!r})
import training_tones as tones
from pathlib import Path
from idiolect.corpus import Corpus
from idiolect.training import load_recipe, train
corpus = Corpus.open(Path({project!r}))
train(corpus, corpus.dataset(), load_recipe("nano", {recipe!r}), Path({out!r}), threads=2)
"""


def test_killed_and_called_again_it_ends_with_the_same_bits(project, tmp_path):
    corpus, dataset = project
    settings = tones.SMALL | {"steps": 200, "watch.save_steps": 5, "augment.use": True, "watch.times": 4}
    script = KILLED.format(
        tests=str(Path(__file__).parent), project=str(corpus.folder), recipe=settings, out=str(tmp_path / "killed")
    )
    with subprocess.Popen([sys.executable, "-c", script], stderr=subprocess.PIPE) as process:
        deadline = time.monotonic() + 90
        while not list((tmp_path / "killed" / "state").glob("0000006*/state.json")):
            assert process.poll() is None, process.stderr.read().decode()
            assert time.monotonic() < deadline
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
    assert not (tmp_path / "killed" / "checkpoint.json").exists()
    chosen = load_recipe("nano", settings)
    told = Told()
    resumed = train(corpus, dataset, chosen, tmp_path / "killed", progress=told, threads=2)
    assert any("goes on from step" in note for note in told.notes)
    whole = train(corpus, dataset, chosen, tmp_path / "whole", threads=2)
    first, second = (load_file(model.folder / "model.safetensors") for model in (resumed, whole))
    assert first.keys() == second.keys()
    assert all(np.array_equal(first[name], second[name]) for name in first)
    assert resumed.id == whole.id
    rows = [json.loads(line) for line in (resumed.folder / "history.jsonl").read_text().splitlines()]
    assert [row["step"] for row in rows if "loss" in row] == list(range(1, 201))


@pytest.mark.slow
def test_two_processes_average_their_gradients_and_write_one_model(project, tmp_path):
    corpus, _ = project
    script = tmp_path / "train.py"
    script.write_text(
        KILLED.format(
            tests=str(Path(__file__).parent), project=str(corpus.folder), recipe=tones.SMALL, out=str(tmp_path / "m")
        )
    )
    launch = ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2", str(script)]
    done = subprocess.run([sys.executable, *launch], capture_output=True, text=True, timeout=110, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "m" / "checkpoint.json").read_text())["dev"]["wer"] == 0
    rows = [json.loads(line) for line in (tmp_path / "m" / "history.jsonl").read_text().splitlines()]
    assert [row["step"] for row in rows if "loss" in row] == list(range(1, 61))


def test_ctrl_c_saves_and_the_same_call_goes_on(project, tmp_path):
    corpus, dataset = project
    chosen = recipe(augment__use=True)
    with pytest.raises(InterruptedWork, match="step 17 of 60") as caught:
        train(corpus, dataset, chosen, tmp_path / "m", progress=Told(stop=17))
    assert "same command" in str(caught.value)
    again = train(corpus, dataset, chosen, tmp_path / "m")
    assert again.id == train(corpus, dataset, chosen, tmp_path / "whole").id


def test_a_cut_state_is_passed_over_for_the_one_before(project, tmp_path):
    corpus, dataset = project
    with pytest.raises(InterruptedWork):
        train(corpus, dataset, recipe(watch__save_steps=5), tmp_path / "m", progress=Told(stop=17))
    newest = max((tmp_path / "m" / "state").glob("0*"))
    (newest / "state.json").unlink()
    told = Told()
    train(corpus, dataset, recipe(watch__save_steps=5), tmp_path / "m", progress=told)
    assert any("goes on from step 15" in note for note in told.notes)


def test_finished_work_is_not_done_again_and_another_run_is_refused(project, tmp_path):
    corpus, dataset = project
    first = train(corpus, dataset, recipe(steps=20), tmp_path / "m")
    told = Told()
    assert train(corpus, dataset, recipe(steps=20), tmp_path / "m", progress=told) == first
    assert told.notes == []
    with pytest.raises(TrainingError, match="another run"):
        train(corpus, dataset, recipe(steps=21), tmp_path / "m")
    assert train(corpus, dataset, recipe(steps=21), tmp_path / "m", resume=False).id != first.id


def test_the_best_weights_are_those_that_hear_best_not_those_of_least_loss(project, tmp_path, monkeypatch):
    corpus, dataset = project
    learner = Scripted(lambda weight: dataset.dev[0].label.text if weight < 2 else "wrong words here please")
    monkeypatch.setattr(loop, "make_learner", lambda *_, **__: learner)
    chosen = recipe(steps=40, watch__times=10, optimizer__peak=0.3, optimizer__ema=0.0)
    checkpoint = train(corpus, dataset, chosen, tmp_path / "m")
    rows = [json.loads(line) for line in (checkpoint.folder / "history.jsonl").read_text().splitlines()]
    losses = [row["loss"] for row in rows if "loss" in row]
    assert losses[-1] < losses[3] / 10
    assert load_file(checkpoint.folder / "model.safetensors")["weight"].item() < 2
    stored = json.loads((checkpoint.folder / "checkpoint.json").read_text())
    # Equal scores: the earlier one.
    assert stored["run"]["best_step"] == 4


def test_weights_that_do_not_move_are_an_error(project, tmp_path):
    corpus, dataset = project
    with pytest.raises(TrainingError, match="no weight has moved after 20 steps"):
        train(corpus, dataset, recipe(optimizer__peak=0.0), tmp_path / "m")


def test_a_loss_that_is_no_number_is_skipped_and_counted(project, tmp_path, monkeypatch):
    corpus, dataset = project
    learner = Scripted(lambda _: "no", lambda step: float("nan") if step % 5 == 0 else None)
    monkeypatch.setattr(loop, "make_learner", lambda *_, **__: learner)
    checkpoint = train(corpus, dataset, recipe(steps=40), tmp_path / "m")
    stored = json.loads((checkpoint.folder / "checkpoint.json").read_text())
    assert stored["run"]["skipped"] == 8
    assert np.isfinite(load_file(checkpoint.folder / "model.safetensors")["weight"]).all()


def test_losses_that_are_no_numbers_again_and_again_are_an_error(project, tmp_path, monkeypatch):
    corpus, dataset = project
    learner = Scripted(lambda _: "no", lambda step: float("inf") if step > 3 else None)
    monkeypatch.setattr(loop, "make_learner", lambda *_, **__: learner)
    with pytest.raises(TrainingError, match=r"nan|inf"):
        train(corpus, dataset, recipe(steps=40), tmp_path / "m")


def test_minutes_become_steps_once_and_are_kept(project, tmp_path):
    corpus, dataset = project
    chosen = recipe(steps=0, minutes=0.02)
    with pytest.raises(InterruptedWork):
        train(corpus, dataset, chosen, tmp_path / "m", progress=Told(stop=5))
    state = json.loads(next((tmp_path / "m" / "state").glob("0*/state.json")).read_text())
    checkpoint = train(corpus, dataset, chosen, tmp_path / "m")
    stored = json.loads((checkpoint.folder / "checkpoint.json").read_text())
    assert stored["run"]["steps"] == state["steps"] >= 20


def test_a_base_is_where_it_starts(project, tmp_path):
    corpus, dataset = project
    base = train(corpus, dataset, recipe(), tmp_path / "base")
    fine = train(corpus, dataset, recipe(base=str(base.folder), steps=20, optimizer__peak=1e-5), tmp_path / "fine")
    first, second = (load_file(model.folder / "model.safetensors") for model in (base, fine))
    assert all(np.allclose(first[name], second[name], atol=1e-3) for name in first)
    assert fine.dev["wer"] < 0.1
    assert fine.id != base.id


def test_sequences_teach_too_and_take_up_what_frames_taught(project, tmp_path):
    corpus, dataset = project
    base = train(corpus, dataset, recipe(), tmp_path / "base")
    assert train(corpus, dataset, recipe(base=str(base.folder), nano__sequence=0.7), tmp_path / "m").dev["wer"] < 0.1
    chosen = recipe(base=str(base.folder), steps=20, optimizer__peak=1e-5, nano__sequence=0.7)
    fine = train(corpus, dataset, chosen, tmp_path / "fine")
    # Its outputs are likelihoods: the prior is in the search no more, and has left the last layer.
    prior = read_json(fine.folder / "prior.json")
    assert prior["scale"] == 0
    moved = [load_file(model.folder / "model.safetensors")["out.bias"] for model in (fine, base)]
    assert np.allclose(moved[0] - moved[1], -np.array(prior["log_prior"]), atol=0.1)
    again = train(corpus, dataset, recipe(base=str(fine.folder), steps=20, optimizer__peak=1e-5), tmp_path / "again")
    back = load_file(again.folder / "model.safetensors")["out.bias"]
    assert np.allclose(back, moved[1], atol=0.1)
    assert again.dev["wer"] < 0.1


def test_sequences_alone_teach_from_random_weights(project, tmp_path):
    corpus, dataset = project
    assert train(corpus, dataset, recipe(nano__sequence=0.9, steps=100), tmp_path / "m").dev["wer"] < 0.1


def test_a_clip_that_cannot_be_aligned_is_aligned_by_the_base(project, tmp_path):
    corpus, dataset = project
    base = train(corpus, dataset, recipe(), tmp_path / "base")
    cache = AlignmentCache(tmp_path / "cache")
    for item in dataset.items:
        cache.add(item.clip.id, item.label.text, "the text does not fit the audio")
    with pytest.raises(TrainingError, match="does not fit the audio"):
        train(corpus, dataset, recipe(), tmp_path / "none", cache=tmp_path / "cache")
    fine = train(corpus, dataset, recipe(base=str(base.folder), steps=20), tmp_path / "fine", cache=tmp_path / "cache")
    assert fine.dev["wer"] < 0.1
    assert len(list((tmp_path / "cache").glob("nano-*.jsonl"))) == 1


def test_a_base_may_align_everything(project, tmp_path):
    corpus, dataset = project
    base = train(corpus, dataset, recipe(), tmp_path / "base")
    chosen = recipe(base=str(base.folder), steps=20, nano__align="base")
    assert train(corpus, dataset, chosen, tmp_path / "fine", cache=tmp_path / "cache").dev["wer"] < 0.1
    assert [path.name[:5] for path in (tmp_path / "cache").iterdir()] == ["nano-"]
    stored = read_json(tmp_path / "fine" / "checkpoint.json")
    assert stored["alignments"].startswith("nano-")
    after = recipe(base=str(tmp_path / "fine"), steps=20, nano__align="as-base")
    assert train(corpus, dataset, after, tmp_path / "after", cache=tmp_path / "cache").dev["wer"] < 0.1
    assert read_json(tmp_path / "after" / "checkpoint.json")["alignments"] == stored["alignments"]
    assert len(list((tmp_path / "cache").iterdir())) == 1, "nothing is aligned again"
    with pytest.raises(TrainingError, match=r"nano\.align"):
        recipe(nano__align="base")


def test_nothing_to_learn_from_is_said_before_anything_is_loaded(tmp_path):
    corpus = Corpus.create(tmp_path / "empty")
    with pytest.raises(Exception, match=r"no train clip|nothing|no clip|label"):
        train(corpus, corpus.freeze("empty", FreezeOptions()), recipe(), tmp_path / "m")


def test_numbers_go_to_tensorboard_and_to_any_logger(project, tmp_path):
    pytest.importorskip("tensorboard")
    corpus, dataset = project
    seen = []

    class Mine:
        def log(self, step, values):
            seen.append((step, dict(values)))

        def close(self):
            seen.append("closed")

    train(corpus, dataset, recipe(steps=20), tmp_path / "m", loggers=["tensorboard", Mine()])
    assert list((tmp_path / "m" / "tensorboard").iterdir())
    assert seen[-1] == "closed"
    assert seen[-2][1]["dev.wer"] >= 0
    with pytest.raises(TrainingError, match="no logger 'abacus'"):
        train(corpus, dataset, recipe(steps=20), tmp_path / "n", loggers=["abacus"])
