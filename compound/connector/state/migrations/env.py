"""Alembic's entry: migrates over the connection that the store gives, in the store's own transaction."""

from __future__ import annotations

from alembic import context

from compound.connector.state.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
