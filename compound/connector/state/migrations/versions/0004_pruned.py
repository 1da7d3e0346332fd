"""When the content of runs and review items was pruned."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """A time for each run and item; existing ones are not pruned."""
    op.add_column("run", sa.Column("pruned_at", sa.Double(), nullable=True))
    op.add_column("review_item", sa.Column("pruned_at", sa.Double(), nullable=True))
