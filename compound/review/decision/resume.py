"""Resuming: a decided run is resumed once, by one process."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from compound.connector.state import tables
from compound.connector.state.owner import is_gone, this_owner
from compound.errors import ConflictError
from compound.review.decision.backend import Backend
from compound.review.stored.machine import Status
from compound.review.stored.rows import decision_of, load, moment
from compound.review.stored.types import Decision, ResumeClaim

if TYPE_CHECKING:
    from pydantic import JsonValue

_RESUME, _DECISION, _REVIEW = tables.resume, tables.decision, tables.review

RESUME_LEASE_S = 300.0
"""Lease of a claim by another host, in seconds; a dead process on this host is detected at once."""


_IS_OVER = sa.exists().where(tables.run.c.run_id == _RESUME.c.run_id, tables.run.c.status == "done")
"""A run that a policy decided resumes itself, and a process may die behind the end of a run: nothing is left to do."""
_LATER = _DECISION.alias("later")
_STANDING = (
    sa.select(_DECISION)
    .join(_REVIEW, _REVIEW.c.review_id == _DECISION.c.review_id)
    .where(
        _DECISION.c.run_id == sa.bindparam("of_run"),
        _DECISION.c.node == sa.bindparam("at_node"),
        _DECISION.c.returns == sa.bindparam("in_returns"),
        _DECISION.c.final.is_(True),
        _REVIEW.c.status == Status.DECIDED.value,
        # decisions that can still be undone are not due
        ~sa.exists().where(
            _RESUME.c.decision_id == _DECISION.c.decision_id,
            _RESUME.c.status == "pending",
            _RESUME.c.undo_until > sa.bindparam("now"),
        ),
        # after an undo only the newest decision of a review counts
        ~sa.exists().where(_LATER.c.review_id == _DECISION.c.review_id, _LATER.c.version > _DECISION.c.version),
    )
    .order_by(_REVIEW.c.level.desc(), _DECISION.c.version.desc())
    .limit(1)
)


def decision_for(backend: Backend, run_id: str, node: str, returns: int) -> Decision | None:
    """The valid decision of a node: of its decided review at the highest escalation level."""
    with backend.store.read() as db:
        asked = {"of_run": run_id, "at_node": node, "in_returns": returns, "now": backend.clock()}
        row = db.execute(_STANDING, asked).mappings().first()
        return decision_of(row) if row else None


def claim_resume(
    backend: Backend, review_id: str, *, owner: str | None = None, lease_s: float = RESUME_LEASE_S
) -> ResumeClaim:
    """Claim the review's run for resuming."""
    now, me = backend.clock(), owner or this_owner()
    with backend.store.write() as db:
        row = _latest(db, review_id)
        if row is None:
            review = load(db, review_id)
            raise ConflictError(
                "review.undecided",
                f"review {review_id} is {review.status.value}: it has no decision to resume from",
            )
        if row.status == "pending" and (row.undo_until or 0.0) > now:
            raise ConflictError(
                "review.undo-open",
                f"the decision about review {review_id} can be undone until {moment(row.undo_until)}",
                fix=f"wait until then, or: compound review undo {review_id[:10]}",
            )
        if row.status == "running" and not _is_free(row, now):
            raise ConflictError(
                "review.resume-running",
                f"the run of review {review_id} has been resuming since {moment(row.updated_at)}",
            )
        if row.status not in ("pending", "running"):
            raise ConflictError(
                "review.resume-over", f"the run of review {review_id} was already resumed ({row.status})"
            )
        taken = db.execute(
            sa.update(_RESUME)
            .where(
                _RESUME.c.decision_id == row.decision_id,
                _RESUME.c.status == row.status,
                _RESUME.c.attempts == row.attempts,
            )
            .values(
                status="running",
                owner=me,
                lease_until=now + lease_s,
                attempts=row.attempts + 1,
                updated_at=now,
            )
        )
        if taken.rowcount != 1:
            raise ConflictError("review.resume-running", f"the run of review {review_id} is being resumed")
        decided = db.execute(sa.select(_DECISION).where(_DECISION.c.decision_id == row.decision_id))
        decision = decision_of(decided.mappings().one())
    return ResumeClaim(review_id=review_id, decision=decision, attempts=row.attempts + 1, owner=me)


