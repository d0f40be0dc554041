"""The one training loop, for every family.

What is drawn, augmented and dropped depends on (seed, step) alone, and the state of the run is saved whole or not at
all: killed and called again with the same words, it ends with the same weights. Checkpoints are chosen by decoding dev
for real, never by loss (validation loss falls while WER rises: huggingface/blog#933).
"""

from __future__ import annotations

import math
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from idiolect.audio import Augmenter, AugmentSpec
from idiolect.corpus import Corpus, Dataset
from idiolect.errors import InterruptedWork, TrainingError
from idiolect.progress import SILENT, Progress
from idiolect.training.batches import Batches, make_batch
from idiolect.training.checkpoint import FILE, Checkpoint, register, write_checkpoint
from idiolect.training.dev import DevScore, decode_dev
from idiolect.training.devices import Devices
from idiolect.training.energy import Meter, added
from idiolect.training.learner import Learner
from idiolect.training.loggers import History, Logger, make_loggers
from idiolect.training.material import ClipSamples, Material, gather, refuse_if_empty
from idiolect.training.memory import keep_freed_memory
from idiolect.training.recipe import Recipe
from idiolect.training.runs import FILE as RUN_FILE
from idiolect.training.runs import write_begin
from idiolect.training.sounds import sound_files
from idiolect.training.state import RunState, StateFolder, learned, put_back
from idiolect.units import show_duration

if TYPE_CHECKING:
    from idiolect.tasks import Task

MOVED_AFTER = 20
"""Steps after which the weights must have moved."""

BAD_LOSSES = 10
"""Losses in a row that are no number: the run cannot be saved by skipping."""

METERED = 20
"""Steps between two looks at the energy counters, some of which begin again after minutes."""

AHEAD = 2
"""Batches that are made while a step is computed."""


def train(
    corpus: Corpus,
    dataset: Dataset,
    recipe: Recipe,
    out: Path,
    *,
    task: Task | None = None,
    resume: bool = True,
    progress: Progress = SILENT,
    loggers: Sequence[str | Logger] = (),
    cache: Path | None = None,
    threads: int = 0,
) -> Checkpoint:
    """Train on `dataset` and write a checkpoint into the folder `out`.

    resume: go on where a run of the same recipe, dataset and task was; False begins again.
    loggers: ``tensorboard``, ``mlflow``, or a `Logger`.
    cache: where alignments are kept (the project's ``cache/alignments``).
    threads: cores; 0 takes all.

    Raises `TrainingError` where there is nothing to learn from, where the run in `out` is another one, where weights do
    not move or the loss is no number; `InterruptedWork` on Ctrl-C, with the state saved.
    """
    identity = {"recipe": recipe.as_dict(), "dataset": dataset.id, "task": None if task is None else task.id}
    states = StateFolder(out)
    if not resume:
        states.remove()
        for name in (FILE, RUN_FILE):
            (out / name).unlink(missing_ok=True)
    if (out / FILE).exists():
        return _finished(out, identity)
    devices = Devices(recipe.family)
    cores = threads or len(os.sched_getaffinity(0))
    keep_freed_memory()
    # The thread that makes batches gives the interpreter back after half a millisecond, not five: the network's thread
    # asks for it several hundred times a step.
    sys.setswitchinterval(5e-4)
    # One core makes the batches.
    torch.set_num_threads(max(1, cores - 1))
    material = gather(dataset)
    for line in material.account:
        progress.note(line)
    samples = ClipSamples(corpus, material.clips)
    kept = cache or corpus.folder / "cache" / "alignments"
    learner = make_learner(recipe, kept, task=task, processes=cores, progress=progress)
    with devices.main_first():
        learner.prepare(samples, material.examples)
    chosen: dict[str, Any] = {"states": states, "identity": identity, "devices": devices, "progress": progress}
    run = Run(learner, recipe, material=material, samples=samples, **chosen)
    run.begin([History(out, run.state.step), *make_loggers(loggers, out)] if devices.main else [])
    if devices.main:
        write_begin(out, identity, run.state.steps)
    with _saved_on_interrupt(run):
        run.learn()
    if devices.main:
        register(corpus, dataset, recipe, run.finish(out))
    devices.wait()
    return Checkpoint.load(out)


