"""Decisions: one for each version of an item, bound to exactly the bytes that were shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from compound import trace
from compound.connector.state import tables
from compound.errors import ConflictError, DataError
from compound.review._claims import held
from compound.review._commit import Wish, commit, escalated
from compound.review._desk import MAX_RETURNS, Desk, need_person
from compound.review._machine import UNDECIDED, Event, Status, after
from compound.review._rows import decision_of, insert_item, load, lost
from compound.review._stale import changes_of, make_stale
from compound.review._types import Decision, Draft, ReviewItem

_SENDS = frozenset({"approve", "edit"})


def decide(desk: Desk, wish: Wish) -> Decision:
    """Decide as a person."""
    need_person(wish.user)
    with trace.child("review.decision", kind="review", review_decision=wish.action) as span:
        with desk.store.read() as db:
            if replayed := _replay(db, wish):
                return replayed
            item = load(db, wish.item_id)
            _admit(db, item, wish, now=desk.clock())
        draft, refs = _edited(desk, item, wish)
        if wish.action in _SENDS:
            need_fresh(desk, item, refs, actor=wish.user)
        try:
            with desk.store.write() as db:
                decision = _apply(desk, db, wish, draft=draft, refs=refs)
        except (ConflictError, IntegrityError):
            # the same request may have come twice at once: then this one repeats the other's answer
            with desk.store.read() as db:
                if replayed := _replay(db, wish):
                    return replayed
            raise
        span.set(review_item=wish.item_id, decision_id=decision.decision_id)
        return decision


def auto_decide(
    desk: Desk, item_id: str, *, policy: str, action: Literal["approve", "reject"] = "approve", note: str = ""
) -> Decision:
    """Decide as a policy: only what nobody has touched, and never where two people must agree."""
    with desk.store.read() as db:
        item = load(db, item_id)
        if item.status is Status.DECIDED:
            raise lost(db, item, version=item.version)
    if item.second or after(item.status, Event.AUTO) is None:
        why = "two people must approve it" if item.second else f"it is {item.status.value}"
        raise ConflictError("review.transition", f"no policy may {action} item {item_id}: {why}")
    actor = f"policy:{policy}"
    if action == "approve":
        need_fresh(desk, item, item.refs, actor=actor)
    wish = Wish(
        item_id=item_id,
        action=action,
        user=actor,
        version=item.version,
        edit=None,
        reason="",
        note=note,
        key=None,
    )
    with desk.store.write() as db:
        return commit(db, item, wish, event=Event.AUTO, now=desk.clock(), draft=item.draft, refs=item.refs)


def need_fresh(desk: Desk, item: ReviewItem, refs: Mapping[str, int], *, actor: str) -> None:
    """Refuse to send what was drafted from rows that have changed; the item becomes stale.

    Raises:
        ConflictError: `review.stale`, naming the rows.
    """
    if not (changed := changes_of(desk.probe, refs)):
        return
    raise make_stale(desk, item, changed, actor=actor)


def _replay(db: Connection, wish: Wish) -> Decision | None:
    if wish.key is None:
        return None
    known = db.execute(sa.select(tables.idempotency).where(tables.idempotency.c.key == wish.key)).first()
    if known is None:
        return None
    if known.payload_sha256 != wish.payload_sha256():
        raise ConflictError(
            "review.idempotency",
            f"the idempotency key {wish.key!r} was used for another request",
            fix="use a new key for a new request",
        )
    row = db.execute(sa.select(tables.decision).where(tables.decision.c.decision_id == known.decision_id))
    return decision_of(row.mappings().one())


def _admit(db: Connection, item: ReviewItem, wish: Wish, *, now: float) -> None:
    if item.status is Status.DECIDED or item.version != wish.version:
        raise lost(db, item, version=wish.version)
    if item.status not in UNDECIDED or item.status in (Status.STALE, Status.SNOOZED):
        why = f" ({(item.stale_reason or {}).get('what')})" if item.status is Status.STALE else ""
        raise ConflictError(
            "review.stale" if item.status is Status.STALE else "review.transition",
            f"cannot {wish.action} item {item.item_id}: it is {item.status.value}{why}",
            fix=f"compound review redraft {item.item_id[:10]}" if item.status is Status.STALE else "",
        )
    if item.is_held(now) and item.lease_user != wish.user:
        raise held(item)
    if item.status is Status.AWAITING_SECOND and wish.action == "approve" and wish.user == item.first_approver:
        raise ConflictError(
            "review.second-approver",
            f"{wish.user} approved item {item.item_id} already; another person has to approve it too",
        )
    if wish.action in ("reject", "return") and not wish.reason:
        raise ConflictError("review.reason", f"to {wish.action} needs a reason", fix="give a reason")
    if wish.action == "return" and item.round >= MAX_RETURNS:
        raise ConflictError(
            "review.returns",
            f"item {item.item_id} was returned {item.round} times",
            fix="escalate or reject it",
        )


def _edited(desk: Desk, item: ReviewItem, wish: Wish) -> tuple[Draft, Mapping[str, int]]:
    edit = wish.edit
    if (edit is not None) != (wish.action == "edit"):
        raise DataError("review.edit", "an edit comes with the action 'edit', and only with it")
    if edit is None:
        return item.draft, item.refs
    draft = Draft(
        text=item.draft.text if edit.text is None else edit.text,
        actions=item.draft.actions if edit.actions is None else edit.actions,
    )
    if draft.actions == item.draft.actions:
        return draft, item.refs
    _need_same_names(item.draft, draft)
    if desk.revalidate is None:
        raise DataError("review.edit", "arguments may not be changed here: nothing can check them again")
    found = desk.revalidate(item, draft)
    if found.problems:
        raise DataError("review.edit", f"the changed actions may not be done: {'; '.join(found.problems)}")
    # rows seen at drafting keep the version seen then: a change since must still be noticed
    return draft, {**found.refs, **item.refs}


def _need_same_names(before: Draft, edited: Draft) -> None:
    """An edit may drop an action; it may not add, rename or reorder one."""
    names = iter([action.name for action in before.actions])
    for action in edited.actions:
        if action.name not in names:
            proposed = ", ".join(known.name for known in before.actions) or "none"
            raise DataError(
                "review.edit",
                f"an edit may not add or rename an action ({action.name!r}; proposed: {proposed})",
                fix="reject or return it instead",
            )


def _apply(desk: Desk, db: Connection, wish: Wish, *, draft: Draft, refs: Mapping[str, int]) -> Decision:
    now = desk.clock()
    item = load(db, wish.item_id)
    _admit(db, item, wish, now=now)
    # deciding on a free item claims it in the same transaction
    claimed = replace(item, status=after(item.status, Event.CLAIM) or item.status)
    is_second = item.status is Status.AWAITING_SECOND and wish.action == "approve"
    event = Event.PROPOSE if item.second and wish.action in _SENDS and not is_second else Event.DECIDE
    decision = commit(db, claimed, wish, event=event, now=now, draft=draft, refs=refs)
    if wish.action == "escalate":
        insert_item(db, escalated(item), now=now, parent=item)
    if wish.key is not None:
        db.execute(
            sa.insert(tables.idempotency).values(
                key=wish.key,
                payload_sha256=wish.payload_sha256(),
                decision_id=decision.decision_id,
                created_at=now,
            )
        )
    return decision
