"""Key terms: words and phrases that are worth a boost wherever they are said.

An unfinished term holds its boost on loan and gives it back where it does not go on; so the search follows it from its
first word, and sentences without the whole term gain nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from idiolect.engines.decoding.arrays import fixed
from idiolect.engines.decoding.kernel import Terms
from idiolect.errors import EngineError

NO_TERMS = Terms(
    fixed([0, 0], "i4"),
    fixed([], "i4"),
    fixed([], "i4"),
    fixed([0], "i4"),
    fixed([0], "f4"),
    fixed([0], "f4"),
    fixed([0], "f4"),
)


def read_terms(path: Path) -> dict[str, float | None]:
    """Term → boost per word (None: the search's own) from lines of ``term`` or ``term<tab>boost``; # begins a remark.

    Raises `EngineError` with the line that is not one.
    """
    from idiolect.text import basic_v1

    found: dict[str, float | None] = {}
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise EngineError(f"{path} cannot be read: {error}") from error
    for number, line in enumerate(lines, start=1):
        text, _, boost = line.partition("#")[0].strip().partition("\t")
        if not text:
            continue
        term = basic_v1(text)
        try:
            found[term] = float(boost) if boost.strip() else None
        except ValueError:
            raise EngineError(f"{path}:{number}: {boost.strip()!r} is no boost", hint="a number after a tab") from None
        if not term:
            raise EngineError(f"{path}:{number}: {text!r} has no word in it")
    if not found:
        raise EngineError(f"{path} has no term", hint="one term per line")
    return found


def compile_terms(terms: Mapping[Sequence[int], float]) -> Terms:
    """The automaton of terms: each a sequence of word numbers, with the boost of each of its words.

    A word of an unfinished term is held; one that completes a term earns all that was held since the last complete one.
    Where a term ends inside another, only what is longest counts; a word counts for one term only.
    """
    children: list[dict[int, int]] = [{}]
    boost = [0.0]
    ends = [False]
    for words, worth in terms.items():
        node = 0
        for word in words:
            if word not in children[node]:
                children[node][word] = len(children)
                children.append({})
                boost.append(0.0)
                ends.append(False)
            node = children[node][word]
            boost[node] = max(boost[node], worth)
        ends[node] = bool(node)
    other, held, earned, kept = _links(children, boost, ends)
    order = [sorted(ways.items()) for ways in children]
    return Terms(
        first=fixed(np.cumsum([0, *(len(ways) for ways in order)]), "i4"),
        word=fixed([word for ways in order for word, _ in ways], "i4"),
        target=fixed([target for ways in order for _, target in ways], "i4"),
        other=fixed(other, "i4"),
        held=fixed(held, "f4"),
        earned=fixed(earned, "f4"),
        kept=fixed(kept, "f4"),
    )


def _links(
    children: Sequence[Mapping[int, int]], boost: Sequence[float], ends: Sequence[bool]
) -> tuple[list[int], list[float], list[float], list[float]]:
    """For each state the longest proper end of it that is a state, what it holds, earns, and what inside it is kept."""
    size = len(children)
    other, held, earned, kept = [0] * size, [0.0] * size, [0.0] * size, [0.0] * size
    inside = [0] * size  # the longest complete term that is a proper end of a state
    waiting = [0]
    for state in waiting:
        for word, child in children[state].items():
            back = other[state]
            while back and word not in children[back]:
                back = other[back]
            other[child] = children[back].get(word, 0) if state else 0
            inside[child] = other[child] if ends[other[child]] else inside[other[child]]
            gained = held[state] + boost[child]
            if ends[child]:
                earned[child] = gained
                other[child] = 0
            else:
                held[child] = gained
                kept[child] = kept[state] + earned[inside[child]]
            waiting.append(child)
    return other, held, earned, kept
