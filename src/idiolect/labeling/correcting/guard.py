"""The edit guard: which changes of a language model are taken, and which wait for a person.

Pure: texts and evidence in, decisions out. A change is a claim about what was said, made by something that did not hear
it. So each one needs a reason to believe that the sound was the one that it says:

- the user's corrections say it, or another teacher heard exactly that there;
- the old and the new words sound the same (the teacher chose between homophones by its language model);
- they sound alike, the place is doubtful, and the sentence becomes likelier: the teacher was unsure there, or another
  one heard something that sounds like the new words too. What most other teachers heard as well is not doubtful;
- they sound roughly alike, and the glossary names the new words.

Negations, numbers, spelled letters and opposites change only between words that sound the same, and only where another
teacher heard the new ones. How likely a sentence is, is asked of an n-gram model (`plausible`), which no prompt can
talk round: a change that makes it less likely is not taken for its sound or for another teacher. Where a model wants to
change more than a stated share of the words it did not correct but write, and nothing of it is taken. In `clean` mode
fillers and repetitions may go, contractions and numbers may be spelled another way, and case and punctuation are the
model's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Literal

from rapidfuzz.distance import Levenshtein

from idiolect.labeling.correcting.aligning import Group, Written, groups_between, text_of, written_words
from idiolect.labeling.correcting.meaning import turns_meaning
from idiolect.labeling.correcting.sounds import Ear
from idiolect.text import basic_v1, english_v1

REVISION = 1
"""Goes up whenever the same texts and evidence would give another decision."""

Plausible = Callable[[Sequence[str]], float]
Mode = Literal["verbatim", "clean"]
"""What was said as it was said; or as one would write it down."""

SAME = 0.06
"""Distance by ear (`Ear.distance`) under which words sound the same: one near vowel in eight phones."""
ALIKE = 0.35
"""Under which they sound alike: a phone of three, or more that are near."""
LIKELIER = 2.0
"""Gain in log probability (natural) from which a change in a doubtful place is believed: seven times as likely."""
ROUGHLY = 0.5
"""Under which a word of the glossary may have been meant."""

_PHRASE = 3
"""Words of a phrase that somebody starts twice."""
_FILLERS = frozenset({"um", "uh", "uhm", "umm", "er", "erm", "eh", "hm", "hmm", "mm", "mhm", "äh", "ähm", "euh"})


@dataclass(frozen=True, slots=True)
class Rules:
    """What the guard is told.

    unsure: a word with less confidence than this is doubtful. max_changes: the share of the words that a model may want
    to change. glossary: words and phrases of this project. corrections: what the user says for what is often heard.
    """

    mode: Mode = "verbatim"
    unsure: float = 0.5
    max_changes: float = 0.3
    glossary: frozenset[str] = frozenset()
    corrections: Mapping[str, str] = field(default_factory=dict)

    @staticmethod
    def of(
        mode: Mode, glossary: Iterable[str] = (), corrections: Mapping[str, str] | None = None, **more: float
    ) -> Rules:
        """Rules from words as a user writes them."""
        plain = {basic_v1(old): basic_v1(new) for old, new in (corrections or {}).items()}
        return Rules(mode, glossary=frozenset(filter(None, map(basic_v1, glossary))), corrections=plain, **more)


@dataclass(frozen=True, slots=True)
class Edit:
    """One change that the model wants. `old` or `new` is empty where words come or go; `why` says what was decided."""

    at: int
    """The number of the first old word, from 0."""
    old: str
    new: str
    taken: bool
    why: str


@dataclass(frozen=True, slots=True)
class Guarded:
    """What came of an answer.

    text: the old text with the changes that are taken. wanted: the model's text, word for word. edits: every change.
    """

    old: str
    wanted: str
    text: str
    edits: tuple[Edit, ...]

    @property
    def taken(self) -> tuple[Edit, ...]:
        """The changes that stand in `text`."""
        return tuple(edit for edit in self.edits if edit.taken)

    @property
    def refused(self) -> tuple[Edit, ...]:
        """The changes that wait for a person."""
        return tuple(edit for edit in self.edits if not edit.taken)

    @property
    def is_improved(self) -> bool:
        """Whether other words stand there than before: computed, whatever the model says of itself."""
        return basic_v1(self.text) != basic_v1(self.old)


def guard(
    old: str,
    new: str,
    ear: Ear,
    rules: Rules,
    *,
    confidences: Sequence[float | None] = (),
    rivals: Sequence[str] = (),
    plausible: Plausible | None = None,
) -> Guarded:
    """Decide on each change from `old`, what a teacher heard, to `new`, what a model wants.

    confidences: of the words of `old`, as `written_words` counts them; missing ones say nothing.
    rivals: what other teachers heard in the same clip.
    plausible: how likely a sentence is (log probability of its words); None: nobody knows, and what only sounds alike
        is not taken.
    """
    before, after = written_words(old), written_words(new)
    if not before:
        return Guarded(old, new, old, tuple(_nothing_heard(after)))
    words, wanted = [one.word for one in before], [one.word for one in after]
    heard = [_Rival(words, basic_v1(rival).split(), ear) for rival in rivals]
    groups = groups_between(words, wanted, ear)
    if rules.mode == "clean":
        groups = _respelled(groups, before, after)
        groups = [part for group in groups for part in _parted(group, words)]
    touched = frozenset(place for group in groups for place in range(group.start, group.end))
    raws = [one.raw for one in after]
    case = _Case(words, wanted, raws, ear, rules, list(confidences), heard, touched, plausible)
    decided = [(group, *case.decide(group)) for group in groups]
    wants = sum(max(g.end - g.start, g.new_end - g.new_start) for g, _, why in decided if not why.startswith(_CLEAN))
    if wants > rules.max_changes * len(words):
        share = f"wants {wants} of {len(words)} words changed, at most {rules.max_changes:.0%} may be"
        decided = [
            (group, False, share) if taken and not why.startswith(_CLEAN) else (group, taken, why)
            for group, taken, why in decided
        ]
    edits = tuple(
        Edit(g.start, " ".join(words[g.start : g.end]), " ".join(wanted[g.new_start : g.new_end]), taken, why)
        for g, taken, why in decided
    )
    chosen = [group for group, taken, _ in decided if taken]
    text = _applied(before, after, chosen, groups=[group for group, _, _ in decided], mode=rules.mode)
    return Guarded(old, new, text, edits)


_CLEAN = "clean: "


@dataclass(frozen=True, slots=True)
class _Case:
    """The texts and all that is known of them."""

    words: list[str]
    wanted: list[str]
    written: list[str]
    ear: Ear
    rules: Rules
    confidences: list[float | None]
    rivals: list[_Rival]
    touched: frozenset[int]
    plausible: Plausible | None

    def decide(self, group: Group) -> tuple[bool, str]:
        """Whether the change is taken, and why."""
        old, new = tuple(self.words[group.start : group.end]), tuple(self.wanted[group.new_start : group.new_end])
        if self.rules.corrections.get(" ".join(old)) == " ".join(new) and old:
            return True, "the user's corrections say so"
        if self.rules.mode == "clean" and (why := self._cleaned(group, old, new)):
            return True, _CLEAN + why
        distance = self.ear.distance(old, new)
        heard = any(rival.heard(group) == new for rival in self.rivals)
        gain = self._gain(group) if old and new else inf  # a shorter sentence is always likelier: that says nothing
        if turned := turns_meaning(old, new):
            sure = distance <= SAME and heard and gain >= 0
            return sure, "sounds the same, and another teacher heard it" if sure else turned
        doubt = self._doubt(group, new)
        reason = self._reason(group, distance, gain, doubt, heard=heard)
        return bool(reason), reason or _refusal(old, new, distance, doubt)

    def _reason(self, group: Group, distance: float, gain: float, doubt: str, *, heard: bool) -> str:
        """Why to believe the change; empty where nothing speaks for it."""
        if heard and (gain >= LIKELIER or (gain >= 0 and (distance <= ALIKE or self.plausible is None))):
            return "another teacher heard it"
        if distance <= SAME and gain >= 0:
            return "sounds the same"
        if distance <= ALIKE and doubt and self.plausible is not None and gain >= LIKELIER:
            return f"sounds alike ({distance:.2f}), is likelier, and {doubt}"
        if distance <= ROUGHLY and self._in_glossary(group):
            return f"the glossary names it, and it sounds roughly alike ({distance:.2f})"
        return ""

    def _gain(self, group: Group) -> float:
        """How much likelier the sentence is with this change alone; 0 where nobody can tell."""
        if self.plausible is None:
            return 0.0
        new = self.wanted[group.new_start : group.new_end]
        changed = [*self.words[: group.start], *new, *self.words[group.end :]]
        return self.plausible(changed) - self.plausible(self.words)

    def _cleaned(self, group: Group, old: tuple[str, ...], new: tuple[str, ...]) -> str:
        if old and not new and all(word in _FILLERS for word in old):
            return "a filler"
        if old and not new and self._repeats(group):
            return "a repetition"
        written = " ".join(self.written[group.new_start : group.new_end])
        return "another spelling" if new and english_v1(" ".join(old)) == english_v1(written) else ""

    def _repeats(self, group: Group) -> bool:
        """Words, up to three, that stand there twice, once of it untouched; numbers are said twice on purpose."""
        gone = self.words[group.start : group.end]
        size = len(gone)
        starts = [
            group.end,
            *([group.start - size] if not self.touched & {*range(group.start - size, group.start)} else []),
        ]
        again = any(start >= 0 and self.words[start : start + size] == gone for start in starts)
        return again and size <= _PHRASE and turns_meaning(tuple(gone), ()) is None

    def _doubt(self, group: Group, new: tuple[str, ...]) -> str:
        """Why the place is doubtful; empty where it is not."""
        differing = [rival for rival in self.rivals if rival.differs(group)]
        if 2 * len(differing) < len(self.rivals) or (self.rivals and not differing):
            return ""
        heard = [said for rival in differing if (said := rival.heard(group)) is not None]
        if heard and all(self.ear.distance(said, new) <= ALIKE for said in heard):
            return "teachers disagree"
        sure = [one for one in self.confidences[group.start : group.end] if one is not None]
        return f"the teacher was unsure ({min(sure):.2f})" if sure and min(sure) < self.rules.unsure else ""

    def _in_glossary(self, group: Group) -> bool:
        """Whether the new words stand in the glossary, alone or as part of a phrase that the new text has whole."""
        new = self.wanted[group.new_start : group.new_end]
        for phrase in self.rules.glossary:
            words = phrase.split()
            for first in range(max(0, group.new_end - len(words)), group.new_start + 1):
                if self.wanted[first : first + len(words)] == words and new:
                    return True
        return False


def _nothing_heard(after: Sequence[Written]) -> list[Edit]:
    new = " ".join(one.word for one in after)
    return [Edit(0, "", new, taken=False, why="no teacher heard it")] if new else []


def _respelled(groups: Sequence[Group], before: Sequence[Written], after: Sequence[Written]) -> list[Group]:
    """The groups, with neighbours joined where together they only spell the same words another way: "$21"."""
    runs: list[list[Group]] = []
    for group in groups:
        if runs and (runs[-1][-1].end, runs[-1][-1].new_end) == (group.start, group.new_start):
            runs[-1].append(group)
        else:
            runs.append([group])
    out: list[Group] = []
    for run in runs:
        whole = Group(run[0].start, run[-1].end, run[0].new_start, run[-1].new_end)
        old = " ".join(one.raw for one in before[whole.start : whole.end])
        new = " ".join(one.raw for one in after[whole.new_start : whole.new_end])
        out += [whole] if english_v1(old) == english_v1(new) else run
    return out


def _twice(words: Sequence[str], start: int, size: int) -> bool:
    return start >= 0 and words[start : start + size] == words[start + size : start + 2 * size]


def _parted(group: Group, words: Sequence[str]) -> list[Group]:
    """Words that go, as fillers, repeated phrases and single words: each is decided on its own."""
    if group.new_start != group.new_end:
        return [group]
    parts: list[Group] = []
    place = group.start
    while place < group.end:
        sizes = range(min(_PHRASE, group.end - place), 0, -1)
        repeated = (size for size in sizes if _twice(words, place, size) or _twice(words, place - size, size))
        size = next(repeated, 1)
        parts.append(Group(place, place + size, group.new_start, group.new_end))
        place += size
    return parts


def _refusal(old: tuple[str, ...], new: tuple[str, ...], distance: float, doubt: str) -> str:
    if not old or not new:
        return "no teacher heard it" if new else "no teacher missed it"
    if distance <= ALIKE and doubt:
        return f"is no likelier ({distance:.2f} by ear)"
    return f"sounds different ({distance:.2f})" if doubt else f"no teacher doubts it ({distance:.2f} by ear)"


class _Rival:
    """What another teacher heard, place by place."""

    def __init__(self, words: Sequence[str], heard: Sequence[str], ear: Ear) -> None:
        self._words = words
        self._heard = heard
        self._groups = groups_between(words, heard, ear)

    def differs(self, group: Group) -> bool:
        """Whether this teacher heard something else at the place."""
        return bool(self._inside(group))

    def heard(self, group: Group) -> tuple[str, ...] | None:
        """What this teacher heard in place of the old words; None where that is the same, or reaches beyond them."""
        inside = self._inside(group)
        if not inside or any(one.start < group.start or one.end > group.end for one in inside):
            return None
        said: list[str] = []
        place = group.start
        for one in inside:
            said += [*self._words[place : one.start], *self._heard[one.new_start : one.new_end]]
            place = one.end
        return (*said, *self._words[place : group.end])

    def _inside(self, group: Group) -> list[Group]:
        if group.start == group.end:
            return [one for one in self._groups if one.start == one.end == group.start]
        return [one for one in self._groups if one.start < group.end and group.start < max(one.end, one.start + 1)]


def _applied(
    before: Sequence[Written], after: Sequence[Written], chosen: Sequence[Group], *, groups: Sequence[Group], mode: Mode
) -> str:
    """The old text with the chosen changes; in clean mode the words that stayed are written as the model does."""
    out: list[Written] = []
    place = new_place = 0
    for group in [*groups, Group(len(before), len(before), len(after), len(after))]:
        same = after[new_place : group.new_start] if mode == "clean" else before[place : group.start]
        out += same if len(same) == group.start - place else before[place : group.start]
        taken = group in chosen
        out += after[group.new_start : group.new_end] if taken else before[group.start : group.end]
        place, new_place = group.end, group.new_end
    return text_of([Written(one.raw, one.word, one.after) for one in out])


def confidences_of(text: str, words: Iterable[tuple[str, float | None]]) -> list[float | None]:
    """The confidence of each word of `text`, from an engine's words, which may be written or cut in another way."""
    wanted = [one.word for one in written_words(text)]
    known = [(plain, sure) for word, sure in words for plain in basic_v1(word).split()]
    found: list[float | None] = [None] * len(wanted)
    for step in Levenshtein.opcodes(wanted, [plain for plain, _ in known]):
        if step.tag == "equal":
            found[step.src_start : step.src_end] = [sure for _, sure in known[step.dest_start : step.dest_end]]
    return found
