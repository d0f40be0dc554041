"""What a training run leaves for those who watch it: read without torch, while it runs and after."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from idiolect.files import read_json, write_json
from idiolect.training.loggers import History
from idiolect.training.recipe import Recipe

FILE = "run.json"
CHECKPOINT = "checkpoint.json"
WRITTEN = (FILE, CHECKPOINT, "history.jsonl")
JOB = "IDIOLECT_JOB"
"""Names the job that a command is, where it is one."""
JUST_NOW = 60.0
"""Seconds: several steps, and a look at dev."""
POINTS = 400
"""Points of a curve that are given: more than a screen shows apart."""


@dataclass(frozen=True, slots=True)
class TrainingRun:
    """One run. `name` is its folder's.

    dataset: the id. job: what it runs as, or ran as last; empty for a command in a terminal. began: seconds since 1970.
    seconds: spent so far. loss: (step, seconds, mean loss since the point before). dev: rows with ``step``, ``seconds``
    and ``wer``, ``accepted`` or both. samples: by step, the same few clips each time: ``clip``, ``reference``,
    ``hypothesis``.
    joules: what the counters of the machine say, by part; empty where it has none that may be read.
    best_step: of the weights that are kept. score: of these on dev. touched: when it last wrote, seconds since 1970.
    """

    name: str
    family: str
    dataset: str
    recipe: Mapping[str, Any]
    job: str
    began: float | None
    steps: int
    step: int
    seconds: float
    loss: tuple[tuple[int, float, float], ...]
    dev: tuple[Mapping[str, Any], ...]
    samples: tuple[tuple[int, tuple[Mapping[str, str], ...]], ...]
    joules: Mapping[str, float]
    finished: bool
    best_step: int | None
    score: Mapping[str, Any]
    touched: float

    @property
    def seconds_per_step(self) -> float | None:
        """Decoding dev included; None before the first step."""
        return self.seconds / self.step if self.step else None

    @property
    def left(self) -> float | None:
        """Seconds until its end at the speed so far; None where it is finished, or nothing shows the speed."""
        each = self.seconds_per_step
        return None if self.finished or each is None else each * max(0, self.steps - self.step)

    @property
    def measure(self) -> Literal["wer", "accepted"]:
        """What its looks at dev say: the word error rate where any has it, else the share that is understood."""
        return "wer" if any(row.get("wer") is not None for row in self.dev) else "accepted"

    @property
    def best(self) -> float | None:
        """The best of `measure` on dev, a share; of a finished run, that of the weights that are kept."""
        values = [row[self.measure] for row in self.dev if row.get(self.measure) is not None]
        best = None if not values else min(values) if self.measure == "wer" else max(values)
        return self.score.get(self.measure, best) if self.finished else best

    def state(self, *, job_runs: bool | None, now: float) -> Literal["done", "running", "stopped"]:
        """How it stands at `now`, in seconds since 1970. job_runs: whether its job does; None: it has no job here.

        A run without a job is a command in somebody's terminal: it is running if it has just written.
        """
        if self.finished:
            return "done"
        running = now - self.touched < JUST_NOW if job_runs is None else job_runs
        return "running" if running else "stopped"


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a run would take. steps, passes (over the training clips): None where no earlier run shows the speed.

    seconds: None where the recipe says steps and nothing shows the speed. based_on: the run that shows it.
    """

    seconds: float | None
    steps: int | None
    passes: float | None
    based_on: str


def write_begin(folder: Path, identity: Mapping[str, Any], steps: int) -> None:
    """Say what is trained in `folder`, before the first state is saved."""
    path = folder / FILE
    before = read_json(path) if path.exists() else {}
    job = os.environ.get(JOB) or before.get("job", "")
    write_json(path, {**identity, "steps": steps, "began": before.get("began", time.time()), "job": job})


def read_runs(models: Path) -> list[TrainingRun]:
    """All runs in ``models/`` with their curves, newest first."""
    folders = {path.parent for name in (FILE, CHECKPOINT) for path in models.glob(f"*/{name}")}
    runs = [run for folder in folders if (run := read_run(folder)) is not None]
    return sorted(runs, key=lambda run: (run.began or 0, run.name), reverse=True)


