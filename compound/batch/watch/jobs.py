"""Stored batches with the status that a person sees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from compound.batch.intake import GONE
from compound.batch.job import Job
from compound.batch.requests import Request, Wish, request_of
from compound.batch.types import ItemStatus
from compound.connector.state import tables
from compound.connector.state.leases import Holder, holder_of

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

_JOB, _ITEM = tables.batch_job, tables.batch_item


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Items by what they mean for the owner of a batch.

    Attributes:
        done: Finished.
        waiting: Drafts that wait for people.
        running: In flight.
        failed: Dead letters.
        cancelled: Cancelled in review.
        left: Not started.
    """

    done: int = 0
    waiting: int = 0
    running: int = 0
    failed: int = 0
    cancelled: int = 0
    left: int = 0

    @property
    def total(self) -> int:
        """All items."""
        return self.settled + self.unsettled

    @property
    def settled(self) -> int:
        """Items that the batch has finished with."""
        return self.done + self.waiting + self.failed + self.cancelled

    @property
    def unsettled(self) -> int:
        """Items that the batch has to finish."""
        return self.running + self.left


@dataclass(frozen=True, slots=True, kw_only=True)
class JobState:
    """A batch as it is now.

    Attributes:
        holder: The process that runs it; None if none does.
        request: The last request of a person.
    """

    job: Job
    created_at: float
    updated_at: float
    counts: Counts
    holder: Holder | None
    request: Request | None

    @property
    def status(self) -> str:
        """Its status in one word, by its items, its process and the last request.

        `running`, `pausing`, `paused`, `cancelling`, `cancelled`, `stopped`, `dead_letters`, `complete`, and
        `interrupted`: its process was killed, or its host is down.
        """
        wish = None if self.request is None else self.request.wish
        if self.holder is not None:
            if wish is Wish.CANCEL:
                return "cancelling"
            if wish is Wish.PAUSE:
                return "pausing" if self.counts.running else "paused"
            return "running"
        if wish is Wish.CANCEL:
            return "cancelled"
        if self.counts.unsettled:
            return "interrupted" if self.job.status == "running" else "stopped"
        return "dead_letters" if self.counts.failed else "complete"


def list_jobs(db: Connection, *, limit: int, before: float | None = None) -> Sequence[JobState]:
    """Batches, the one that changed last first.

    Args:
        db: A transaction.
        limit: Most of them.
        before: Only those that last changed before this time, UTC seconds; None: all.
    """
    query = sa.select(_JOB.c.job_id).order_by(_JOB.c.updated_at.desc(), _JOB.c.job_id).limit(limit)
    if before is not None:
        query = query.where(_JOB.c.updated_at < before)
    found = (job_state(db, job_id) for job_id in db.execute(query).scalars().all())
    return [one for one in found if one is not None]


def find_jobs(db: Connection, prefix: str) -> Sequence[str]:
    """At most two ids that start so; an exact id alone."""
    query = sa.select(_JOB.c.job_id).where(_JOB.c.job_id.startswith(prefix, autoescape=True)).limit(2)
    found = list(db.execute(query).scalars())
    return [prefix] if prefix in found else found


def job_state(db: Connection, job_id: str) -> JobState | None:
    """One batch; None if it was never started."""
    job = Job.read(db, job_id)
    row = db.execute(sa.select(_JOB.c.created_at, _JOB.c.updated_at).where(_JOB.c.job_id == job_id)).first()
    if job is None or row is None:
        return None
    return JobState(
        job=job,
        created_at=row.created_at,
        updated_at=row.updated_at,
        counts=_counts(count_items(db, job)),
        holder=holder_of(db, f"batch:{job_id}"),
        request=request_of(db, job_id),
    )


def items_of(job: Job) -> Sequence[sa.ColumnElement[bool]]:
    """The items of a job that are in its source, within its limit."""
    mine = (_ITEM.c.job_id == job.job_id, _ITEM.c.seq > GONE)
    return mine if job.limit is None else (*mine, _ITEM.c.seq < job.limit)


def count_items(db: Connection, job: Job) -> Mapping[str, int]:
    """Status to number of items."""
    query = sa.select(_ITEM.c.status, sa.func.count()).where(*items_of(job)).group_by(_ITEM.c.status)
    return {status: count for status, count in db.execute(query)}


def _counts(by_status: Mapping[str, int]) -> Counts:
    names = {
        ItemStatus.DONE: "done",
        ItemStatus.WAITING_REVIEW: "waiting",
        ItemStatus.RUNNING: "running",
        ItemStatus.DEAD: "failed",
        ItemStatus.CANCELLED: "cancelled",
        ItemStatus.PENDING: "left",
    }
    return Counts(**{names[status]: by_status.get(status.value, 0) for status in names})
