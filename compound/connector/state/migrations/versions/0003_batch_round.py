"""Which time a batch is run: a restart gives its tickets runs of their own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """A number at each job; those that are there are run for the first time."""
    op.add_column("batch_job", sa.Column("round", sa.Integer(), server_default="1", nullable=False))
