"""Starting, watching and comparing trainings."""

from __future__ import annotations

import re
import time
from dataclasses import asdict
from functools import cache
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, HTMLResponse
from pydantic import BaseModel, Field

from idiolect.errors import MissingExtraError, TrainingError
from idiolect.evaluation.looks import heard_over_time
from idiolect.export import FORMATS
from idiolect.jobs import Job
from idiolect.studio.desk import Desk, OwnerDesk
from idiolect.studio.pages.jobs import as_json, jobs_of
from idiolect.studio.showing import show
from idiolect.tasks.files import task_files
from idiolect.training import (
    Recipe,
    TrainingRun,
    about_recipe,
    forecast,
    load_recipe,
    read_run,
    read_runs,
    recipes,
)

router = APIRouter()

FIRST = ("nano", "adapt", "lora", "full")
"""The recipes that most people want; those that made the starter come after."""
SMALL = ("onnx-int8", "ctranslate2-int8")
"""What a model is exported to from here; between them they take every family."""
PLOTLY = "package_data/plotly.min.js"


class Chosen(BaseModel):
    """One training as the form says it. changes: ``NAME=VALUE``, as ``--set`` takes them."""

    dataset: str
    recipe: str = "nano"
    base: str | None = None
    task: str | None = None
    minutes: float | None = Field(None, gt=0)
    seed: int | None = None
    changes: list[str] = []
    at_once: bool = False

    def resolved(self) -> Recipe:
        """The recipe with what was changed. Raises `TrainingError`."""
        overrides: dict[str, Any] = {}
        for line in self.changes:
            name, found, value = line.partition("=")
            if not found:
                raise TrainingError(f"{line!r} changes nothing", hint="write NAME=VALUE, such as steps=200")
            overrides[name.strip()] = value.strip()
        said = {"minutes": self.minutes, "seed": self.seed, "base": self.base}
        return load_recipe(self.recipe, overrides | {name: value for name, value in said.items() if value is not None})

    def argv(self) -> list[str]:
        """The command line that does it."""
        words = ["train", "--dataset", self.dataset, "--recipe", self.recipe]
        for option in ("base", "task", "minutes", "seed"):
            value = getattr(self, option)
            if value not in (None, ""):
                words += [f"--{option}", f"{value:g}" if isinstance(value, float) else str(value)]
        for line in self.changes:
            words += ["--set", line]
        return words


@router.get("/training", response_class=HTMLResponse)
def page(request: Request, desk: OwnerDesk) -> HTMLResponse:
    """The form, the run under way, and all runs."""
    project = desk.project
    return show(
        request,
        desk,
        "training.html",
        datasets=project.corpus.dataset_records(),
        recipes=_known_recipes(desk),
        bases=_bases(desk),
        tasks=task_files(project.folder),
        runs=_rows(desk),
        plotly={"address": f"/training/plotly.js?v={_plotly_version()}", "styles": _own_styles()},
    )


@router.get("/training/plotly.js")
def plotly(desk: OwnerDesk) -> FileResponse:  # noqa: ARG001 - for its owner only, as the page
    """The charts' script, out of its wheel."""
    here = _plotly()
    if here is None:
        raise MissingExtraError("charts", "studio")
    kept = {"cache-control": "private, max-age=31536000, immutable"}
    return FileResponse(here, media_type="text/javascript", headers=kept)


@router.post("/api/training/forecast")
def expect(body: Chosen, desk: OwnerDesk) -> dict[str, Any]:
    """How long it would take, and on how much."""
    corpus = desk.project.corpus
    record = next((one for one in corpus.dataset_records() if one.id == body.dataset), None)
    if record is None:
        raise TrainingError("choose a dataset first", hint="the page Datasets freezes one")
    recipe = body.resolved()
    clips, seconds = record.splits.get("train", (0, 0.0))
    told = forecast(recipe, seconds, read_runs(_models(desk)))
    dev = record.splits.get("dev", (0, 0.0))[0]
    return {
        **asdict(told),
        "clips": clips,
        "audio": seconds,
        "dev": min(dev, recipe.watch.clips),
        "family": recipe.family,
    }


@router.post("/api/training/start")
def start(body: Chosen, desk: OwnerDesk) -> dict[str, Any]:
    """Start it as a job."""
    recipe = body.resolved()
    dataset = desk.project.corpus.dataset(body.dataset)
    if recipe.family != "nano" and not recipe.base:
        raise TrainingError(f"{body.recipe} needs a model to start from", hint="give the folder of a downloaded model")
    desk.project.task(body.task or None)
    title = desk.t("Train {recipe} on {dataset}", recipe=body.recipe, dataset=dataset.name)
    job = jobs_of(desk).start(body.argv(), title, about={"dataset": dataset.id}, at_once=body.at_once)
    return as_json(job)


