"""A project: the folder on disk that hands out the rooms.

What a Python user calls and what the skins call is the same. Each method asks one room; the rooms are
imported when they are asked, so that opening a project loads nothing heavy.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, cast

from idiolect.errors import EvaluationError, ProjectError
from idiolect.files import read_json, write_json, write_text
from idiolect.pools import PROCESSES, PoolChoice
from idiolect.progress import SILENT, Progress
from idiolect.settings import FILE_NAME, Settings, load_settings, settings_toml

if TYPE_CHECKING:
    from idiolect.corpus import ClipFilter, Corpus, Dataset, ImportReport
    from idiolect.corpus.values import Split
    from idiolect.engines import Engine, EngineOptions
    from idiolect.engines.protocol import RemoteEngine
    from idiolect.evaluation import Report
    from idiolect.export import Bundle
    from idiolect.gateway import Gateway
    from idiolect.gateway.prices import Prices
    from idiolect.improving import Improvement
    from idiolect.labeling import Choice, LabelReport, RelabelReport, SynthesisReport
    from idiolect.labeling.correcting import CorrectReport
    from idiolect.labeling.costs import CostReport
    from idiolect.labeling.voices.hosted import Hosting
    from idiolect.serving import Outcome
    from idiolect.tasks import Task
    from idiolect.training import Checkpoint, Recipe

PathLike = str | Path

_UNDER_WAY = 16
"""Requests of one run that are under way at once, where nobody says how many."""


class Project:
    """A folder with ``idiolect.toml``, a database, audio, datasets, models and reports."""

    def __init__(self, folder: Path, settings: Settings) -> None:
        self.folder = folder
        self.settings = settings

    @classmethod
    def create(cls, folder: Path, **settings: Any) -> Project:
        """Make a project in `folder`. Raises `ProjectError` where one is, `SettingsError` for a bad setting."""
        from idiolect.corpus import Corpus

        folder = folder.expanduser().absolute()
        if (folder / FILE_NAME).exists():
            raise ProjectError(f"{folder} is a project already", hint="idiolect status shows it")
        if folder.exists() and not folder.is_dir():
            raise ProjectError(f"{folder} is a file, not a folder")
        chosen = {name: value for name, value in settings.items() if value is not None}
        chosen.setdefault("name", folder.name)
        resolved = load_settings(folder, **chosen)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            Corpus.create(folder, url=resolved.database or None).close()
            write_text(folder / FILE_NAME, settings_toml(chosen))
        except OSError as error:
            raise ProjectError(f"cannot make a project in {folder}: {error.strerror}") from error
        return cls(folder, resolved)

    @classmethod
    def find(cls, path: Path, **overrides: Any) -> Project:
        """The project in `path` or in the nearest folder above it. Raises `ProjectError` where there is none."""
        start = path.expanduser().absolute()
        for folder in (start, *start.parents):
            if (folder / FILE_NAME).is_file():
                return cls(folder, load_settings(folder, **overrides))
        raise ProjectError(f"no idiolect project in {start} or above it", hint="idiolect init FOLDER makes one")

    @cached_property
    def corpus(self) -> Corpus:
        """The store of this project; opened when it is first asked for."""
        from idiolect.corpus import Corpus

        return Corpus.open(self.folder, url=self.settings.database or None)

    def close(self) -> None:
        """Close the store. The project may be used again; it then opens the store again."""
        if "corpus" in self.__dict__:
            self.__dict__.pop("corpus").close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def import_audio(
        self,
        paths: PathLike | Sequence[PathLike],
        *,
        format: str | None = None,  # noqa: A002 - the word a caller would use
        progress: Progress = SILENT,
        dry_run: bool = False,
        **options: Any,
    ) -> ImportReport:
        """Import audio, and the texts that come with it; see `corpus.ImportOptions` for `options`."""
        from idiolect.corpus import ImportOptions, find_entries, import_entries

        many = [paths] if isinstance(paths, str | Path) else list(paths)
        entries, skipped = find_entries(many, format=format)
        defaults: dict[str, Any] = {
            "language": self.settings.language,
            "speaker": self.settings.speaker or None,
            "sensitivity": self.settings.sensitivity,
            "copy": self.settings.copy_audio,
        }
        given = {name: value for name, value in options.items() if value is not None}
        chosen = ImportOptions(**(defaults | given))
        return import_entries(self.corpus, entries, chosen, skipped=skipped, progress=progress, dry_run=dry_run)

    def gateway(self, *, offline: bool | None = None, prices: Prices | None = None, **run: Any) -> Gateway:
        """The door out of this project, for one run; see `gateway.Gateway` for `run`. Close it.

        prices: None: `prices`. offline: None: as the setting says. True is never lifted: not by False here, where the
        setting or the variable says so.
        """
        from idiolect.gateway import Gateway

        return Gateway(self.corpus, prices or self.prices(), offline=self.settings.offline or bool(offline), **run)

    def pool(self, choice: PoolChoice) -> PoolChoice:
        """The pool as this project may use it: where the setting offline is on, no other machine reads audio."""
        return replace(choice, offline=choice.offline or self.settings.offline)

    def prices(self, **run: Any) -> Prices:
        """What others charge; see `gateway.prices_of`."""
        from idiolect.gateway.opening import prices_of

        return prices_of(self.folder, **run)

    def label(
        self,
        engine: str = "sphinx",
        *,
        model: PathLike | None = None,
        task: Task | PathLike | None = None,
        extra: Mapping[str, Any] | None = None,
        progress: Progress = SILENT,
        **options: Any,
    ) -> LabelReport:
        """Let a teacher label every clip that it has not labelled yet. Killed and called again, it goes on.

        extra: choices that only this engine reads. options: see `labeling.label`; and price, cap, assume_yes and resend
        of an engine that sends clips to a server, see `prices` and `gateway`.
        """
        from idiolect.labeling import label

        with self._door(engine, model, extra or {}, progress, options) as door:
            self._place(options, _UNDER_WAY if door else self.settings.cores)
            chosen = self._engine_options(model, task, extra or {}, door)
            return label(self.corpus, engine, chosen, progress=progress, **options)

    def relabel(
        self,
        engine: str,
        choice: Choice,
        *,
        model: PathLike | None = None,
        task: Task | PathLike | None = None,
        extra: Mapping[str, Any] | None = None,
        progress: Progress = SILENT,
        **options: Any,
    ) -> RelabelReport:
        """Let a teacher hear the clips of `choice` again; see `labeling.relabel`. Old labels stay."""
        from idiolect.labeling import relabel

        with self._door(engine, model, extra or {}, progress, options) as door:
            self._place(options, _UNDER_WAY if door else self.settings.cores)
            chosen = self._engine_options(model, task, extra or {}, door)
            return relabel(self.corpus, engine, chosen, choice=choice, progress=progress, **options)

    @contextmanager
    def _door(
        self, engine: str, model: PathLike | None, extra: Mapping[str, Any], progress: Progress, options: dict[str, Any]
    ) -> Iterator[Gateway | None]:
        """The door for an engine that sends clips to a server; None for one that hears them here."""
        from idiolect.engines import ENGINES
        from idiolect.gateway.opening import PAYING

        if engine not in ENGINES or not ENGINES[engine].remote:
            for name in ("price", *PAYING):
                options.pop(name, None)
            yield None
            return
        chosen = dict(extra)
        server, asked = str(chosen.get("url") or ""), str(chosen.get("model") or model or "")
        run = f"label {engine} {json.dumps([asked, chosen], sort_keys=True, default=str)}"
        with self._paid(server, asked, progress, options, run=run) as door:
            yield door

    @contextmanager
    def _paid(
        self, server: str, model: str, progress: Progress, options: dict[str, Any], *, run: str = ""
    ) -> Iterator[Gateway]:
        """The door for a run that asks `model` at `server`; see `gateway.opening.paid_run`."""
        from idiolect.gateway.opening import paid_run

        prices = self.prices(server=server, model=model, price=options.pop("price", None), progress=progress)
        with paid_run(partial(self.gateway, prices=prices, run=run), options) as door:
            yield door

    def _engine_options(
        self, model: PathLike | None, task: Task | PathLike | None, extra: Mapping[str, Any], door: Gateway | None
    ) -> EngineOptions:
        from idiolect.engines import EngineOptions

        return EngineOptions(
            model=model if door is not None or model is None else self.model_folder(model),
            task=self.task(task),
            language=self.settings.language,
            extra=dict(extra),
            gateway=door,
        )

    def _place(self, options: dict[str, Any], processes: int = 1) -> None:
        """Say in `options` where the work is done, where they do not."""
        options.setdefault("processes", processes)
        options["pool"] = self.pool(options.get("pool", PROCESSES))

    def transcribe(
        self,
        files: Sequence[Path],
        engine: str,
        *,
        model: PathLike | None = None,
        task: Task | PathLike | None = None,
        extra: Mapping[str, Any] | None = None,
        progress: Progress = SILENT,
        **options: Any,
    ) -> Iterator[Outcome]:
        """What an engine behind a server hears in files.

        options: see `serving.transcribe_through`; those of paying of `label`; and `stated`: how far audio may travel
        that is not in the store (private).
        """
        from idiolect.engines import create
        from idiolect.serving import transcribe_through

        with self._door(engine, model, extra or {}, progress, options) as door:
            chosen = self._engine_options(model, task, extra or {}, door)
            made = cast("RemoteEngine", create(engine, chosen))
            yield from transcribe_through(cast("Gateway", door), made, files, task=chosen.task, **options)

    def correct(self, url: str, model: str, *, progress: Progress = SILENT, **options: Any) -> CorrectReport:
        """Let a language model behind an OpenAI-compatible URL correct what machines heard.

        options: price (where no row of prices says it), cap, assume_yes and resend as those of `label`, and those of
        `labeling.correcting.correct_through`.
        """
        from idiolect.labeling.correcting import correct_through

        options = {"language": self.settings.language, "progress": progress, **options}
        with self._paid(url, model, progress, options, run=f"correct {url} {model}") as door:
            return correct_through(door, self.corpus, url, model, **options)

    def cost(self, clips: ClipFilter | None = None, *, everything: bool = False) -> CostReport:
        """What each known teacher would cost for the clips that no person has labelled, or for all of them."""
        from idiolect.engines import ENGINES
        from idiolect.labeling.costs import compare_costs

        local = [name for name, row in ENGINES.items() if name != "echo" and not row.remote]
        return compare_costs(self.corpus, self.prices(), local, clips=self.corpus.clips(clips), everything=everything)

    def synthesize(
        self,
        task: Task | PathLike | None = None,
        *,
        sentences: Iterable[str] = (),
        count: int = 200,
        seed: int = 0,
        hosting: Hosting | None = None,
        progress: Progress = SILENT,
        **options: Any,
    ) -> SynthesisReport:
        """Let machines speak `count` sentences: the given ones, else samples of the task.

        hosting: voices behind a server; then options has price, cap, assume_yes and resend as those of `label`, beside
        those of `labeling.synthesize`.
        """
        from idiolect.labeling import synthesize

        known, language = self.task(task), self.settings.language
        texts = list(sentences) or ([] if known is None else known.sample(count, seed))
        options = {"count": count, "seed": seed, "language": language, "progress": progress, **options}
        if hosting is None:
            return synthesize(self.corpus, texts, **options)
        from idiolect.labeling.voices.hosted import HostedVoices

        run = f"synthesize {hosting.where} {hosting.model}"
        with self._paid(hosting.where, hosting.model, progress, options, run=run) as door:
            voices = HostedVoices(door, hosting, language=language, progress=progress)
            return synthesize(self.corpus, texts, hosted=voices, **options)

    def freeze(self, name: str = "first", **options: Any) -> Dataset:
        """Freeze what is labelled now into a dataset; see `corpus.FreezeOptions`. Raises `LeakError`."""
        from idiolect.corpus import FreezeOptions

        return self.corpus.freeze(name, FreezeOptions(**options))

    def train(
        self,
        dataset: Dataset | str | None = None,
        recipe: str = "nano",
        *,
        task: Task | PathLike | None = None,
        base: PathLike | None = None,
        overrides: dict[str, Any] | None = None,
        progress: Progress = SILENT,
        **options: Any,
    ) -> Checkpoint:
        """Train a model on a frozen dataset. The same call after a kill goes on where it was."""
        from idiolect.engines.starter import STARTER
        from idiolect.training import load_recipe

        changes = dict(overrides or {})
        if base is not None:
            changes["base"] = STARTER if base == STARTER else str(self.model_folder(base))
        resolved = load_recipe(recipe, overrides=changes)
        return self._train(self.dataset(dataset), resolved, self.task(task), progress=progress, **options)

    def _train(self, dataset: Dataset, recipe: Recipe, task: Task | None, **options: Any) -> Checkpoint:
        """Train in the folder that is named after all that makes the run."""
        from idiolect.training import train

        key = json.dumps([dataset.id, recipe.as_dict(), task and task.id], sort_keys=True)
        run = hashlib.blake2b(key.encode(), digest_size=4).hexdigest()
        folder = self.folder / "models" / f"{recipe.name}-{run}"
        options.setdefault("threads", self.settings.cores)
        return train(self.corpus, dataset, recipe, folder, task=task, **options)

    def improve(
        self,
        task: Task | PathLike,
        *,
        base: PathLike | None = None,
        teacher: str | None = None,
        teacher_model: PathLike | None = None,
        recipe: str = "improve",
        overrides: dict[str, Any] | None = None,
        progress: Progress = SILENT,
        **choices: Any,
    ) -> Improvement:
        """Rounds of self-training on clips that nobody labelled; see `improving.improve` and `improving.Choices`.

        base: the student to begin with; None: the starter. teacher: an engine that labels the first round; None: the
        student itself. The same call after a kill goes on.
        """
        from idiolect.engines import EngineOptions
        from idiolect.engines.starter import STARTER, base_folder
        from idiolect.improving import Choices, Start, improve
        from idiolect.training import load_recipe

        known = self.task(task)
        assert known is not None  # noqa: S101 - a task was given
        student = base_folder(STARTER) if base is None else self.model_folder(base)
        first = None
        if teacher is not None:
            model = None if teacher_model is None else self.model_folder(teacher_model)
            first = (teacher, EngineOptions(model=model, task=known, language=self.settings.language))
        choices.setdefault("processes", self.settings.cores)
        resolved = load_recipe(recipe, overrides=overrides)
        return improve(
            self.corpus,
            known,
            Start(student, first),
            resolved,
            lambda dataset, chosen: self._train(dataset, chosen, known, progress=progress),
            choices=Choices(**choices),
            progress=progress,
        )

    def evaluate(
        self,
        models: PathLike | Sequence[PathLike] = (),
        *,
        engines: Sequence[str] = (),
        dataset: Dataset | str | None = None,
        split: Split = "test",
        task: Task | PathLike | None = None,
        seed: int = 0,
        progress: Progress = SILENT,
        **where: Any,
    ) -> Report:
        """Score models and engines on the same clips, and compare each with the first.

        where: `pool` and `processes`; see `evaluation.evaluate`.
        """
        from idiolect.evaluation import evaluate, systems_of

        frozen = self.dataset(dataset)
        items = frozen.split(split)
        if not items:
            raise EvaluationError(
                f"dataset {frozen.name} has no {split} clips", hint="idiolect freeze needs human labels"
            )
        many = [models] if isinstance(models, str | Path) else list(models)
        folders = [self.model_folder(model) for model in many] if many or engines else [self.model_folder()]
        systems = systems_of(engines, folders, task=self.task(task), language=self.settings.language)
        self._place(where)
        report = evaluate(
            items,
            systems,
            lambda item: self.corpus.samples(item.clip),
            normalizer=self.settings.normalizer,
            seed=seed,
            about={"dataset": frozen.id, "dataset_name": frozen.name, "split": split, "project": self.settings.name},
            progress=progress,
            **where,
        )
        self._keep(report, frozen, split)
        return report

    def export(
        self,
        model: PathLike | None = None,
        to: str = "onnx-int8",
        *,
        dataset: Dataset | str | None = None,
        out: Path | None = None,
        clips: int = 64,
        tolerance: float = 0.01,
        progress: Progress = SILENT,
    ) -> Bundle:
        """Write a bundle that runs without torch, checked on dev and test clips. Raises `ParityError`."""
        from idiolect.export import export
        from idiolect.export.parity import text_to_hold

        folder = self.model_folder(model)
        frozen = self.dataset(dataset)
        held_out = ([*frozen.dev, *frozen.test] or list(frozen.train))[:clips]
        scores = self._report_file(frozen, "test", "json")
        return export(
            folder,
            to=to,
            out=out or folder.parent / f"{folder.name}-{to}",
            clips=[self.corpus.samples(item.clip) for item in held_out],
            references=[text_to_hold(item) for item in held_out],
            tolerance=tolerance,
            scores=read_json(scores) if scores.exists() else None,
            progress=progress,
        )

    def engine(
        self, name: str | None = None, *, model: PathLike | None = None, task: Task | PathLike | None = None
    ) -> Engine:
        """An engine of this project: by its name, or the one that runs `model`."""
        from idiolect.engines import EngineOptions, create, engine_of

        folder = None if model is None else self.model_folder(model)
        chosen = name or (engine_of(folder) if folder else "sphinx")
        return create(chosen, EngineOptions(model=folder, task=self.task(task), language=self.settings.language))

    def task(self, task: Task | PathLike | None) -> Task | None:
        """The task itself, or the one in that file; relative paths are tried here and in the project."""
        from idiolect.tasks import load_task

        if task is None or not isinstance(task, str | Path):
            return task
        path = Path(task).expanduser()
        inside = self.folder / path
        return load_task(inside if not path.exists() and inside.exists() else path)

    def dataset(self, dataset: Dataset | str | None = None) -> Dataset:
        """The dataset of that name or id (or its beginning); None means the newest."""
        return self.corpus.dataset(dataset) if dataset is None or isinstance(dataset, str) else dataset

    def model_folder(self, model: PathLike | None = None) -> Path:
        """Where a model lies: a folder, a name in ``models/`` or its beginning; None means the newest checkpoint."""
        from idiolect.engines import folders

        return folders.model_folder(self.folder / "models", model)

    def _keep(self, report: Report, dataset: Dataset, split: Split) -> None:
        write_json(self._report_file(dataset, split, "json"), report.as_dict())
        write_text(self._report_file(dataset, split, "md"), report.markdown())
        write_text(self._report_file(dataset, split, "html"), report.html())
        self.corpus.add_evaluation(report.as_record(dataset.id, split))

    def _report_file(self, dataset: Dataset, split: Split, ending: str) -> Path:
        return self.folder / "reports" / f"{dataset.name}-{split}.{ending}"
