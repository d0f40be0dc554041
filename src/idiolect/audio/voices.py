"""Which clips are by one voice, so that a fold or a split keeps a voice on one side.

Prints are compared pair by pair (`voice_print`), then clips are joined into groups, always the two groups whose clips
are on the average most alike, until the average falls below a threshold that was chosen on named speakers. For folds a
voice that is torn apart does more harm than two voices in one group: the threshold taken without asking joins more.

What makes clips alike is the voice, and with it the microphone and the room: one person on two microphones may come out
as two, and two people alike on one microphone as one. The figures in `VoiceGroups` say how often, on named speakers.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from idiolect.audio.voice_features import Frames
from idiolect.audio.voice_print import LEAST, VoiceModel, voice_model, voice_print
from idiolect.units import Samples

Array = NDArray[Any]
Prefer = Literal["joined", "balanced"]

_TOGETHER = 1e6
"""Log-odds for what is known to be one voice: above any that is measured."""


@dataclass(frozen=True, slots=True)
class VoiceGroups:
    """A group for each clip, and how sure that is.

    groups: numbers from 0, in the order in which groups first appear; a clip without enough speech is one of its own.
    sure: for each clip 0 to 1, how likely its group holds most of its voice and its voice has most of the group; 0.0
        without enough speech. On named speakers it is about .1 too high.
    missed: of pairs of clips by one voice, the share that came into two groups, on named speakers that the threshold
        was not chosen on: what to expect of clips like theirs, not a measurement of these.
    mixed: of pairs of clips in one group, the share that was by two voices, on the same named speakers.
    """

    groups: list[int]
    sure: list[float]
    prefer: Prefer
    missed: float
    mixed: float
    unheard: tuple[int, ...] = ()
    """Indices of the clips without enough speech."""

    @property
    def count(self) -> int:
        """How many groups there are."""
        return len(set(self.groups))

    def sizes(self) -> list[int]:
        """Clips in each group, by its number."""
        return [self.groups.count(group) for group in range(self.count)]

    def group_sure(self) -> list[float]:
        """The mean of `sure` in each group, by its number."""
        if not self.groups:
            return []
        totals = np.bincount(self.groups, weights=self.sure) / np.bincount(self.groups)
        return [round(float(value), 3) for value in totals]

    def names(self) -> list[str]:
        """A name for each clip's group: ``voice-01``; all are equally long."""
        width = max(2, len(str(self.count)))
        return [f"voice-{group + 1:0{width}d}" for group in self.groups]


def group_voices(
    clips: Iterable[Samples], *, prefer: Prefer = "joined", together: Sequence[Hashable] | None = None
) -> VoiceGroups:
    """Group clips, each float32 ``(n,)``, mono, 16 kHz, by voice. The same clips in one order give the same groups.

    prefer: ``joined`` for folds (few voices are torn apart), ``balanced`` to tell voices apart as well as can be.
    together: for each clip a key; clips with the same one are of one voice (a recording by one person), those without
        enough speech too.

    Memory and time go with the square of the clips: 5,000 take 0.4 GB.

    Raises:
        ValueError: `together` is not as long as the clips are many.
    """
    prints = [voice_print(samples) for samples in clips]
    return group_prints(prints, prefer=prefer, together=together)


def group_prints(
    prints: Sequence[Array | None], *, prefer: Prefer = "joined", together: Sequence[Hashable] | None = None
) -> VoiceGroups:
    """`group_voices` of prints that are made already."""
    model = voice_model()
    fitted = model.numbers["prefer"][prefer]
    if together is not None and len(together) != len(prints):
        raise ValueError(f"{len(together)} keys for {len(prints)} clips")
    heard = [index for index, print_ in enumerate(prints) if print_ is not None]
    keys = [None if together is None else together[index] for index in heard]
    odds = _odds(model, [prints[index] for index in heard], keys if together is not None else None)
    found = groups_of(join(odds), len(heard), fitted["threshold"])
    groups, sure = np.full(len(prints), -1), np.zeros(len(prints))
    groups[heard] = found
    if together is not None:
        groups = _with_their_own(groups, together)
    sure[heard] = _sure(margins(odds, found, fitted["threshold"]), fitted)
    return VoiceGroups(
        groups=_in_order(groups.tolist()),
        sure=[round(float(value), 3) for value in sure],
        prefer=prefer,
        missed=fitted["missed"],
        mixed=fitted["mixed"],
        unheard=tuple(index for index, print_ in enumerate(prints) if print_ is None),
    )


def check_halves(clips: Iterable[Samples], *, prefer: Prefer = "joined") -> tuple[int, int]:
    """How many clips have both halves of their speech in one group, and how many could be asked.

    What is known of any clip is that one person speaks in it: grouped without that knowledge, its halves should meet.
    Half a clip says less of a voice than a whole one, so whole clips are torn apart less often than this says; but two
    clips of a person can differ in microphone and day, as two halves cannot.
    """
    found = [both for samples in clips if (both := halves(samples)) is not None]
    groups = group_prints([part for both in found for part in both], prefer=prefer).groups
    return sum(one == other for one, other in zip(groups[::2], groups[1::2], strict=True)), len(found)