@router.post("/api/training/runs/{name}/export")
def export(name: str, desk: OwnerDesk) -> dict[str, Any]:
    """Write a finished model as a bundle, as a job."""
    folder = _models(desk) / Path(name).name
    run = read_run(folder) if folder.is_dir() else None
    if run is None or not run.finished:
        raise TrainingError(
            f"there is no finished model {name!r} here", hint="it can be exported when its training has ended"
        )
    to = next(form for form in SMALL if run.family in FORMATS[form].families)
    title = desk.t("Export {name}", name=run.name)
    return as_json(jobs_of(desk).start(["export", run.name, "--to", to], title, about={"model": run.name}))


@router.get("/api/training/runs")
def listed(desk: OwnerDesk) -> dict[str, Any]:
    """All runs, without their curves."""
    return {"runs": _rows(desk)}


@router.get("/api/training/runs/{name}")
def one(name: str, desk: OwnerDesk) -> dict[str, Any]:
    """One run, with its curves and what it heard over time."""
    folder = _models(desk) / Path(name).name
    run = read_run(folder) if folder.is_dir() else None
    if run is None:
        raise TrainingError(f"there is no run {name!r} here")
    jobs = {job.id: job for job in jobs_of(desk).list()}
    return {
        **_row(run, jobs, _names(desk), _bundle(desk, run.name)),
        "loss": run.loss,
        "dev": run.dev,
        "samples": heard_over_time(run.samples),
        "seed": run.recipe.get("seed"),
    }


def _rows(desk: Desk) -> list[dict[str, Any]]:
    jobs = {job.id: job for job in jobs_of(desk).list()}
    names = _names(desk)
    return [_row(run, jobs, names, _bundle(desk, run.name)) for run in read_runs(_models(desk))]


def _row(run: TrainingRun, jobs: dict[str, Job], names: dict[str, str], bundle: str) -> dict[str, Any]:
    job = jobs.get(run.job)
    state = run.state(job_runs=None if job is None else job.running, now=time.time())
    return {
        "name": run.name,
        "recipe": run.recipe.get("name", ""),
        "family": run.family,
        "base": Path(str(run.recipe.get("base") or "")).name,
        "dataset": names.get(run.dataset, run.dataset[:8]),
        "began": run.began,
        "step": run.step,
        "steps": run.steps,
        "seconds": run.seconds,
        "left": run.left,
        "measure": run.measure,
        "best": run.best,
        "best_step": run.best_step,
        "joules": dict(run.joules),
        "state": state,
        "job": None if job is None else as_json(job),
        "bundle": bundle,
    }


def _bundle(desk: Desk, name: str) -> str:
    """The folder of its bundle, named as ``idiolect export`` does; empty where there is none."""
    found = (_models(desk) / f"{name}-{kind}" for kind in FORMATS)
    return next((folder.name for folder in found if (folder / "bundle.json").is_file()), "")


def _known_recipes(desk: Desk) -> list[dict[str, Any]]:
    names = [*FIRST, *(name for name in recipes() if name not in FIRST)]
    made = [(name, load_recipe(name)) for name in names]
    return [
        {
            "name": name,
            "about": desk.t(about_recipe(name)),
            "family": recipe.family,
            "minutes": recipe.minutes,
            "base": recipe.base,
        }
        for name, recipe in made
    ]


def _bases(desk: Desk) -> list[str]:
    """Models of this project that another can start from, newest first."""
    return [model.name for model in reversed(desk.project.corpus.models())]


def _names(desk: Desk) -> dict[str, str]:
    return {key: name for name, key in desk.project.corpus.dataset_names().items()}


def _models(desk: Desk) -> Path:
    return desk.project.folder / "models"


def _plotly() -> Path | None:
    """Plotly's script in its wheel; the package itself, which is large, is not loaded."""
    found = find_spec("plotly")
    places = [] if found is None else [Path(place) / PLOTLY for place in found.submodule_search_locations or ()]
    return next((place for place in places if place.is_file()), None)


@cache
def _own_styles() -> tuple[str, ...]:
    """The ids of style elements that the script adds at its start, for maps, unless they are there already.

    The policy would refuse them, and the browser complain; so the page has elements of these ids.
    """
    script = _plotly()
    text = "" if script is None else script.read_text(encoding="utf-8", errors="replace")
    return tuple(sorted(set(re.findall(r'getElementById\("([0-9a-f]{64})"\)', text))))


def _plotly_version() -> str:
    try:
        return metadata.version("plotly")
    except metadata.PackageNotFoundError:
        return "missing"
