"""Votes of the blind arena: which of two texts, or of two voices, a person found better."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the table of votes."""
    op.create_table(
        "arena_vote",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("item", sa.String(64), nullable=False),
        sa.Column("first", sa.String(), nullable=False),
        sa.Column("second", sa.String(), nullable=False),
        sa.Column("first_clip", sa.String(32), nullable=False),
        sa.Column("second_clip", sa.String(32), nullable=False),
        sa.Column("choice", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_arena_vote"),
        sa.ForeignKeyConstraint(["first_clip"], ["clip.id"], name="fk_arena_vote_first_clip"),
        sa.ForeignKeyConstraint(["second_clip"], ["clip.id"], name="fk_arena_vote_second_clip"),
        sqlite_autoincrement=True,
    )
    for column in ("person", "first_clip", "second_clip"):
        op.create_index(f"ix_arena_vote_{column}", "arena_vote", [column])


def downgrade() -> None:
    """Take the table of votes away; its rows go."""
    op.drop_table("arena_vote")
