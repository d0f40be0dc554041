"""The learner for models of `transformers`: CTC and encoder-decoder; from scratch, whole, or by a LoRA adapter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from idiolect.engines.ctc import decode_ctc
from idiolect.engines.families import Family, family_of
from idiolect.engines.features import features_of, window_of
from idiolect.engines.long import SHORTEST, hear_pieces
from idiolect.engines.pretrained import (
    Pretrained,
    Source,
    auto_class,
    import_transformers,
    load,
    load_base,
    locate,
    quiet,
)
from idiolect.engines.seq2seq import decode_seq2seq, language_of
from idiolect.errors import TrainingError
from idiolect.training.adapters import add_adapter, movement, save_adapter
from idiolect.training.learner import Example
from idiolect.training.recipe import Adapter, Recipe
from idiolect.training.targets import Targets, frames_needed
from idiolect.units import SAMPLE_RATE, Samples

if TYPE_CHECKING:
    import torch

    from idiolect.audio import MaskSpec
    from idiolect.engines.protocol import Hypothesis

ENOUGH_STEPS = 20
"""After so many losses an adapter that is still zero has not learned: something is switched off."""


@dataclass(frozen=True, slots=True)
class HfChoices:
    """How a model learns.

    base: a folder, a checkpoint of ours or a hub name.
    adapter: LoRA where its `use` is on; else all weights learn.
    scratch: take the shape and the tokenizer of `base` only; the weights are new.
    language: BCP 47, what a multilingual Whisper is told that it hears; None: the one saved in `base`, else English.
    checkpointing: less memory for a third more time (activations are computed again on the way back).
    masks: SpecAugment, or None.
    """

    base: str
    adapter: Adapter = field(default_factory=Adapter)
    scratch: bool = False
    language: str | None = None
    checkpointing: bool = False
    masks: MaskSpec | None = None
    seed: int = 0

    @classmethod
    def from_recipe(cls, recipe: Recipe) -> HfChoices:
        """What `recipe` says. Raises `TrainingError` where it names no base."""
        from idiolect.audio import MaskSpec

        if not recipe.base:
            raise TrainingError(
                f"recipe {recipe.name} names no base model", hint="--base FOLDER, or base = in the file"
            )
        return cls(
            base=recipe.base,
            adapter=recipe.adapter,
            scratch=recipe.transformers.scratch,
            language=recipe.transformers.language or None,
            checkpointing=recipe.transformers.checkpointing,
            masks=MaskSpec() if recipe.augment.use else None,
            seed=recipe.seed,
        )

    @property
    def lora(self) -> bool:
        """Whether an adapter learns, and nothing else."""
        return self.adapter.use and not self.scratch


class HfLearner:
    """A `Learner` for the families in `engines.families`.

    `refused` counts, by clip id, why examples are not usable. Raises `TrainingError` or `EngineError` where the base
    cannot learn that way.
    """

    def __init__(self, choices: HfChoices) -> None:
        import torch

        torch.manual_seed(choices.seed)
        self._choices = choices
        self._loaded = _load(choices)
        self.family: str = self._loaded.family.kind
        self._language = _language(self._loaded, choices.language)
        self._targets = Targets(self._loaded, self._language)
        self.refused: dict[str, str] = {}
        self._losses = 0
        self.module: torch.nn.Module = self._ready()
        batch_norm = torch.nn.modules.batchnorm._BatchNorm  # noqa: SLF001 - the one class above all of them
        self._counting = [layer for layer in self.module.modules() if isinstance(layer, batch_norm)]

    def _ready(self) -> Any:
        model, family, choices = self._loaded.model, self._loaded.family, self._choices
        _settle(model, family)
        if choices.checkpointing:
            _checkpoint(model)
        if choices.lora:
            return add_adapter(model, family, choices.adapter, self._loaded.source.base).train()
        if not choices.scratch and hasattr(model, "freeze_feature_encoder"):
            # The convolutions of wav2vec2 stay as they were pre-trained (Baevski et al. 2020, section 3.3).
            model.freeze_feature_encoder()
        return model.train()

    def prepare(self, corpus_samples: Mapping[str, Samples], examples: Sequence[Example]) -> None:
        """Spell every text once, so that `refused` is known. Nothing is aligned."""
        del corpus_samples
        for example in examples:
            self.usable(example)

    def usable(self, example: Example) -> bool:
        """False, with the reason in `refused`, for clips and texts that do not fit the model."""
        reason = self._refusal(example)
        if reason is not None:
            self.refused[example.clip_id] = reason
        return reason is None

    def batch(self, samples: Sequence[Samples], examples: Sequence[Example], rng: Any) -> Mapping[str, Any]:
        """Padded inputs with masks from `rng`, and ``labels`` ``(clips, tokens)`` with -100 behind the shorter."""
        masks, reads = self._choices.masks, self._loaded.family.reads
        if masks is not None and reads == "input_values":
            samples = [_mask_times(clip, rng, masks) for clip in samples]
        made = features_of(self._loaded, samples)
        if masks is not None and reads == "input_features":
            made[reads] = _mask_features(made, self._loaded.model_type, rng, masks)
        if self._loaded.model_type == "whisper":
            # The encoder reads its whole window, silence included; a mask would only hide that.
            made.pop("attention_mask", None)
        return {**made, "labels": self._targets.batch([example.text for example in examples])}

    def loss(self, batch: Mapping[str, Any]) -> torch.Tensor:
        """The model's own loss: mean over tokens (cross-entropy), or over clips and their tokens (CTC)."""
        device = next(self.module.parameters()).device
        inputs = {name: tensor.to(device) for name, tensor in batch.items()}
        if self.family == "seq2seq":
            inputs["use_cache"] = False
        if self._choices.lora:
            # A Conformer's batch norm would go on counting, and an adapter does not save what it counted.
            for layer in self._counting:
                layer.eval()
        self._losses += 1
        loss: torch.Tensor = self.module(**inputs).loss
        return loss

    def decode(self, samples: Sequence[Samples]) -> list[Hypothesis]:
        """As the engine of this family does it, without word times."""
        learning = self.module.training
        self.module.eval()
        try:
            if self.family == "ctc":
                return hear_pieces(samples, lambda clips: decode_ctc(self._loaded, clips))
            return hear_pieces(
                samples,
                lambda clips: decode_seq2seq(self._loaded, clips, language=self._language),
                window_of(self._loaded),
            )
        finally:
            self.module.train(learning)

    def save(self, folder: Path) -> None:
        """Write ``hf/`` (a `transformers` folder), or ``adapter/`` with the name of its base. Safetensors only.

        Raises `TrainingError` where an adapter was trained and has not moved.
        """
        generation = fresh_generation(self._loaded.model, self._language)
        if self._choices.lora:
            self.check_moved()
            target = folder / "adapter"
            save_adapter(self.module, target)
            if generation is not None:
                generation.save_pretrained(target)
        else:
            target = folder / "hf"
            if generation is not None:
                self._loaded.model.generation_config = generation
            with quiet():
                self._loaded.model.save_pretrained(target)
        self._loaded.processor.save_pretrained(target)

    def check_moved(self) -> None:
        """Raise `TrainingError` where the adapter is still what it was after `ENOUGH_STEPS` losses."""
        if self._choices.lora and self._losses >= ENOUGH_STEPS and movement(self.module) == 0:
            raise TrainingError(
                f"the adapter has not moved after {self._losses} batches",
                hint="is the learning rate 0, or does nothing have a gradient?",
            )

    def _refusal(self, example: Example) -> str | None:
        if example.duration < SHORTEST:
            return f"{example.duration:.2f} s is too short"
        if example.duration > window_of(self._loaded):
            return f"{example.duration:.1f} s, and the model hears {window_of(self._loaded):.0f} s"
        ids = self._targets.spell(example.text)
        if isinstance(ids, str):
            return ids
        if self.family == "ctc" and frames_needed(ids) > (frames := self._frames(example.duration)):
            return f"{frames_needed(ids)} tokens do not fit into {frames} frames"
        return None

    def _frames(self, duration: float) -> int:
        """Output frames of a clip of `duration` seconds; one is kept back for what padding rounds away."""
        import torch

        hop = getattr(self._loaded.processor.feature_extractor, "hop_length", 160)
        stride = getattr(self._loaded.processor.feature_extractor, "stride", 1)
        steps = duration * SAMPLE_RATE
        if self._loaded.family.reads == "input_features":
            steps = steps / hop / stride
        count = getattr(self._loaded.model, str(self._loaded.family.frames))
        return max(0, int(count(torch.tensor([int(steps)]))[0]) - 1)


