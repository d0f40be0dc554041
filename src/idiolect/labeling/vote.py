"""Teachers' labels of a clip into one: a new label by ``vote``. The same inputs give the same label, and none twice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from idiolect.corpus.canonical import content_hash, label_id
from idiolect.corpus.values import Clip, Label, NewLabel, SourceKind, WordTime
from idiolect.errors import CorpusError, InterruptedWork
from idiolect.labeling.hearing import VOTE, Teacher, Token, by_clip, heard_by, names_of, reviewed, tokens_of
from idiolect.labeling.rover import ALPHA, NULL, Outcome, Voter, times_of, vote
from idiolect.labeling.weighing import Reviewed, Trust, learn
from idiolect.progress import SILENT, Progress
from idiolect.text import basic_v1

if TYPE_CHECKING:
    from idiolect.corpus import ClipFilter, Corpus

VERSION = "rover.v1"
"""Changes whenever the network, the vote or what weights are made of changes."""

_BATCH = 100


@dataclass(frozen=True, slots=True)
class VoteOptions:
    """teachers: only these engines, by name or ``name@version``; none: all.

    fewest: clips with fewer of their labels are left out.

    alpha: how much of a vote is agreement, 0 to 1; the rest is confidence. null: the confidence in no word.
    weigh: learn weights from what people reviewed; else all teachers weigh the same.
    """

    teachers: tuple[str, ...] = ()
    fewest: int = 2
    alpha: float = ALPHA
    null: float = NULL
    weigh: bool = True

    def __post_init__(self) -> None:
        for name, value in (("alpha", self.alpha), ("null", self.null)):
            if not 0 <= value <= 1:
                raise CorpusError(f"{name} is {value}", hint="a share, 0 to 1")
        if self.fewest < 1:
            raise CorpusError(f"a vote of at least {self.fewest} is none", hint="1 or more")


@dataclass(frozen=True, slots=True)
class Ballot:
    """One clip's vote. disagreement: 0 (all heard the same) to 1."""

    clip_id: str
    text: str
    confidence: float
    disagreement: float
    teachers: int


@dataclass(frozen=True, slots=True)
class VoteReport:
    """What `vote_clips` did, or with `dry_run` would do.

    voted: new labels. already: clips whose very vote is there. few: clips with too few teachers.
    reviewed: clips that the weights were learned from. teachers: what each is worth.
    ballots: each new label, in order of the clips.
    """

    voted: int = 0
    already: int = 0
    few: int = 0
    reviewed: int = 0
    teachers: Mapping[str, Trust] = field(default_factory=dict)
    ballots: tuple[Ballot, ...] = ()
    dry_run: bool = False

    @property
    def disagreement(self) -> float | None:
        """The mean over the new labels; None without any."""
        return sum(one.disagreement for one in self.ballots) / len(self.ballots) if self.ballots else None

    def as_dict(self) -> dict[str, Any]:
        """The same, as JSON values."""
        return {
            "voted": self.voted,
            "already": self.already,
            "few": self.few,
            "reviewed": self.reviewed,
            "teachers": {
                name: trust.as_dict() | {"words": trust.words, "errors": trust.errors}
                for name, trust in self.teachers.items()
            },
            "disagreement": self.disagreement,
            "clips": [
                {
                    "clip": one.clip_id,
                    "text": one.text,
                    "confidence": one.confidence,
                    "disagreement": one.disagreement,
                    "teachers": one.teachers,
                }
                for one in self.ballots
            ],
            "dry_run": self.dry_run,
        }

    def text(self) -> str:
        """For people."""
        done = "would be voted" if self.dry_run else "voted"
        lines = [f"{self.voted} clips {done}, {self.already} had this vote, {self.few} have too few teachers"]
        if self.disagreement is not None:
            lines.append(f"disagreement  {self.disagreement:.3f} on average")
        # Measured with bench/vote.py: a teacher that is always sure then outvotes one that is right.
        none = "all the same: nothing is reviewed, and such a vote may be worse than the best teacher"
        learned = f"learned from {self.reviewed} reviewed clips" if self.reviewed else none
        lines.append(f"weights  {learned}")
        for name, trust in self.teachers.items():
            known = "" if trust.precision is None else f"  {trust.precision:.1%} of its words right"
            lines.append(f"  {trust.weight:5.2f}  {name}{known}")
        worst = sorted(self.ballots, key=lambda one: (-one.disagreement, one.clip_id))[:5]
        lines += [f"  {one.disagreement:.2f}  {one.clip_id[:8]}  {one.text}" for one in worst if one.disagreement]
        return "\n".join(lines)


def vote_clips(
    corpus: Corpus,
    options: VoteOptions | None = None,
    *,
    clips: ClipFilter | Iterable[Clip] | None = None,
    progress: Progress = SILENT,
    dry_run: bool = False,
) -> VoteReport:
    """Vote the teachers' labels of each clip into a new one, kept beside them.

    A vote names its inputs (the labels by content), weights and options: the same again adds nothing, and a new label
    or weight votes anew. Weights come from every clip with a person's training text, whichever `clips` are voted.

    Raises:
        InterruptedWork: Ctrl-C. What was voted stays.
    """
    options = options or VoteOptions()
    labels = by_clip(corpus.labels())
    known = reviewed_clips(labels, options.teachers) if options.weigh else []
    trust = learn(known)
    run = _Run(corpus, options, trust, _kept(labels))
    wanted = _wanted(corpus, clips)
    progress.start("Voting", len(wanted), "clips")
    try:
        for first in range(0, len(wanted), _BATCH):
            batch = wanted[first : first + _BATCH]
            run.go([(clip.id, labels.get(clip.id, [])) for clip in batch], dry_run=dry_run)
            progress.advance(len(batch))
    except KeyboardInterrupt:
        raise InterruptedWork(
            f"stopped after {len(run.ballots)} votes; they stay", hint="The same command again goes on."
        ) from None
    finally:
        progress.finish()
    return VoteReport(
        voted=len(run.ballots),
        already=run.already,
        few=run.few,
        reviewed=len(known),
        teachers={name: run.trust.get(teacher, Trust()) for teacher, name in names_of(run.seen).items()},
        ballots=tuple(run.ballots),
        dry_run=dry_run,
    )


