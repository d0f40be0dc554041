"""The tables. Core, so that what runs is what is written; the same on SQLite and PostgreSQL.

A change here comes with a migration in ``migrations/versions``; a test compares the two.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
"""Every constraint has a name, so that a later migration can find it."""

metadata = MetaData(naming_convention=NAMES)
Moment = DateTime(timezone=True)

meta = Table("meta", metadata, Column("key", String, primary_key=True), Column("value", JSON, nullable=False))

speaker = Table(
    "speaker",
    metadata,
    Column("id", String, primary_key=True),
    Column("created_at", Moment, nullable=False),
)

consent = Table(
    "consent",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("speaker", String, ForeignKey("speaker.id"), nullable=False, index=True),
    Column("granted", Boolean, nullable=False),
    Column("scope", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
)

recording = Table(
    "recording",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("path", Text, nullable=False),
    Column("copied", Boolean, nullable=False),
    Column("origin", Text, nullable=False),
    Column("duration", Double, nullable=False),
    Column("sample_rate", Integer, nullable=False),
    Column("channels", Integer, nullable=False),
    Column("speaker", String, ForeignKey("speaker.id"), index=True),
    Column("session", String),
    Column("device", String),
    Column("language", String),
    Column("collection", String, index=True),
    Column("sensitivity", String, nullable=False),
    Column("prompted", Boolean, nullable=False),
    Column("synthetic", Boolean, nullable=False),
    Column("train_only", Boolean, nullable=False),
    Column("imported_at", Moment, nullable=False),
)

clip = Table(
    "clip",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("recording_id", String(32), ForeignKey("recording.id"), nullable=False, index=True),
    Column("start", Double, nullable=False),
    Column("end", Double, nullable=False),
    Column("quality", JSON, nullable=False),
)

label = Table(
    "label",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("clip_id", String(32), ForeignKey("clip.id"), nullable=False, index=True),
    Column("kind", String, nullable=False),
    Column("source", String, nullable=False),
    Column("version", String, nullable=False),
    Column("text", Text),
    Column("intent", String),
    Column("slots", JSON, nullable=False),
    Column("parameters", JSON, nullable=False),
    Column("parameters_hash", String(32), nullable=False),
    Column("confidence", Double),
    Column("words", JSON, nullable=False),
    Column("cost", Double, nullable=False),
    Column("purpose", String, nullable=False),
    Column("silver", Boolean, nullable=False),
    Column("content_id", String(32), nullable=False),
    Column("created_at", Moment, nullable=False),
    Index("ix_label_resume", "source", "version", "parameters_hash"),
    Index("ix_label_kind_source", "kind", "source"),
    sqlite_autoincrement=True,
)

clip_summary = Table(
    "clip_summary",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("clip_id", String(32), ForeignKey("clip.id"), nullable=False),
    Column("recording_id", String(32), ForeignKey("recording.id"), nullable=False, index=True),
    Column("duration", Double, nullable=False),
    Column("snr", Double),
    Column("level", Double),
    Column("clipping", Double),
    Column("speech", Double),
    Column("confidence", Double),
    Column("disagreement", Double),
    Column("teachers", Integer, nullable=False),
    Column("labels", Integer, nullable=False),
    Column("reviewed", Boolean, nullable=False),
    Column("synthetic", Boolean, nullable=False),
    Column("speaker", String),
    Column("session", String),
    Column("collection", String),
    Column("language", String),
    Column("device", String),
    Column("sensitivity", String, nullable=False),
    Column("kind", String),
    Column("source", String),
    Column("sources", Text, nullable=False),
    Column("tags", Text, nullable=False),
    Column("said", Text),
    Column("text", Text),
    Index("ux_clip_summary_clip_id", "clip_id", unique=True),
    Index("ix_clip_summary_speaker", "speaker", "number"),
    Index("ix_clip_summary_collection", "collection", "number"),
    Index("ix_clip_summary_duration", "duration", "number"),
    Index("ix_clip_summary_snr", "snr", "number"),
    Index("ix_clip_summary_confidence", "confidence", "number"),
    Index("ix_clip_summary_disagreement", "disagreement", "number"),
    sqlite_autoincrement=True,
)
"""What finding filters by: one row for each clip, derived from its recording, labels and tags; see `summaries`.

