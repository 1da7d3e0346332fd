"""Dead letters of a batch: by class, and page by page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import sqlalchemy as sa

from compound.batch.types import ItemStatus, LedgerItem
from compound.batch.watch.jobs import items_of
from compound.connector.state import tables

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from compound.batch.job import Job

_ITEM = tables.batch_item
_DEAD = _ITEM.c.status == ItemStatus.DEAD.value
_code = sa.func.coalesce(_ITEM.c.error["code"].as_string(), "")


def errors_of(db: Connection, job: Job) -> Sequence[tuple[str, int]]:
    """Error codes of the dead letters with their numbers, the most frequent first."""
    count = sa.func.count().label("items")
    query = sa.select(_code.label("code"), count).where(*items_of(job), _DEAD).group_by("code")
    return [(row.code, row.items) for row in db.execute(query.order_by(count.desc(), sa.literal_column("code")))]


def dead_items(
    db: Connection, job: Job, *, code: str | None = None, after: int = -1, limit: int = 50
) -> Sequence[LedgerItem]:
    """Dead letters in the order of the source.

    Args:
        db: A transaction.
        job: The batch.
        code: Only those with this error code.
        after: Only those behind this position.
        limit: Most of them.
    """
    query = sa.select(_ITEM).where(*items_of(job), _DEAD, _ITEM.c.seq > after).order_by(_ITEM.c.seq).limit(limit)
    if code is not None:
        query = query.where(_code == code)
    return [
        LedgerItem(
            seq=row.seq,
            item_id=row.item_id,
            fields=row.input,
            status=ItemStatus.DEAD,
            attempt=row.attempt,
            run_id=row.run_id,
            error=row.error,
        )
        for row in db.execute(query)
    ]
