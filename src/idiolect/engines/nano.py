"""A checkpoint of our own small phone network, by torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from idiolect.engines.knowledge import Knowledge
from idiolect.engines.phone_decoder import PhoneDecoder
from idiolect.engines.protocol import EngineOptions, Hypothesis
from idiolect.engines.speech import LISTENING, spoken_part
from idiolect.errors import EngineError, MissingExtraError
from idiolect.files import read_json
from idiolect.tasks import LEXICON
from idiolect.units import Samples, duration_of

SHORTEST = 400
"""Samples: one window of the features. What is shorter holds no word."""


class Nano:
    """Reads `model`, `task` (else the checkpoint's own, else its vocabulary), `threads` and in `extra` `Knowledge`."""

    name = "nano"

    def __init__(self, options: EngineOptions) -> None:
        if options.model is None:
            raise EngineError("the nano engine needs a checkpoint", hint="--model FOLDER")
        try:
            import torch

            from idiolect.engines.network import load_network
        except ImportError as error:
            raise MissingExtraError("the nano engine", "train") from error
        folder = Path(options.model)
        torch.set_num_threads(max(1, options.threads))
        self._network, self._features = load_network(folder)
        self._knowledge = Knowledge.of(options.extra, self.name)
        self._decoder = PhoneDecoder.load(folder, options.task, self._knowledge)
        self._task = options.task
        self.version: str = read_json(folder / "checkpoint.json")["id"]

    @property
    def parameters(self) -> Mapping[str, Any]:
        """The task, where one was given in place of the checkpoint's own, and what was chosen for the search."""
        task = {} if self._task is None else {"task": self._task.id}
        return {"listening": LISTENING, "lexicon": LEXICON, **task, **self._knowledge.parameters}

    def transcribe(self, batch: Sequence[Samples]) -> list[Hypothesis]:
        """One hypothesis per clip, each clip by itself: no padding, so that its neighbours change nothing."""
        return [self._hear(samples) for samples in batch]

    def _hear(self, samples: Samples) -> Hypothesis:
        from idiolect.engines.network import log_posteriors

        spoken = spoken_part(samples) if len(samples) >= SHORTEST else None
        if spoken is None:
            return Hypothesis("")  # a search must say something: where nobody speaks it is not asked
        found = log_posteriors(self._network, spoken.samples, self._features)
        return self._decoder.decode(found, duration_of(samples), start=spoken.start)
