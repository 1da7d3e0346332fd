"""Moves without a decision: expire, withdraw, undo. None of them approves."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from compound.connector.state import tables
from compound.errors import ConflictError
from compound.review.decision.backend import LEASE_S, Backend
from compound.review.decision.commit import escalated
from compound.review.decision.leases import lapse, wake
from compound.review.decision.stale import take_back
from compound.review.feedback.canaries import find_canary
from compound.review.stored.lists import Sweep
from compound.review.stored.machine import UNDECIDED, Event, Status
from compound.review.stored.people import need_person
from compound.review.stored.rows import insert_review, last_decision, load, lost, move, record
from compound.review.stored.types import Review

_REVIEW = tables.review
_MIN_REMINDER_S = 3600.0


def sweep(backend: Backend) -> Sweep:
    """Process everything that is due: expired leases, snoozed reviews, expired reviews. One transaction per review."""
    now = backend.clock()
    held = _REVIEW.c.lease_user.is_not(None)
    lapsed = [one for one in _due(backend, held, _REVIEW.c.lease_until <= now) if lapse(backend, one)]
    woken = [review_id for review_id in _due(backend, _REVIEW.c.snooze_until <= now) if wake(backend, review_id)]
    ended = expire(backend)
    return Sweep(
        lapsed=tuple(lapsed),
        woken=tuple(woken),
        expired=ended.expired,
        escalated=ended.escalated,
        reminded=ended.reminded,
    )


def expire(backend: Backend) -> Sweep:
    """Close, escalate or remind of every undecided review that has expired."""
    found: dict[str, list[str]] = {"expired": [], "escalated": [], "reminded": []}
    by_status = _REVIEW.c.status.in_([status.value for status in UNDECIDED])
    for review_id in _due(backend, by_status, _REVIEW.c.expire_at <= backend.clock()):
        with backend.store.write() as db:
            if did := _expire(db, load(db, review_id), now=backend.clock()):
                found[did].append(review_id)
    return Sweep(
        expired=tuple(found["expired"]),
        escalated=tuple(found["escalated"]),
        reminded=tuple(found["reminded"]),
    )


def still_running(backend: Backend) -> list[str]:
    """Items that expired with `close` while their run still waits: a crash came between the two."""
    query = (
        sa.select(_REVIEW.c.review_id)
        .join(tables.run, tables.run.c.run_id == _REVIEW.c.run_id)
        .where(
            _REVIEW.c.status == Status.EXPIRED.value,
            _REVIEW.c.on_expire == "close",
            tables.run.c.status == "waiting_review",
        )
        .order_by(_REVIEW.c.review_id)
    )
    with backend.store.read() as db:
        return list(db.execute(query).scalars())


def _due(backend: Backend, *conditions: sa.ColumnElement[bool]) -> list[str]:
    # the status is compared here: few rows are due, and an index of theirs is better than one of statuses
    query = sa.select(_REVIEW.c.review_id, _REVIEW.c.status).where(*conditions)
    with backend.store.read() as db:
        return sorted(row.review_id for row in db.execute(query) if row.status in UNDECIDED)


def _expire(db: Connection, review: Review, *, now: float) -> str | None:
    # it may have been decided since it was read
    if review.status not in UNDECIDED or review.expire_at is None or review.expire_at > now:
        return None
    if review.on_expire == "remind":
        again = now + max(_MIN_REMINDER_S, review.expire_at - review.created_at)
        db.execute(sa.update(_REVIEW).where(_REVIEW.c.review_id == review.review_id).values(expire_at=again))
        record(db, "review.reminded", review.review_id, now=now, actor="clock", details={"again_at": again})
        return "reminded"
    move(db, review, Event.EXPIRE, now=now, lease_user=None, lease_until=None)
    record(db, "review.expired", review.review_id, now=now, actor="clock", details={"then": review.on_expire})
    if review.on_expire == "close":
        return "expired"
    insert_review(db, escalated(review), now=now, parent=review)
    return "escalated"


def withdraw(backend: Backend, review_id: str, *, actor: str, reason: str) -> Review:
    """Withdraw a review because its run was cancelled."""
    now = backend.clock()
    with backend.store.write() as db:
        review = load(db, review_id)
        if review.status is Status.DECIDED:
            raise lost(db, review, version=review.version)
        withdrawn = move(db, review, Event.WITHDRAW, now=now, lease_user=None, lease_until=None)
        record(db, "review.withdrawn", review_id, now=now, actor=actor, details={"reason": reason})
        return withdrawn


def undo(backend: Backend, review_id: str, *, user: str) -> Review:
    """Undo a decision whose run is not resumed yet; this user then holds the review."""
    need_person(user)
    now = backend.clock()
    with backend.store.write() as db:
        review = load(db, review_id)
        decision = last_decision(db, review_id)
        if decision is not None and find_canary(db, review_id) is not None:
            what = f"review {review_id} was a canary: its decision is scored, and nothing was sent"
            raise ConflictError("review.too-late", what)
        if review.status is not Status.DECIDED or decision is None or not decision.final:
            raise ConflictError(
                "review.transition", f"review {review_id} has nothing to undo: it is {review.status.value}"
            )
        undone = take_back(db, review, decision, Event.UNDO, now=now, lease_user=user, lease_until=now + LEASE_S)
        record(
            db,
            "review.undone",
            review_id,
            now=now,
            actor=user,
            details={"decision_id": decision.decision_id},
        )
        return undone
