"""What a model that learns hears over time: the same few clips at each look, word by word."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from idiolect.evaluation.alignment import align


def heard_over_time(looks: Iterable[tuple[int, Sequence[Mapping[str, str]]]]) -> list[dict[str, Any]]:
    """By clip: its reference, and what was heard at each look, newest first; JSON values.

    looks: the step, and for each clip ``clip``, ``reference`` and ``hypothesis``. Looks that heard the same words are
    one, from ``step`` until ``until``.
    """
    found: dict[str, dict[str, Any]] = {}
    for step, heard in looks:
        for sample in heard:
            reference = sample["reference"]
            clip = found.setdefault(sample["clip"], {"clip": sample["clip"], "reference": reference, "looks": []})
            words = _compared(reference, sample["hypothesis"])
            if clip["looks"] and clip["looks"][0]["words"] == words:
                clip["looks"][0]["until"] = step
            else:
                clip["looks"].insert(0, {"step": step, "until": step, "words": words})
    return list(found.values())


def _compared(reference: str, hypothesis: str) -> list[dict[str, str]]:
    """The hypothesis word by word: ``said`` and ``meant``, one of them empty where a word is missing or too many."""
    pairs = align(reference.split(), hypothesis.split()).pairs
    return [{"meant": meant or "", "said": said or ""} for meant, said in pairs]
