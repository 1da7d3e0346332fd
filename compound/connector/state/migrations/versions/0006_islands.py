"""Graph, escalation queue and undo time of items; run of effects."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Existing items have no values; their decisions resume at once."""
    op.add_column("review_item", sa.Column("escalate_to", sa.Text(), nullable=True))
    op.add_column("review_item", sa.Column("graph_name", sa.Text(), nullable=True))
    op.add_column("review_item", sa.Column("undo_s", sa.Double(), server_default="0", nullable=False))
    op.add_column("resume", sa.Column("undo_until", sa.Double(), nullable=True))
    op.create_index(op.f("ix_outbox_run_id"), "outbox", ["run_id"], unique=False)
