"""An index that lists and counts reviews without reading their evidence."""

from __future__ import annotations

from alembic import op

revision = "v1_0015"
down_revision = "v1_0014"


def upgrade() -> None:
    """One index."""
    columns = ["status", "queue", "due_at", "risk", "created_at", "review_id"]
    op.create_index("ix_review_listed", "review", [*columns, "lease_user", "lease_until", "ready", "level"])
