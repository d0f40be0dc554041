"""What finding filters by, tags, and what people did to many clips at once. `summaries` fills the summaries."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_ORDERS = ("speaker", "collection", "duration", "snr", "confidence", "disagreement")


def upgrade() -> None:
    """Make the four tables."""
    _make_summary()
    op.create_index("ix_label_kind_source", "label", ["kind", "source"])
    op.create_table(
        "clip_tag",
        sa.Column("clip_id", sa.String(32), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("clip_id", "name", name="pk_clip_tag"),
        sa.ForeignKeyConstraint(["clip_id"], ["clip.id"], name="fk_clip_tag_clip_id"),
    )
    op.create_index("ix_clip_tag_name", "clip_tag", ["name", "clip_id"])
    op.create_table(
        "bulk_action",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("clips", sa.Integer(), nullable=False),
        sa.Column("undoes", sa.Integer()),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_bulk_action"),
        sa.ForeignKeyConstraint(["undoes"], ["bulk_action.id"], name="fk_bulk_action_undoes"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "bulk_clip",
        sa.Column("bulk_id", sa.Integer(), nullable=False),
        sa.Column("clip_id", sa.String(32), nullable=False),
        sa.Column("before", sa.String()),
        sa.Column("label_id", sa.Integer()),
        sa.PrimaryKeyConstraint("bulk_id", "clip_id", name="pk_bulk_clip"),
        sa.ForeignKeyConstraint(["bulk_id"], ["bulk_action.id"], name="fk_bulk_clip_bulk_id"),
        sa.ForeignKeyConstraint(["clip_id"], ["clip.id"], name="fk_bulk_clip_clip_id"),
        sa.ForeignKeyConstraint(["label_id"], ["label.id"], name="fk_bulk_clip_label_id"),
    )
    op.create_index("ix_bulk_clip_clip_id", "bulk_clip", ["clip_id"])


def downgrade() -> None:
    """Back to a store without them. Tags and the history of actions go."""
    op.drop_index("ix_label_kind_source", "label")
    for table in ("bulk_clip", "bulk_action", "clip_tag", "clip_summary"):
        op.drop_table(table)


def _make_summary() -> None:
    op.create_table(
        "clip_summary",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("clip_id", sa.String(32), nullable=False),
        sa.Column("recording_id", sa.String(32), nullable=False),
        sa.Column("duration", sa.Double(), nullable=False),
        *(
            sa.Column(name, sa.Double())
            for name in ("snr", "level", "clipping", "speech", "confidence", "disagreement")
        ),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("teachers", "labels")),
        *(sa.Column(name, sa.Boolean(), nullable=False) for name in ("reviewed", "synthetic")),
        *(sa.Column(name, sa.String()) for name in ("speaker", "session", "collection", "language", "device")),
        sa.Column("sensitivity", sa.String(), nullable=False),
        *(sa.Column(name, sa.String()) for name in ("kind", "source")),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("sources", "tags")),
        *(sa.Column(name, sa.Text()) for name in ("said", "text")),
        sa.PrimaryKeyConstraint("number", name="pk_clip_summary"),
        sa.ForeignKeyConstraint(["clip_id"], ["clip.id"], name="fk_clip_summary_clip_id"),
        sa.ForeignKeyConstraint(["recording_id"], ["recording.id"], name="fk_clip_summary_recording_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ux_clip_summary_clip_id", "clip_summary", ["clip_id"], unique=True)
    op.create_index("ix_clip_summary_recording_id", "clip_summary", ["recording_id"])
    for name in _ORDERS:
        op.create_index(f"ix_clip_summary_{name}", "clip_summary", [name, "number"])
