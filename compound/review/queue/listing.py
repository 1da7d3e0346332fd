"""Reading the queue: lists, counts, histories."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from compound.connector.state import tables
from compound.review.decision.backend import Backend
from compound.review.item.draft_json import draft_from_json
from compound.review.item.lists import ReviewEvent, ReviewFilter, ReviewSummary
from compound.review.item.machine import Status
from compound.review.item.rows import decision_of
from compound.review.item.types import Decision, DraftVersion
from compound.review.queue.paging import behind, order_of

_REVIEW, _DRAFT, _DECISION = tables.review, tables.draft_version, tables.decision
_NAMES = (
    *("review_id", "run_id", "node", "queue", "item_id", "version", "level", "risk"),
    *("lease_user", "lease_until", "due_at", "created_at", "graph_name", "expire_at", "snooze_until"),
    *("first_approver", "pruned_at"),
)


def reviews(backend: Backend, where: ReviewFilter) -> Sequence[ReviewSummary]:
    """Reviews by urgency, without their evidence (which may be megabytes)."""
    columns = [_REVIEW.c[name] for name in (*_NAMES, "status", "reasons", "second", "title", "ready")]
    query = (
        sa.select(*columns, _DRAFT.c.draft)
        .join(_DRAFT, (_DRAFT.c.review_id == _REVIEW.c.review_id) & (_DRAFT.c.seq == _REVIEW.c.draft_seq))
        .where(*_conditions(where, backend.clock()), *behind(where))
        .order_by(*order_of(where.sort))
        .limit(where.limit)
        .offset(where.offset)
    )
    with backend.store.read() as db:
        return [
            ReviewSummary(
                status=Status(row.status),
                reasons=tuple(row.reasons),
                second=tuple(row.second),
                draft=draft_from_json(row.draft),
                subject=row.title or "",
                ready=row.ready,
                **{name: getattr(row, name) for name in _NAMES},
            )
            for row in db.execute(query)
        ]


def _conditions(where: ReviewFilter, now: float) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    if where.statuses:
        by_status = _REVIEW.c.status.in_([status.value for status in where.statuses])
        if Status.PENDING in where.statuses:
            lapsed = (_REVIEW.c.status == Status.IN_REVIEW.value) & (_REVIEW.c.lease_until <= now)
            by_status = by_status | lapsed
        found.append(by_status)
    if where.queue is not None:
        found.append(_REVIEW.c.queue == where.queue)
    if where.user is not None:
        found.append(_REVIEW.c.lease_user == where.user)
    if where.run_id is not None:
        found.append(_REVIEW.c.run_id == where.run_id)
    if where.item_id is not None:
        found.append(_REVIEW.c.item_id == where.item_id)
    if where.ready is not None:
        found.append(_REVIEW.c.ready.is_(where.ready))
    if where.queues:
        found.append(_REVIEW.c.queue.in_(where.queues))
    found += [_REVIEW.c.title.icontains(word, autoescape=True) for word in where.words.split()]
    return found


def resolve(backend: Backend, named: str, limit: int) -> Sequence[tuple[str, Status]]:
    """Reviews with this id prefix, or of this source item."""
    is_meant = _REVIEW.c.review_id.startswith(named, autoescape=True) | (_REVIEW.c.item_id == named)
    query = sa.select(_REVIEW.c.review_id, _REVIEW.c.status).where(is_meant)
    with backend.store.read() as db:
        rows = db.execute(query.order_by(_REVIEW.c.created_at.desc(), _REVIEW.c.review_id).limit(limit))
        return [(row.review_id, Status(row.status)) for row in rows]


def counts(backend: Backend, queue: str | None) -> Mapping[Status, int]:
    """Number of reviews by status."""
    query = sa.select(_REVIEW.c.status, sa.func.count()).group_by(_REVIEW.c.status)
    if queue is not None:
        query = query.where(_REVIEW.c.queue == queue)
    with backend.store.read() as db:
        return {Status(status): int(number) for status, number in db.execute(query)}


def decisions(backend: Backend, review_id: str) -> Sequence[Decision]:
    """All decisions about a review, oldest first."""
    query = sa.select(_DECISION).where(_DECISION.c.review_id == review_id).order_by(_DECISION.c.version)
    with backend.store.read() as db:
        return [decision_of(row) for row in db.execute(query).mappings()]


def decision_ids(backend: Backend, run_id: str, node: str) -> Sequence[str]:
    """Ids of the decisions about a node of a run, oldest first."""
    query = sa.select(_DECISION.c.decision_id).where(_DECISION.c.run_id == run_id, _DECISION.c.node == node)
    with backend.store.read() as db:
        return list(db.execute(query.order_by(_DECISION.c.decided_at, _DECISION.c.version)).scalars())


def review_of(backend: Backend, decision_id: str) -> str | None:
    """The review of a decision."""
    query = sa.select(_DECISION.c.review_id).where(_DECISION.c.decision_id == decision_id)
    with backend.store.read() as db:
        return db.execute(query).scalar_one_or_none()


def drafts(backend: Backend, review_id: str) -> Sequence[DraftVersion]:
    """Every saved draft of a review, oldest first."""
    query = sa.select(_DRAFT).where(_DRAFT.c.review_id == review_id).order_by(_DRAFT.c.seq)
    with backend.store.read() as db:
        return [
            DraftVersion(
                seq=row.seq,
                author=row.author,
                draft=draft_from_json(row.draft),
                sha256=row.sha256,
                created_at=row.created_at,
            )
            for row in db.execute(query)
        ]


def events(backend: Backend, review_id: str) -> Sequence[ReviewEvent]:
    """Audit events of a review, oldest first."""
    audit = tables.audit.c
    query = sa.select(audit.event, audit.actor, audit.at, audit.details).where(audit.subject == review_id)
    with backend.store.read() as db:
        return [
            ReviewEvent(event=row.event, actor=row.actor, at=row.at, details=row.details)
            for row in db.execute(query.order_by(audit.seq))
        ]
