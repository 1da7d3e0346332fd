"""Reading the queue: lists, counts, histories."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from compound.connector.state import tables
from compound.connector.state.desk_tables import review_canary
from compound.review.decision.backend import Backend
from compound.review.queue.conditions import conditions
from compound.review.queue.paging import behind, order_of
from compound.review.stored.draft_json import draft_from_json
from compound.review.stored.lists import ReviewEvent, ReviewFilter, ReviewSummary
from compound.review.stored.machine import Status
from compound.review.stored.rows import decision_of
from compound.review.stored.types import Decision, DraftVersion

_REVIEW, _DRAFT, _DECISION = tables.review, tables.draft_version, tables.decision
_NAMES = (
    *("review_id", "run_id", "node", "queue", "item_id", "version", "level", "risk"),
    *("lease_user", "lease_until", "due_at", "created_at", "graph_name", "expire_at", "snooze_until"),
    *("first_approver", "pruned_at"),
)
_HEX = frozenset("0123456789abcdef")


def reviews(backend: Backend, where: ReviewFilter) -> Sequence[ReviewSummary]:
    """Reviews by urgency, without their evidence (which may be megabytes)."""
    columns = [_REVIEW.c[name] for name in (*_NAMES, "status", "reasons", "second", "title", "ready")]
    # Which reviews first, then their drafts: a sorted draft is read, and most of a long queue are not shown.
    found = sa.select(_REVIEW.c.review_id).where(*conditions(where, backend.clock())).limit(where.limit + where.offset)
    parts = [found.where(part).order_by(*order).subquery().select() for part, order in behind(where)]
    part = sa.union_all(*parts).subquery()
    query = (
        sa.select(*columns, _DRAFT.c.draft)
        .join(part, part.c.review_id == _REVIEW.c.review_id)
        .join(_DRAFT, (_DRAFT.c.review_id == _REVIEW.c.review_id) & (_DRAFT.c.seq == _REVIEW.c.draft_seq))
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


def resolve(backend: Backend, named: str, limit: int) -> Sequence[tuple[str, Status]]:
    """Reviews with this id prefix, or of this source item."""
    # a decided canary is found by its own id only: the source item has a review of its own
    over = sa.exists().where(review_canary.c.review_id == _REVIEW.c.review_id, review_canary.c.decided_at.is_not(None))
    is_meant = [(_REVIEW.c.item_id == named) & ~over]
    if set(named) <= _HEX:
        # not LIKE: an index in the order of a language does not help it
        is_meant.append((_REVIEW.c.review_id >= named) & (_REVIEW.c.review_id < f"{named}g"))
    columns = sa.select(_REVIEW.c.review_id, _REVIEW.c.status, _REVIEW.c.created_at)
    # in two parts: with one condition a database may read every review in the order of their time
    either = sa.union(*(columns.where(one) for one in is_meant)).subquery()
    query = sa.select(either).order_by(either.c.created_at.desc(), either.c.review_id).limit(limit)
    with backend.store.read() as db:
        return [(row.review_id, Status(row.status)) for row in db.execute(query)]


def counts(backend: Backend, queue: str | None) -> Mapping[Status, int]:
    """Number of reviews by status."""
    query = sa.select(_REVIEW.c.status, sa.func.count()).group_by(_REVIEW.c.status)
    if queue is not None:
        query = query.where(_REVIEW.c.queue == queue)
    with backend.store.read() as db:
        return {Status(status): int(number) for status, number in db.execute(query)}


def tally(backend: Backend, wheres: Mapping[str, ReviewFilter]) -> dict[str, int]:
    """How many reviews each filter finds, at once; limits and orders of the filters do not count."""
    now, every = backend.clock(), sa.select(sa.func.count()).select_from(_REVIEW)
    # each with conditions of its own, and so with an index of its own
    hits = [
        every.where(*conditions(one, now)).scalar_subquery().label(f"n{at}") for at, one in enumerate(wheres.values())
    ]
    query = sa.select(*hits)
    with backend.store.read() as db:
        return dict(zip(wheres, map(int, db.execute(query).one()), strict=True))


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


def decision_with(backend: Backend, key: str) -> Decision | None:
    """The decision that a request with this idempotency key made."""
    known = tables.idempotency.c
    query = sa.select(_DECISION).join(tables.idempotency, known.decision_id == _DECISION.c.decision_id)
    with backend.store.read() as db:
        row = db.execute(query.where(known.key == key)).mappings().first()
        return None if row is None else decision_of(row)


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
