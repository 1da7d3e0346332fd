"""The transaction that stores a decision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from compound.connector.state import tables
from compound.connector.state.digest import digest
from compound.errors import ConflictError
from compound.review.item.draft_json import draft_to_json
from compound.review.item.machine import Event, after
from compound.review.item.offer import APPROVE, EDIT, WITHOUT_EFFECTS
from compound.review.item.rows import compare_and_set, insert_draft, next_draft_seq, record
from compound.review.item.types import Action, Decision, Draft, NewReview, ReviewItem
from compound.trace.payload import digest as payload_digest

if TYPE_CHECKING:
    from pydantic import JsonValue


ESCALATED: Final = "escalated"
"""Reason shown on an escalated item."""


def _nothing() -> Mapping[str, JsonValue]:
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A requested decision.

    Attributes:
        given: Fields that the user gives.
        first: Fields that a first approver gave with the same action; a second approver may leave them out.
    """

    review_id: str
    action: Action
    user: str
    version: int
    given: Mapping[str, JsonValue] = field(default_factory=_nothing)
    note: str = ""
    key: str | None = None
    first: Mapping[str, JsonValue] = field(default_factory=_nothing)

    @property
    def fields(self) -> dict[str, JsonValue]:
        """Given fields, with those of the first approver."""
        return {**self.first, **self.given}

    def payload_sha256(self) -> str:
        """Hash of the request: a repeated idempotency key must come with the same hash."""
        return digest([self.review_id, self.action, self.user, self.version, dict(self.given), self.note])


def escalated(item: ReviewItem) -> NewReview:
    """The item for the next level."""
    return NewReview(
        run_id=item.run_id,
        node=item.node,
        round=item.round,
        thread_id=item.thread_id,
        queue=item.escalate_to or item.queue,
        item_id=item.item_id,
        item=item.item,
        title=item.title,
        draft=item.draft,
        evidence=item.evidence,
        reasons=tuple(dict.fromkeys((*item.reasons, ESCALATED))),
        refs=item.refs,
        risk=item.risk + 1,
        second=item.second,
        due_at=item.due_at,
        graph_name=item.graph_name,
        undo_s=item.undo_s,
        decide=item.decide,
        held=item.held,
        readiness=item.readiness,
    )


def commit(  # noqa: PLR0913  # what one transaction writes
    db: Connection,
    item: ReviewItem,
    wish: Wish,
    *,
    event: Event,
    now: float,
    draft: Draft,
    refs: Mapping[str, int],
    fields: Mapping[str, JsonValue],
    evidence: Mapping[str, JsonValue] | None = None,
    undo_s: float = 0.0,
) -> Decision:
    """Store a decision, its draft, its audit row and its resume row, and move the item.

    `undo_s` is how long it can be undone before its run resumes, in seconds.

    Raises:
        ConflictError: `review.transition`; `review.decided` or `review.version` if another user was first.
    """
    status = after(item.status, event)
    if status is None:
        raise ConflictError(
            "review.transition", f"cannot {event.value} review item {item.review_id}: it is {item.status.value}"
        )
    shown = _shown(item, wish.action, draft) if event is Event.PROPOSE else draft
    rests_on: dict[str, object] = {}
    if evidence is not None and shown is draft:
        rests_on = {"evidence": dict(evidence), "evidence_sha256": payload_digest(evidence)}
    compare_and_set(
        db,
        item,
        now=now,
        **rests_on,
        status=status.value,
        draft_seq=_store_draft(db, item, shown, wish.user, now=now),
        refs=dict(refs),
        lease_user=None,
        lease_until=None,
        first_approver=wish.user if event is Event.PROPOSE else item.first_approver,
    )
    is_final = event is not Event.PROPOSE and wish.action != "escalate"
    decision = _decision(item, wish, draft, refs, fields, is_final=is_final, now=now)
    _insert(db, decision, item, undo_s)
    return decision


def _store_draft(db: Connection, item: ReviewItem, shown: Draft, user: str, *, now: float) -> int:
    """Store the draft that the item shows from now on; returns its number."""
    if shown == item.draft:
        return item.draft_seq
    seq = next_draft_seq(db, item.review_id)
    insert_draft(db, item.review_id, seq, user, shown, now=now)
    return seq


def _decision(  # noqa: PLR0913  # what a decision says
    item: ReviewItem,
    wish: Wish,
    draft: Draft,
    refs: Mapping[str, int],
    fields: Mapping[str, JsonValue],
    *,
    is_final: bool,
    now: float,
) -> Decision:
    return Decision(
        decision_id=digest([item.review_id, item.version])[:32],
        review_id=item.review_id,
        version=item.version,
        run_id=item.run_id,
        node=item.node,
        round=item.round,
        action=wish.action,
        final=is_final,
        actor=wish.user,
        draft=draft,
        body_sha256=item.draft_sha256 if draft == item.draft else digest(draft_to_json(draft)),
        refs=dict(refs),
        reason=str(fields.get("reason") or "") or None,
        fields=dict(fields),
        note=wish.note,
        decided_at=now,
    )


def _shown(item: ReviewItem, action: Action, draft: Draft) -> Draft:
    """The draft shown to a second approver; fields of actions other than edit change only their own effects."""
    if action in (APPROVE, EDIT):
        return draft
    return replace(item.draft, effects={**item.draft.effects, action: draft.effects.get(action, ())})


_COLUMNS = (
    *("decision_id", "review_id", "version", "run_id", "node", "round", "action", "final"),
    *("actor", "body_sha256", "reason", "note", "decided_at", "fields"),
)


def _insert(db: Connection, decision: Decision, item: ReviewItem, undo_s: float) -> None:
    values: dict[str, object] = {
        "draft": draft_to_json(decision.draft),
        "refs": dict(decision.refs),
        "seen": {"draft_sha256": item.draft_sha256, "evidence_sha256": item.evidence_sha256},
    }
    db.execute(sa.insert(tables.decision), values | {name: getattr(decision, name) for name in _COLUMNS})
    if decision.final:
        waits = undo_s > 0 and decision.action not in WITHOUT_EFFECTS and not decision.actor.startswith("policy:")
        resume = {
            "undo_until": decision.decided_at + undo_s if waits else None,
            "decision_id": decision.decision_id,
            "review_id": decision.review_id,
            "run_id": decision.run_id,
            "node": decision.node,
            "status": "pending",
            "attempts": 0,
            "created_at": decision.decided_at,
            "updated_at": decision.decided_at,
        }
        db.execute(sa.insert(tables.resume), resume)
    record(
        db,
        "review.decided" if decision.final else f"review.{decision.action}",
        decision.review_id,
        now=decision.decided_at,
        actor=decision.actor,
        details={
            "decision_id": decision.decision_id,
            "action": decision.action,
            "version": decision.version,
            "body_sha256": decision.body_sha256,
            "reason": decision.reason,
            "fields": {name: digest(value) for name, value in decision.fields.items()},
            "effects": [
                [one.node, one.name, one.target, digest(dict(one.arguments))]
                for one in decision.draft.effects.get(decision.action, ())
            ],
        },
    )
