"""Moves of reviews without a decision: undo, snooze, wake, return, cancel, expire."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from compound.errors import ConflictError, DataError
from compound.project.review.elsewhere import RESUMED_ELSEWHERE
from compound.review.stored.elements import declared_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from compound.project.review.shown import Decided, ReviewView
    from compound.project.running.opened import OpenedProject
    from compound.review.queue.queue import ReviewQueue
    from compound.review.stored.types import Review


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """Ids of the processed reviews.

    Attributes:
        lapsed: Reviews whose lease expired.
        woken: Reviews whose snooze ended.
        escalated: Reviews with a new review in their escalation queue.
        reminded: Overdue open reviews.
        closed: Expired reviews whose runs are cancelled.
        resumed: Reviews whose undo time passed and whose runs were resumed.
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
    _ended: set[str]
    """Reviews that expired and were ended by `keep_up`; a map of one of them may still wait for others."""

    @property
    def queue(self) -> ReviewQueue:
        """The queue itself."""
        raise NotImplementedError

    def find(self, named: str | Review) -> Review:
        """Find a review."""
        raise NotImplementedError

    def _view(self, review: Review) -> ReviewView:
        raise NotImplementedError

    def resume(self, review_id: str) -> Decided:
        """Resume a decided review."""
        raise NotImplementedError

    def open_resumes(self) -> Sequence[str]:
        """Decided reviews whose run is not resumed."""
        raise NotImplementedError

    def undo(self, review_id: str, *, user: str) -> ReviewView:
        """Undo a decision before its run resumes; the user then holds the review.

        Raises:
            ConflictError: `review.too-late`, `review.transition`.
        """
        return self._view(self.queue.undo(self.find(review_id).review_id, user=user))

    def snooze(self, review_id: str, *, user: str, until: float, version: int | None = None) -> ReviewView:
        """Snooze a review until a time, UTC seconds.

        Raises:
            DataError: `review.bad-time`: the time is in the past.
            ConflictError: `review.version`, `review.claimed`, `review.transition`.
        """
        if until <= self.queue.now():
            raise DataError("review.bad-time", "the time to snooze until is in the past", fix="--for 2h")
        review = self.find(review_id)
        seen = review.version if version is None else version
        return self._view(self.queue.snooze(review.review_id, user, version=seen, until=until))

    def wake(self, review_id: str, *, user: str) -> ReviewView:
        """Wake a snoozed review now.

        Raises:
            ConflictError: `review.transition`: it is not snoozed.
        """
        review = self.find(review_id)
        if not self.queue.wake(review.review_id, user):
            raise ConflictError("review.transition", f"review {review.review_id} is {review.status.value}, not snoozed")
        return self._view(self.queue.show(review.review_id))

    def cancel(self, review_id: str, *, user: str, reason: str = "") -> ReviewView:
        """Withdraw a review and cancel its run. Effects that already ran are not reversed.

        Raises:
            ConflictError: `graph.run-done`; `review.too-late`: its decision is already being resumed.
        """
        review = self.find(review_id)
        self._end_run(review.run_id, actor=user, reason=reason)
        return self._view(self.queue.show(review.review_id))

    def sweep(self, *, goes_on: bool = True) -> Swept:
        """Process everything that is due: release, wake, escalate, remind, close; never approve.

        Args:
            goes_on: Also resume decisions whose undo time has passed.
        """
        done = self.queue.sweep()
        self._close(self.queue.still_running() if goes_on else done.expired)
        resumed = self._resume_due() if goes_on else []
        return Swept(
            lapsed=done.lapsed,
            woken=done.woken,
            escalated=done.escalated,
            reminded=done.reminded,
            closed=done.expired,
            resumed=tuple(resumed),
        )

    def _resume_due(self) -> list[str]:
        """Resume what is due, and leave to other processes what they resume; the ids."""
        done: list[str] = []
        for review_id in self.open_resumes():
            try:
                done.append(self.resume(review_id).review_id)
            except ConflictError as error:
                if error.code not in RESUMED_ELSEWHERE:
                    raise
        return done

    def keep_up(self) -> Sequence[str]:
        """Internal: process everything that is due but decided runs; the ids of those, oldest first."""
        self.queue.sweep()
        self._ended.update(self._close([one for one in self.queue.still_running() if one not in self._ended]))
        return self.open_resumes()

    def _close(self, expired: Sequence[str]) -> list[str]:
        """End what nobody decided in time; the ids of those that ended."""
        ended: list[str] = []
        for review_id in expired:
            review = self.queue.show(review_id)
            # another review of the run may just have been decided; the next sweep retries
            with suppress(ConflictError):
                if declared_name(review.node) != review.node:
                    self._project.resume(review.run_id)  # only this element of a map has ended
                else:
                    self._end_run(review.run_id, actor="clock", reason=f"nobody decided review {review_id} in time")
                ended.append(review_id)
        return ended

    def _end_run(self, run_id: str, *, actor: str, reason: str) -> None:
        import anyio

        from compound.graph.engine.cancel import cancel_run
        from compound.project.running.backlog import settle_elsewhere
        from compound.review import ReviewFilter, Status
        from compound.review.stored.machine import UNDECIDED

        queue, project = self.queue, self._project
        going_on = set(queue.open_resumes())
        for row in queue.list(ReviewFilter(run_id=run_id, statuses=(Status.DECIDED,))):
            last = queue.decisions(row.review_id)[-1]
            if row.review_id in going_on:
                what = f"review {row.review_id} is decided ({last.action} by {last.actor}), and its run is resuming"
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
