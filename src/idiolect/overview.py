"""Where the loop of a project stands, and the one thing worth doing next: for ``idiolect status`` and the studio."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from idiolect.corpus import Summary
    from idiolect.gateway import Money
    from idiolect.project import Project

ENOUGH_REVIEWED = 20
"""Clips that a person should have confirmed before a test means anything: with fewer, six groups are hardly there."""


@dataclass(frozen=True, slots=True)
class Step:
    """What to do next. command: for the terminal; page: of the studio; about: why, as a sentence."""

    name: str
    command: str
    page: str
    about: str


@dataclass(frozen=True, slots=True)
class ModelScore:
    """A model and how it did. dev: its WER there. measure, value, interval: of the newest test that it took part in."""

    name: str
    family: str
    created_at: datetime | None
    dev: float | None
    measure: str = ""
    value: float | None = None
    interval: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Overview:
    """One state of the project. models: newest first; bundles: names of exported ones. spent: on servers, in all."""

    amounts: Summary
    datasets: tuple[str, ...]
    models: tuple[ModelScore, ...]
    bundles: tuple[str, ...]
    evaluations: int
    spent: Money
    step: Step


def overview(project: Project) -> Overview:
    """Read it from the store and the folder ``models``."""
    from idiolect.gateway import Money

    corpus = project.corpus
    amounts = corpus.summary()
    names = tuple(corpus.dataset_names())
    bundles = tuple(sorted(path.parent.name for path in (project.folder / "models").glob("*/bundle.json")))
    models = _models(project)
    evaluations = corpus.counts()["evaluation"]
    return Overview(
        amounts,
        names,
        models,
        bundles,
        evaluations,
        Money(corpus.ledger.booked()),
        next_step(amounts, names, models, evaluations, bundles),
    )


def model_names(project: Project) -> tuple[str, ...]:
    """The folders in ``models`` that an engine can run: checkpoints and bundles, newest first."""
    found = [path for kind in ("checkpoint", "bundle") for path in (project.folder / "models").glob(f"*/{kind}.json")]
    found.sort(key=lambda path: (-path.stat().st_mtime, path.parent.name))
    return tuple(dict.fromkeys(path.parent.name for path in found))


def hearers_of(project: Project) -> dict[str, Any]:
    """What can hear in this project with no more said, as lists of names: ``engines``, ``models`` and ``tasks``."""
    from idiolect.engines.state import engine_states
    from idiolect.tasks.files import task_files

    return {
        "engines": [one.name for one in engine_states() if one.stands_alone],
        "models": list(model_names(project)),
        "tasks": task_files(project.folder),
    }


def next_step(
    amounts: Summary, datasets: Sequence[str], models: Sequence[Any], evaluations: int, bundles: Sequence[str]
) -> Step:
    """The first step of the loop that has not been taken; when all are, whatever makes the next round better."""
    reviewed, labelled = amounts.reviewed.clips, amounts.labelled.clips
    waiting = amounts.recorded.clips - reviewed
    steps = (
        (
            not amounts.recorded.clips + amounts.synthetic.clips,
            Step("record", "idiolect import AUDIO", "/record", "There is no audio yet: record some, or import files."),
        ),
        (
            not labelled + amounts.synthetic.clips,
            Step("label", "idiolect label", "/import", "Nothing is labelled: let a teacher write down what it hears."),
        ),
        (
            waiting and reviewed < min(ENOUGH_REVIEWED, amounts.recorded.clips) and not datasets,
            Step("review", "idiolect review", "/review", "Only what people confirmed can test a model: review clips."),
        ),
        (
            not datasets,
            Step("freeze", "idiolect freeze", "/datasets", "Freeze what is labelled: a dataset never changes."),
        ),
        (
            not models,
            Step("train", "idiolect train", "/training", "Train a small model on the dataset."),
        ),
        (
            not evaluations,
            Step("evaluate", "idiolect evaluate", "/compare", "Find out how good the model is, and how sure that is."),
        ),
        (
            not bundles,
            Step("export", "idiolect export", "/training", "Export the model as a bundle that runs anywhere."),
        ),
    )
    for missing, step in steps:
        if missing:
            return step
    if waiting:
        about = "Review what the model is unsure of: the next one learns from it."
        return Step("review", "idiolect review", "/review", about)
    about = "Serve the model, and correct what it gets wrong."
    return Step("serve", f"idiolect serve --model {bundles[-1]}", "/serve", about)


def _models(project: Project) -> tuple[ModelScore, ...]:
    """Checkpoints of the project, newest first, with the newest score of each."""
    scores: dict[str, Mapping[str, Any]] = {}
    for record in project.corpus.evaluations():
        for system in record.report.get("systems", ()):
            if system["scores"]:
                scores[system["name"]] = system["scores"][0]
    found = []
    for model in reversed(project.corpus.models()):
        score = scores.get(model.name) or scores.get(f"{model.name}-onnx-int8")
        dev = model.dev_score if model.dev_score is not None and math.isfinite(model.dev_score) else None
        if score is None or score["value"] is None:
            found.append(ModelScore(model.name, model.family, model.created_at, dev))
            continue
        interval = score["interval"]["low"], score["interval"]["high"]
        measured = (score["measure"], score["value"], interval)
        found.append(ModelScore(model.name, model.family, model.created_at, dev, *measured))
    return tuple(found)
