"""Decisions: at most one per version of a review, bound to the exact bytes that were shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from compound.connector.state import tables
from compound.errors import CompoundError, ConflictError, DataError
from compound.language.decisions import APPROVE, EDIT, REJECT
from compound.review.decision.backend import MAX_RETURNS, Backend
from compound.review.decision.commit import Wish, commit, escalated
from compound.review.decision.leases import escalators, held
from compound.review.decision.rehearsal import Rehearsed
from compound.review.decision.stale import amend, changes_of, make_stale
from compound.review.feedback.canaries import find_canary
from compound.review.quality.recording import note_decision
from compound.review.stored.certificates import need_valid
from compound.review.stored.draft_json import draft_from_json
from compound.review.stored.machine import UNDECIDED, Event, Status, after
from compound.review.stored.offer import MOVES, WITHOUT_EFFECTS, Offer, fields_of
from compound.review.stored.people import need_no_agent, need_person
from compound.review.stored.rows import decision_of, insert_review, last_decision, load, lost
from compound.review.stored.types import Decision, Draft, Review
from compound.trace.active import child

if TYPE_CHECKING:
    from pydantic import JsonValue


def decide(backend: Backend, wish: Wish) -> Decision:
    """Decide as a person."""
    need_person(wish.user)
    with child("review.decision", kind="review", review_decision=wish.action) as span:
        with backend.store.read() as db:
            if replayed := _replay(db, wish):
                return replayed
            review = load(db, wish.review_id)
            wish = _agreeing(wish, _pending(db, review))
            fields = _fields(review, wish)
            _admit(db, review, wish, now=backend.clock())
        if wish.action not in WITHOUT_EFFECTS:
            need_fresh(backend, review, review.refs, actor=wish.user)
        try:
            found = _tried(backend, review, wish, fields)
        except CompoundError as error:
            if error.code == "review.drafted-again":
                raise
            # Another user may have decided it in the meantime; that error comes first.
            with backend.store.read() as db:
                _admit(db, load(db, wish.review_id), wish, now=backend.clock())
            raise
        if wish.action not in WITHOUT_EFFECTS:
            need_fresh(backend, review, found.refs, actor=wish.user)
        share = backend.audit_share(review)
        try:
            with backend.store.write() as db:
                decision = _apply(backend, db, wish, found, fields=fields)
                if find_canary(db, review.review_id) is None:
                    note_decision(db, decision, review, share=share)
        except (ConflictError, IntegrityError):
            # the same request may have arrived twice: return the other's answer
            with backend.store.read() as db:
                if replayed := _replay(db, wish):
                    return replayed
            raise
        span.set(review_id=wish.review_id, decision_id=decision.decision_id)
        return decision


def rehearsed(backend: Backend, review_id: str, action: str, *, user: str, given: Mapping[str, JsonValue]) -> Rehearsed:
    """What a decision would lead to; the decision is not stored."""
    with backend.store.read() as db:
        item = load(db, review_id)
        wish = Wish(review_id=review_id, action=action, user=user, version=item.version, given=given)
        wish = _agreeing(wish, _pending(db, item))
    fields = _fields(item, wish)
    if backend.rehearse is None:
        draft, refs = _edited(backend, item, fields) if action == EDIT else (item.draft, item.refs)
        return Rehearsed(draft=draft, refs=refs)
    return backend.rehearse(item, action, fields=fields, given=frozenset(wish.fields), user=user)


def auto_decide(
    backend: Backend,
    review_id: str,
    *,
    policy: str,
    action: Literal["approve", "reject"] = "approve",
    certificate: str = "",
) -> Decision:
    """Decide as a policy: only untouched reviews, never reviews that need two approvals, never after a withdrawal."""
    with backend.store.read() as db:
        review = load(db, review_id)
        if review.status is Status.DECIDED:
            raise lost(db, review, version=review.version)
    needs_two = action in review.second
    if needs_two or after(review.status, Event.AUTO) is None:
        why = "two people must approve it" if needs_two else f"it is {review.status.value}"
        raise ConflictError("review.transition", f"a policy may not {action} review {review_id}: {why}")
    actor = f"policy:{policy}"
    fields = fields_of(review.decide, review.draft.fields, action, {}, is_rule=True)
    if action == "approve":
        need_fresh(backend, review, review.refs, actor=actor)
    note = f"certificate {certificate}" if certificate else ""
    wish = Wish(review_id=review_id, action=action, user=actor, version=review.version, note=note)
    share = backend.audit_share(review)
    with backend.store.write() as db:
        need_valid(db, certificate)
        decision = commit(
            db, review, wish, event=Event.AUTO, now=backend.clock(), draft=review.draft, refs=review.refs, fields=fields
        )
        note_decision(db, decision, review, share=share, certificate=certificate)
    return decision


def need_fresh(backend: Backend, review: Review, refs: Mapping[str, int], *, actor: str) -> None:
    """Raise if rows changed since drafting; the review becomes stale.

    Raises:
        ConflictError: `review.stale`, naming the rows.
    """
    if not (changed := changes_of(backend.probe, refs)):
        return
    raise make_stale(backend, review, changed, actor=actor)


def _replay(db: Connection, wish: Wish) -> Decision | None:
    if wish.key is None:
        return None
    known = db.execute(sa.select(tables.idempotency).where(tables.idempotency.c.key == wish.key)).first()
    if known is None:
        return None
    if known.payload_sha256 != wish.payload_sha256():
        raise ConflictError(
            "review.idempotency",
            f"the idempotency key {wish.key!r} belongs to another request",
            fix="use a new key for a new request",
        )
    row = db.execute(sa.select(tables.decision).where(tables.decision.c.decision_id == known.decision_id))
    return decision_of(row.mappings().one())


def _admit(db: Connection, review: Review, wish: Wish, *, now: float) -> None:
    need_no_agent(db, wish.user)
    is_stale = review.status is Status.STALE  # why, says more than that its version is another one
    if review.status is Status.DECIDED or (review.version != wish.version and not is_stale):
        raise lost(db, review, version=wish.version)
    if review.status not in UNDECIDED or review.status in (Status.STALE, Status.SNOOZED):
        why = f" ({(review.stale_reason or {}).get('what')})" if review.status is Status.STALE else ""
        raise ConflictError(
            "review.stale" if review.status is Status.STALE else "review.transition",
            f"cannot {wish.action} review {review.review_id}: it is {review.status.value}{why}",
            fix=f"compound review redraft {review.review_id[:10]}" if review.status is Status.STALE else "",
        )
    if review.is_held(now) and review.lease_user != wish.user:
        raise held(review)
    acts_again = wish.action not in (EDIT, *WITHOUT_EFFECTS)
    if review.status is Status.AWAITING_SECOND and acts_again and wish.user == review.first_approver:
        raise _own(review, wish)
    _refuse_escalator(db, review, wish)
    if wish.action == "return" and review.returns >= MAX_RETURNS:
        raise ConflictError(
            "review.returns",
            f"review {review.review_id} was already returned {review.returns} times",
            fix="escalate or reject it",
        )


def _own(review: Review, wish: Wish) -> ConflictError:
    what = f"{wish.user} already decided review {review.review_id}; another person must agree"
    return ConflictError("review.second-approver", what)


def _refuse_escalator(db: Connection, review: Review, wish: Wish) -> None:
    """Raise if the user escalated this review; rejecting is always allowed."""
    if review.parent_id is None or wish.action in (REJECT, *MOVES):
        return
    if wish.user in escalators(db, review):
        raise ConflictError(
            "review.escalated",
            f"{wish.user} escalated this review, so another person must decide it",
            fix="leave it to the next level, or reject it",
        )


def _pending(db: Connection, review: Review) -> Decision | None:
    """The first approver's decision that waits for a second one; None if there is none."""
    return last_decision(db, review.review_id) if review.status is Status.AWAITING_SECOND else None


