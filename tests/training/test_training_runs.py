from __future__ import annotations

import json

import pytest

from idiolect.files import write_json
from idiolect.training import about_recipe, forecast, load_recipe, read_run, read_runs, recipes
from idiolect.training.dev import Heard
from idiolect.training.energy import Meter, added
from idiolect.training.loggers import History
from idiolect.training.runs import JOB, POINTS, write_begin


def begun(folder, steps=1000, done=900, **overrides):
    """A run as the loop leaves it when it is killed in the middle of a line."""
    recipe = load_recipe("nano", overrides=overrides)
    write_begin(folder, {"recipe": recipe.as_dict(), "dataset": "d1", "task": None}, steps)
    history = History(folder)
    for step in range(1, done + 1):
        history.log(step, {"loss": 1 / step, "rate": 1e-3, "seconds": 2.0 * step})
        if step % 300 == 0:
            history.log(step, {"dev.wer": 0.5 - step / 3000, "dev.clips": 4, "dev.words": 20})
            history.look(step, [Heard("c1", "größer als", f"heard {step}")], {"processor": 10.0 * step})
    with history.path.open("a") as file:
        file.write('{"step": 901, "lo')
    return folder


def test_a_run_under_way_is_read(tmp_path, monkeypatch):
    monkeypatch.setenv(JOB, "20260101-120000-train-abcdef")
    run = read_run(begun(tmp_path / "models" / "nano-1"))
    assert (run.name, run.family, run.dataset, run.job) == ("nano-1", "nano", "d1", "20260101-120000-train-abcdef")
    assert (run.step, run.steps, run.seconds, run.finished) == (900, 1000, 1800.0, False)
    assert run.seconds_per_step == 2
    assert len(run.loss) <= POINTS
    assert run.loss[-1][:2] == (900, 1800.0)
    assert sum(loss for _, _, loss in run.loss[:1]) == pytest.approx((1 + 1 / 2 + 1 / 3) / 3, abs=1e-4)
    assert [(row["step"], row["seconds"], round(row["wer"], 6)) for row in run.dev] == [
        (300, 600.0, 0.4),
        (600, 1200.0, 0.3),
        (900, 1800.0, 0.2),
    ]
    assert run.samples[1] == (600, ({"clip": "c1", "reference": "größer als", "hypothesis": "heard 600"},))
    assert run.joules == {"processor": 9000.0}


def test_going_on_keeps_when_it_began_and_what_it_runs_as(tmp_path, monkeypatch):
    monkeypatch.setenv(JOB, "a job")
    folder = begun(tmp_path / "m")
    first = read_run(folder)
    monkeypatch.delenv(JOB)
    write_begin(folder, {"recipe": load_recipe("nano").as_dict(), "dataset": "d1", "task": None}, 1000)
    again = read_run(folder)
    assert (again.began, again.job) == (first.began, "a job")


def test_finished_runs_of_before_and_bundles(tmp_path):
    about = {"family": "nano", "recipe": load_recipe("nano").as_dict(), "dataset": "d1", "dev": {"wer": 0.1}}
    write_json(tmp_path / "old" / "checkpoint.json", {**about, "run": {"steps": 50, "best_step": 40}})
    write_json(tmp_path / "bundle" / "bundle.json", {"format": "onnx"})
    begun(tmp_path / "new")
    runs = read_runs(tmp_path)
    assert {run.name for run in runs} == {"new", "old"}
    old = next(run for run in runs if run.name == "old")
    assert (old.finished, old.steps, old.best_step, old.score) == (True, 50, 40, {"wer": 0.1})


def test_a_forecast_is_by_a_run_like_it(tmp_path):
    run = read_run(begun(tmp_path / "nano-1"))
    nano = load_recipe("nano", overrides={"minutes": 10})
    told = forecast(nano, 3600.0, [run])
    assert (told.seconds, told.steps, told.based_on) == (600, 300, "nano-1")
    assert told.passes == pytest.approx(300 * nano.batch.seconds / 3600)
    assert forecast(nano, 3600.0, []).steps is None
    wide = load_recipe("nano", overrides={"nano.channels": 64})
    assert forecast(wide, 3600.0, [run]).based_on == ""
    by_steps = load_recipe("nano", overrides={"steps": 50})
    assert forecast(by_steps, 3600.0, [run]).seconds == 100
    assert forecast(by_steps, 3600.0, []).seconds is None


def test_every_recipe_says_what_it_is_for():
    assert all(len(about_recipe(name)) > 40 for name in recipes())


def test_energy_is_counted_over_the_end_of_a_counter(tmp_path):
    package = tmp_path / "intel-rapl:0"
    (tmp_path / "intel-rapl:0:0").mkdir()
    (tmp_path / "intel-rapl:0:0" / "energy_uj").write_text("5")
    package.mkdir()
    (package / "max_energy_range_uj").write_text("100000000")
    (package / "energy_uj").write_text("90000000\n")
    meter = Meter(tmp_path)
    (package / "energy_uj").write_text("97000000\n")
    assert meter.joules() == {"processor": 7.0}
    (package / "energy_uj").write_text("3000000\n")
    assert meter.joules() == {"processor": 13.0}
    assert added({"processor": 2.0}, meter.joules()) == {"processor": 15.0}


def test_a_machine_that_counts_nothing_says_nothing(tmp_path):
    assert Meter(tmp_path).joules() == {}


def test_rows_after_the_saved_state_are_dropped(tmp_path):
    folder = begun(tmp_path / "m")
    assert [row["step"] for row in History(folder, 450).rows() if "samples" in row] == [300]
    assert json.loads((folder / "history.jsonl").read_text().splitlines()[-1])["step"] == 450
