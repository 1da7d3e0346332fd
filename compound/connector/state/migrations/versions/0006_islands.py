"""Items know their graph and the queue they are escalated to; effects are found by their run."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Of the items that are there neither is known."""
    op.add_column("review_item", sa.Column("escalate_to", sa.Text(), nullable=True))
    op.add_column("review_item", sa.Column("graph_name", sa.Text(), nullable=True))
    op.create_index(op.f("ix_outbox_run_id"), "outbox", ["run_id"], unique=False)