def _agreeing(wish: Wish, first: Decision | None) -> Wish:
    """Fill the fields of a second approver from the first one's decision."""
    if first is None or first.action != wish.action or wish.action == APPROVE:
        return wish
    if wish.action == EDIT and wish.user == first.actor:
        return wish  # an edit by the first approver replaces that edit
    return replace(wish, first=first.fields)


def _fields(review: Review, wish: Wish) -> dict[str, JsonValue]:
    """Fields of the decision; an approval includes earlier edits of the draft."""
    fields = fields_of(review.decide, review.draft.fields, wish.action, wish.fields)
    if wish.action == EDIT and not wish.fields:
        raise DataError("review.bad-edit", "the edit changes nothing", fix=_editable(review.decide))
    return {**review.draft.given, **fields} if wish.action == APPROVE else fields


def _editable(offer: Offer) -> str:
    """The editable fields, as command-line options."""
    typed = {"text": "--text TEXT, or --text-file FILE", "actions": "--actions JSON"}
    takes = [typed.get(name) or f"--field {name}=VALUE" for name in offer.get(EDIT, {})]
    return f"give {'; '.join(takes)}" if takes else "this review takes no changes: approve or reject it"


def _tried(backend: Backend, review: Review, wish: Wish, fields: Mapping[str, JsonValue]) -> Rehearsed:
    """The draft that the decision leads to, and the row versions it requires.

    Raises:
        DataError: `review.edit`, and other reasons against the decision.
        ConflictError: `review.drafted-again`: the decision is not stored, and the review shows a new draft.
    """
    if wish.action in WITHOUT_EFFECTS:
        return Rehearsed(draft=review.draft, refs=review.refs)
    if backend.rehearse is None:
        draft, refs = _edited(backend, review, fields) if wish.action == EDIT else (review.draft, review.refs)
        return Rehearsed(draft=draft, refs=refs)
    found = backend.rehearse(review, wish.action, fields=fields, given=frozenset(wish.fields), user=wish.user)
    if found.again is not None:
        raise amend(backend, review, found.again, user=wish.user)
    # rows seen at drafting keep that version, so that later changes are still detected
    return replace(found, refs={**found.refs, **review.refs})


