"""The round of a batch: a restart runs its items as new runs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """A round for each job; existing jobs are in their first."""
    op.add_column("batch_job", sa.Column("round", sa.Integer(), server_default="1", nullable=False))