def halves(samples: Samples) -> tuple[Array, Array] | None:
    """Two prints of one clip, of the earlier and of the later half of its speech; None where that is too little."""
    if voice_print(samples) is None:
        return None
    frames = Frames.of(samples)
    spoken = np.flatnonzero(frames.speech())
    middle = int(spoken[len(spoken) // 2])
    if len(spoken) < 3 * LEAST:
        return None
    model = voice_model()
    first, second = model.print_of(frames.part(0, middle)), model.print_of(frames.part(middle, len(frames.energies)))
    return None if first is None or second is None else (first, second)


def _odds(model: VoiceModel, prints: Sequence[Array | None], keys: Sequence[Hashable] | None) -> Array:
    """Log-odds of all pairs; what is known, or the same to the bit, stands above all others."""
    if not prints:
        return np.zeros((0, 0))
    rows = np.array(prints)
    odds = model.log_odds(rows)
    first: dict[Hashable, int] = {}
    for index, row in enumerate(rows):
        for key in [("print", row.tobytes()), *([("key", keys[index])] if keys is not None else [])]:
            first.setdefault(key, index)
    same = np.array([first["print", row.tobytes()] for row in rows])
    odds[same[:, None] == same[None]] = _TOGETHER
    if keys is not None:
        known = np.array([first["key", key] for key in keys])
        odds[known[:, None] == known[None]] = _TOGETHER
    return odds


def join(odds: Array) -> list[tuple[int, int, float]]:
    """All joins of average linkage, as (lower index, higher index, average log-odds), by chains of nearest neighbours.

    The chain (Murtagh 1983) needs time of the order of the square of the clips, where looking for the best pair of all
    at each step needs the cube; the tree is the same.
    """
    near = odds.astype(np.float64)
    np.fill_diagonal(near, -np.inf)
    count = len(near)
    sizes, alive = np.ones(count), np.ones(count, dtype=bool)
    joins: list[tuple[int, int, float]] = []
    chain: list[int] = []
    while len(joins) < count - 1:
        one, other = _mutual(near, alive, chain)
        joins.append((one, other, float(near[one, other])))
        row = (sizes[one] * near[one] + sizes[other] * near[other]) / (sizes[one] + sizes[other])
        near[one], near[:, one] = row, row
        near[one, one] = -np.inf
        sizes[one] += sizes[other]
        alive[other] = False
        near[other], near[:, other] = -np.inf, -np.inf
    return joins


def _mutual(near: Array, alive: Array, chain: list[int]) -> tuple[int, int]:
    """Two groups that are each other's nearest, taken off the chain; the lower index first."""
    if not chain:
        chain.append(int(alive.argmax()))
    while True:
        last = chain[-1]
        nearest = int(near[last].argmax())
        if len(chain) > 1 and near[last, chain[-2]] >= near[last, nearest]:
            one, other = sorted((chain.pop(), chain.pop()))
            return one, other
        chain.append(nearest)


def groups_of(joins: Iterable[tuple[int, int, float]], count: int, threshold: float) -> Array:
    """A group number for each of `count` clips: the joins at or above the threshold are made."""
    parent = list(range(count))

    def root(index: int) -> int:
        while parent[index] != index:
            index = parent[index]
        return index

    for one, other, odds in joins:
        if odds >= threshold:
            lower, higher = sorted((root(one), root(other)))
            parent[higher] = lower
    return np.array(_in_order([root(index) for index in range(count)]), dtype=int)


def _with_their_own(groups: Array, together: Sequence[Hashable]) -> Array:
    """Clips without enough speech (-1) stand where others with their key stand, or with one another."""
    known: dict[Hashable, int] = {key: int(group) for key, group in zip(together, groups, strict=True) if group >= 0}
    start = int(groups.max(initial=-1)) + 1
    for key in together:
        known.setdefault(key, start + len(known))
    return np.array(
        [known[key] if group < 0 else group for key, group in zip(together, groups, strict=True)], dtype=int
    )


def _in_order(groups: Sequence[int]) -> list[int]:
    """Groups numbered as they first appear; each -1 is one of its own."""
    numbers: dict[tuple[int, int], int] = {}
    keys = [(group, index if group < 0 else 0) for index, group in enumerate(groups)]
    return [numbers.setdefault(key, len(numbers)) for key in keys]


def margins(odds: Array, groups: Array, threshold: float) -> Array:
    """How much nearer each clip is to its own group than to the nearest other one, in average log-odds, ``(clips,)``.

    A clip alone stands as near to its own group as the threshold is; without another group, that is what is compared.
    """
    count = len(groups)
    if not count:
        return np.zeros(0)
    member = np.eye(int(groups.max()) + 1)[groups]
    capped = np.clip(odds, -50, 50)
    np.fill_diagonal(capped, 0)
    sizes = member.sum(axis=0)
    others = sizes[None] - member  # clips of each group, oneself left out
    average = np.where(others > 0, capped @ member / np.maximum(others, 1), threshold)
    own = (average * member).sum(axis=1)
    best = np.where(member > 0, -np.inf, average).max(axis=1)
    return np.asarray(own - np.where(np.isfinite(best), best, threshold))


def _sure(margin: Array, fitted: dict[str, float]) -> Array:
    return np.asarray(1 / (1 + np.exp(-(fitted["sure_slope"] * margin + fitted["sure_offset"]))))
