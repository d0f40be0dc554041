"""The learner of our own phone network: frame cross-entropy over aligned phones, on crops of equal length."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from idiolect.audio import Augmenter, AugmentSpec, FeatureSpec, log_mel, spec_augment
from idiolect.engines.decoding import LOOP_ENTRY
from idiolect.engines.network import NetworkSpec, PhoneNetwork, load_network, log_posteriors
from idiolect.engines.other_speech import FILE as OTHER_SPEECH
from idiolect.engines.other_speech import OtherSpeech
from idiolect.engines.phone_decoder import PhoneDecoder, Prior, write_decoding
from idiolect.engines.protocol import Hypothesis
from idiolect.engines.speech import spoken_part
from idiolect.engines.starter import base_folder
from idiolect.files import read_json
from idiolect.progress import SILENT, Progress
from idiolect.tasks import PHONES, Lexicon
from idiolect.text import basic_v1
from idiolect.training.alignment import Alignment
from idiolect.training.calibrating import fit, foreign_task, own_task, threshold
from idiolect.training.dev import DevScore, decode_dev
from idiolect.training.learner import Example
from idiolect.training.recipe import Recipe
from idiolect.training.sequence import PhoneModel
from idiolect.training.sounds import sound_files
from idiolect.training.sources import find_alignments
from idiolect.units import SAMPLE_RATE, Samples, duration_of

if TYPE_CHECKING:
    from idiolect.corpus import DatasetItem
    from idiolect.tasks import Task

PHONE_IDS = {phone: at for at, phone in enumerate(PHONES)}

LARGEST_VOCABULARY = 5000
"""Words that are searched without a task, the commonest first."""

OTHERS = 100
"""Clips of other speech that the confidence is fitted against."""

LANGUAGE_WEIGHTS = (0.5, 0.7, 1.0, 1.4)
"""Of the language model against the network, of which dev chooses."""

FOREIGN = 4.0
"""Seconds of each clip that a model for any task carries as other speech."""

_IGNORED = -100


class NanoLearner:
    """A `Learner` (see `learner.py`) for `PhoneNetwork`.

    cache: a folder for alignments; what is there is not aligned again.
    refused: clip id → why there is no alignment.
    """

    family = "nano"

    def __init__(
        self,
        recipe: Recipe,
        cache: Path,
        *,
        task: Task | None = None,
        processes: int = 1,
        progress: Progress = SILENT,
    ) -> None:
        torch.manual_seed(recipe.seed)
        nano = recipe.nano
        self._recipe, self._cache, self._task = recipe, cache, task
        self._processes, self._progress = processes, progress
        self.features = FeatureSpec()
        if recipe.base:
            self._network, self.features = load_network(base_folder(recipe.base))
        else:
            self._network = PhoneNetwork(
                NetworkSpec(
                    mels=self.features.mels,
                    phones=len(PHONES),
                    channels=nano.channels,
                    blocks=nano.blocks,
                    kernel=nano.kernel,
                    dropout=nano.dropout,
                )
            )
        self.module: torch.nn.Module = self._network
        augment = recipe.augment
        self._augmenter = Augmenter(
            AugmentSpec.from_dict(dict(augment.spec)) if augment.use else _STILL,
            noises=sound_files(augment.noises),
            rooms=sound_files(augment.rooms),
        )
        self._targets: dict[str, NDArray[np.uint8]] = {}
        self.refused: dict[str, str] = {}
        self._words: dict[str, float] = {}
        self._prior = Prior((0.0,) * len(PHONES))
        self._aligner = ""
        self._others: OtherSpeech | None = None
        self._decoder: PhoneDecoder | None = None

    def prepare(self, corpus_samples: Mapping[str, Samples], examples: Sequence[Example]) -> None:
        """Align what is not aligned yet, then count phones and words."""
        wanted = [(example.clip_id, example.text) for example in examples]
        found, self._aligner = find_alignments(
            wanted, corpus_samples, self._cache, self._recipe, processes=self._processes, progress=self._progress
        )
        for example in examples:
            alignment = found[example.clip_id]
            if isinstance(alignment, Alignment):
                frames = self.features.frames(round(example.duration * SAMPLE_RATE))
                self._targets[example.clip_id] = alignment.targets(frames, PHONE_IDS).astype(np.uint8)
            else:
                self.refused[example.clip_id] = str(alignment)
        stride = self._network.spec.stride
        self._prior = Prior(
            _log_prior(self._targets.values()),
            scale=0.0 if self._recipe.nano.sequence else self._recipe.nano.prior,
            frame=self.features.frame * stride,
            entry=LOOP_ENTRY,
            language_model=self._language_model(),
        )
        self._log_prior = torch.tensor(self._prior.log_prior)
        if self._recipe.nano.sequence:
            self._phones = PhoneModel((row[::stride] for row in self._targets.values()), len(PHONES))
        self._read_base_as_own()
        self._words = vocabulary(examples)

    def usable(self, example: Example) -> bool:
        """Whether the clip is aligned."""
        return example.clip_id in self._targets

    def batch(self, samples: Sequence[Samples], examples: Sequence[Example], rng: Any) -> Mapping[str, Any]:
        """A crop of each clip, augmented: ``features`` (clips, frames, mels), ``targets`` (clips, frames / 3)."""
        stride = self._network.spec.stride
        frames = self.features.frames(round(self._recipe.nano.crop * SAMPLE_RATE))
        features = np.zeros((len(samples), frames, self.features.mels), dtype=np.float32)
        targets = np.full((len(samples), frames), _IGNORED, dtype=np.int64)
        for row, (clip, example) in enumerate(zip(samples, examples, strict=True)):
            sound, phones = self._crop(clip, self._targets[example.clip_id], rng)
            length = min(len(sound), len(phones), frames)
            features[row, :length] = sound[:length]
            targets[row, :length] = phones[:length]
        return {"features": torch.from_numpy(features), "targets": torch.from_numpy(targets[:, ::stride].copy())}

    def _crop(
        self, samples: Samples, targets: NDArray[np.uint8], rng: np.random.Generator
    ) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
        hop = self.features.hop
        wanted = round(self._recipe.nano.crop * SAMPLE_RATE)
        # As much as the quickest speed needs; the rest falls away below.
        longest = round(wanted * max(self._augmenter.spec.speeds))
        first = int(rng.integers(max(0, len(samples) - longest) // hop + 1))
        heard = self._augmenter.augment(samples[first * hop : first * hop + longest], rng)
        sound = log_mel(heard.samples[:wanted], self.features)
        if self._recipe.nano.masks and self._recipe.augment.use:
            sound = spec_augment(sound, rng)
        at = first + (np.arange(len(sound)) * heard.speed).astype(np.int64)
        return sound, targets[np.minimum(at, len(targets) - 1)]

    @torch.no_grad()
    def _read_base_as_own(self) -> None:
        """A base whose outputs are posteriors gives likelihoods, or the other way round: the prior goes or comes."""
        if not self._recipe.base:
            return
        was = bool(
            read_json(base_folder(self._recipe.base) / "checkpoint.json")["recipe"].get("nano", {}).get("sequence")
        )
        if was != bool(self._recipe.nano.sequence):
            self._network.out.bias.add_(self._log_prior, alpha=1 if was else -1)

    def loss(self, batch: Mapping[str, Any]) -> torch.Tensor:
        """Per frame of 30 ms: mean cross-entropy, and the recipe's share of what the sequence says."""
        device = next(self.module.parameters()).device
        logits = self.module(batch["features"].to(device)).float()
        share = self._recipe.nano.sequence
        posteriors = logits + self._log_prior.to(device) if share else logits
        frames = functional.cross_entropy(
            posteriors.flatten(0, 1),
            batch["targets"].to(device).flatten(),
            ignore_index=_IGNORED,
            label_smoothing=self._recipe.nano.smoothing,
        )
        if not share:
            return frames
        # On the CPU: a few hundred small products, one after the other.
        sequence = self._phones.loss(logits.cpu(), batch["targets"].numpy()).to(device)
        return (1 - share) * frames + share * sequence

    def decode(self, samples: Sequence[Samples]) -> list[Hypothesis]:
        """Over the task's graph, else over the words of the dataset."""
        decoder = self._search()
        self.module.eval()
        try:
            return [self._hear(decoder, clip) for clip in samples]
        finally:
            self.module.train()

    def _language_model(self) -> str:
        """The recipe's, else the base's; a model for a task needs none."""
        if self._task is not None:
            return ""
        if self._recipe.nano.language_model or not self._recipe.base:
            return self._recipe.nano.language_model
        return Prior.load(base_folder(self._recipe.base) / "prior.json").language_model

    def _hear(self, decoder: PhoneDecoder, clip: Samples) -> Hypothesis:
        """As the engine does: only the part in which somebody speaks."""
        spoken = spoken_part(clip)
        if spoken is None:
            return Hypothesis("")
        found = log_posteriors(self._network, spoken.samples, self.features)
        return decoder.decode(found, duration_of(clip), start=spoken.start)

    def calibrate(self, dev: Sequence[DatasetItem], examples: Sequence[Example], samples: Mapping[str, Samples]) -> str:
        """Fit the confidence: understood dev clips against speech that is none of the task. Says what came out.

        A model without a task is fitted for any: see `_ratios_of_any_task`.

        Each clip counts as it is and augmented, so that noise alone does not make an order seem foreign. What was
        misheard counts on neither side: it is of the task.
        """
        rng = np.random.default_rng(self._recipe.seed)
        if self._task is None:
            right, wrong = self._ratios_of_any_task([item for item in dev if item.label], samples, rng)
        else:
            foreign = [one for one in examples if not one.target and self._task.parse(basic_v1(one.text)) is None]
            others = foreign[:: max(1, len(foreign) // OTHERS)][:OTHERS]
            wrong = [ratio for one in others for _, ratio in self._heard(samples[one.clip_id], rng)]
            right = [
                ratio
                for item in dev
                if item.label
                for text, ratio in self._heard(samples[item.clip.id], rng)
                if text == basic_v1(item.label.text or "")
            ]
        return f"{self._weigh_words(dev, samples)}{self._fit_confidence(right, wrong)}"

    def _fit_confidence(self, right: Sequence[float], wrong: Sequence[float]) -> str:
        found = fit(right, wrong)
        if found is None:
            return f"confidence: not fitted, {len(right)} understood clips and {len(wrong)} of other speech are too few"
        accept = threshold(found, right, wrong)
        taken = [sum(found.of(ratio) >= accept for ratio in kind) / len(kind) for kind in (right, wrong)]
        # With other speech of its own in the folder, each task finds its own line.
        self._prior = replace(
            self._prior, middle=found.middle, slope=found.slope, accept=0.0 if self._for_any_task else accept
        )
        self._decoder = None
        return (
            f"confidence: takes {taken[0]:.1%} of {len(right)} understood clips, {taken[1]:.1%} of {len(wrong)} others"
        )

    @property
    def _for_any_task(self) -> bool:
        """Whether the model is one for any English, whatever its user will make of it."""
        return self._others is not None and bool(self._recipe.nano.language_model)

    def _weigh_words(self, dev: Sequence[DatasetItem], samples: Mapping[str, Samples]) -> str:
        """Choose the language model's weight by the WER of dev; says what came out, a line, or nothing without one."""
        if not self._for_any_task:
            return ""
        scores: dict[float, DevScore] = {}
        for weight in LANGUAGE_WEIGHTS:
            self._prior = replace(self._prior, search=replace(self._prior.search, lm_scale=weight))
            self._decoder = None
            scores[weight] = decode_dev(self, dev, samples)
        best = min(scores, key=lambda weight: scores[weight].loss)
        self._prior = replace(self._prior, search=replace(self._prior.search, lm_scale=best))
        tried = ", ".join(f"{score.loss:.1%} at {weight}" for weight, score in scores.items())
        return f"weight of the language model: {best}, of dev WER {tried}\n"

    def _ratios_of_any_task(
        self, dev: Sequence[DatasetItem], samples: Mapping[str, Samples], rng: np.random.Generator
    ) -> tuple[list[float], list[float]]:
        """For a model that knows no task yet: each clip over its own sentence, and over a task of other people's."""
        texts = {item.clip.id: item.label.text or "" for item in dev if item.label}
        self._others = OtherSpeech(tuple(self._foreign([samples[clip_id] for clip_id in texts], rng)))
        right: list[float] = []
        wrong: list[float] = []
        for item in dev:
            others = [text for clip_id, text in texts.items() if clip_id != item.clip.id]
            for ratios, task in ((right, own_task(texts[item.clip.id])), (wrong, foreign_task(others, rng))):
                decoder = PhoneDecoder.of(prior=self._prior, words={}, lexicon=Lexicon.default(), task=task)
                ratios += [ratio for _, ratio in self._heard(samples[item.clip.id], rng, decoder)]
        return right, wrong

    def _foreign(self, clips: Sequence[Samples], rng: np.random.Generator) -> Iterator[NDArray[np.float32]]:
        """What the network makes of the first seconds of clips, every other one augmented."""
        self.module.eval()
        for at, clip in enumerate(clips):
            spoken = spoken_part(self._augmenter(clip, rng) if at % 2 else clip)
            if spoken is not None:
                part = spoken.samples[: round(FOREIGN * SAMPLE_RATE)]
                yield log_posteriors(self._network, part, self.features)
        self.module.train()

    def _heard(
        self, clip: Samples, rng: np.random.Generator, decoder: PhoneDecoder | None = None
    ) -> Iterator[tuple[str, float]]:
        """Text and ratio of the clip as it is, and augmented."""
        decoder = decoder or self._search()
        self.module.eval()
        for heard in (clip, self._augmenter(clip, rng)):
            if (spoken := spoken_part(heard)) is not None:
                path = decoder.search(log_posteriors(self._network, spoken.samples, self.features))
                yield path.text, path.ratio
        self.module.train()

    def _search(self) -> PhoneDecoder:
        if self._decoder is None:
            self._decoder = PhoneDecoder.of(
                prior=self._prior, words=self._words, lexicon=Lexicon.default(), task=self._task
            )
        return self._decoder

    def save(self, folder: Path) -> None:
        """``model.safetensors`` and the decoding files."""
        from safetensors.torch import save_file

        save_file(
            {name: tensor.detach().cpu().contiguous() for name, tensor in self.module.state_dict().items()},
            folder / "model.safetensors",
        )
        # With a language model all of the default lexicon is searched: only words that it does not know are kept.
        words = {} if self._prior.language_model else self._words
        said = [word for word in self._words if not self._prior.language_model or word not in Lexicon.default()]
        said += [] if self._task is None else self._task.words()
        lexicon = Lexicon.default().subset(said)
        # What a model for any English heard is other speech to a task; what a model of one voice or shop heard is not.
        if self._others is not None and self._for_any_task:
            self._others.save(folder / OTHER_SPEECH)
        write_decoding(folder, prior=self._prior, words=words, lexicon=lexicon, task=self._task)

    def facts(self) -> dict[str, Any]:
        """What ``checkpoint.json`` says beside what every family says."""
        return {
            "network": self._network.spec.as_dict(),
            "features": self.features.as_dict(),
            "phones": list(PHONES),
            "alignments": self._aligner,
        }


_STILL = AugmentSpec(speeds=(1.0,), equalizer=0.0, noise=0.0, room=0.0, low_pass=0.0, gain=(0.0, 0.0))


def vocabulary(examples: Sequence[Example]) -> dict[str, float]:
    """Word → natural logarithm of its share, from the project's own speech where there is any; at most 5000 words."""
    own = [example for example in examples if example.target] or list(examples)
    counts = Counter(word for example in own for word in basic_v1(example.text).split())
    kept = sorted(counts.items(), key=lambda row: (-row[1], row[0]))[:LARGEST_VOCABULARY]
    total = sum(count for _, count in kept)
    return {word: float(np.log(count / total)) for word, count in kept}


def _log_prior(targets: Any) -> tuple[float, ...]:
    counts = np.ones(len(PHONES))
    for row in targets:
        counts += np.bincount(row, minlength=len(PHONES))
    return tuple(float(value) for value in np.log(counts / counts.sum()))
