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
from compound.review.feedback.canaries import find_canary, score_canary
from compound.review.stored.draft_json import draft_to_json
from compound.review.stored.machine import Event, after
from compound.review.stored.offer import APPROVE, EDIT, WITHOUT_EFFECTS
from compound.review.stored.rows import compare_and_set, insert_draft, next_draft_seq, record
from compound.review.stored.types import Action, Decision, Draft, NewReview, Review
from compound.trace.payload import digest as payload_digest

if TYPE_CHECKING:
    from pydantic import JsonValue


ESCALATED: Final = "escalated"
"""Reason shown on an escalated review."""


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


def escalated(review: Review) -> NewReview:
    """The review for the next level."""
    return NewReview(
        run_id=review.run_id,
        node=review.node,
        returns=review.returns,
        thread_id=review.thread_id,
        queue=review.escalate_to or review.queue,
        item_id=review.item_id,
        item=review.item,
        title=review.title,
        draft=review.draft,
        evidence=review.evidence,
        reasons=tuple(dict.fromkeys((*review.reasons, ESCALATED))),
        refs=review.refs,
        risk=review.risk + 1,
        second=review.second,
        due_at=review.due_at,
        graph_name=review.graph_name,
        undo_s=review.undo_s,
        decide=review.decide,
        held=review.held,
        readiness=review.readiness,
    )


def commit(  # noqa: PLR0913  # what one transaction writes
    db: Connection,
    review: Review,
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
    """Store a decision, its draft, its audit row and its resume row, and move the review.

    `undo_s` is how long it can be undone before its run resumes, in seconds.

    Raises:
        ConflictError: `review.transition`; `review.decided` or `review.version` if another user was first.
    """
    status = after(review.status, event)
    if status is None:
        raise ConflictError(
            "review.transition", f"cannot {event.value} review {review.review_id}: it is {review.status.value}"
        )
    shown = _shown(review, wish.action, draft) if event is Event.PROPOSE else draft
    canary = find_canary(db, review.review_id)
    # the first person who decides a canary is told: nothing is left for a second one
    rests_on: dict[str, object] = {} if canary is None else {"second": []}
    if evidence is not None and shown is draft:
        rests_on |= {"evidence": dict(evidence), "evidence_sha256": payload_digest(evidence)}
    compare_and_set(
        db,
        review,
        now=now,
        **rests_on,
        status=status.value,
        draft_seq=_store_draft(db, review, shown, wish.user, now=now),
        refs=dict(refs),
        lease_user=None,
        lease_until=None,
        first_approver=wish.user if event is Event.PROPOSE else review.first_approver,
    )
    is_final = event is not Event.PROPOSE and wish.action != "escalate"
    decision = _decision(review, wish, draft, refs, fields, is_final=is_final, now=now)
    _insert(db, decision, review, undo_s, is_carried_out=canary is None)
    if canary is not None:
        score_canary(db, canary, decision)
    return decision


def _store_draft(db: Connection, review: Review, shown: Draft, user: str, *, now: float) -> int:
    """Store the draft that the review shows from now on; returns its number."""
    if shown == review.draft:
        return review.draft_seq
    seq = next_draft_seq(db, review.review_id)
    insert_draft(db, review.review_id, seq, user, shown, now=now)
    return seq


def _decision(  # noqa: PLR0913  # what a decision says
    review: Review,
    wish: Wish,
    draft: Draft,
    refs: Mapping[str, int],
    fields: Mapping[str, JsonValue],
    *,
    is_final: bool,
    now: float,
) -> Decision:
    return Decision(
        decision_id=digest([review.review_id, review.version])[:32],
        review_id=review.review_id,
        version=review.version,
        run_id=review.run_id,
        node=review.node,
        returns=review.returns,
        action=wish.action,
        final=is_final,
        actor=wish.user,
        draft=draft,
        body_sha256=review.draft_sha256 if draft == review.draft else digest(draft_to_json(draft)),
        refs=dict(refs),
        reason=_reason(fields.get("reason")),
        fields=dict(fields),
        note=wish.note,
        decided_at=now,
    )


def _reason(given: JsonValue) -> str | None:
    """The reason as one text; several are listed, and `fields` has them one by one."""
    return (", ".join(map(str, given)) if isinstance(given, list) else str(given or "")) or None


def _shown(review: Review, action: Action, draft: Draft) -> Draft:
    """The draft shown to a second approver; fields of actions other than edit change only their own effects."""
    if action in (APPROVE, EDIT):
        return draft
    return replace(review.draft, effects={**review.draft.effects, action: draft.effects.get(action, ())})


_COLUMNS = (
    *("decision_id", "review_id", "version", "run_id", "node", "returns", "action", "final"),
    *("actor", "body_sha256", "reason", "note", "decided_at", "fields"),
)


def _insert(db: Connection, decision: Decision, review: Review, undo_s: float, *, is_carried_out: bool) -> None:
    values: dict[str, object] = {
        "draft": draft_to_json(decision.draft),
        "refs": dict(decision.refs),
        "seen": {"draft_sha256": review.draft_sha256, "evidence_sha256": review.evidence_sha256},
    }
    db.execute(sa.insert(tables.decision), values | {name: getattr(decision, name) for name in _COLUMNS})
    if decision.final and is_carried_out:
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
        is_told=is_carried_out,
    )
