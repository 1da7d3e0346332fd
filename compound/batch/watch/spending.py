"""What a batch paid for model calls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from compound.batch.ledger import run_id_of
from compound.connector.state import tables

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from compound.batch.job import Job

_ITEM, _CALL = tables.batch_item, tables.call
_CHUNK = 500
_SUMS = (
    sa.func.count(),
    sa.func.coalesce(sa.func.sum(sa.func.coalesce(_CALL.c.known_usd, _CALL.c.cost_usd, 0.0)), 0.0),
    sa.func.count() - sa.func.count(_CALL.c.cost_usd),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """Cost of the model calls of a batch.

    Attributes:
        calls: Number of finished calls.
        usd: Sum of the known costs.
        unknown: Calls whose cost is unknown, or known in part.
    """

    calls: int
    usd: float
    unknown: int


def spending_of(db: Connection, job: Job) -> Spending:
    """Calls of the runs that the batch started, with earlier attempts; runs of other batches are not counted."""
    mine = (_ITEM.c.job_id == job.job_id, ~_ITEM.c.is_adopted)
    found = [db.execute(sa.select(*_SUMS).join_from(_ITEM, _CALL, _CALL.c.run_id == _ITEM.c.run_id).where(*mine)).one()]
    again = db.execute(sa.select(_ITEM.c.item_id, _ITEM.c.attempt, _ITEM.c.run_id).where(*mine, _ITEM.c.attempt > 1))
    earlier = [
        run_id
        for row in again
        for attempt in range(1, row.attempt)
        if (run_id := run_id_of(job.run_prefix, row.item_id, attempt)) != row.run_id
    ]
    for at in range(0, len(earlier), _CHUNK):
        found.append(db.execute(sa.select(*_SUMS).where(_CALL.c.run_id.in_(earlier[at : at + _CHUNK]))).one())
    calls, usd, unknown = (sum(column) for column in zip(*found, strict=True))
    return Spending(calls=int(calls), usd=float(usd), unknown=int(unknown))