def make_learner(
    recipe: Recipe, cache: Path, *, task: Task | None = None, processes: int = 1, progress: Progress = SILENT
) -> Learner:
    """The learner of the recipe's family."""
    if recipe.family == "nano":
        from idiolect.training.nano import NanoLearner

        return NanoLearner(recipe, cache, task=task, processes=processes, progress=progress)
    from idiolect.training.hf import HfChoices, HfLearner

    return HfLearner(HfChoices.from_recipe(recipe))


def _finished(out: Path, identity: Mapping[str, Any]) -> Checkpoint:
    from idiolect.files import read_json

    stored = read_json(out / FILE)
    if {name: stored[name] for name in identity} != dict(identity):
        raise TrainingError(f"{out} holds a checkpoint of another run", hint="another folder, or resume=False")
    return Checkpoint.load(out)


@contextmanager
def _saved_on_interrupt(run: Run) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        run.save()
        raise InterruptedWork(
            f"stopped at step {run.state.step} of {run.state.steps}; the state is saved",
            hint="the same command goes on from there",
        ) from None
    finally:
        run.close()


class Run:
    """One run, from its first step or from where it was."""

    def __init__(
        self,
        learner: Learner,
        recipe: Recipe,
        *,
        material: Material,
        samples: ClipSamples,
        states: StateFolder,
        identity: dict[str, Any],
        devices: Devices,
        progress: Progress,
    ) -> None:
        usable = [example for example in material.examples if learner.usable(example)]
        refused: Mapping[str, str] = getattr(learner, "refused", {})
        refuse_if_empty(usable, refused)
        if refused:
            progress.note(f"{len(refused)} clips cannot be learned from, such as: {next(iter(refused.values()))}")
        self.batches = Batches(usable, recipe)
        if not len(self.batches):
            raise TrainingError("every clip is longer than batch.longest", hint="cut them, or raise batch.longest")
        self.learner, self.recipe, self.samples, self.states = learner, recipe, samples, states
        self.examples = usable
        self.dev = material.dev[: recipe.watch.clips]
        self.progress = progress
        self.devices = devices
        learner.module.to(self.devices.device).train()
        weights = [weight for weight in learner.module.parameters() if weight.requires_grad]
        if not weights:
            raise TrainingError("no weight of the model learns")
        self.optimizer = torch.optim.AdamW(
            weights, lr=recipe.optimizer.peak, weight_decay=recipe.optimizer.weight_decay
        )
        self.ema: dict[str, Tensor] = (
            {name: tensor.clone() for name, tensor in learned(learner.module).items()} if recipe.optimizer.ema else {}
        )
        augment = recipe.augment
        self.augmenter = (
            Augmenter(
                AugmentSpec.from_dict(dict(augment.spec)),
                noises=sound_files(augment.noises),
                rooms=sound_files(augment.rooms),
            )
            if augment.use and recipe.family != "nano"
            else None
        )
        self.loggers: list[Logger] = []
        self._bad = 0
        self._waiting: dict[tuple[int, int], Future[Mapping[str, Any]]] = {}
        self._maker = ThreadPoolExecutor(1, thread_name_prefix="batches")
        self.state = self._resumed(identity)

    def _resumed(self, identity: dict[str, Any]) -> RunState:
        place = self.states.newest()
        if place is None:
            return RunState(identity, start=_sums(self.optimizer))
        state = self.states.load(place, self.learner.module, self.optimizer, self.ema)
        if state.identity != identity:
            raise TrainingError(f"{place.parent.parent} holds the state of another run", hint="another folder")
        self.progress.note(f"goes on from step {state.step} of {state.steps}")
        return state

    def begin(self, loggers: list[Logger]) -> None:
        """Take the loggers, and fix the number of steps if it is not known yet."""
        self.loggers = loggers
        if not self.state.steps:
            self.state.steps = self.recipe.steps or int(self.devices.same(self._steps_in_time()))

    def _steps_in_time(self) -> int:
        """How many steps fit into the recipe's minutes: a few are computed, and nothing is learned from them."""
        before = {name: tensor.clone() for name, tensor in learned(self.learner.module).items()}
        self._gradients(0)
        first = time.perf_counter()
        tried = 0
        while tried < 10 and (tried < 2 or time.perf_counter() - first < 5):
            tried += 1
            self._gradients(tried)
        each = (time.perf_counter() - first) / tried
        self.optimizer.zero_grad()
        put_back(self.learner.module, before)
        steps = max(MOVED_AFTER, round(self.recipe.minutes * 60 / each))
        self.progress.note(f"{each:.2f} s per step: {steps} steps in {self.recipe.minutes:g} min")
        return steps

    def learn(self) -> None:
        """Step until the end, looking at dev and saving on the way."""
        state, watch = self.state, self.recipe.watch
        self.progress.start("train", state.steps - state.step, "steps")
        saved = began = time.monotonic()
        before, joules = state.seconds, state.joules
        meter = Meter(accelerator=self.devices.device.type == "cuda")
        while state.step < state.steps:
            loss = self._step()
            state.seconds = before + time.monotonic() - began
            self.progress.advance()
            if state.step == min(MOVED_AFTER, state.steps):
                self._check_moved()
            if self._due(state.step) or state.step % METERED == 0:
                state.joules = added(joules, meter.joules())
            looked = self._due(state.step) and self._look(loss)
            by_time = watch.save_seconds and time.monotonic() - saved >= watch.save_seconds
            by_steps = watch.save_steps and state.step % watch.save_steps == 0
            if looked or by_time or by_steps:
                self.save()
                saved = time.monotonic()
        self.progress.finish()

    def _due(self, step: int) -> bool:
        """Whether dev is decoded after `step`: `watch.times` times, evenly, and after the last."""
        times, steps = self.recipe.watch.times, self.state.steps
        return step * times // steps > (step - 1) * times // steps

    def _step(self) -> float:
        state, settings = self.state, self.recipe.optimizer
        loss = self._gradients(state.step)
        state.step += 1
        if not math.isfinite(loss):
            self._skip(loss)
            return loss
        self._bad = 0
        weights = self.optimizer.param_groups[0]["params"]
        torch.nn.utils.clip_grad_norm_(weights, settings.clip)
        rate = settings.peak * _schedule(state.step, state.steps, settings.warmup)
        self.optimizer.param_groups[0]["lr"] = rate
        self.optimizer.step()
        self._average_weights()
        for logger in self.loggers:
            logger.log(state.step, {"loss": round(loss, 5), "rate": rate, "seconds": round(state.seconds, 1)})
        return loss

    def _gradients(self, step: int) -> float:
        """Fill the gradients of `step`; return its mean loss."""
        # What is dropped out depends on the step alone, not on what was drawn before.
        torch.manual_seed(_mixed(self.recipe.seed, step, self.devices.rank))
        self.optimizer.zero_grad()
        count = self.recipe.batch.accumulate
        total = 0.0
        for batch in self._made(step):
            with self.devices.precision():
                loss = self.learner.loss(batch)
            (loss / count).backward()  # type: ignore[no-untyped-call]  # torch's stub
            total += float(loss.detach()) / count
        self.devices.average(self.learner.module)
        return self._everywhere(total)

    def _everywhere(self, loss: float) -> float:
        """The same verdict in every process: an average of gradients with one that is no number is none."""
        if self.devices.count == 1:
            return loss
        weights = self.optimizer.param_groups[0]["params"]
        finite = all(bool(torch.isfinite(weight.grad).all()) for weight in weights if weight.grad is not None)
        return loss if finite else math.nan

    def _made(self, step: int) -> Iterator[Mapping[str, Any]]:
        """The batches of `step`, made ahead in another thread."""
        wanted = [(step + later, index) for later in range(AHEAD) for index in range(self.recipe.batch.accumulate)]
        for key in list(self._waiting):
            if key not in wanted:
                self._waiting.pop(key).cancel()
        for key in wanted:
            if key not in self._waiting:
                self._waiting[key] = self._maker.submit(self._make, *key)
        for index in range(self.recipe.batch.accumulate):
            yield self._waiting.pop((step, index)).result()

    def _make(self, step: int, index: int) -> Mapping[str, Any]:
        number = index * self.devices.count + self.devices.rank
        drawn, rng = self.batches.draw(step, number)
        return make_batch(self.learner, drawn, self.samples, self.augmenter, rng)

    @torch.no_grad()
    def _average_weights(self) -> None:
        # Early weights are forgotten sooner: the mean of 20 steps is not the start.
        keep = min(self.recipe.optimizer.ema, (1 + self.state.step) / (20 + self.state.step))
        now = learned(self.learner.module)
        for name, mean in self.ema.items():
            if mean.is_floating_point():
                mean.lerp_(now[name], 1 - keep)
            else:
                mean.copy_(now[name])

    def _skip(self, loss: float) -> None:
        self.optimizer.zero_grad()
        self.state.skipped += 1
        self._bad += 1
        if self._bad >= BAD_LOSSES:
            raise TrainingError(
                f"the loss was {loss} for {self._bad} batches in a row, at step {self.state.step}",
                hint="set a lower optimizer.peak",
            )

    def _check_moved(self) -> None:
        if _sums(self.optimizer) == self.state.start:
            raise TrainingError(
                f"no weight has moved after {self.state.step} steps",
                hint="is optimizer.peak 0, or does nothing have a gradient?",
            )

    def _look(self, loss: float) -> bool:
        """Decode dev, keep the weights if they are the best so far, tell people."""
        if not self.devices.main:
            return True
        with self._averaged():
            score = decode_dev(self.learner, self.dev, self.samples) if self.dev else DevScore(0, 0, 0)
            best = self.state.best
            # Equal scores: the earlier weights stay. Without dev clips: the later.
            if not best or not self.dev or score.loss < best["loss"]:
                self.states.save_best(learned(self.learner.module))
                self.state.best = {"step": self.state.step, "loss": score.loss, "dev": score.as_dict()}
        left = self.state.seconds / self.state.step * (self.state.steps - self.state.step)
        self.progress.note(
            f"step {self.state.step} of {self.state.steps}, loss {loss:.3f}, {show_duration(left)} left; "
            + score.lines()
        )
        told = {name: value for name, value in score.as_dict().items() if value is not None}
        for logger in self.loggers:
            logger.log(self.state.step, {f"dev.{name}": value for name, value in told.items()})
            if isinstance(logger, History):
                logger.look(self.state.step, score.shown, self.state.joules)
        return True

    @contextmanager
    def _averaged(self) -> Iterator[None]:
        """The running mean of the weights in place of the weights."""
        if not self.ema:
            yield
            return
        weights = {name: tensor.clone() for name, tensor in learned(self.learner.module).items()}
        put_back(self.learner.module, self.ema)
        try:
            yield
        finally:
            put_back(self.learner.module, weights)

    def save(self) -> None:
        """Save the state; the main process only."""
        if self.devices.main:
            self.states.save(self.state, self.learner.module, self.optimizer, self.ema)

    def close(self) -> None:
        """Stop making batches; close the loggers."""
        self._maker.shutdown(wait=True, cancel_futures=True)
        for logger in self.loggers:
            logger.close()

    def finish(self, out: Path) -> Checkpoint:
        """Write the best weights as a checkpoint, and forget the state."""
        put_back(self.learner.module, self.states.load_best())
        calibrate = getattr(self.learner, "calibrate", None)
        if calibrate is not None:
            self.progress.note(calibrate(self.dev, self.examples, self.samples))
        self.learner.save(out)
        facts: dict[str, Any] = getattr(self.learner, "facts", dict)()
        rows = [row for row in History(out, self.state.step).rows() if "dev.wer" in row or "dev.accepted" in row]
        run = {"steps": self.state.steps, "best_step": self.state.best["step"], "skipped": self.state.skipped}
        checkpoint = write_checkpoint(
            out,
            family=self.learner.family,
            recipe=self.recipe,
            identity=self.state.identity,
            dev=self.state.best["dev"] if self.dev else {},
            history=rows,
            facts={**facts, "run": run},
        )
        self.states.remove()
        return checkpoint


def _schedule(step: int, steps: int, warmup: float) -> float:
    """Share of the peak: up over `warmup` of the steps, then straight down to nearly nothing."""
    up = max(1.0, warmup * steps)
    return min(step / up, max(1e-3, (steps - step) / max(1.0, steps - up)))


def _mixed(*numbers: int) -> int:
    """One seed of several numbers."""
    return int(np.random.SeedSequence(numbers).generate_state(1)[0])


def _sums(optimizer: torch.optim.Optimizer) -> list[float]:
    """A fingerprint of the weights that learn."""
    weights = optimizer.param_groups[0]["params"]
    return [float(weight.detach().double().abs().sum()) + float(weight.detach().double().sum()) for weight in weights]
