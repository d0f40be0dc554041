"""How a search weighs what it knows."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from idiolect.errors import EngineError


@dataclass(frozen=True, slots=True)
class DecodingOptions:
    """Weights of a beam search, in nats.

    lm_scale: weight of the language model against the network.
    word_penalty: what a word costs; more of it, fewer and longer words.
    silence_penalty: what a silence between words costs, beside `phone_penalty`.
    phone_penalty: what entering a phone costs.
    beam: hypotheses that are worse than the best by more than this are dropped.
    tokens: and of the others, about so many of the best are kept in each frame.
    boost: what each word of a key term is worth.
    """

    lm_scale: float = 1.0
    word_penalty: float = 0.0
    silence_penalty: float = 0.0
    phone_penalty: float = 0.0
    beam: float = 30.0
    tokens: int = 2000
    boost: float = 3.0

    def as_dict(self) -> dict[str, Any]:
        """JSON values."""
        return asdict(self)

    @staticmethod
    def from_dict(values: Mapping[str, Any]) -> DecodingOptions:
        """Raises `EngineError` for a name that is none of these, or a value that is no number."""
        return DecodingOptions().changed(values)

    def changed(self, values: Mapping[str, Any]) -> DecodingOptions:
        """The same with some of them replaced. Raises `EngineError` as `from_dict` does."""
        known = {field.name for field in fields(self)}
        for name, value in values.items():
            if name not in known:
                raise EngineError(f"{name} is no weight of the search", hint=f"known: {', '.join(sorted(known))}")
            if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
                raise EngineError(f"{name} is {value!r}, not a number")
        found = {**asdict(self), **values}
        if found["beam"] <= 0 or found["tokens"] < 1:
            raise EngineError("beam and tokens leave nothing to search", hint="beam above 0, tokens at least 1")
        return DecodingOptions(**found | {"tokens": int(found["tokens"])})
