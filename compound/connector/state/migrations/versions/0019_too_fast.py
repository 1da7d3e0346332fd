"""An index of the alarms about people who decide too fast to read, so that they are counted without reading the log."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "v1_0019"
down_revision = "v1_0017"


def upgrade() -> None:
    """One index of a few rows."""
    where = sa.text("event = 'review.too-fast'")
    op.create_index("ix_audit_too_fast", "audit", ["seq"], sqlite_where=where, postgresql_where=where)
