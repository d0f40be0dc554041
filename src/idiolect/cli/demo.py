"""``idiolect demo``: the whole loop once, on speech made here or on a folder of real audio."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from idiolect.cli.options import FILE, PATH, examples, json_option
from idiolect.cli.output import print_json
from idiolect.cli.progress import progress_for

if TYPE_CHECKING:
    from idiolect.evaluation import Report
    from idiolect.project import Project

SYNTHETIC = "All speech of this run is synthetic: it shows that the loop works, not how well it hears people."
NAME = "demo"
"""The import and the dataset."""
TEST, DEV = 0.25, 0.1
"""Shares of the recordings: a demo has few, and a test of a handful says nothing."""


@click.command(
    "demo",
    epilog=examples("idiolect demo", "idiolect demo my-demo --data ~/orders --task orders.yaml --minutes 20"),
)
@click.argument("folder", type=PATH, default=Path("demo-project"))
@click.option("--data", type=PATH, metavar="DIR", help="Real audio, with its texts where it has some.")
@click.option("--task", type=FILE, metavar="FILE", help="The task file (default without --data: coffee orders).")
@click.option(
    "--sentences", "count", type=click.IntRange(min=20), default=140, show_default=True, help="How many are spoken."
)
@click.option("--minutes", type=click.FloatRange(min=0.05), default=1.5, show_default=True, help="How long to train.")
@click.option("--recipe", default="adapt", show_default=True, metavar="NAME", help="A recipe of ours, or a TOML file.")
@json_option
def command(
    folder: Path, *, data: Path | None, task: Path | None, count: int, minutes: float, recipe: str, as_json: bool
) -> None:
    """Run the whole loop once: speech, labels, dataset, training, evaluation, export, transcription.

    Without --data the machine's own voices speak coffee orders: the speech is synthetic, and the demo says so. With
    --data it is a folder of real audio; with --task too, its texts are only scored with, and the teacher labels.
    Interrupted and run again, it goes on where it was.
    """
    run = Demo(folder, data, task or (None if data else coffee_task()))
    run.speech(count)
    run.label()
    run.freeze()
    run.train(recipe, minutes)
    report = run.evaluate()
    run.export()
    heard = run.transcribe()
    run.close()
    result = {
        "project": str(run.project.folder),
        "synthetic": data is None,
        "seconds": {name: round(seconds, 1) for name, seconds in run.seconds.items()},
        "report": str(run.project.folder / "reports" / f"{NAME}-test.html"),
        "heard": heard,
    }
    if as_json:
        print_json(result | {"evaluation": report})
        return
    click.echo(f"\n{report.text()}\n")
    click.echo(f"the bundle heard: {heard['text']!r} {heard.get('slots') or ''}".rstrip())
    if data is None:
        click.echo(SYNTHETIC)
    click.echo(f"took {sum(run.seconds.values()):.0f} s; open {result['report']}")


def coffee_task() -> Path:
    """The example task: beside the package in a wheel, in ``examples/`` of a checkout."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "examples" / "coffee.yaml"
    return inside if inside.exists() else package.parent.parent / "examples" / "coffee.yaml"


class Demo:
    """One run: a project, and how long each step took."""

    def __init__(self, folder: Path, data: Path | None, task: Path | None) -> None:
        from idiolect.project import Project
        from idiolect.settings import FILE_NAME

        there = (folder / FILE_NAME).exists()
        self.project: Project = Project.find(folder) if there else Project.create(folder)
        self.data, self.task = data, task
        self.progress = progress_for()
        self.seconds: dict[str, float] = {}
        self.known_texts = data is not None and task is None

    @contextmanager
    def _step(self, name: str) -> Iterator[None]:
        click.echo(f"\n== {name}", err=True)
        started = time.perf_counter()
        yield
        self.seconds[name] = time.perf_counter() - started

    def speech(self, count: int) -> None:
        """Import real audio, or let voices speak sentences of the task as if they were recorded."""
        with self._step("import"):
            if self.data is not None:
                kept = "training" if self.known_texts else "scoring"
                self.project.import_audio(self.data, transcripts=kept, collection=NAME, progress=self.progress)
                return
            from idiolect.labeling import speak_prompts

            task = self.project.task(self.task)
            if task is None:  # a demo without data always has one
                return
            prompts = speak_prompts(task, self.project.folder / "speech", count=count, seed=0, progress=self.progress)
            # PocketSphinx hardly understands eSpeak: its prompts are then taken as the labels.
            self.known_texts = prompts.hard_to_hear
            kept = "training" if self.known_texts else "scoring"
            self.project.import_audio(
                prompts.path, transcripts=kept, collection=NAME, device="speech synthesizer", progress=self.progress
            )

    def label(self) -> None:
        """The teacher listens; more sentences are spoken for training."""
        with self._step("label"):
            if not self.known_texts:
                from idiolect.corpus import ClipFilter

                # What was synthesized for training has its texts.
                own = self.project.corpus.clips(ClipFilter(collection=NAME))
                self.project.label("sphinx", task=self.task, clips=own, progress=self.progress)
            if self.data is None:
                self.project.synthesize(self.task, count=80, seed=1, progress=self.progress)

    def freeze(self) -> None:
        """Freeze the dataset."""
        with self._step("freeze"):
            # A handful of voices cannot be split by voice: as with one person, it is tested on voices it knows.
            group_by = "recording" if self.data is None else None
            dataset = self.project.freeze(NAME, test=TEST, dev=DEV, group_by=group_by)
            sizes = ", ".join(f"{len(dataset.split(split))} {split}" for split in ("train", "dev", "test"))
            click.echo(f"  {dataset.id[:12]}: {sizes}", err=True)

    def train(self, recipe: str, minutes: float) -> None:
        """Train the starter on these voices and rooms."""
        with self._step("train"):
            self.project.train(NAME, recipe, task=self.task, overrides={"minutes": minutes}, progress=self.progress)

    def evaluate(self) -> Report:
        """Teacher, starter and what became of it, on the same clips."""
        with self._step("evaluate"):
            newest = self.project.model_folder()
            return self.project.evaluate(
                newest, engines=["sphinx", "starter"], dataset=NAME, task=self.task, progress=self.progress
            )

    def export(self) -> None:
        """Write the bundle, checked."""
        with self._step("export"):
            self.bundle = self.project.export(to="onnx-int8", dataset=NAME, progress=self.progress)

    def transcribe(self) -> dict[str, Any]:
        """One clip of the test through the bundle, without torch."""
        with self._step("transcribe"):
            items = self.project.dataset(NAME).test
            engine = self.project.engine(model=self.bundle.folder, task=self.task)
            heard = engine.transcribe([self.project.corpus.samples(items[0].clip)])[0]
        return {"text": heard.text, "intent": heard.intent, "slots": dict(heard.slots)}

    def close(self) -> None:
        """Close the store."""
        self.project.close()
