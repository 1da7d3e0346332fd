"""Stored graphs of runs, so that a paused run can finish on its version."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """A table of graphs by hash."""
    op.create_table(
        "graph",
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("data", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_graph")),
    )
    op.add_column("run", sa.Column("moved_from", sa.Text(), nullable=True))
