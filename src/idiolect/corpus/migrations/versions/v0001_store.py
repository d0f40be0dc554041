"""The first store: tables, and the triggers that keep claims and datasets as they were written."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from idiolect.errors import CorpusError

revision = "0001"
down_revision = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make everything."""
    _make_audio()
    _make_label()
    _make_dataset()
    _make_results()
    _make_small()
    for table, actions in _FROZEN.items():
        for action in actions:
            _forbid(table, action)


def downgrade() -> None:
    """There is nothing below the first store."""
    raise CorpusError("the first store cannot be taken back", hint="Keep a copy of the folder instead.")


_FROZEN = {
    "label": ("UPDATE", "DELETE"),
    "dataset": ("UPDATE", "DELETE"),
    "dataset_item": ("UPDATE", "DELETE"),
    "dataset_name": ("UPDATE", "DELETE"),
}
"""What is written once. Only forgetting a speaker passes: it puts a row into ``forgetting`` first."""


def _forbid(table: str, action: str) -> None:
    name = f"{table}_no_{action.lower()}"
    message = f"a {table.replace('_', ' ')} is never changed"
    if op.get_context().dialect.name == "sqlite":
        unless = "NOT EXISTS (SELECT 1 FROM forgetting)"
        body = f"SELECT RAISE(ABORT, '{message}');"
        op.execute(f"CREATE TRIGGER {name} BEFORE {action} ON {table} WHEN {unless} BEGIN {body} END")
        return
    given_back = "NEW" if action == "UPDATE" else "OLD"
    refuse = f"RAISE EXCEPTION '{message}' USING ERRCODE = '23000';"  # as SQLite says it: integrity
    body = f"IF NOT EXISTS (TABLE forgetting) THEN {refuse} END IF; RETURN {given_back};"
    op.execute(f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger AS $$ BEGIN {body} END $$ LANGUAGE plpgsql")
    op.execute(f"CREATE TRIGGER {name} BEFORE {action} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")


def _key(table: str) -> str:
    return f"pk_{table}"


def _refers(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [to], name=f"fk_{table}_{column}")


def _make_audio() -> None:
    op.create_table(
        "speaker",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=_key("speaker")),
    )
    op.create_table(
        "consent",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("speaker", sa.String(), nullable=False),
        sa.Column("granted", sa.Boolean(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=_key("consent")),
        _refers("consent", "speaker", "speaker.id"),
    )
    op.create_index("ix_consent_speaker", "consent", ["speaker"])
    op.create_table(
        "recording",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("copied", sa.Boolean(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("duration", sa.Double(), nullable=False),
        sa.Column("sample_rate", sa.Integer(), nullable=False),
        sa.Column("channels", sa.Integer(), nullable=False),
        sa.Column("speaker", sa.String()),
        sa.Column("session", sa.String()),
        sa.Column("device", sa.String()),
        sa.Column("language", sa.String()),
        sa.Column("collection", sa.String()),
        sa.Column("sensitivity", sa.String(), nullable=False),
        sa.Column("prompted", sa.Boolean(), nullable=False),
        sa.Column("synthetic", sa.Boolean(), nullable=False),
        sa.Column("train_only", sa.Boolean(), nullable=False),
        sa.Column("imported_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=_key("recording")),
        _refers("recording", "speaker", "speaker.id"),
    )
    op.create_index("ix_recording_speaker", "recording", ["speaker"])
    op.create_index("ix_recording_collection", "recording", ["collection"])
    op.create_table(
        "clip",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("recording_id", sa.String(32), nullable=False),
        sa.Column("start", sa.Double(), nullable=False),
        sa.Column("end", sa.Double(), nullable=False),
        sa.Column("quality", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=_key("clip")),
        _refers("clip", "recording_id", "recording.id"),
    )
    op.create_index("ix_clip_recording_id", "clip", ["recording_id"])


def _make_label() -> None:
    op.create_table(
        "label",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("clip_id", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("text", sa.Text()),
        sa.Column("intent", sa.String()),
        sa.Column("slots", sa.JSON(), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("parameters_hash", sa.String(32), nullable=False),
        sa.Column("confidence", sa.Double()),
        sa.Column("words", sa.JSON(), nullable=False),
        sa.Column("cost", sa.Double(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("silver", sa.Boolean(), nullable=False),
        sa.Column("content_id", sa.String(32), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=_key("label")),
        _refers("label", "clip_id", "clip.id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_label_clip_id", "label", ["clip_id"])
    op.create_index("ix_label_resume", "label", ["source", "version", "parameters_hash"])


def _make_dataset() -> None:
    op.create_table(
        "dataset",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("group_by", sa.String(), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("forgotten", sa.Integer(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=_key("dataset")),
    )
    op.create_table(
        "dataset_name",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("dataset_id", sa.String(32), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=_key("dataset_name")),
        _refers("dataset_name", "dataset_id", "dataset.id"),
    )
    op.create_index("ix_dataset_name_name", "dataset_name", ["name"])
    op.create_table(
        "dataset_item",
        sa.Column("dataset_id", sa.String(32), nullable=False),
        sa.Column("clip_id", sa.String(32), nullable=False),
        sa.Column("split", sa.String(), nullable=False),
        sa.Column("label_id", sa.Integer()),
        sa.Column("reference_ids", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("dataset_id", "clip_id", name=_key("dataset_item")),
        _refers("dataset_item", "dataset_id", "dataset.id"),
        _refers("dataset_item", "clip_id", "clip.id"),
        _refers("dataset_item", "label_id", "label.id"),
    )


def _make_results() -> None:
    op.create_table(
        "model",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("family", sa.String(), nullable=False),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.Column("dataset_id", sa.String(32)),
        sa.Column("base", sa.Text()),
        sa.Column("recipe", sa.JSON(), nullable=False),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("versions", sa.JSON(), nullable=False),
        sa.Column("dev_score", sa.Double()),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=_key("model")),
        _refers("model", "dataset_id", "dataset.id"),
    )
    op.create_table(
        "evaluation",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("dataset_id", sa.String(32)),
        sa.Column("split", sa.String()),
        sa.Column("systems", sa.JSON(), nullable=False),
        sa.Column("report", sa.JSON(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=_key("evaluation")),
        _refers("evaluation", "dataset_id", "dataset.id"),
    )
    op.create_table(
        "evaluation_item",
        sa.Column("evaluation_id", sa.String(), nullable=False),
        sa.Column("clip_id", sa.String(32), nullable=False),
        sa.Column("system", sa.String(), nullable=False),
        sa.Column("hypothesis", sa.Text(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("evaluation_id", "clip_id", "system", name=_key("evaluation_item")),
        _refers("evaluation_item", "evaluation_id", "evaluation.id"),
        _refers("evaluation_item", "clip_id", "clip.id"),
    )


def _make_small() -> None:
    op.create_table(
        "meta",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=_key("meta")),
    )
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
        sa.PrimaryKeyConstraint("id", name=_key("ledger")),
    )
    op.create_table(
        "forgetting",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("speaker", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=_key("forgetting")),
    )
