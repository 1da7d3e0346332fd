"""Decisions: one for each version of an item, bound to exactly the bytes that were shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from compound import trace
from compound.connector.state import tables
from compound.errors import CompoundError, ConflictError, DataError
from compound.language.decisions import APPROVE, EDIT, REJECT
from compound.review.decision.claims import escalators, held
from compound.review.decision.commit import Wish, commit, escalated
from compound.review.decision.desk import MAX_RETURNS, Desk, need_person
from compound.review.decision.rehearsal import Rehearsed
from compound.review.decision.stale import amend, changes_of, make_stale
from compound.review.item.draft_json import draft_from_json
from compound.review.item.machine import UNDECIDED, Event, Status, after
from compound.review.item.offer import MOVES, WITHOUT_EFFECTS, Offer, fields_of
from compound.review.item.rows import decision_of, insert_item, last_decision, load, lost
from compound.review.item.types import Decision, Draft, ReviewItem

if TYPE_CHECKING:
    from pydantic import JsonValue


def decide(desk: Desk, wish: Wish) -> Decision:
    """Decide as a person."""
    need_person(wish.user)
    with trace.child("review.decision", kind="review", review_decision=wish.action) as span:
        with desk.store.read() as db:
            if replayed := _replay(db, wish):
                return replayed
            item = load(db, wish.item_id)
            wish = _agreeing(wish, _pending(db, item))
            fields = _fields(item, wish)
            _admit(db, item, wish, now=desk.clock())
        if wish.action not in WITHOUT_EFFECTS:
            need_fresh(desk, item, item.refs, actor=wish.user)
        try:
            found = _tried(desk, item, wish, fields)
        except CompoundError as error:
            if error.code == "review.drafted-again":
                raise
            # Somebody may have decided it meanwhile, and its run be over: then that is what to say.
            with desk.store.read() as db:
                _admit(db, load(db, wish.item_id), wish, now=desk.clock())
            raise
        if wish.action not in WITHOUT_EFFECTS:
            need_fresh(desk, item, found.refs, actor=wish.user)
        try:
            with desk.store.write() as db:
                decision = _apply(desk, db, wish, found, fields=fields)
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
    fields = fields_of(item.decide, item.draft.fields, action, {}, is_rule=True)
    if action == "approve":
        need_fresh(desk, item, item.refs, actor=actor)
    wish = Wish(
        item_id=item_id,
        action=action,
        user=actor,
        version=item.version,
        note=note,
    )
    with desk.store.write() as db:
        return commit(
            db, item, wish, event=Event.AUTO, now=desk.clock(), draft=item.draft, refs=item.refs, fields=fields
        )


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
    is_stale = item.status is Status.STALE  # why, says more than that its version is another one
    if item.status is Status.DECIDED or (item.version != wish.version and not is_stale):
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
    acts_again = wish.action not in (EDIT, *WITHOUT_EFFECTS)
    if item.status is Status.AWAITING_SECOND and acts_again and wish.user == item.first_approver:
        raise _own(item, wish)
    _refuse_escalator(db, item, wish)
    if wish.action == "return" and item.round >= MAX_RETURNS:
        raise ConflictError(
            "review.returns",
            f"item {item.item_id} was returned {item.round} times",
            fix="escalate or reject it",
        )


def _own(item: ReviewItem, wish: Wish) -> ConflictError:
    what = f"{wish.user} decided item {item.item_id} already; another person has to agree to it"
    return ConflictError("review.second-approver", what)


def _refuse_escalator(db: Connection, item: ReviewItem, wish: Wish) -> None:
    """Who passed an item on does not decide it after all: somebody else was asked. To say no is always allowed."""
    if item.parent_id is None or wish.action in (REJECT, *MOVES):
        return
    if wish.user in escalators(db, item):
        raise ConflictError(
            "review.escalated",
            f"{wish.user} escalated this item, so another person has to decide it",
            fix="leave it to the next level, or reject it",
        )


def _pending(db: Connection, item: ReviewItem) -> Decision | None:
    """What a first person decided and a second one has to agree to; None when nothing of that kind waits."""
    return last_decision(db, item.item_id) if item.status is Status.AWAITING_SECOND else None


def _agreeing(wish: Wish, first: Decision | None) -> Wish:
    """A second person who chooses what the first one chose need not write its fields again."""
    if first is None or first.action != wish.action or wish.action == APPROVE:
        return wish
    if wish.action == EDIT and wish.user == first.actor:
        return wish  # who edited it edits it again
    return replace(wish, first=first.fields)


def _fields(item: ReviewItem, wish: Wish) -> dict[str, JsonValue]:
    """What the decision carries; an approval also carries what a person changed in the draft before."""
    fields = fields_of(item.decide, item.draft.fields, wish.action, wish.fields)
    if wish.action == EDIT and not wish.fields:
        raise DataError("review.bad-edit", "nothing is edited", fix=_editable(item.decide))
    return {**item.draft.given, **fields} if wish.action == APPROVE else fields


def _editable(offer: Offer) -> str:
    """The fields that an edit may change, as a person types them."""
    typed = {"text": "--text TEXT, or --text-file FILE", "actions": "--actions JSON"}
    takes = [typed.get(name) or f"--field {name}=VALUE" for name in offer.get(EDIT, {})]
    return f"give {'; '.join(takes)}" if takes else "this review takes no changes: approve or reject it"


def _tried(desk: Desk, item: ReviewItem, wish: Wish, fields: Mapping[str, JsonValue]) -> Rehearsed:
    """The draft as the decision makes it, and the rows it must meet.

    Raises:
        DataError: `review.edit` and what else speaks against it.
        ConflictError: `review.drafted-again`: nothing is decided, and the item shows another draft.
    """
    if wish.action in WITHOUT_EFFECTS:
        return Rehearsed(draft=item.draft, refs=item.refs)
    if desk.rehearse is None:
        draft, refs = _edited(desk, item, fields) if wish.action == EDIT else (item.draft, item.refs)
        return Rehearsed(draft=draft, refs=refs)
    found = desk.rehearse(item, wish.action, fields=fields, given=frozenset(wish.fields), user=wish.user)
    if found.again is not None:
        raise amend(desk, item, found.again, user=wish.user)
    # rows seen at drafting keep the version seen then: a change since must still be noticed
    return replace(found, refs={**found.refs, **item.refs})


def _edited(desk: Desk, item: ReviewItem, fields: Mapping[str, JsonValue]) -> tuple[Draft, Mapping[str, int]]:
    """An edit where no graph can try it: its text and its arguments."""
    text, actions = fields.get("text"), fields.get("actions")
    made = draft_from_json({"text": text or "", "actions": actions or []})
    draft = replace(
        item.draft,
        text=item.draft.text if text is None else made.text,
        actions=item.draft.actions if actions is None else made.actions,
    )
    if draft.actions == item.draft.actions:
        return draft, item.refs
    need_same_names([one.name for one in item.draft.actions], [one.name for one in draft.actions])
    if desk.revalidate is None:
        raise DataError("review.edit", "arguments may not be changed here: nothing can check them again")
    found = desk.revalidate(item, draft)
    if found.problems:
        raise DataError("review.edit", f"the changed actions may not be done: {'; '.join(found.problems)}")
    return draft, {**found.refs, **item.refs}


def need_same_names(before: Sequence[str], edited: Sequence[str]) -> None:
    """An edit may drop an action; it may not add, rename or reorder one.

    Raises:
        DataError: `review.edit`.
    """
    names = iter(before)
    for action in edited:
        if action not in names:
            proposed = ", ".join(before) or "none"
            raise DataError(
                "review.edit",
                f"an edit may not add or rename an action ({action!r}; proposed: {proposed})",
                fix="reject or return it instead",
            )


def _apply(
    desk: Desk,
    db: Connection,
    wish: Wish,
    found: Rehearsed,
    *,
    fields: Mapping[str, JsonValue],
) -> Decision:
    now = desk.clock()
    item = load(db, wish.item_id)
    _admit(db, item, wish, now=now)
    # deciding on a free item claims it in the same transaction
    claimed = replace(item, status=after(item.status, Event.CLAIM) or item.status)
    if _repeats(db, item, wish, fields):
        raise _own(item, wish)
    waits = item.second and wish.action not in WITHOUT_EFFECTS and not _agrees(db, item, wish, fields)
    event = Event.PROPOSE if waits else Event.DECIDE
    decision = commit(
        db,
        claimed,
        wish,
        event=event,
        now=now,
        draft=found.draft,
        refs=found.refs,
        fields=fields,
        evidence=found.evidence,
    )
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


def _repeats(db: Connection, item: ReviewItem, wish: Wish, fields: Mapping[str, JsonValue]) -> bool:
    """The person whose edit waits for another one edits nothing more."""
    first = _pending(db, item)
    if first is None or wish.user != item.first_approver:
        return False
    return (first.action, dict(first.fields)) == (wish.action, dict(fields)) and wish.action == EDIT


def _agrees(db: Connection, item: ReviewItem, wish: Wish, fields: Mapping[str, JsonValue]) -> bool:
    """A second person approves what the first one approved or edited, or decides the very same."""
    first = _pending(db, item)
    if first is None or wish.user == item.first_approver:
        return False
    if wish.action == APPROVE:
        return first.action in (APPROVE, EDIT)
    return wish.action not in MOVES and (first.action, dict(first.fields)) == (wish.action, dict(fields))
