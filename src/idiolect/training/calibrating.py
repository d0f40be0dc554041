"""How sure is sure: a phone network's confidence, fitted to what it understood and to speech that is none of the task.

Platt's method (Platt, "Probabilistic outputs for support vector machines", 1999) on the log-likelihood ratio that the
search gives, with his targets a little off 0 and 1, so that two groups that do not touch still have a finite slope.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence

import numpy as np

from idiolect.engines.decoding import Confidence
from idiolect.engines.other_speech import line_of
from idiolect.tasks import Task, parse_task
from idiolect.text import basic_v1

FEWEST = 10
"""Clips of each kind below which nothing is fitted."""
KEPT = 0.98
"""Share of the understood clips that the threshold never turns away, however alike the two kinds are."""

_SLOPES = np.geomspace(0.5, 60.0, 80)
_MIDDLES = 240


def fit(right: Sequence[float], wrong: Sequence[float]) -> Confidence | None:
    """The logistic that tells the ratios of what was understood (`right`) from the others; None for too few.

    Its two numbers are looked for on a grid: the surface has no second valley, and a grid cannot fail to converge.
    """
    if min(len(right), len(wrong)) < FEWEST:
        return None
    ratios = np.concatenate([np.asarray(right, dtype=float), np.asarray(wrong, dtype=float)])
    kinds = np.repeat([1.0, 0.0], [len(right), len(wrong)])
    targets = np.where(kinds > 0, (len(right) + 1) / (len(right) + 2), 1 / (len(wrong) + 2))
    weights = np.where(kinds > 0, 0.5 / len(right), 0.5 / len(wrong))
    best = (np.inf, 0.0, 1.0)
    for middle in np.linspace(ratios.min(), ratios.max(), _MIDDLES):
        logits = np.clip(_SLOPES[:, None] * (ratios - middle), -50, 50)
        losses = (weights * (np.logaddexp(0, logits) - targets * logits)).sum(axis=1)
        at = int(losses.argmin())
        best = min(best, (float(losses[at]), float(middle), float(_SLOPES[at])))
    return Confidence(middle=round(best[1], 4), slope=round(best[2], 4))


def threshold(found: Confidence, right: Sequence[float], wrong: Sequence[float]) -> float:
    """The confidence at the line that nearly no other speech passes (`line_of`), or at what keeps `KEPT` of `right`.

    The lower of the two: a threshold of 0.75 on the fitted confidence itself turned away half of the orders in noise,
    of which dev, a few quiet clips, knew nothing (docs/log.md).
    """
    line = min(line_of(wrong), float(np.quantile(right, 1 - KEPT)))
    return math.floor(found.of(line) * 1e4) / 1e4


def own_task(text: str) -> Task:
    """A task that knows one sentence: what was said."""
    return parse_task(_TASK.format(sentences=json.dumps([basic_v1(text)]), lists=""))


def foreign_task(texts: Sequence[str], rng: np.random.Generator) -> Task:
    """A task of the usual kind (a carrier, four lists, half of them optional) out of phrases of `texts`.

    What somebody else says is none of it, however well its short words fit in places.
    """
    said = [basic_v1(text).split() for text in texts]
    phrases: list[str] = []
    for words in said:
        first = 0
        while first < len(words):
            size = int(rng.integers(1, 4))
            phrases.append(" ".join(words[first : first + size]))
            first += size
    drawn = [str(phrase) for phrase in rng.permutation(phrases)]
    lists = {name: drawn[at :: len(_LISTS)][:_VALUES] or ["nothing"] for at, name in enumerate(_LISTS)}
    text = "".join(f"  {name}:\n    values: {json.dumps(values)}\n" for name, values in lists.items())
    template = "[{carrier}] [{size}] [{kind}] {thing} [with {extra}]"
    return parse_task(_TASK.format(sentences=json.dumps([template]), lists="lists:\n" + text))


_TASK = "language: en\nintents:\n  say:\n    data:\n      - sentences: {sentences}\n{lists}"
_LISTS = ("carrier", "size", "kind", "thing", "extra")
_VALUES = 12
"""Of each list: with five lists a task of 60 phrases, as that of a coffee shop."""
