"""Which words of one text stand for which of another: the same words, and between them groups that sound most alike."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein

from idiolect.labeling.correcting.sounds import Ear
from idiolect.text import basic_v1

_AFTER_A_MARK = re.compile(r"(?<=[^\w\s'\u2019])(?=\w)")
_SHAPES = ((1, 1), (1, 0), (0, 1), (1, 2), (2, 1), (2, 2), (1, 3), (3, 1))
"""How many words of one text may stand for how many of the other: "I scream" for "ice cream"."""
_WIDER = 0.25
"""What each word more in a group costs, in phones: single words are told apart where they can be."""
_LONGEST = 14
"""Words on a side above which a stretch is left whole: it was written anew, and nothing in it corresponds."""


@dataclass(frozen=True, slots=True)
class Written:
    """One word of a text: as it is written, as it is compared, and what follows it (a space, or nothing)."""

    raw: str
    word: str
    after: str = " "


@dataclass(frozen=True, slots=True)
class Group:
    """Words ``start:end`` of the old text that became ``new_start:new_end`` of the new one. One side may be empty."""

    start: int
    end: int
    new_start: int
    new_end: int

    def moved(self, by: int, new_by: int) -> Group:
        """The same group, so many words further on."""
        return Group(self.start + by, self.end + by, self.new_start + new_by, self.new_end + new_by)


def written_words(text: str) -> list[Written]:
    """The words of a text. Marks that stand alone belong to the word before them, or to the first.

    >>> [one.word for one in written_words("Well-known, isn't it ?")]
    ['well', 'known', "isn't", 'it']
    """
    words: list[Written] = []
    before = ""
    for token in text.split():
        pieces = [piece for piece in _AFTER_A_MARK.split(token) if piece]
        for number, piece in enumerate(pieces, start=1):
            after = " " if number == len(pieces) else ""
            plain = basic_v1(piece)
            if plain:
                words.append(Written(before + piece, plain, after))
                before = ""
            elif words and number == len(pieces):
                last = words[-1]
                words[-1] = Written(last.raw + last.after + piece, last.word, after)
            else:
                before += piece + after
    return words


def text_of(words: Sequence[Written]) -> str:
    """The words as a text again."""
    return "".join(one.raw + one.after for one in words).strip()


def groups_between(old: Sequence[str], new: Sequence[str], ear: Ear) -> list[Group]:
    """What changed from one row of words to the other, in order; words that stayed are in no group."""
    groups: list[Group] = []
    hunks: list[list[int]] = []
    for step in Levenshtein.opcodes(old, new):
        if step.tag == "equal":
            continue
        if hunks and hunks[-1][1] == step.src_start and hunks[-1][3] == step.dest_start:
            hunks[-1][1], hunks[-1][3] = step.src_end, step.dest_end
        else:
            hunks.append([step.src_start, step.src_end, step.dest_start, step.dest_end])
    for start, end, new_start, new_end in hunks:
        inside = _split(tuple(old[start:end]), tuple(new[new_start:new_end]), ear)
        groups += [one.moved(start, new_start) for one in inside]
    return groups


def _split(old: tuple[str, ...], new: tuple[str, ...], ear: Ear) -> list[Group]:
    """The cheapest way to cut a stretch into groups, by their sound."""
    if max(len(old), len(new)) > _LONGEST or not old or not new:
        return [Group(0, len(old), 0, len(new))]
    best: dict[tuple[int, int], tuple[float, Group | None]] = {(0, 0): (0.0, None)}
    for end in range(len(old) + 1):
        for new_end in range(len(new) + 1):
            ways = [
                (
                    best[end - many, new_end - few][0]
                    + _cost(old[end - many : end], new[new_end - few : new_end], ear),
                    group,
                )
                for many, few in _SHAPES
                if many <= end and few <= new_end
                for group in [Group(end - many, end, new_end - few, new_end)]
            ]
            if ways:
                best[end, new_end] = min(ways, key=lambda way: way[0])
    groups: list[Group] = []
    place = (len(old), len(new))
    while (group := best[place][1]) is not None:
        groups.append(group)
        place = (group.start, group.new_start)
    return [one for one in reversed(groups) if old[one.start : one.end] != new[one.new_start : one.new_end]]


def _cost(old: tuple[str, ...], new: tuple[str, ...], ear: Ear) -> float:
    if old and new:
        return ear.edits(old, new) + _WIDER * (len(old) + len(new) - 2)
    return float(min(map(len, ear.phones(old or new)), default=len("".join(old or new))))
