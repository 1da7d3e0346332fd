"""Requests of people to a batch, from any process; each is in the audit log."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

import sqlalchemy as sa

from compound.batch.ledger import Ledger, can_revive
from compound.batch.requests import Request, Wish, request_of, store_request
from compound.batch.types import SETTLED, ItemStatus
from compound.connector.state import StateStore, tables
from compound.connector.state.audit import append_audit
from compound.connector.state.leases import Holder, holder_of, store_time
from compound.errors import ConflictError, DataError

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

_JOB, _ITEM = tables.batch_job, tables.batch_item
_EVENTS = {Wish.RUN: "resumed", Wish.PAUSE: "paused", Wish.CANCEL: "cancelled"}
"""Last parts of the events of the audit log."""


class BatchControl:
    """Pauses, continues, cancels and retries batches.

    Args:
        store: The state store.
    """

    def __init__(self, store: StateStore) -> None:
        self._store = store

    def pause(self, job_id: str, *, by: str, note: str = "") -> None:
        """Have the process that runs the batch start no item until somebody continues it.

        Raises:
            ConflictError: `batch.not-running`: no process runs it; `batch.stopping`: it is being cancelled.
        """
        with self._store.write() as db:
            if holder_of(db, f"batch:{job_id}") is None:
                what = "no process runs this batch, so there is nothing to pause"
                raise ConflictError("batch.not-running", what, fix=f"compound batches show {job_id[:8]}")
            _require_not_stopping(db, job_id)
            self._ask(db, job_id, Wish.PAUSE, by, note)

    def proceed(self, job_id: str, *, by: str) -> bool:
        """Continue a paused batch, or allow a cancelled one to run; returns whether a process already runs it.

        Raises:
            ConflictError: `batch.already-running`: it is not paused; `batch.stopping`: its process is about to end.
        """
        with self._store.write() as db:
            holder, request = holder_of(db, f"batch:{job_id}"), request_of(db, job_id)
            if holder is None:
                append_audit(db, "batch.resumed", at=store_time(db), actor=by, subject=job_id, details={})
                return False
            _require_not_stopping(db, job_id)
            if request is None or request.wish is not Wish.PAUSE:
                raise _runs(holder)
            self._ask(db, job_id, Wish.RUN, by)
            return True

    def cancel(self, job_id: str, *, by: str, note: str = "") -> bool:
        """Stop a batch: items in flight finish, the others are not run until somebody resumes it.

        Drafts that wait for people stay in their queues.

        Returns:
            Whether a process runs it, which ends after its items in flight.

        Raises:
            ConflictError: `batch.over`: every item is settled, or it is cancelled already.
        """
        with self._store.write() as db:
            request = request_of(db, job_id)
            holder = holder_of(db, f"batch:{job_id}")
            if request is not None and request.wish is Wish.CANCEL:
                what = f"this batch was cancelled {request}"
                raise ConflictError("batch.over", what, fix=f"compound batches resume {job_id[:8]} continues it")
            unsettled = _ITEM.c.status.not_in([one.value for one in SETTLED])
            left = sa.select(sa.func.count()).where(_ITEM.c.job_id == job_id, _ITEM.c.seq >= 0, unsettled)
            if holder is None and not db.execute(left).scalar_one():
                what = "every item of this batch is settled, so there is nothing to cancel"
                raise ConflictError(
                    "batch.over", what, fix="compound review list shows the drafts that wait for people"
                )
            self._ask(db, job_id, Wish.CANCEL, by, note)
            if holder is None:
                values = {"status": "cancelled", "updated_at": store_time(db)}
                db.execute(sa.update(_JOB).where(_JOB.c.job_id == job_id).values(values))
        return holder is not None

    def retry(self, job_id: str, *, by: str, item_ids: Collection[str] | None = None) -> tuple[int, bool]:
        """Put dead letters back, so that the batch runs them again.

        Args:
            job_id: The batch.
            by: Who asks.
            item_ids: Only these items, dead letters or cancelled ones; None: every dead letter that a retry can help.

        Returns:
            The number of items, and whether a process runs the batch, which then runs them.

        Raises:
            DataError: `batch.unknown-item`.
            ConflictError: `batch.nothing-to-retry`; `batch.cancelled`: the batch was cancelled.
        """
        ledger = Ledger.of(self._store, job_id)
        with self._store.read() as db:
            request = request_of(db, job_id)
        if request is not None and request.wish is Wish.CANCEL:
            fix = f"compound batches resume {job_id[:8]} continues it; then retry"
            raise ConflictError("batch.cancelled", f"this batch was cancelled {request}", fix=fix)
        chosen = self._chosen(ledger, item_ids)
        count = ledger.revive(chosen)
        with self._store.write() as db:
            append_audit(
                db, "batch.retried", at=store_time(db), actor=by, subject=job_id, details={"items": str(count)}
            )
            return count, holder_of(db, f"batch:{job_id}") is not None

    def _chosen(self, ledger: Ledger, item_ids: Collection[str] | None) -> set[str]:
        items = ledger.items()
        if item_ids is None:
            chosen = {one.item_id for one in items if one.status is ItemStatus.DEAD and can_revive(one)}
        else:
            known = {one.item_id for one in items}
            if missing := next((one for one in item_ids if one not in known), None):
                what = f"this batch has no item {missing!r}"
                raise DataError("batch.unknown-item", what, fix=f"compound batches show {ledger.job_id[:8]} lists them")
            chosen = {one.item_id for one in items if one.item_id in set(item_ids) and can_revive(one)}
        if not chosen:
            what = "no chosen item can be retried: it is settled, or it could not be read"
            fix = "correct unreadable items in the source; the same command then runs them"
            raise ConflictError("batch.nothing-to-retry", what, fix=fix)
        return chosen

    def _ask(self, db: Connection, job_id: str, wish: Wish, by: str, note: str = "") -> None:
        now = store_time(db)
        store_request(db, job_id, Request(wish=wish, by=by, at=now, note=note))
        append_audit(db, f"batch.{_EVENTS[wish]}", at=now, actor=by, subject=job_id, details={})


def _require_not_stopping(db: Connection, job_id: str) -> None:
    request = request_of(db, job_id)
    if request is not None and request.wish is Wish.CANCEL:
        what = f"this batch was cancelled {request}, and its items in flight still finish"
        raise ConflictError(
            "batch.stopping", what, fix=f"compound batches resume {job_id[:8]}, once they have finished"
        )


def _runs(holder: Holder) -> ConflictError:
    fix = "wait for it, or stop it with Ctrl-C; the same command then resumes"
    return ConflictError("batch.already-running", f"this batch is already run by {holder}", fix=fix)