def fresh_generation(model: Any, language: str | None) -> Any:
    """A new generation config with language and task set; None for models that do not generate text.

    An edited one that the library made by itself is lost on reload, and a Whisper without a language guesses it.
    """
    if not model.can_generate() or model.config.model_type not in {"whisper", "moonshine", "moonshine_streaming"}:
        return None
    transformers = import_transformers()
    old = {name: value for name, value in model.generation_config.to_dict().items() if value is not None}
    for name in ("forced_decoder_ids", "_from_model_config", "transformers_version"):
        old.pop(name, None)
    if language is not None:
        old |= {"language": language, "task": "transcribe"}
    if hasattr(model.config, "max_target_positions"):
        old["max_length"] = model.config.max_target_positions
    return transformers.GenerationConfig(**old)


def _load(choices: HfChoices) -> Pretrained:
    source = locate(choices.base)
    if choices.scratch:
        return _from_scratch(source)
    if not choices.lora:
        loaded = load(choices.base)
        return replace(loaded, source=Source(loaded.source.base))
    if source.adapter is not None:
        raise TrainingError(
            f"{choices.base} is an adapter itself; another one on top would have no base to name",
            hint="merge it first, and give the merged folder as the base",
        )
    return load_base(source)


def _language(loaded: Pretrained, language: str | None) -> str | None:
    """The code that texts are marked with; a Whisper of many languages is never left to guess."""
    if loaded.family.kind == "ctc":
        return None
    return language_of(loaded, language) or language_of(loaded, "en")


