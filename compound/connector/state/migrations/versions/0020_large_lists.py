"""Indexes with which a store of many reviews lists, counts and sweeps without reading the reviews."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "v1_0020"
down_revision = "v1_0019"

_URGENCY = (sa.text("coalesce(due_at, 1e300)"), sa.text("risk DESC"), "created_at", "review_id")
_SHOWN = ("queue", "lease_user", "lease_until", "ready", "level")


def upgrade() -> None:
    """Two indexes are replaced, five are new."""
    op.drop_index("ix_review_listed", "review")
    op.drop_index("ix_review_queue_status_due_at", "review")
    _index("urgent", *_URGENCY, "status", *_SHOWN, where="status NOT IN ('decided', 'expired', 'withdrawn')")
    _index("listed", "status", *_URGENCY, *_SHOWN)
    _index("newest", "created_at", "review_id", "status", "queue")
    _index("counted", "status", "queue", "ready", "level")
    _index("held", "lease_user", "lease_until", where="lease_user IS NOT NULL")
    _index("snoozed", "snooze_until", where="snooze_until IS NOT NULL")


def _index(name: str, *columns: str | sa.TextClause, where: str = "") -> None:
    of = sa.text(where) if where else None
    op.create_index(f"ix_review_{name}", "review", list(columns), sqlite_where=of, postgresql_where=of)
