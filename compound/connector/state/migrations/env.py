"""Alembic's entry: migrates over the store's connection, in the store's transaction."""

from __future__ import annotations

from alembic import context

from compound.connector.state.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
