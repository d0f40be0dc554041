"""What Alembic runs; the connection is handed in by `database.migrate`."""

from __future__ import annotations

from alembic import context

from idiolect.corpus.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
