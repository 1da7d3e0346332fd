"""Claims: leases on items. A lease expires; the drafts of its holder stay."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from compound.connector.state import tables
from compound.errors import ConflictError
from compound.review.decision.backend import LEASE_S, Backend, need_person
from compound.review.item.machine import Event, Status
from compound.review.item.rows import insert_draft, load, lost, moment, move, next_draft_seq, next_status, record
from compound.review.item.types import Draft, ReviewItem

_ITEM, _DECISION = tables.review_item, tables.decision


def claim(
    backend: Backend, review_id: str, user: str, *, lease_s: float = LEASE_S, takeover: bool = False
) -> ReviewItem:
    """Take the lease, unless another user holds it."""
    need_person(user)
    now = backend.clock()
    with backend.store.write() as db:
        return _claim(db, load(db, review_id), user, now=now, until=now + lease_s, takeover=takeover)


def claim_next(backend: Backend, user: str, *, queue: str | None, lease_s: float = LEASE_S) -> ReviewItem | None:
    """Claim the first unclaimed item: due first, then by risk, then oldest first."""
    need_person(user)
    now = backend.clock()
    query = _free(user, now).limit(1)
    if queue is not None:
        query = query.where(_ITEM.c.queue == queue)
    with backend.store.write() as db:
        # on PostgreSQL several may ask at once: each skips rows that another is claiming
        review_id = db.execute(query.with_for_update(skip_locked=True)).scalar_one_or_none()
        if review_id is None:
            return None
        return _claim(db, load(db, review_id), user, now=now, until=now + lease_s, takeover=False)


_AHEAD = 500
"""Items that `next_open` looks at."""


def next_open(backend: Backend, user: str, *, queues: Sequence[str], but: str) -> str | None:
    """Id of the item that comes after another one for a user, who may hold it already; behind the last, the first."""
    query = _free(user, backend.clock(), mine=True).limit(_AHEAD)
    with backend.store.read() as db:
        rows = db.execute(query.where(_ITEM.c.queue.in_(queues)) if queues else query)
        found = list(rows.scalars())
    at = found.index(but) if but in found else -1
    return next((one for one in (*found[at + 1 :], *found[: at + 1]) if one != but), None)


def _free(user: str, now: float, *, mine: bool = False) -> sa.Select[str]:
    """Items that nobody holds, that the user may decide and that are not assigned to another user.

    With `mine` also those that the user holds.
    """
    free = sa.or_(
        _ITEM.c.status == Status.PENDING.value,
        _ITEM.c.status.in_([Status.IN_REVIEW.value, Status.AWAITING_SECOND.value])
        & sa.or_(
            _ITEM.c.lease_until.is_(None), _ITEM.c.lease_until <= now, *([_ITEM.c.lease_user == user] if mine else [])
        ),
    )
    passed_on = sa.exists().where(
        _DECISION.c.run_id == _ITEM.c.run_id,
        _DECISION.c.node == _ITEM.c.node,
        _DECISION.c.round == _ITEM.c.round,
        _DECISION.c.action == "escalate",
        _DECISION.c.actor == user,
    )
    assigned = tables.review_assignment
    to_another = sa.exists().where(assigned.c.review_id == _ITEM.c.review_id, assigned.c.assignee != user)
    not_first = sa.and_(
        sa.or_(_ITEM.c.first_approver.is_(None), _ITEM.c.first_approver != user), ~passed_on, ~to_another
    )
    return sa.select(_ITEM.c.review_id).where(free, not_first).order_by(*ORDER)


ORDER = (
    _ITEM.c.due_at.asc().nulls_last(),
    _ITEM.c.risk.desc(),
    _ITEM.c.created_at.asc(),
    _ITEM.c.review_id.asc(),
)
"""Due first, then by risk, then oldest first."""


def _claim(db: Connection, item: ReviewItem, user: str, *, now: float, until: float, takeover: bool) -> ReviewItem:
    if item.status is Status.DECIDED:
        raise lost(db, item, version=item.version)
    next_status(item, Event.CLAIM)
    if item.is_held(now) and item.lease_user != user and not takeover:
        raise held(item)
    previous = item.lease_user
    claimed = move(
        db,
        item,
        Event.CLAIM,
        now=now,
        lease_user=user,
        lease_until=until,
        lease_token=item.lease_token + (previous != user),
    )
    event = "review.taken-over" if takeover and item.is_held(now) and previous != user else "review.claimed"
    record(db, event, item.review_id, now=now, actor=user, details={"version": claimed.version, "from": previous})
    return claimed


def escalators(db: Connection, item: ReviewItem) -> frozenset[str]:
    """Users who escalated the items that led to this one."""
    query = sa.select(_DECISION.c.actor).where(
        _DECISION.c.run_id == item.run_id,
        _DECISION.c.node == item.node,
        _DECISION.c.round == item.round,
        _DECISION.c.action == "escalate",
    )
    return frozenset(db.execute(query).scalars())


def held(item: ReviewItem) -> ConflictError:
    """The error that names the holder of an item."""
    return ConflictError(
        "review.claimed",
        f"{item.lease_user} holds review item {item.review_id} until {moment(item.lease_until or 0)}",
        fix="wait, claim another item, or claim this one with --takeover",
    )


def need_lease(item: ReviewItem, user: str) -> None:
    """Raise unless the user holds the item.

    Raises:
        ConflictError: `review.lease-lost`.
    """
    if item.lease_user != user:
        holder = f"{item.lease_user} holds it" if item.lease_user else "it is not claimed"
        raise ConflictError(
            "review.lease-lost", f"{user} does not hold review item {item.review_id}: {holder}", fix="claim it"
        )


def release(backend: Backend, review_id: str, user: str) -> ReviewItem:
    """Release an item."""
    now = backend.clock()
    with backend.store.write() as db:
        item = load(db, review_id)
        need_lease(item, user)
        released = move(db, item, Event.RELEASE, now=now, lease_user=None, lease_until=None)
        record(db, "review.released", review_id, now=now, actor=user, details={"version": released.version})
        return released


def extend(backend: Backend, review_id: str, user: str, *, lease_s: float = LEASE_S) -> ReviewItem:
    """Heartbeat: extend the lease; the version stays, because nothing that is shown changes."""
    now = backend.clock()
    with backend.store.write() as db:
        item = load(db, review_id)
        need_lease(item, user)
        db.execute(
            sa.update(_ITEM)
            .where(_ITEM.c.review_id == review_id, _ITEM.c.lease_user == user)
            .values(lease_until=now + lease_s)
        )
        return load(db, review_id)


def save_draft(backend: Backend, review_id: str, user: str, draft: Draft) -> int:
    """Save a person's draft; returns its number."""
    need_person(user)
    now = backend.clock()
    with backend.store.write() as db:
        need_lease(load(db, review_id), user)
        seq = next_draft_seq(db, review_id)
        insert_draft(db, review_id, seq, user, draft, now=now)
        return seq


