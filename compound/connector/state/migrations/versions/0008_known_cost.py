"""The known part of a model call's cost."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """A column for each call; for existing calls it is the full cost."""
    op.add_column("call", sa.Column("known_usd", sa.Double(), nullable=True))