Short columns first: SQLite walks a row from its beginning to the column that is asked for.
"""

clip_tag = Table(
    "clip_tag",
    metadata,
    Column("clip_id", String(32), ForeignKey("clip.id"), primary_key=True),
    Column("name", String, primary_key=True),
    Index("ix_clip_tag_name", "name", "clip_id"),
)
"""The tags that a clip has now; how it came by them is in ``bulk_action``."""

bulk_action = Table(
    "bulk_action",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("what", String, nullable=False),
    Column("value", String, nullable=False),
    Column("query", Text, nullable=False),
    Column("person", String, nullable=False),
    Column("clips", Integer, nullable=False),
    Column("undoes", Integer, ForeignKey("bulk_action.id")),
    Column("created_at", Moment, nullable=False),
    sqlite_autoincrement=True,
)
"""What a person did to many clips at once; taking it back is a row too."""

bulk_clip = Table(
    "bulk_clip",
    metadata,
    Column("bulk_id", Integer, ForeignKey("bulk_action.id"), primary_key=True),
    Column("clip_id", String(32), ForeignKey("clip.id"), primary_key=True, index=True),
    Column("before", String),
    Column("label_id", Integer, ForeignKey("label.id")),
)
"""The clips that an action changed, with what stood there before, or the label that it added."""

dataset = Table(
    "dataset",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("group_by", String, nullable=False),
    Column("parameters", JSON, nullable=False),
    Column("forgotten", Integer, nullable=False),
    Column("created_at", Moment, nullable=False),
)

dataset_name = Table(
    "dataset_name",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String, nullable=False, index=True),
    Column("dataset_id", String(32), ForeignKey("dataset.id"), nullable=False),
    Column("created_at", Moment, nullable=False),
)

dataset_item = Table(
    "dataset_item",
    metadata,
    Column("dataset_id", String(32), ForeignKey("dataset.id"), primary_key=True),
    Column("clip_id", String(32), ForeignKey("clip.id"), primary_key=True),
    Column("split", String, nullable=False),
    Column("label_id", Integer, ForeignKey("label.id")),
    Column("reference_ids", JSON, nullable=False),
)

model = Table(
    "model",
    metadata,
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("family", String, nullable=False),
    Column("folder", Text, nullable=False),
    Column("dataset_id", String(32), ForeignKey("dataset.id")),
    Column("base", Text),
    Column("recipe", JSON, nullable=False),
    Column("seed", Integer, nullable=False),
    Column("versions", JSON, nullable=False),
    Column("dev_score", Double),
    Column("created_at", Moment, nullable=False),
)

evaluation = Table(
    "evaluation",
    metadata,
    Column("id", String, primary_key=True),
    Column("dataset_id", String(32), ForeignKey("dataset.id")),
    Column("split", String),
    Column("systems", JSON, nullable=False),
    Column("report", JSON, nullable=False),
    Column("created_at", Moment, nullable=False),
)

evaluation_item = Table(
    "evaluation_item",
    metadata,
    Column("evaluation_id", String, ForeignKey("evaluation.id"), primary_key=True),
    Column("clip_id", String(32), ForeignKey("clip.id"), primary_key=True),
    Column("system", String, primary_key=True),
    Column("hypothesis", Text, nullable=False),
    Column("counts", JSON, nullable=False),
)

arena_vote = Table(
    "arena_vote",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String, nullable=False),
    Column("person", String, nullable=False, index=True),
    Column("item", String(64), nullable=False),
    Column("first", String, nullable=False),
    Column("second", String, nullable=False),
    Column("first_clip", String(32), ForeignKey("clip.id"), nullable=False, index=True),
    Column("second_clip", String(32), ForeignKey("clip.id"), nullable=False, index=True),
    Column("choice", String, nullable=False),
    Column("created_at", Moment, nullable=False),
    sqlite_autoincrement=True,
)
"""One vote of the blind arena. A vote is never changed: a newer row of the same person, item and pair counts."""

ledger = Table(
    "ledger",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("run", String(32), nullable=False, index=True),
    Column("request_id", String(32), nullable=False),
    Column("identity", String(32), nullable=False, index=True),
    Column("destination", String, nullable=False),
    Column("url", Text, nullable=False),
    Column("reach", String, nullable=False),
    Column("purpose", String, nullable=False),
    Column("engine", String, nullable=False),
    Column("model", String, nullable=False),
    Column("sensitivity", String, nullable=False),
    Column("why", Text, nullable=False),
    Column("payload", String(32), nullable=False),
    Column("size", Integer, nullable=False),
    Column("usage", JSON, nullable=False),
    Column("seconds", Double, nullable=False),
    Column("masked", Integer, nullable=False),
    Column("forecast", BigInteger, nullable=False),
    Column("cost", BigInteger, nullable=False),
    Column("state", String, nullable=False),
    Column("status", Integer),
    Column("attempts", Integer, nullable=False),
    Column("answered", String, nullable=False),
    Column("note", Text, nullable=False),
    Column("answer", LargeBinary),
    Column("day", String(10), nullable=False, index=True),
    Column("opened_at", Moment, nullable=False),
    Column("until", Moment, nullable=False),
    Column("closed_at", Moment),
    sqlite_autoincrement=True,
)
"""One row for each request that left this process. ``forecast`` and ``cost`` are nanodollars."""

ledger_item = Table(
    "ledger_item",
    metadata,
    Column("ledger_id", Integer, ForeignKey("ledger.id"), primary_key=True),
    Column("clip_id", String(32), primary_key=True, index=True),
)
"""The clips that were in a request. Forgetting a speaker removes these rows, and the kept answers with them."""

review = Table(
    "review",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", String(64), nullable=False),
    Column("clip_id", String(32), ForeignKey("clip.id"), nullable=False, index=True),
    Column("person", String, nullable=False, index=True),
    Column("sitting", String(64), nullable=False, index=True),
    Column("action", String, nullable=False),
    Column("label_id", Integer, ForeignKey("label.id")),
    Column("queue", String, nullable=False),
    Column("seconds", Double, nullable=False),
    Column("words", Integer, nullable=False),
    Column("changed", Integer, nullable=False),
    Column("created_at", Moment, nullable=False),
    Index("ix_review_key", "key", unique=True),
    sqlite_autoincrement=True,
)
"""One row for each decision of a person about a clip. ``key`` is the asker's: the same decision comes in once."""

