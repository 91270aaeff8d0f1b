"""What Alembic runs: the revisions, on the connection and in the transaction that `Database.migrate` holds."""

from __future__ import annotations

from alembic import context

from espi.store.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,
)
context.run_migrations()
