"""The known part of a model call's cost, where the whole is not known."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """A column at each call; of those that are there it is the whole cost."""
    op.add_column("call", sa.Column("known_usd", sa.Double(), nullable=True))
