"""Leases: who holds a review. A lease expires; the drafts of its holder stay."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from compound.connector.state import tables
from compound.connector.state.work.review_indexes import OPEN
from compound.errors import ConflictError
from compound.review.decision.backend import LEASE_S, Backend
from compound.review.stored.machine import Event, Status
from compound.review.stored.people import need_no_agent, need_person
from compound.review.stored.rows import load, lost, moment, move, next_status, record
from compound.review.stored.types import Review

_REVIEW, _DECISION = tables.review, tables.decision


def claim(backend: Backend, review_id: str, user: str, *, lease_s: float = LEASE_S, takeover: bool = False) -> Review:
    """Take the lease, unless another user holds it."""
    need_person(user)
    now = backend.clock()
    with backend.store.write() as db:
        return _claim(db, load(db, review_id), user, now=now, until=now + lease_s, takeover=takeover)


def claim_next(backend: Backend, user: str, *, queue: str | None, lease_s: float = LEASE_S) -> Review | None:
    """Claim the first unclaimed review: due first, then by risk, then oldest first."""
    need_person(user)
    now = backend.clock()
    query = _free(user, now).limit(1)
    if queue is not None:
        query = query.where(_REVIEW.c.queue == queue)
    with backend.store.write() as db:
        # on PostgreSQL several may ask at once: each skips rows that another is claiming
        review_id = db.execute(query.with_for_update(skip_locked=True)).scalar_one_or_none()
        if review_id is None:
            return None
        return _claim(db, load(db, review_id), user, now=now, until=now + lease_s, takeover=False)


def next_open(
    backend: Backend,
    user: str,
    *,
    queues: Sequence[str],
    but: str,
    ready: bool | None = None,
    without: Collection[str] = (),
) -> str | None:
    """Id of the review that comes after another one for a user, who may hold it already; behind the last, the first."""
    free = _free(user, backend.clock(), mine=True)
    if queues:
        free = free.where(_REVIEW.c.queue.in_(queues))
    if ready is not None:
        free = free.where(_REVIEW.c.ready.is_(ready))
    if without:
        free = free.where(_REVIEW.c.review_id.not_in(without))
    place = sa.select(*(_REVIEW.c[name] for name in PLACE)).where(_REVIEW.c.review_id == but)
    with backend.store.read() as db:
        here = db.execute(place).first() if but else None
        for is_behind, order in () if here is None else less_urgent(*here):
            behind = db.execute(free.where(is_behind).order_by(None).order_by(*order).limit(1)).scalar_one_or_none()
            if behind is not None and behind != but:
                return behind
        return db.execute(free.where(_REVIEW.c.review_id != but).limit(1)).scalar_one_or_none()


def _free(user: str, now: float, *, mine: bool = False) -> sa.Select[str]:
    """Reviews without a holder that the user may decide and that are not assigned to another user.

    With `mine` also those that the user holds.
    """
    free = sa.or_(
        _REVIEW.c.lease_until.is_(None),
        _REVIEW.c.lease_until <= now,
        *([_REVIEW.c.lease_user == user] if mine else []),
    )
    can_be_decided = _REVIEW.c.status.not_in([Status.STALE.value, Status.SNOOZED.value])
    passed_on = sa.exists().where(
        _DECISION.c.run_id == _REVIEW.c.run_id,
        _DECISION.c.node == _REVIEW.c.node,
        _DECISION.c.returns == _REVIEW.c.returns,
        _DECISION.c.action == "escalate",
        _DECISION.c.actor == user,
    )
    assigned = tables.review_assignment.c
    # One row for each review that is looked at. Two more EXISTS would be joined: every decision would be read for one.
    to = sa.select(assigned.assignee).where(assigned.review_id == _REVIEW.c.review_id).scalar_subquery()
    not_first = sa.and_(
        sa.or_(_REVIEW.c.first_approver.is_(None), _REVIEW.c.first_approver != user),
        sa.or_(_REVIEW.c.level == 0, ~passed_on),
        sa.func.coalesce(to, user) == user,
    )
    return sa.select(_REVIEW.c.review_id).where(IS_OPEN, can_be_decided, free, not_first).order_by(*ORDER)


IS_OPEN: sa.ColumnElement[Any] = sa.literal_column(f"review.{OPEN}")
"""Written out, not a parameter: only then a database knows that the index of open reviews has every row."""

DUE: sa.ColumnElement[float] = sa.literal_column("coalesce(review.due_at, 1e300)", sa.Double())
NEVER = 1e300
"""When a review is due that has no time."""

PLACE = ("due_at", "risk", "created_at", "review_id")
"""Columns that say where a review stands in `ORDER`."""


ORDER = (
    DUE.asc(),
    _REVIEW.c.risk.desc(),
    _REVIEW.c.created_at.asc(),
    _REVIEW.c.review_id.asc(),
)
"""Due first, then by risk, then oldest first; the same expressions as in the indexes."""


Part = tuple[sa.ColumnElement[bool], Sequence[sa.ColumnElement[Any]]]
"""Rows that lie together in an index: the condition for them, and their order.

