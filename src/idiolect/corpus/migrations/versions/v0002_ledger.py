"""The ledger as the gateway writes it. The table of 0001 never had a writer, so that nothing is lost with it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_MOMENT = sa.DateTime(timezone=True)
_MESSAGE = "a ledger row is never deleted"


def upgrade() -> None:
    """Replace the ledger, and keep its rows from being deleted."""
    op.drop_table("ledger")
    op.create_table(
        "ledger",
        sa.Column("id", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.String(32), nullable=False) for name in ("run", "request_id", "identity")),
        sa.Column("destination", sa.String(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        *(
            sa.Column(name, sa.String(), nullable=False)
            for name in ("reach", "purpose", "engine", "model", "sensitivity")
        ),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("payload", sa.String(32), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("usage", sa.JSON(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("masked", sa.Integer(), nullable=False),
        sa.Column("forecast", sa.BigInteger(), nullable=False),
        sa.Column("cost", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("status", sa.Integer()),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("answered", sa.String(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("answer", sa.LargeBinary()),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("opened_at", _MOMENT, nullable=False),
        sa.Column("until", _MOMENT, nullable=False),
        sa.Column("closed_at", _MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_ledger"),
        sqlite_autoincrement=True,
    )
    for column in ("run", "identity", "day"):
        op.create_index(f"ix_ledger_{column}", "ledger", [column])
    op.create_table(
        "ledger_item",
        sa.Column("ledger_id", sa.Integer(), nullable=False),
        sa.Column("clip_id", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("ledger_id", "clip_id", name="pk_ledger_item"),
        sa.ForeignKeyConstraint(["ledger_id"], ["ledger.id"], name="fk_ledger_item_ledger_id"),
    )
    op.create_index("ix_ledger_item_clip_id", "ledger_item", ["clip_id"])
    _keep_rows()


def _keep_rows() -> None:
    if op.get_context().dialect.name == "sqlite":
        body = f"SELECT RAISE(ABORT, '{_MESSAGE}');"
        op.execute(f"CREATE TRIGGER ledger_no_delete BEFORE DELETE ON ledger BEGIN {body} END")
        return
    body = f"RAISE EXCEPTION '{_MESSAGE}' USING ERRCODE = '23000';"  # what SQLite says too: integrity
    op.execute(
        f"CREATE OR REPLACE FUNCTION ledger_no_delete() RETURNS trigger AS $$ BEGIN {body} END $$ LANGUAGE plpgsql"
    )
    op.execute(
        "CREATE TRIGGER ledger_no_delete BEFORE DELETE ON ledger FOR EACH ROW EXECUTE FUNCTION ledger_no_delete()"
    )


def downgrade() -> None:
    """Back to the ledger that nobody wrote. Its rows go."""
    op.drop_table("ledger_item")
    op.drop_table("ledger")
    op.create_table(
        "ledger",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("destination", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("clip_id", sa.String(32)),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("cost", sa.Double(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_ledger"),
    )
