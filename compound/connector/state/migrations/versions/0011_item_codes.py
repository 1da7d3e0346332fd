"""Codes of dead letters are `item.*`, formerly `ticket.*`."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

_ITEM = sa.table("batch_item", *map(sa.column, ("job_id", "seq")), sa.column("error", sa.JSON(none_as_null=True)))
_OLDER = "ticket."


def upgrade() -> None:
    """Update the code of each dead letter with an older one."""
    db = op.get_bind()
    older = sa.cast(_ITEM.c.error, sa.Text).contains(f'"{_OLDER}')
    for row in db.execute(sa.select(_ITEM.c.job_id, _ITEM.c.seq, _ITEM.c.error).where(older)).all():
        error: dict[str, Any] = dict(row.error)
        code = str(error.get("code") or "")
        if code.startswith(_OLDER):
            error["code"] = f"item.{code.removeprefix(_OLDER)}"
            here = sa.and_(_ITEM.c.job_id == row.job_id, _ITEM.c.seq == row.seq)
            db.execute(sa.update(_ITEM).where(here).values(error=error))
