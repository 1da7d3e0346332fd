"""Moves of items without a decision: undo, snooze, wake, return, cancel, expire."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from compound.errors import ConflictError, DataError
from compound.review.item.elements import declared_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from compound.project.review.items import Decided, ReviewView
    from compound.project.running.opened import OpenedProject
    from compound.review.item.types import ReviewItem
    from compound.review.queue.queue import ReviewQueue


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """Ids of the processed items.

    Attributes:
        lapsed: Items whose lease expired.
        woken: Items whose snooze ended.
        escalated: Items with a new item in their escalation queue.
        reminded: Overdue open items.
        closed: Expired items whose runs are cancelled.
        resumed: Items whose undo time passed and whose runs were resumed.
    """

    lapsed: tuple[str, ...] = ()
    woken: tuple[str, ...] = ()
    escalated: tuple[str, ...] = ()
    reminded: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()
    resumed: tuple[str, ...] = ()


class ReviewUpkeep:
    """The part of the review service without decisions."""

    _project: OpenedProject

    @property
    def queue(self) -> ReviewQueue:
        """The queue itself."""
        raise NotImplementedError

    def find(self, named: str) -> ReviewItem:
        """Find an item."""
        raise NotImplementedError

    def _view(self, item: ReviewItem) -> ReviewView:
        raise NotImplementedError

    def resume(self, review_id: str) -> Decided:
        """Resume a decided item."""
        raise NotImplementedError

    def open_resumes(self) -> Sequence[str]:
        """Decided items whose run is not resumed."""
        raise NotImplementedError

    def undo(self, review_id: str, *, user: str) -> ReviewView:
        """Undo a decision before its run resumes; the user then holds the item.

        Raises:
            ConflictError: `review.too-late`, `review.transition`.
        """
        return self._view(self.queue.undo(self.find(review_id).review_id, user=user))

    def snooze(self, review_id: str, *, user: str, until: float, version: int | None = None) -> ReviewView:
        """Snooze an item until a time, UTC seconds.

        Raises:
            DataError: `review.bad-time`: the time is in the past.
            ConflictError: `review.version`, `review.claimed`, `review.transition`.
        """
        if until <= self.queue.now():
            raise DataError("review.bad-time", "the time to snooze until is in the past", fix="--for 2h")
        item = self.find(review_id)
        seen = item.version if version is None else version
        return self._view(self.queue.snooze(item.review_id, user, version=seen, until=until))

    def wake(self, review_id: str, *, user: str) -> ReviewView:
        """Wake a snoozed item now.

        Raises:
            ConflictError: `review.transition`: it is not snoozed.
        """
        item = self.find(review_id)
        if not self.queue.wake(item.review_id, user):
            raise ConflictError(
                "review.transition", f"review item {item.review_id} is {item.status.value}, not snoozed"
            )
        return self._view(self.queue.show(item.review_id))

    def cancel(self, review_id: str, *, user: str, reason: str = "") -> ReviewView:
        """Withdraw an item and cancel its run. Effects that already ran are not reversed.

        Raises:
            ConflictError: `graph.run-done`; `review.too-late`: its decision is already being resumed.
        """
        item = self.find(review_id)
        self._end_run(item.run_id, actor=user, reason=reason)
        return self._view(self.queue.show(item.review_id))

    def sweep(self, *, goes_on: bool = True) -> Swept:
        """Process everything that is due: release, wake, escalate, remind, close; never approve.

        Args:
            goes_on: Also resume decisions whose undo time has passed.
        """
        done = self.queue.sweep()
        for review_id in self._to_close() if goes_on else done.expired:
            item = self.queue.show(review_id)
            # another item of the run may just have been decided; the next sweep retries
            with suppress(ConflictError):
                if declared_name(item.node) != item.node:
                    self._project.resume(item.run_id)  # only this element of a map has ended
                    continue
                self._end_run(item.run_id, actor="clock", reason=f"nobody decided review item {review_id} in time")
        resumed = [self.resume(review_id).review_id for review_id in self.open_resumes()] if goes_on else []
        return Swept(
            lapsed=done.lapsed,
            woken=done.woken,
            escalated=done.escalated,
            reminded=done.reminded,
            closed=done.expired,
            resumed=tuple(resumed),
        )

    def _to_close(self) -> list[str]:
        """Expired items whose run still waits, including after a crash."""
        from compound.review import ReviewFilter, Status

        expired = self.queue.list(ReviewFilter(statuses=(Status.EXPIRED,), limit=10_000))
        waiting = {one.run_id for one in expired if self._is_waiting(one.run_id)}
        return [
            one.review_id
            for one in expired
            if one.run_id in waiting and self.queue.show(one.review_id).on_expire == "close"
        ]

    def _is_waiting(self, run_id: str) -> bool:
        record = self._project.run_record(run_id)
        return record is not None and record.status == "waiting_review"

    def _end_run(self, run_id: str, *, actor: str, reason: str) -> None:
        import anyio

        from compound.graph.engine.cancel import cancel_run
        from compound.project.running.backlog import settle_elsewhere
        from compound.review import ReviewFilter, Status
        from compound.review.item.machine import UNDECIDED

        queue, project = self.queue, self._project
        going_on = set(queue.open_resumes())
        for row in queue.list(ReviewFilter(run_id=run_id, statuses=(Status.DECIDED,))):
            last = queue.decisions(row.review_id)[-1]
            if row.review_id in going_on:
                what = (
                    f"review item {row.review_id} is decided ({last.action} by {last.actor}), and its run is resuming"
                )
                raise ConflictError("review.too-late", what, fix=f"compound review resume {row.review_id[:10]}")
            if queue.undo_until(last.decision_id) is not None:
                queue.undo(row.review_id, user=actor)
        if project.run_record(run_id) is not None:
            home, wait_s = project.settings.home, project.settings.profile.lock_wait_s
            state = project.resources.state
            end = partial(cancel_run, actor=actor, reason=reason, wait_s=wait_s)
            anyio.run(end, state, home / "checkpoints.db", run_id)
        for row in queue.list(ReviewFilter(run_id=run_id, statuses=tuple(UNDECIDED))):
            queue.withdraw(row.review_id, actor=actor, reason=reason)
        settle_elsewhere(project.resources.state, run_id, project.settings.home / "batch")
