"""What people decide about clips: kept once, taken back by a row of its own, never given to two people unasked.

A sitting (one window, one terminal) takes clips on lease: a row for each clip, so that no other sitting gets it. A
lease is made longer while the sitting lives and runs out by itself when it was killed. A decision comes with a key of
the asker: sent again because no answer came, it is kept once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, get_args

import sqlalchemy as sa

from idiolect.corpus import labels, leases, marks, recordings, summaries, tables
from idiolect.corpus.leases import LEASE, Leased, Sitting, Taken
from idiolect.corpus.marks import Mark, MarkName
from idiolect.corpus.tables import as_utc, now
from idiolect.corpus.values import Clip, Label, NewLabel
from idiolect.errors import CorpusError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from idiolect.corpus.database import Database

Action = Literal["accept", "edit", "noise", "unsure", "skip"]
"""Take a text as it is, give another, say that nobody speaks, leave it to others, or leave it for later."""
ANSWERS: tuple[Action, ...] = ("accept", "edit", "noise")
"""The actions that make a label."""
ADJUDICATION = "adjudication"
"""The `queue` of a decision between reviewers who differ."""
_STANDS = ~sa.exists().where(tables.withdrawal.c.review_id == tables.review.c.id)
"""That a decision was not taken back."""
DOUBLE = "review.double"
"""The key of the share of clips that two people are asked about, in ``meta``."""


@dataclass(frozen=True, slots=True)
class NewReview:
    """A decision before it is kept.

    key: the asker's own name for it, up to 64 characters. label: the claim it makes, for `ANSWERS`.
    queue: what put the clip before the person. seconds: how long they took. words: of the text; changed: how many
    words of what was shown they changed.
    """

    key: str
    clip_id: str
    action: Action
    label: NewLabel | None = None
    queue: str = ""
    seconds: float = 0.0
    words: int = 0
    changed: int = 0

    def __post_init__(self) -> None:
        if self.action not in get_args(Action):
            raise CorpusError(f"there is no decision {self.action!r}", hint=", ".join(get_args(Action)))
        if not 0 < len(self.key) <= 64:
            raise CorpusError(f"the key of a decision has 1 to 64 characters, not {len(self.key)}")
        if (self.label is not None) != (self.action in ANSWERS):
            raise CorpusError(f"{self.action!r} {'needs a label' if self.label is None else 'makes no label'}")


@dataclass(frozen=True, slots=True)
class Review:
    """A decision in the store. label: what it claims, also where it was withdrawn."""

    id: int
    key: str
    clip_id: str
    person: str
    sitting: str
    action: Action
    label: Label | None
    queue: str
    seconds: float
    words: int
    changed: int
    created_at: datetime
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Tally:
    """Decisions, added up. actions: how many of each; the rest is of `ANSWERS` only.

    audio: seconds that were decided about. seconds: that people took. words: in their texts; changed: by them.
    """

    actions: dict[str, int]
    audio: float
    seconds: float
    words: int
    changed: int

    @property
    def answers(self) -> int:
        """Decisions that made a label."""
        return sum(self.actions.get(name, 0) for name in ANSWERS)


class Reviews:
    """The reviewing side of the store; `Corpus.reviews`. Each call is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def take(
        self,
        who: Sitting,
        order: Iterable[str],
        count: int,
        *,
        second: Callable[[str], bool] = lambda _: False,
        seconds: float = LEASE,
    ) -> Taken:
        """Lease up to `count` clips to a sitting, in `order`; those it holds already stay its own and are not in it.

        second: whether two people are asked about a clip. Every lease of the sitting is made longer.
        """
        with self._locked() as connection:
            return leases.take(connection, who, order, count, second=second, seconds=seconds)

    def hold(self, who: Sitting, clip_id: str, *, seconds: float = LEASE) -> None:
        """Lease this clip, whatever was decided about it. Raises `ConflictError` where another sitting holds it."""
        with self._locked() as connection:
            leases.hold(connection, who, recordings.clip(connection, clip_id).id, seconds)

    def held(self, who: Sitting, *, seconds: float = LEASE) -> list[Leased]:
        """What a sitting holds, in the order it was given; each lease is made longer."""
        with self._locked() as connection:
            leases.renew(connection, who, seconds)
            return leases.held(connection, who)

    def leave(self, who: Sitting) -> int:
        """Give back all that a sitting holds. How many clips."""
        with self._locked() as connection:
            return leases.leave(connection, who)

    def keep(self, who: Sitting, new: NewReview, *, also: bool = False, forced: bool = False) -> Review:
        """Keep a decision, its label, and the marks that come with it; give the clip back.

        also: keep it as another opinion where somebody decided meanwhile. forced: ask for no lease at all.

        Raises `ConflictError` where another sitting holds the clip, or somebody has decided since it was given to this
        one; `CorpusError` for an unknown clip.
        """
        with self._locked() as connection:
            known = self._reviews(connection, tables.review.c.key == new.key)
            if known:
                return known[0]
            if not forced:
                leases.check(connection, who, new.clip_id, also=also)
            label_ids = labels.add_labels(connection, [new.label] if new.label is not None else [])
            row: dict[str, Any] = {
                "key": new.key,
                "clip_id": new.clip_id,
                "person": who.person,
                "sitting": who.id,
                "action": new.action,
                "label_id": label_ids[0] if label_ids else None,
                "queue": new.queue,
                "seconds": new.seconds,
                "words": new.words,
                "changed": new.changed,
                "created_at": now(),
            }
            try:
                key = connection.execute(sa.insert(tables.review).values(**row)).inserted_primary_key
            except sa.exc.IntegrityError as error:
                raise CorpusError(f"there is no clip {new.clip_id!r} to review") from error
            leases.drop(connection, who, new.clip_id)
            if new.action != "skip":
                marks.follow(connection, new.clip_id, new.action, who.person)
            label = labels.by_number(connection, label_ids).get(label_ids[0]) if label_ids else None
            about = {name: value for name, value in row.items() if name != "label_id"}
            return Review(id=int(key[0]) if key is not None else 0, label=label, **about)

    def withdraw(self, who: Sitting, key: str, review_id: int | None = None) -> Review:
        """Take back a decision of this person: the newest of the sitting, else of the person, or that of this id.

        Its label stays, and no longer counts. The clip is leased to the sitting again where nobody else holds it. The
        same key again takes back nothing more.

        Raises `CorpusError` where there is nothing to take back, or it is somebody else's.
        """
        table, gone = tables.review.c, tables.withdrawal.c
        with self._locked() as connection:
            known = connection.execute(sa.select(gone.review_id).where(gone.key == key)).scalar()
            if known is not None:
                return self._reviews(connection, table.id == known)[0]
            found = self._to_withdraw(connection, who, review_id)
            values = {"key": key, "review_id": found.id, "label_id": found.label.id if found.label else None}
            connection.execute(sa.insert(tables.withdrawal).values(**values, person=who.person, created_at=now()))
            summaries.refresh(connection, [found.clip_id])
            left = [one for one in self._reviews(connection, table.clip_id == found.clip_id) if not one.withdrawn]
            told = [one.action for one in left if one.action != "skip"]
            marks.follow(connection, found.clip_id, told[-1] if told else "", who.person)
            if leases.free(connection, who, found.clip_id):
                leases.hold(connection, who, found.clip_id, LEASE)
            return self._reviews(connection, table.id == found.id)[0]

    def _to_withdraw(self, connection: sa.Connection, who: Sitting, review_id: int | None) -> Review:
        table = tables.review.c
        if review_id is not None:
            found = self._reviews(connection, table.id == review_id)
            if not found or found[0].person != who.person or found[0].withdrawn:
                raise CorpusError(f"decision {review_id} is not one that {who.person} can take back")
            return found[0]
        for mine in (table.sitting == who.id, sa.true()):
            standing = sa.select(table.id).where(table.person == who.person, mine, _STANDS)
            newest = connection.execute(standing.order_by(table.id.desc()).limit(1)).scalar()
            if newest is not None:
                return self._reviews(connection, table.id == newest)[0]
        raise CorpusError("there is no decision to take back")

    def reviews(
        self,
        *,
        clip_ids: Sequence[str] | None = None,
        person: str | None = None,
        sitting: str | None = None,
        withdrawn: bool = False,
        last: int | None = None,
    ) -> list[Review]:
        """Decisions, oldest first; those taken back only where `withdrawn`. last: the newest so many."""
        table = tables.review.c
        wanted = [column == value for column, value in ((table.person, person), (table.sitting, sitting)) if value]
        if not withdrawn:
            wanted.append(_STANDS)
        with self._database.read() as connection:
            if clip_ids is None:
                return self._reviews(connection, *wanted, last=last)
            parts = [clip_ids[at : at + labels.AT_ONCE] for at in range(0, len(clip_ids), labels.AT_ONCE)]
            found = [one for some in parts for one in self._reviews(connection, table.clip_id.in_(some), *wanted)]
        return sorted(found, key=lambda one: one.id)[-last if last else 0 :]

    def tally(self, *, person: str | None = None, sitting: str | None = None) -> Tally:
        """What stands of the decisions of a person, of a sitting, or of all."""
        table = tables.review.c
        wanted = [column == value for column, value in ((table.person, person), (table.sitting, sitting)) if value]
        sums = [sa.func.sum(column) for column in (table.seconds, table.words, table.changed)]
        length = sa.func.sum(tables.clip.c.end - tables.clip.c.start)
        query = sa.select(table.action, sa.func.count(), length, *sums).where(*wanted, _STANDS)
        joined = query.select_from(tables.review.join(tables.clip)).group_by(table.action)
        with self._database.read() as connection:
            rows = connection.execute(joined).all()
        answers = [row for row in rows if row[0] in ANSWERS]
        audio, seconds, words, changed = (sum(row[place] for row in answers) for place in (2, 3, 4, 5))
        return Tally({row[0]: row[1] for row in rows}, audio, seconds, int(words), int(changed))

    def by_several(self) -> dict[str, list[Review]]:
        """The clips that more than one person has answered, with all answers that stand, oldest first."""
        table = tables.review.c
        several = (
            sa.select(table.clip_id)
            .where(table.action.in_(ANSWERS), _STANDS)
            .group_by(table.clip_id)
            .having(sa.func.count(sa.distinct(table.person)) > 1)
        )
        with self._database.read() as connection:
            answers = (table.clip_id.in_(several), table.action.in_(ANSWERS), _STANDS)
            found: dict[str, list[Review]] = {}
            for one in self._reviews(connection, *answers):
                found.setdefault(one.clip_id, []).append(one)
        return found

    def once(self, limit: int) -> list[str]:
        """Clips that exactly one person has answered, oldest answer first: what a second person may be asked."""
        table = tables.review.c
        query = (
            sa.select(table.clip_id)
            .where(table.action.in_(ANSWERS), _STANDS)
            .group_by(table.clip_id)
            .having(sa.func.count(sa.distinct(table.person)) == 1)
            .order_by(sa.func.min(table.id))
        )
        with self._database.read() as connection:
            return list(connection.execute(query.limit(limit)).scalars())

    def waiting(self, limit: int, *, after: str = "") -> list[str]:
        """Ids of clips that no person has labelled, in order of id from `after` on. Synthetic ones are left out.

        Ids are hashes: a stretch of them is a fair sample of what waits.
        """
        by_people = sa.exists().where(
            tables.label.c.clip_id == tables.clip.c.id,
            tables.label.c.kind == "human",
            tables.label.c.text.is_not(None),
            tables.label.c.silver.is_(sa.false()),
            labels.stands(),
        )
        query = sa.select(tables.clip.c.id).join(tables.recording).where(tables.recording.c.synthetic.is_(sa.false()))
        query = query.where(~by_people, tables.clip.c.id > after).order_by(tables.clip.c.id).limit(limit)
        with self._database.read() as connection:
            return list(connection.execute(query).scalars())

    def heard_last(self, limit: int) -> list[str]:
        """Ids of the clips that a person's newest texts are of: what the queue learns from."""
        table = tables.label.c
        query = (
            sa.select(table.clip_id)
            .where(table.kind == "human", table.text.is_not(None), labels.stands())
            .group_by(table.clip_id)
            .order_by(sa.func.max(table.id).desc())
        )
        with self._database.read() as connection:
            return list(connection.execute(query.limit(limit)).scalars())

    def count_waiting(self) -> int:
        """How many clips no person has labelled."""
        by_people = sa.select(tables.label.c.clip_id).where(
            tables.label.c.kind == "human",
            tables.label.c.text.is_not(None),
            labels.stands(),
            tables.label.c.silver.is_(sa.false()),
        )
        query = sa.select(sa.func.count()).select_from(tables.clip.join(tables.recording))
        query = query.where(tables.recording.c.synthetic.is_(sa.false()), tables.clip.c.id.not_in(by_people))
        with self._database.read() as connection:
            return connection.execute(query).scalar() or 0

    def ask(self, clip_ids: Sequence[str], why: str, person: str) -> int:
        """Put clips first in everybody's queue, also reviewed ones. How many were not asked for already."""
        with self._locked() as connection:
            newest = leases.newest_review(connection)
            waiting = leases.asked(connection, clip_ids)
            new = [clip_id for clip_id in dict.fromkeys(clip_ids) if clip_id not in waiting]
            about = {"why": why, "person": person, "after": newest, "created_at": now()}
            if new:
                connection.execute(sa.insert(tables.asked), [{"clip_id": clip_id} | about for clip_id in new])
            return len(new)

    def asked(self, limit: int = 1000) -> dict[str, str]:
        """Clips that somebody wants heard and nobody has decided about since, the oldest first, and why."""
        with self._database.read() as connection:
            return leases.asked(connection, limit=limit)

    def mark(self, clip_ids: Sequence[str], name: MarkName, person: str, *, given: bool = True) -> int:
        """Give clips a mark, or take it off; see `marks.mark`. How many changed. Raises `CorpusError`."""
        with self._database.write() as connection:
            return marks.mark(connection, clip_ids, name, person, given=given)

    def marks(self, clip_ids: Sequence[str]) -> dict[str, list[Mark]]:
        """The marks that each of these clips has now; a clip without any is not in it."""
        with self._database.read() as connection:
            return marks.marks(connection, clip_ids)

    def marked(self, name: MarkName, limit: int = 1000) -> list[str]:
        """The clips that have a mark now, the newest mark first."""
        with self._database.read() as connection:
            return marks.marked(connection, name, limit)

    def neighbours(self, of: Clip) -> tuple[Clip | None, Clip | None]:
        """The clips of the same recording before and after."""
        with self._database.read() as connection:
            return recordings.neighbours(connection, of)

    def double(self) -> float:
        """The share of clips that two people are asked about, 0 to 1."""
        return float(self._database.get(DOUBLE) or 0.0)

    def set_double(self, share: float) -> None:
        """Keep that share. Raises `CorpusError` outside [0, 1]."""
        if not 0 <= share <= 1:
            raise CorpusError(f"a share of {share} to be reviewed twice", hint="0 to 1")
        self._database.put(DOUBLE, share)

    @contextmanager
    def _locked(self) -> Iterator[sa.Connection]:
        """A transaction in which nobody else takes or decides. SQLite's writers wait for each other anyway."""
        with self._database.write() as connection:
            if not self._database.is_sqlite:
                connection.execute(sa.text("LOCK TABLE lease IN SHARE ROW EXCLUSIVE MODE"))
            yield connection

    def _reviews(
        self, connection: sa.Connection, *where: sa.ColumnElement[bool], last: int | None = None
    ) -> list[Review]:
        table = tables.review
        query = sa.select(table, _STANDS.label("stands")).where(*where).order_by(table.c.id.desc())
        rows = connection.execute(query.limit(last)).all()[::-1]
        claims = labels.by_number(connection, [row.label_id for row in rows if row.label_id is not None])
        return [
            Review(
                *(row.id, row.key, row.clip_id, row.person, row.sitting, row.action, claims.get(row.label_id)),
                *(row.queue, row.seconds, row.words, row.changed, as_utc(row.created_at), not row.stands),
            )
            for row in rows
        ]