def finish_resume(
    backend: Backend, claim: ResumeClaim, *, error: Mapping[str, JsonValue] | None = None, retry: bool = False
) -> None:
    """Record how the resumed run ended: done, to be retried, or a dead letter.

    Raises:
        ConflictError: `review.resume-lost`: another process took over.
    """
    status = "done" if error is None else "pending" if retry else "dead"
    with backend.store.write() as db:
        finished = db.execute(
            sa.update(_RESUME)
            .where(
                _RESUME.c.decision_id == claim.decision.decision_id,
                _RESUME.c.status == "running",
                _RESUME.c.owner == claim.owner,
                _RESUME.c.attempts == claim.attempts,
            )
            .values(status=status, error=error, owner=None, lease_until=None, updated_at=backend.clock())
        )
        if finished.rowcount != 1:
            raise ConflictError("review.resume-lost", f"another process took over the run of review {claim.review_id}")


def open_resumes(backend: Backend) -> list[str]:
    """Reviews whose decided run must be resumed: not started, or started by a dead process; oldest first."""
    now = backend.clock()
    query = (
        sa.select(_RESUME)
        .join(_REVIEW, _REVIEW.c.review_id == _RESUME.c.review_id)
        .where(_RESUME.c.status.in_(["pending", "running"]), _REVIEW.c.status == Status.DECIDED.value, ~_IS_OVER)
        .order_by(_RESUME.c.created_at)
    )
    with backend.store.read() as db:
        rows = db.execute(query).all()
        return [
            row.review_id
            for row in rows
            if (row.undo_until or 0.0) <= now and (row.status == "pending" or _is_free(row, now))
        ]


def renew_resume(backend: Backend, claim: ResumeClaim, *, lease_s: float = RESUME_LEASE_S) -> bool:
    """Heartbeat of a resuming process; returns False if another process has taken over."""
    with backend.store.write(durable=False) as db:
        renewed = db.execute(
            sa.update(_RESUME)
            .where(
                _RESUME.c.decision_id == claim.decision.decision_id,
                _RESUME.c.status == "running",
                _RESUME.c.owner == claim.owner,
                _RESUME.c.attempts == claim.attempts,
            )
            .values(lease_until=backend.clock() + lease_s)
        )
        return renewed.rowcount == 1


def undo_until(backend: Backend, decision_id: str) -> float | None:
    """Until when a decision can be undone, UTC seconds; None if its run may resume, or has."""
    query = sa.select(_RESUME.c.undo_until).where(
        _RESUME.c.decision_id == decision_id, _RESUME.c.status == "pending", _RESUME.c.undo_until > backend.clock()
    )
    with backend.store.read() as db:
        return db.execute(query).scalar_one_or_none()


def not_carried_out(backend: Backend, decision_id: str) -> tuple[int, str] | None:
    """Attempts to resume the run of a decision and the last error, while it is to be resumed; else None."""
    query = sa.select(_RESUME.c.attempts, _RESUME.c.error).where(
        _RESUME.c.decision_id == decision_id,
        _RESUME.c.status.in_(["pending", "running"]),
        sa.or_(_RESUME.c.undo_until.is_(None), _RESUME.c.undo_until <= backend.clock()),
        ~_IS_OVER,
    )
    with backend.store.read() as db:
        row = db.execute(query).first()
        return None if row is None else (row.attempts, str((row.error or {}).get("what", "")))


def returns(backend: Backend, run_id: str) -> list[Decision]:
    """Decisions that returned drafts of a run to its graph, oldest first."""
    query = sa.select(_DECISION).where(_DECISION.c.run_id == run_id, _DECISION.c.action == "return")
    with backend.store.read() as db:
        rows = db.execute(query.order_by(_DECISION.c.decided_at, _DECISION.c.returns)).mappings()
        return [decision_of(row) for row in rows]


def _latest(db: Connection, review_id: str) -> Row[tuple[object, ...]] | None:
    # after an undo or a refused effect a review is decided again: only the newest decision counts
    return db.execute(
        sa.select(_RESUME)
        .join(_REVIEW, _REVIEW.c.review_id == _RESUME.c.review_id)
        .join(_DECISION, _DECISION.c.decision_id == _RESUME.c.decision_id)
        .where(_RESUME.c.review_id == review_id, _REVIEW.c.status == Status.DECIDED.value)
        .order_by(_DECISION.c.version.desc())
        .limit(1)
    ).first()


def _is_free(row: Row[tuple[object, ...]], now: float) -> bool:
    lease_until: float = row.lease_until or 0.0
    return lease_until <= now or is_gone(row.owner)
