"""An engine that says what it was told to: for tests, and for trying a pipeline without a model."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from idiolect.audio import samples_hash
from idiolect.engines.protocol import EngineOptions, Hypothesis, Word
from idiolect.errors import EngineError
from idiolect.units import Samples, Seconds, duration_of

_KNOWN = {"texts", "confidence", "delay"}


class Echo:
    """Reads `EngineOptions.extra` and hears nothing.

    texts: a list, said in turn and over again, or a mapping from the hash of the samples (`audio.samples_hash`) to
        the text; what is not in it is heard as ``""``.
    confidence: in [0, 1], given with every text.
    delay: seconds that each clip takes.
    """

    name = "echo"
    version = "1"

    def __init__(self, options: EngineOptions) -> None:
        unknown = sorted(set(options.extra) - _KNOWN)
        if unknown:
            raise EngineError(f"echo does not know {', '.join(unknown)}", hint=f"known: {', '.join(sorted(_KNOWN))}")
        self._texts: Sequence[str] | Mapping[str, str] = options.extra.get("texts", ())
        self._confidence: float | None = options.extra.get("confidence")
        self._delay = float(options.extra.get("delay", 0.0))
        self._turn = 0

    @property
    def parameters(self) -> Mapping[str, Any]:
        """What it says; not how long it takes."""
        texts = dict(self._texts) if isinstance(self._texts, Mapping) else list(self._texts)
        return {"texts": texts, "confidence": self._confidence}

    def transcribe(self, batch: Sequence[Samples]) -> list[Hypothesis]:
        """One text per clip, its words spread evenly over the clip."""
        return [self._hear(samples) for samples in batch]

    def _hear(self, samples: Samples) -> Hypothesis:
        if self._delay:
            time.sleep(self._delay)
        text = self._text(samples)
        words = text.split()
        step = duration_of(samples) / max(1, len(words))
        times = tuple(Word(word, Seconds(at * step), Seconds((at + 1) * step)) for at, word in enumerate(words))
        return Hypothesis(text, self._confidence, times if len(samples) else ())

    def _text(self, samples: Samples) -> str:
        if isinstance(self._texts, Mapping):
            return self._texts.get(samples_hash(samples), "")
        if not self._texts:
            return ""
        self._turn += 1
        return self._texts[(self._turn - 1) % len(self._texts)]
