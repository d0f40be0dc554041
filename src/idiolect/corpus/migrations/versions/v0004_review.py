"""Reviewing: who holds a clip, what was decided and taken back, marks, and clips that somebody asked to be heard."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_MOMENT = sa.DateTime(timezone=True)
_FROZEN = ("review", "withdrawal", "mark", "asked")


def upgrade() -> None:
    """Make the tables, and keep what was decided from being changed."""
    _make_review()
    op.create_table(
        "withdrawal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("review_id", sa.Integer(), nullable=False),
        sa.Column("label_id", sa.Integer()),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_withdrawal"),
        _refers("withdrawal", "review_id", "review.id"),
        _refers("withdrawal", "label_id", "label.id"),
    )
    for column in ("key", "review_id", "label_id"):
        op.create_index(f"ix_withdrawal_{column}", "withdrawal", [column], unique=True)
    _make_small()
    for table in _FROZEN:
        for action in ("UPDATE", "DELETE"):
            _forbid(table, action)


def _make_review() -> None:
    op.create_table(
        "review",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("clip_id", sa.String(32), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("sitting", sa.String(64), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("label_id", sa.Integer()),
        sa.Column("queue", sa.String(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("words", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_review"),
        _refers("review", "clip_id", "clip.id"),
        _refers("review", "label_id", "label.id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_review_key", "review", ["key"], unique=True)
    for column in ("clip_id", "person", "sitting"):
        op.create_index(f"ix_review_{column}", "review", [column])


def _make_small() -> None:
    op.create_table(
        "mark",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("clip_id", sa.String(32), nullable=False),
        sa.Column("mark", sa.String(), nullable=False),
        sa.Column("given", sa.Boolean(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("before", sa.String(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_mark"),
        _refers("mark", "clip_id", "clip.id"),
    )
    op.create_index("ix_mark_clip_id", "mark", ["clip_id"])
    op.create_table(
        "asked",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("clip_id", sa.String(32), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("after", sa.Integer(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_asked"),
        _refers("asked", "clip_id", "clip.id"),
    )
    op.create_index("ix_asked_clip_id", "asked", ["clip_id"])
    op.create_table(
        "lease",
        sa.Column("clip_id", sa.String(32), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("sitting", sa.String(64), nullable=False),
        sa.Column("turn", sa.String(), nullable=False),
        sa.Column("after", sa.Integer(), nullable=False),
        sa.Column("until", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("clip_id", name="pk_lease"),
        _refers("lease", "clip_id", "clip.id"),
    )
    op.create_index("ix_lease_sitting", "lease", ["sitting"])


def _forbid(table: str, action: str) -> None:
    name = f"{table}_no_{action.lower()}"
    message = f"a {table} row is never changed"
    if op.get_context().dialect.name == "sqlite":
        unless = "NOT EXISTS (SELECT 1 FROM forgetting)"
        body = f"SELECT RAISE(ABORT, '{message}');"
        op.execute(f"CREATE TRIGGER {name} BEFORE {action} ON {table} WHEN {unless} BEGIN {body} END")
        return
    given_back = "NEW" if action == "UPDATE" else "OLD"
    body = f"IF NOT EXISTS (TABLE forgetting) THEN RAISE EXCEPTION '{message}'; END IF; RETURN {given_back};"
    op.execute(f"CREATE FUNCTION {name}() RETURNS trigger AS $$ BEGIN {body} END $$ LANGUAGE plpgsql")
    op.execute(f"CREATE TRIGGER {name} BEFORE {action} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")


def _refers(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [to], name=f"fk_{table}_{column}")


def downgrade() -> None:
    """Without reviewing. What was decided goes; the labels stay."""
    for table in ("lease", "asked", "mark", "withdrawal", "review"):
        op.drop_table(table)
