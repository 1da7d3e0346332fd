"""When the content of a run, and of what waited for a person, was removed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """A time at each run and each item; of those that are there nothing was removed."""
    op.add_column("run", sa.Column("pruned_at", sa.Double(), nullable=True))
    op.add_column("review_item", sa.Column("pruned_at", sa.Double(), nullable=True))
