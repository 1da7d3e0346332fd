"""Canaries in the state store: opened like any other review, scored with their decision, never carried out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import sqlalchemy as sa

from compound.connector.state import tables
from compound.connector.state.desk_tables import review_canary
from compound.review.feedback.planting import ids_in, is_caught
from compound.review.stored.draft_json import draft_from_json
from compound.review.stored.machine import Status
from compound.review.stored.rows import insert_review, record
from compound.review.stored.types import NewReview

if TYPE_CHECKING:
    from pydantic import JsonValue
    from sqlalchemy.engine import Connection, Row

    from compound.review.feedback.planting import Planted
    from compound.review.stored.types import Decision, Draft, Review

_C, _R, _D = review_canary.c, tables.review.c, tables.decision.c


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary:
    """A review with a planted fault.

    Attributes:
        source_id: The review that was copied.
        source_run_id: The run of that review.
        planted: `operator`, and what stood there `before` and stands there `after`; empty once its content was removed.
        caught: Whether the fault was caught; None while it waits, and where it was escalated.
        reviewer: Who decided it; empty while it waits.
        decided_at: UTC seconds.
    """

    review_id: str
    source_id: str
    source_run_id: str
    operator: str
    planted: Mapping[str, JsonValue]
    reviewer: str
    action: str
    caught: bool | None
    decided_at: float | None


def find_canary(db: Connection, review_id: str) -> Canary | None:
    """The canary of this id; None for any other review."""
    row = db.execute(sa.select(review_canary).where(_C.review_id == review_id)).first()
    return None if row is None else _of(row)


def _of(row: Row[Any]) -> Canary:
    return Canary(
        review_id=row.review_id,
        source_id=row.source_id,
        source_run_id=row.source_run_id,
        operator=row.operator,
        planted=row.planted or {},
        reviewer=row.reviewer or "",
        action=row.action or "",
        caught=row.caught,
        decided_at=row.decided_at,
    )


def decided_canaries(db: Connection, *, queues: Sequence[str] = ()) -> list[Canary]:
    """Every decided canary, oldest decision first."""
    query = sa.select(review_canary).where(_C.decided_at.is_not(None)).order_by(_C.decided_at, _C.review_id)
    if queues:
        query = query.join(tables.review, _R.review_id == _C.review_id).where(_R.queue.in_(queues))
    return [_of(row) for row in db.execute(query)]


def waiting_canaries(db: Connection, *, queues: Sequence[str] = ()) -> int:
    """How many canaries nobody has decided."""
    open_ones = ("pending", "in_review", "awaiting_second", "stale", "snoozed")
    query = sa.select(sa.func.count()).select_from(sa.join(review_canary, tables.review, _R.review_id == _C.review_id))
    query = query.where(_R.status.in_(open_ones))
    return int(db.execute(query.where(_R.queue.in_(queues)) if queues else query).scalar_one())


_BY_RULE: Final = sa.exists().where(_D.review_id == _R.review_id, _D.actor.startswith("policy:", autoescape=True))
_IS_CANARY: Final = sa.exists().where(_C.review_id == _R.review_id)


def next_number(db: Connection, policy: str, graphs: Sequence[str], *, every: int) -> int | None:
    """The number of a policy's next canary, if it is due; None if it is not.

    It is due once people were asked about `every` drafts of the policy's graphs since the last one: so canaries are
    never more than the declared share.
    """
    last = db.execute(sa.select(sa.func.count(), sa.func.max(_C.created_at)).where(_C.policy == policy)).one()
    asked = sa.select(_R.review_id).where(_R.graph_name.in_(graphs), ~_IS_CANARY, ~_BY_RULE)
    if last[1] is not None:
        asked = asked.where(_R.created_at > last[1])
    counted = db.execute(sa.select(sa.func.count()).select_from(asked.limit(every).subquery())).scalar_one()
    return int(last[0]) + 1 if counted >= every else None


def sources(db: Connection, graphs: Sequence[str], *, limit: int) -> list[str]:
    """Ids of reviews that may be copied, the newest decision first: a person sent them, and no copy exists."""
    later = tables.decision.alias("later")
    query = (
        sa.select(_R.review_id)
        .join(tables.decision, _D.review_id == _R.review_id)
        .where(
            _R.graph_name.in_(graphs),
            _R.status == Status.DECIDED.value,
            _R.pruned_at.is_(None),
            _R.held.is_(None),
            _D.final.is_(True),
            _D.action.in_(("approve", "edit")),
            ~_D.actor.startswith("policy:", autoescape=True),
            ~sa.exists().where(later.c.review_id == _D.review_id, later.c.version > _D.version),
            ~_IS_CANARY,
            ~sa.exists().where(_C.source_id == _R.review_id),
        )
        .order_by(_D.decided_at.desc(), _R.review_id)
        .limit(limit)
    )
    return list(db.execute(query).scalars())


def elsewhere(db: Connection, source: Review, *, limit: int) -> list[str]:
    """Ids of orders and the like that stand in other items of the review's graph."""
    others = sa.select(_R.item, _R.evidence).where(
        _R.graph_name == source.graph_name, _R.review_id != source.review_id, _R.item_id != source.item_id
    )
    rows = db.execute(others.order_by(_R.created_at.desc()).limit(limit)).all()
    return sorted({one for row in rows for one in ids_in(row.item, row.evidence)})


def graph_draft(db: Connection, review_id: str) -> Draft:
    """The newest draft that the graph made for a review."""
    drafts = tables.draft_version.c
    query = sa.select(drafts.draft).where(drafts.review_id == review_id, drafts.author == "graph")
    return draft_from_json(db.execute(query.order_by(drafts.seq.desc()).limit(1)).scalar_one_or_none() or {})


def open_canary(db: Connection, source: Review, planted: Planted, *, policy: str, number: int, now: float) -> str:
    """Open a canary; returns its id. Nothing tells it from other reviews before it is decided.

    Its run does not exist, so nothing can be resumed or sent for it.
    """
    readiness = source.readiness and replace(source.readiness, audit=False, covers="", certificate="")
    new = NewReview(
        run_id=uuid4().hex,
        node=source.node,
        queue=source.queue,
        item_id=source.item_id,
        item=source.item,
        title=source.title,
        draft=planted.draft,
        evidence=planted.evidence,
        reasons=source.reasons,
        risk=source.risk,
        second=source.second,
        due_at=None if source.due_at is None else now + max(0.0, source.due_at - source.created_at),
        graph_name=source.graph_name,
        undo_s=source.undo_s,
        decide=source.decide,
        readiness=readiness,
    )
    review = insert_review(db, new, now=now, is_told=False)
    row = {
        "review_id": review.review_id,
        "source_id": source.review_id,
        "source_run_id": source.run_id,
        "policy": policy,
        "number": number,
        "operator": planted.fault.operator,
        "planted": planted.fault.to_json(),
        "created_at": now,
    }
    db.execute(sa.insert(review_canary).values(row))
    return review.review_id


def score_canary(db: Connection, canary: Canary, decision: Decision) -> None:
    """Store whether a decision caught the fault, in the transaction of the decision."""
    caught = is_caught(canary.planted, decision.action, decision.draft, decision.fields)
    db.execute(
        sa.update(review_canary)
        .where(_C.review_id == canary.review_id)
        .values(reviewer=decision.actor, action=decision.action, caught=caught, decided_at=decision.decided_at)
    )
    details = {"decision_id": decision.decision_id, "operator": canary.operator, "caught": caught}
    record(db, "review.canary", canary.review_id, now=decision.decided_at, actor=decision.actor, details=details)
