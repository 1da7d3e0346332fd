"""The part of the queue that carries decisions to their runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from compound.review.decision import resume as _resume
from compound.review.stored.types import Decision, ResumeClaim

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.review.decision.backend import Backend


class Resumes:
    """Which decided runs must be resumed, by whom, and how they ended."""

    _backend: Backend

    def decision_for(self, run_id: str, node: str, *, returns: int = 0) -> Decision | None:
        """The decision that a waiting run resumes with; None if there is none, or it was reopened or undone."""
        return _resume.decision_for(self._backend, run_id, node, returns)

    def claim_resume(
        self, review_id: str, *, owner: str | None = None, lease_s: float = _resume.RESUME_LEASE_S
    ) -> ResumeClaim:
        """Claim the review's run for resuming; a dead process loses its claim.

        `lease_s` is the lease for other hosts without a heartbeat (`renew_resume`).

        Raises:
            ConflictError: `review.undecided`, `review.undo-open`, `review.resume-running`, `review.resume-over`.
        """
        return _resume.claim_resume(self._backend, review_id, owner=owner, lease_s=lease_s)

    def renew_resume(self, claim: ResumeClaim, *, lease_s: float = _resume.RESUME_LEASE_S) -> bool:
        """Heartbeat of a resuming process; returns False if another process has taken over."""
        return _resume.renew_resume(self._backend, claim, lease_s=lease_s)

    def undo_until(self, decision_id: str) -> float | None:
        """Until when a decision can be undone, UTC seconds; None if its run may resume, or has."""
        return _resume.undo_until(self._backend, decision_id)

    def resumption(self, decision_id: str) -> tuple[str, str] | None:
        """Whether the run of a decision went on, `pending running done dead cancelled`, and the last error.

        None if the decision resumes nothing: an escalation, or the first of two approvals.
        """
        return _resume.resumption(self._backend, decision_id)

    def not_carried_out(self, decision_id: str) -> tuple[int, str] | None:
        """Attempts to resume the run of a decision and the last error, while it is to be resumed; else None."""
        return _resume.not_carried_out(self._backend, decision_id)

    def returns(self, run_id: str) -> Sequence[Decision]:
        """Decisions that returned drafts of a run to its graph, oldest first."""
        return _resume.returns(self._backend, run_id)

    def finish_resume(
        self, claim: ResumeClaim, *, error: Mapping[str, JsonValue] | None = None, retry: bool = False
    ) -> None:
        """Record how the resumed run ended: done, to be retried, or (an error without retry) a dead letter.

        Raises:
            ConflictError: `review.resume-lost`.
        """
        _resume.finish_resume(self._backend, claim, error=error, retry=retry)

    def open_resumes(self) -> Sequence[str]:
        """Ids of reviews whose decided run must be resumed, oldest first."""
        return _resume.open_resumes(self._backend)