def snooze(backend: Backend, review_id: str, user: str, *, version: int, until: float) -> ReviewItem:
    """Snooze an item until a time."""
    need_person(user)
    now = backend.clock()
    with backend.store.write() as db:
        item = load(db, review_id)
        if item.version != version:
            raise lost(db, item, version=version)
        if item.is_held(now) and item.lease_user != user:
            raise held(item)
        snoozed = move(db, item, Event.SNOOZE, now=now, lease_user=None, lease_until=None, snooze_until=until)
        record(db, "review.snoozed", review_id, now=now, actor=user, details={"until": until})
        return snoozed


def lapse(backend: Backend, review_id: str) -> bool:
    """Release an item whose lease expired; returns False if it has not expired."""
    now = backend.clock()
    with backend.store.write() as db:
        item = load(db, review_id)
        if item.lease_user is None or item.is_held(now):
            return False
        move(db, item, Event.LAPSE, now=now, lease_user=None, lease_until=None)
        record(db, "review.lapsed", review_id, now=now, actor=item.lease_user, details={})
        return True


def wake(backend: Backend, review_id: str, *, user: str | None = None) -> bool:
    """Wake a snoozed item that is due, or that a user wakes; returns False if its status stays."""
    now = backend.clock()
    if user is not None:
        need_person(user)
    with backend.store.write() as db:
        item = load(db, review_id)
        is_early = user is None and (item.snooze_until is None or item.snooze_until > now)
        if item.status is not Status.SNOOZED or is_early:
            return False
        move(db, item, Event.WAKE, now=now, snooze_until=None)
        record(db, "review.woken", review_id, now=now, actor=user or "clock", details={})
        return True