def read_run(folder: Path) -> TrainingRun | None:
    """The run in `folder`; None where nothing was trained (a bundle has no recipe)."""
    # Whoever watches asks each second; most runs have not changed for weeks.
    stats = [(folder / name).stat() if (folder / name).exists() else None for name in WRITTEN]
    return _read(folder, tuple(stat and (stat.st_mtime_ns, stat.st_size) for stat in stats))


@lru_cache(maxsize=256)
def _read(folder: Path, stamp: object) -> TrainingRun | None:  # noqa: ARG001 - what the cache goes by
    begun, made = _json(folder / FILE), _json(folder / CHECKPOINT)
    about = {**begun, **made}
    recipe = about.get("recipe")
    if not recipe:
        return None
    rows = History.read(folder)
    steps = [row for row in rows if "loss" in row]
    spent = {int(row["step"]): float(row["seconds"]) for row in steps}
    dev = [row for row in rows if "dev.wer" in row or "dev.accepted" in row]
    facts = made.get("run", {})
    return TrainingRun(
        name=folder.name,
        family=made.get("family") or recipe["family"],
        dataset=about.get("dataset") or "",
        recipe=recipe,
        job=begun.get("job", ""),
        began=begun.get("began") or _began(folder),
        steps=int(facts.get("steps") or begun.get("steps") or 0),
        step=int(rows[-1]["step"]) if rows else int(facts.get("steps") or 0),
        seconds=float(steps[-1]["seconds"]) if steps else 0.0,
        loss=_thinned(steps),
        dev=tuple(_dev(row, spent.get(int(row["step"]), 0.0)) for row in dev),
        samples=tuple((int(row["step"]), tuple(row["samples"])) for row in rows if "samples" in row),
        joules=next((row["joules"] for row in reversed(rows) if "joules" in row), {}),
        finished=bool(made),
        best_step=facts.get("best_step"),
        score=made.get("dev", {}),
        touched=max(path.stat().st_mtime for name in WRITTEN if (path := folder / name).exists()),
    )


def forecast(recipe: Recipe, audio_seconds: float, runs: Sequence[TrainingRun]) -> Forecast:
    """How long `recipe` takes on `audio_seconds` of training clips, by the newest of `runs` that is like it."""
    like = next((run for run in runs if run.seconds_per_step and _alike(run.recipe, recipe.as_dict())), None)
    each = None if like is None else like.seconds_per_step
    seconds = recipe.minutes * 60 if not recipe.steps else None if each is None else recipe.steps * each
    steps = recipe.steps or (None if each is None else round(recipe.minutes * 60 / each))
    passes = None
    if steps and audio_seconds:
        passes = steps * recipe.batch.seconds * recipe.batch.accumulate / audio_seconds
    return Forecast(seconds, steps, passes, "" if like is None else like.name)


def _alike(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether a step of both costs the same: the same network and batch."""
    parts = ("family", "batch", "adapter", "transformers")
    same = all(one.get(name) == other.get(name) for name in parts)
    if one.get("family") != "nano":
        return same and one.get("base") == other.get("base")
    shape = ("channels", "blocks", "kernel", "crop")
    ours, theirs = one.get("nano", {}), other.get("nano", {})
    sequence = bool(ours.get("sequence")) == bool(theirs.get("sequence"))
    return same and sequence and all(ours.get(name) == theirs.get(name) for name in shape)


def _thinned(rows: Sequence[Mapping[str, Any]]) -> tuple[tuple[int, float, float], ...]:
    """At most `POINTS` points, each the mean of its rows."""
    width = max(1, -(-len(rows) // POINTS))
    parts = [rows[first : first + width] for first in range(0, len(rows), width)]
    return tuple(
        (int(part[-1]["step"]), float(part[-1]["seconds"]), round(sum(row["loss"] for row in part) / len(part), 5))
        for part in parts
    )


def _dev(row: Mapping[str, Any], seconds: float) -> dict[str, Any]:
    values = {name.removeprefix("dev."): value for name, value in row.items() if name.startswith("dev.")}
    return {"step": int(row["step"]), "seconds": seconds, **values}


def _began(folder: Path) -> float | None:
    """For runs from before `FILE` was written."""
    path = folder / CHECKPOINT
    return path.stat().st_mtime if path.exists() else None


def _json(path: Path) -> dict[str, Any]:
    try:
        value = read_json(path)
    except (FileNotFoundError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}
