"""What the one loop needs of a model family."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from idiolect.units import Samples, Seconds

if TYPE_CHECKING:
    import torch

    from idiolect.engines.protocol import Hypothesis


@dataclass(frozen=True, slots=True)
class Example:
    """One clip to learn from. The samples are read when they are needed.

    clip_id: which clip.
    text: what is said, as the label has it.
    duration: seconds, for batches of equal length.
    weight: how often it is drawn, relative to the others.
    target: True for the project's own speech; False for material it is only pre-trained on.
    """

    clip_id: str
    text: str
    duration: Seconds
    weight: float = 1.0
    target: bool = True


class Learner(Protocol):
    """A model that can learn. One class per family: `nano`, `hf` (CTC and seq2seq of transformers).

    The loop draws examples, reads and augments their samples with a generator seeded by (seed, step, index), asks
    for a batch, and steps the optimizer. It decides when to decode dev, what is best, and what is saved.
    """

    family: str
    """``nano``, ``ctc`` or ``seq2seq``."""

    module: torch.nn.Module
    """What has parameters; those with ``requires_grad`` learn."""

    def prepare(self, corpus_samples: Mapping[str, Samples], examples: Sequence[Example]) -> None:
        """Once, before the first step: alignments, lexicon, vocabulary. Resumable; may take minutes."""
        ...

    def usable(self, example: Example) -> bool:
        """False where this family cannot learn from the example (no alignment, text too long)."""
        ...

    def batch(self, samples: Sequence[Samples], examples: Sequence[Example], rng: Any) -> Mapping[str, Any]:
        """Augmented samples and their texts → tensors on the CPU. `rng` is a numpy Generator."""
        ...

    def loss(self, batch: Mapping[str, Any]) -> torch.Tensor:
        """Mean loss of the batch, a scalar with a gradient."""
        ...

    def decode(self, samples: Sequence[Samples]) -> list[Hypothesis]:
        """Real decoding, as the engine of this family does it: never teacher-forced."""
        ...

    def save(self, folder: Path) -> None:
        """Weights as safetensors, and all that the engine of this family needs to load them."""
        ...