def reviewed_clips(labels: Mapping[str, Sequence[Label]], teachers: Sequence[str] = ()) -> list[Reviewed]:
    """The clips that have a person's training text and a teacher's label; by clip id."""
    found = []
    for clip_id, known in sorted(labels.items()):
        person = reviewed(known)
        heard = chosen(known, teachers)
        if person is not None and heard:
            tokens = {teacher: tokens_of(label) for teacher, label in heard.items()}
            found.append(Reviewed(clip_id, person.text or "", tokens))
    return found


def chosen(labels: Sequence[Label], teachers: Sequence[str] = ()) -> dict[Teacher, Label]:
    """What these teachers (none: all) heard in a clip."""
    return {teacher: label for teacher, label in heard_by(labels).items() if teacher.fits(teachers)}


def vote_of(
    heard: Mapping[Teacher, Label], trust: Mapping[Teacher, Trust], *, alpha: float = ALPHA, null: float = NULL
) -> Outcome:
    """The vote of these labels of one clip. A teacher that nothing is known of counts as the mean of the others."""
    voters = []
    for teacher, label in heard.items():
        one = trust.get(teacher, Trust())
        tokens = tuple(_sure(token, one) for token in tokens_of(label))
        voters.append(Voter(teacher.key, one.weight, tokens))
    return vote(voters, alpha=alpha, null=null)


def _sure(token: Token, trust: Trust) -> Token:
    return replace(token, confidence=trust.sure(token.confidence))


def _wanted(corpus: Corpus, clips: ClipFilter | Iterable[Clip] | None) -> list[Clip]:
    from idiolect.corpus import ClipFilter

    found = corpus.clips(clips) if clips is None or isinstance(clips, ClipFilter) else list(clips)
    return [clip for clip in found if not clip.recording.synthetic]


def _kept(labels: Mapping[str, Sequence[Label]]) -> set[tuple[str, str]]:
    """The votes that are there: (clip id, hash of the parameters)."""
    return {
        (one.clip_id, content_hash(dict(one.parameters)))
        for known in labels.values()
        for one in known
        if one.source == VOTE and one.version == VERSION
    }


@dataclass(slots=True)
class _Run:
    """One run and its counts."""

    corpus: Corpus
    options: VoteOptions
    trust: Mapping[Teacher, Trust]
    kept: set[tuple[str, str]]
    already: int = 0
    few: int = 0
    ballots: list[Ballot] = field(default_factory=list)
    seen: set[Teacher] = field(default_factory=set)

    def go(self, batch: Sequence[tuple[str, Sequence[Label]]], *, dry_run: bool) -> None:
        """Vote some clips and keep the labels in one transaction."""
        new = [label for clip_id, labels in batch if (label := self._vote(clip_id, labels)) is not None]
        if not dry_run:
            self.corpus.add_labels(new)

    def _vote(self, clip_id: str, labels: Sequence[Label]) -> NewLabel | None:
        heard = chosen(labels, self.options.teachers)
        if len(heard) < self.options.fewest:
            self.few += 1
            return None
        self.seen |= set(heard)
        parameters = self._parameters(heard)
        if (clip_id, content_hash(parameters)) in self.kept:
            self.already += 1
            return None
        outcome = vote_of(heard, self.trust, alpha=self.options.alpha, null=self.options.null)
        self.ballots.append(Ballot(clip_id, outcome.text, outcome.confidence, outcome.disagreement, len(heard)))
        return _label(clip_id, outcome, heard, parameters)

    def _parameters(self, heard: Mapping[Teacher, Label]) -> dict[str, Any]:
        return {
            "inputs": [label_id(label) for label in heard.values()],
            "teachers": [teacher.name for teacher in heard],
            "trust": [self.trust.get(teacher, Trust()).as_dict() for teacher in heard],
            "alpha": self.options.alpha,
            "null": self.options.null,
        }


def _label(clip_id: str, outcome: Outcome, heard: Mapping[Teacher, Label], parameters: Mapping[str, Any]) -> NewLabel:
    """Each word's confidence is its agreement; the meaning is that of a teacher that heard these very words."""
    times = times_of(outcome.words) or []
    words = tuple(
        WordTime(one.token.shown, start, end, round(one.agreement, 4))
        for one, (start, end) in zip(outcome.words, times, strict=False)
        if one.token is not None
    )
    said = basic_v1(outcome.text)
    means = next((one for one in heard.values() if one.intent is not None and basic_v1(one.text or "") == said), None)
    return NewLabel(
        clip_id=clip_id,
        kind=SourceKind.ENGINE,
        source=VOTE,
        version=VERSION,
        text=outcome.text,
        intent=None if means is None else means.intent,
        slots={} if means is None else means.slots,
        parameters=parameters,
        confidence=outcome.confidence,
        words=words,
    )