One condition for several parts would read the index from its beginning.
"""


def less_urgent(due_at: float | None, risk: int, created_at: float, review_id: str) -> Sequence[Part]:
    """The reviews behind a place in `ORDER`, part by part."""
    c, key = _REVIEW.c, DUE
    same = key == (NEVER if due_at is None else due_at)
    alike = same & (c.risk == risk)
    found: list[Part] = [
        (alike & (c.created_at == created_at) & (c.review_id > review_id), ORDER[3:]),
        (alike & (c.created_at > created_at), ORDER[2:]),
        (same & (c.risk < risk), ORDER[1:]),
    ]
    return found if due_at is None else [*found, (key > due_at, ORDER)]


def _claim(db: Connection, review: Review, user: str, *, now: float, until: float, takeover: bool) -> Review:
    need_no_agent(db, user)
    if review.status is Status.DECIDED:
        raise lost(db, review, version=review.version)
    next_status(review, Event.CLAIM)
    if review.is_held(now) and review.lease_user != user and not takeover:
        raise held(review)
    previous = review.lease_user
    claimed = move(
        db,
        review,
        Event.CLAIM,
        now=now,
        lease_user=user,
        lease_until=until,
        lease_token=review.lease_token + (previous != user),
    )
    event = "review.taken-over" if takeover and review.is_held(now) and previous != user else "review.claimed"
    record(db, event, review.review_id, now=now, actor=user, details={"version": claimed.version, "from": previous})
    return claimed


def escalators(db: Connection, review: Review) -> frozenset[str]:
    """Users who escalated the reviews that led to this one."""
    query = sa.select(_DECISION.c.actor).where(
        _DECISION.c.run_id == review.run_id,
        _DECISION.c.node == review.node,
        _DECISION.c.returns == review.returns,
        _DECISION.c.action == "escalate",
    )
    return frozenset(db.execute(query).scalars())


def held(review: Review) -> ConflictError:
    """The error that names the holder of a review."""
    return ConflictError(
        "review.claimed",
        f"{review.lease_user} holds review {review.review_id} until {moment(review.lease_until or 0)}",
        fix="wait, claim another review, or claim this one with --takeover",
    )


def need_lease(review: Review, user: str) -> None:
    """Raise unless the user holds the review.

    Raises:
        ConflictError: `review.lease-lost`.
    """
    if review.lease_user != user:
        holder = f"{review.lease_user} holds it" if review.lease_user else "it is not claimed"
        raise ConflictError(
            "review.lease-lost", f"{user} does not hold review {review.review_id}: {holder}", fix="claim it"
        )


def release(backend: Backend, review_id: str, user: str) -> Review:
    """Release a review."""
    now = backend.clock()
    with backend.store.write() as db:
        review = load(db, review_id)
        need_lease(review, user)
        released = move(db, review, Event.RELEASE, now=now, lease_user=None, lease_until=None)
        record(db, "review.released", review_id, now=now, actor=user, details={"version": released.version})
        return released


def extend(backend: Backend, review_id: str, user: str, *, lease_s: float = LEASE_S) -> Review:
    """Heartbeat: extend the lease; the version stays, because nothing that is shown changes."""
    now = backend.clock()
    with backend.store.write() as db:
        review = load(db, review_id)
        need_lease(review, user)
        db.execute(
            sa.update(_REVIEW)
            .where(_REVIEW.c.review_id == review_id, _REVIEW.c.lease_user == user)
            .values(lease_until=now + lease_s)
        )
        return load(db, review_id)


def snooze(backend: Backend, review_id: str, user: str, *, version: int, until: float) -> Review:
    """Snooze a review until a time."""
    need_person(user)
    now = backend.clock()
    with backend.store.write() as db:
        review = load(db, review_id)
        if review.version != version:
            raise lost(db, review, version=version)
        if review.is_held(now) and review.lease_user != user:
            raise held(review)
        snoozed = move(db, review, Event.SNOOZE, now=now, lease_user=None, lease_until=None, snooze_until=until)
        record(db, "review.snoozed", review_id, now=now, actor=user, details={"until": until})
        return snoozed


def lapse(backend: Backend, review_id: str) -> bool:
    """Release a review whose lease expired; returns False if it has not expired."""
    now = backend.clock()
    with backend.store.write() as db:
        review = load(db, review_id)
        if review.lease_user is None or review.is_held(now):
            return False
        move(db, review, Event.LAPSE, now=now, lease_user=None, lease_until=None)
        record(db, "review.lapsed", review_id, now=now, actor=review.lease_user, details={})
        return True


def wake(backend: Backend, review_id: str, *, user: str | None = None) -> bool:
    """Wake a snoozed review that is due, or that a user wakes; returns False if its status stays."""
    now = backend.clock()
    if user is not None:
        need_person(user)
    with backend.store.write() as db:
        review = load(db, review_id)
        is_early = user is None and (review.snooze_until is None or review.snooze_until > now)
        if review.status is not Status.SNOOZED or is_early:
            return False
        move(db, review, Event.WAKE, now=now, snooze_until=None)
        record(db, "review.woken", review_id, now=now, actor=user or "clock", details={})
        return True