def _checkpoint(model: Any) -> None:
    """Keep the inputs of each layer only. `transformers` renamed the switch in 5.2x."""
    enable = getattr(model, "activation_checkpointing_enable", None) or model.gradient_checkpointing_enable
    # Reentrant checkpoints lose the gradient of an adapter behind frozen layers (transformers#42489).
    enable({"use_reentrant": False})
    model.enable_input_require_grads()


def _from_scratch(source: Source) -> Pretrained:
    """The shape and the tokenizer of `source`, with new weights."""
    transformers = import_transformers()
    config = transformers.AutoConfig.from_pretrained(source.base, local_files_only=True)
    family = family_of(config.model_type, source.base)
    model = auto_class(family).from_config(config)
    if (Path(source.base) / "generation_config.json").is_file():
        model.generation_config = transformers.GenerationConfig.from_pretrained(source.base, local_files_only=True)
    processor = transformers.AutoProcessor.from_pretrained(source.words, local_files_only=True)
    return Pretrained(model, processor, family, config.model_type, source)


def _settle(model: Any, family: Family) -> None:
    """What the library would do behind our back: draw masks from a global generator, and sum losses over a batch."""
    if hasattr(model.config, "apply_spec_augment"):
        model.config.apply_spec_augment = False
    if family.kind == "ctc":
        model.config.ctc_loss_reduction = "mean"
        model.config.ctc_zero_infinity = True


def _mask_features(made: Mapping[str, torch.Tensor], model_type: str, rng: Any, masks: MaskSpec) -> torch.Tensor:
    """SpecAugment on each clip's own frames, the padding left out."""
    import torch

    from idiolect.audio import spec_augment

    sound, mask = made["input_features"].clone(), made.get("attention_mask")
    # Whisper's features are (clips, mels, frames); the others' are (clips, frames, mels).
    frames_first = sound.transpose(1, 2) if model_type == "whisper" else sound
    for row in range(len(frames_first)):
        length = frames_first.shape[1] if mask is None else int(mask[row].sum())
        own = frames_first[row, :length].numpy()
        frames_first[row, :length] = torch.from_numpy(np.ascontiguousarray(spec_augment(own, rng, masks)))
    return sound


def _mask_times(samples: Samples, rng: Any, masks: MaskSpec) -> Samples:
    """The times of SpecAugment on samples, for models that read no features: stretches of silence."""
    masked = samples.copy()
    for _ in range(masks.times):
        width = int(rng.integers(int(len(masked) * masks.time_share) + 1))
        first = int(rng.integers(len(masked) - width + 1))
        masked[first : first + width] = 0
    return masked
