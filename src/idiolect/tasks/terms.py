"""Key terms of a text: words that are much commoner in it than in general English.

The reference is the language model in PocketSphinx's wheel. Terms are ranked by what they add to the divergence of the
two (pointwise Kullback-Leibler: Tomokiyo and Hurst, A Language Model Approach to Keyphrase Extraction, 2003).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

RAREST = 1e-7
"""Probability of a word that general English does not have: a little below the rarest ones that it has."""
SHORTEST = 3
"""Letters; shorter words are rarely names of anything."""


@dataclass(frozen=True, slots=True)
class Term:
    """count: in the text; ratio: how many times commoner than in general English; score: what terms are ranked by."""

    word: str
    count: int
    ratio: float
    score: float


def key_terms(
    counts: Mapping[str, int], *, least_count: int = 2, least_ratio: float = 20.0, limit: int | None = None
) -> list[Term]:
    """Words that stand in the text at least `least_count` times and are `least_ratio` times commoner, best first."""
    general = general_english(counts)
    total = sum(counts.values())
    found = []
    for word, count in counts.items():
        ratio = count / total / max(general[word], RAREST)
        if count >= least_count and ratio >= least_ratio and len(word) >= SHORTEST:
            found.append(Term(word, count, round(ratio, 1), round(count * math.log(ratio), 2)))
    found.sort(key=lambda term: (-term.score, term.word))
    return found[:limit]


def general_english(words: Mapping[str, int]) -> dict[str, float]:
    """The probability of each word in general English; 0 where it is not there. Loads in about .1 s."""
    from pocketsphinx import Config, LogMath, NGramModel, get_model_path

    scale = LogMath()
    model = NGramModel(Config(), scale, get_model_path("en-us/en-us.lm.bin"))
    return {word: float(scale.exp(model.prob([word]))) for word in words}
