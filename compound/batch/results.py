"""Results of a job's items."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from compound.batch.intake import GONE
from compound.batch.types import SETTLED
from compound.connector.state import tables

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.connector.state import StateStore

_ITEM, _RUN = tables.batch_item, tables.run


def results_of(store: StateStore, job_id: str) -> list[dict[str, JsonValue]]:
    """`id`, `output`, `status` and `run` of each settled item in the source, in order.

    An item that waits for review has no output yet; an unreadable item has no run.
    """
    query = (
        sa.select(_ITEM.c.item_id, _ITEM.c.status, _ITEM.c.run_id, _ITEM.c.input, _RUN.c.output)
        .outerjoin(_RUN, _RUN.c.run_id == _ITEM.c.run_id)
        .where(_ITEM.c.job_id == job_id, _ITEM.c.seq > GONE, _ITEM.c.status.in_([one.value for one in SETTLED]))
        .order_by(_ITEM.c.seq)
    )
    with store.read() as db:
        return [
            {
                "id": row.item_id,
                "output": row.output if row.status == "done" else None,
                "status": row.status,
                "run": None if row.input is None else row.run_id,
            }
            for row in db.execute(query)
        ]