def _edited(backend: Backend, review: Review, fields: Mapping[str, JsonValue]) -> tuple[Draft, Mapping[str, int]]:
    """An edit without a graph to rehearse it: its text and arguments."""
    text, actions = fields.get("text"), fields.get("actions")
    made = draft_from_json({"text": text or "", "actions": actions or []})
    draft = replace(
        review.draft,
        text=review.draft.text if text is None else made.text,
        actions=review.draft.actions if actions is None else made.actions,
    )
    if draft.actions == review.draft.actions:
        return draft, review.refs
    need_same_names([one.name for one in review.draft.actions], [one.name for one in draft.actions])
    if backend.revalidate is None:
        raise DataError("review.edit", "arguments cannot be changed here: nothing can revalidate them")
    found = backend.revalidate(review, draft)
    if found.problems:
        raise DataError("review.edit", f"the edited actions are not valid: {'; '.join(found.problems)}")
    return draft, {**found.refs, **review.refs}


def need_same_names(before: Sequence[str], edited: Sequence[str]) -> None:
    """Check that an edit only drops actions: it must not add, rename or reorder one.

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
                fix="reject or return the review instead",
            )


def _apply(
    backend: Backend,
    db: Connection,
    wish: Wish,
    found: Rehearsed,
    *,
    fields: Mapping[str, JsonValue],
) -> Decision:
    now = backend.clock()
    review = load(db, wish.review_id)
    _admit(db, review, wish, now=now)
    # a decision on an unclaimed review claims it in the same transaction
    claimed = replace(review, status=after(review.status, Event.CLAIM) or review.status)
    if _repeats(db, review, wish, fields):
        raise _own(review, wish)
    is_canary = find_canary(db, review.review_id) is not None
    needs_two = wish.action in review.second and wish.action not in WITHOUT_EFFECTS
    waits = needs_two and not is_canary and not _agrees(db, review, wish, fields)
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
        undo_s=(review.undo_s if found.undo_s is None else found.undo_s).get(wish.action, 0.0),
    )
    if wish.action == "escalate" and not is_canary:
        insert_review(db, escalated(review), now=now, parent=review)
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


def _repeats(db: Connection, review: Review, wish: Wish, fields: Mapping[str, JsonValue]) -> bool:
    """Whether the first approver repeats the same edit."""
    first = _pending(db, review)
    if first is None or wish.user != review.first_approver:
        return False
    return (first.action, dict(first.fields)) == (wish.action, dict(fields)) and wish.action == EDIT


def _agrees(db: Connection, review: Review, wish: Wish, fields: Mapping[str, JsonValue]) -> bool:
    """Whether a second person approves the first one's decision, or makes the same one."""
    first = _pending(db, review)
    if first is None or wish.user == review.first_approver:
        return False
    if wish.action == APPROVE:
        return first.action in (APPROVE, EDIT)
    return wish.action not in MOVES and (first.action, dict(first.fields)) == (wish.action, dict(fields))