withdrawal = Table(
    "withdrawal",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", String(64), nullable=False),
    Column("review_id", Integer, ForeignKey("review.id"), nullable=False),
    Column("label_id", Integer, ForeignKey("label.id")),
    Column("person", String, nullable=False),
    Column("created_at", Moment, nullable=False),
    *(Index(f"ix_withdrawal_{name}", name, unique=True) for name in ("key", "review_id", "label_id")),
)
"""A decision that was taken back, with its label. The rows of both stay."""

mark = Table(
    "mark",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("clip_id", String(32), ForeignKey("clip.id"), nullable=False, index=True),
    Column("mark", String, nullable=False),
    Column("given", Boolean, nullable=False),
    Column("person", String, nullable=False),
    Column("before", String, nullable=False),
    Column("created_at", Moment, nullable=False),
)
"""The newest row of a clip and a mark counts. ``before``: the sensitivity that taking ``private`` off gives back."""

asked = Table(
    "asked",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("clip_id", String(32), ForeignKey("clip.id"), nullable=False, index=True),
    Column("why", Text, nullable=False),
    Column("person", String, nullable=False),
    Column("after", Integer, nullable=False),
    Column("created_at", Moment, nullable=False),
)
"""Clips that somebody wants heard, whoever reviewed them. A decision with an id above ``after`` answers."""

lease = Table(
    "lease",
    metadata,
    Column("clip_id", String(32), ForeignKey("clip.id"), primary_key=True),
    Column("person", String, nullable=False),
    Column("sitting", String(64), nullable=False, index=True),
    Column("turn", String, nullable=False),
    Column("after", Integer, nullable=False),
    Column("until", Moment, nullable=False),
)
"""Who has a clip before them: one sitting for each clip. ``after``: the newest decision when it was taken."""

account = Table(
    "account",
    metadata,
    Column("name", String, primary_key=True),
    Column("password", String, nullable=False),
    Column("role", String, nullable=False),
    Column("speaker", String),
    Column("created_at", Moment, nullable=False),
    Column("disabled_at", Moment),
)
"""``speaker`` names whose recordings a speaker sees; they may have none yet, so it refers to no row."""

account_session = Table(
    "account_session",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("account", String, ForeignKey("account.name"), nullable=False, index=True),
    Column("created_at", Moment, nullable=False),
    Column("until", Moment, nullable=False),
)

account_attempt = Table(
    "account_attempt",
    metadata,
    Column("key", String, primary_key=True),
    Column("wrong", Integer, nullable=False),
    Column("last_at", Moment, nullable=False),
)
"""Wrong passwords in a row, by name and by where they came from."""

forgetting = Table(
    "forgetting",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("speaker", String, nullable=False),
)
"""Holds a row only inside the transaction that forgets a speaker: the triggers let deletions through then."""


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)


def as_utc(moment: datetime) -> datetime:
    """What the database gave back; SQLite keeps no zone, and what was written was UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
