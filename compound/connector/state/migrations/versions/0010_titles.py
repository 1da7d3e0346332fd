"""A title for items, which the graph declares."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

_ITEM = sa.table("review_item", sa.column("item_id"), sa.column("title"), sa.column("ticket", sa.JSON()))


def upgrade() -> None:
    """A title for each item; existing ones get their subject, or the beginning of their body."""
    op.add_column("review_item", sa.Column("title", sa.Text(), nullable=True))
    db = op.get_bind()
    for row in db.execute(sa.select(_ITEM.c.item_id, _ITEM.c.ticket)).all():
        ticket = row.ticket or {}
        words = str(ticket.get("subject") or "") or " ".join(str(ticket.get("body") or "")[:1000].split())
        if words:
            db.execute(sa.update(_ITEM).where(_ITEM.c.item_id == row.item_id).values(title=words[:200]))
