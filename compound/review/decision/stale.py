"""Staleness: a draft can be sent only while the rows it was made from are unchanged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from compound.connector.state import tables
from compound.connector.state.digest import digest
from compound.errors import CompoundError, ConflictError, DataError
from compound.review.decision.backend import Backend
from compound.review.decision.commit import ESCALATED
from compound.review.quality.recording import end_decision
from compound.review.stored.machine import Event, Status, after
from compound.review.stored.offer import WITHOUT_EFFECTS
from compound.review.stored.people import need_person
from compound.review.stored.rows import (
    insert_draft,
    last_decision,
    load,
    lost,
    move,
    next_draft_seq,
    readiness_columns,
    record,
)
from compound.review.stored.types import Decision, Redraft, Review, TellingProbe, VersionProbe

AGAIN: Final = "drafted again: "
"""Prefix of the reason why a review shows a newer draft."""
Changes = Mapping[str, tuple[int, int | None]]
"""Row to the version that was seen and the current one; None for a deleted row."""


def changes_of(probe: VersionProbe | None, refs: Mapping[str, int]) -> Changes:
    """The rows whose version changed since they were seen."""
    if probe is None or not refs:
        return {}
    now = probe.current(refs)
    return {ref: (seen, now.get(ref)) for ref, seen in refs.items() if now.get(ref) != seen}


def make_stale(backend: Backend, review: Review, changed: Changes, *, actor: str) -> ConflictError:
    """Mark the review stale; returns the error for the caller to raise."""
    error = _outdated(backend, review, changed)
    _write(backend, review, Event.CHANGE, error, actor=actor)
    return error


def _outdated(backend: Backend, review: Review, changed: Changes) -> ConflictError:
    told = _told(backend, changed)
    what = "; ".join(
        f"{ref} was deleted" if now is None else f"{ref} was at version {seen}, now {now}"
        for ref, (seen, now) in sorted(changed.items())
        if ref not in told
    )
    fix = f"draft it again, then decide: compound review redraft {review.review_id[:10]}"
    if told:
        came = "; ".join([*(told[ref] for ref in sorted(told)), *([f"rows changed: {what}"] if what else [])])
        return ConflictError("review.stale", f"review {review.review_id} was drafted before {came}", fix=fix)
    what = f"review {review.review_id} was drafted from rows that changed since: {what}"
    return ConflictError("review.stale", what, fix=fix)


def _told(backend: Backend, changed: Changes) -> dict[str, str]:
    """What happened to anything other than rows, in words."""
    if not isinstance(backend.probe, TellingProbe):
        return {}
    return {ref: said for ref, (seen, _) in changed.items() if (said := backend.probe.told(ref, seen))}


def check_stale(backend: Backend, review_id: str) -> Review:
    """Check an open review; mark it stale if its rows changed."""
    with backend.store.read() as db:
        review = load(db, review_id)
    if after(review.status, Event.CHANGE) is None:
        return review
    if changed := changes_of(backend.probe, review.refs):
        make_stale(backend, review, changed, actor="probe")
        with backend.store.read() as db:
            return load(db, review_id)
    return review


def recall(backend: Backend, review_id: str) -> Review:
    """Take back a person's decision whose draft is out of date, if its run has not resumed; the review is stale.

    Returns the review. A decision that is being carried out stands, and so does one without effects.
    """
    with backend.store.read() as db:
        review, decision = load(db, review_id), last_decision(db, review_id)
    if review.status is not Status.DECIDED or decision is None or not decision.final:
        return review
    if decision.action in WITHOUT_EFFECTS or decision.actor.startswith("policy:"):
        return review  # a run that a rule decided goes on at once: its effects are checked when they are sent
    if not (changed := changes_of(backend.probe, decision.refs)):
        return review
    error, now = _outdated(backend, review, changed), backend.clock()
    reason = {"code": error.code, "what": error.what, "fix": error.fix}
    details = {"decision_id": decision.decision_id, "code": error.code}
    with suppress(ConflictError), backend.store.write() as db:  # its run resumes, or another process was first
        take_back(db, review, decision, Event.RECALL, now=now, stale_reason=reason, first_approver=None)
        record(db, "review.recalled", review_id, now=now, actor="probe", details=details)
    with backend.store.read() as db:
        return load(db, review_id)


def take_back(
    db: Connection, review: Review, decision: Decision, event: Event, *, now: float, **values: object
) -> Review:
    """Move a review whose decision nothing has acted on; its run will not resume.

    Raises:
        ConflictError: `review.too-late`.
    """
    stopped = db.execute(
        sa.update(tables.resume)
        .where(
            tables.resume.c.decision_id == decision.decision_id,
            tables.resume.c.status == "pending",
            tables.resume.c.attempts == 0,  # a failed attempt may have run effects
        )
        .values(status="cancelled", updated_at=now)
    )
    moved = move(db, review, event, now=now, **values) if stopped.rowcount == 1 else None
    # After the move no further effect can be sent: a program that resumes its own run may have been faster.
    if moved is None or _has_acted(db, decision):
        what = f"the run of review {review.review_id} already resumed with {decision.actor}'s decision"
        raise ConflictError("review.too-late", what)
    end_decision(db, decision.decision_id, "undone" if event is Event.UNDO else "recalled")
    return moved


def _has_acted(db: Connection, decision: Decision) -> bool:
    own = tables.outbox.c.decision_id == decision.decision_id
    begun = tables.outbox.c.status.in_(("sending", "sent", "failed", "unknown"))
    return db.execute(sa.select(sa.literal(1)).where(own, begun).limit(1)).first() is not None


def reopen(backend: Backend, review_id: str, error: CompoundError, *, actor: str) -> Review:
    """Mark a review stale because an effect of its decision was refused; no effect ran."""
    with backend.store.read() as db:
        review = load(db, review_id)
        decision = last_decision(db, review_id)
    if review.status is Status.DECIDED and decision is not None and not decision.final:
        raise ConflictError("review.transition", f"review {review_id} was escalated: another review holds its decision")
    refused = "" if decision is None else decision.decision_id
    return _write(backend, review, Event.REFUSE, error, actor=actor, refused=refused)


def outdate(backend: Backend, review_id: str, error: CompoundError, *, actor: str) -> Review:
    """Mark an open review stale because its graph changed."""
    with backend.store.read() as db:
        review = load(db, review_id)
    return _write(backend, review, Event.CHANGE, error, actor=actor)


def _write(
    backend: Backend, review: Review, event: Event, error: CompoundError, *, actor: str, refused: str = ""
) -> Review:
    now = backend.clock()
    reason = {"code": error.code, "what": error.what, "fix": error.fix}
    with backend.store.write() as db:
        stale = move(
            db,
            review,
            event,
            now=now,
            stale_reason=reason,
            lease_user=None,
            lease_until=None,
            first_approver=None,
        )
        end_decision(db, refused, "refused")
        record(db, "review.stale", review.review_id, now=now, actor=actor, details={"code": error.code})
    return stale


def redraft(
    backend: Backend, review_id: str, *, user: str, version: int, fresh: Redraft | None, refs: Mapping[str, int] | None
) -> Review:
    """Reopen a stale review with the graph's new draft, or with the old draft after a new check."""
    with backend.store.read() as db:
        review = load(db, review_id)
    if fresh is None:
        need_person(user)
        fresh = _checked(backend, review, refs)
    now = backend.clock()
    with backend.store.write() as db:
        if review.version != version:
            raise lost(db, review, version=version)
        seq = review.draft_seq
        if fresh.draft != review.draft:
            seq = next_draft_seq(db, review_id)
            insert_draft(db, review_id, seq, user, fresh.draft, now=now)
        opened = move(
            db,
            review,
            Event.REDRAFT,
            now=now,
            draft_seq=seq,
            refs=dict(fresh.refs),
            evidence=dict(fresh.evidence),
            evidence_sha256=digest(fresh.evidence),
            reasons=_with_history(review, fresh.reasons),
            stale_reason=None,
            **({} if fresh.decide is None else {"decide": fresh.decide}),
            **({} if fresh.source is None else {"item": dict(fresh.source[0]), "title": fresh.source[1]}),
            **readiness_columns(fresh.readiness),
            second=list(dict.fromkeys((*review.second, *fresh.second))),
            undo_s={one: max(review.undo_s.get(one, 0), s) for one, s in {**review.undo_s, **fresh.undo_s}.items()},
            risk=review.risk if fresh.risk is None else fresh.risk + review.level,
        )
        record(
            db,
            "review.redrafted",
            review_id,
            now=now,
            actor=user,
            details={"draft_sha256": opened.draft_sha256, "evidence_sha256": opened.evidence_sha256},
        )
    return opened


def _with_history(review: Review, fresh: Sequence[str]) -> list[str]:
    """Reasons of the new draft, of the review's history and of the redraft."""
    told = [one for one in review.reasons if one == ESCALATED or one.startswith(AGAIN)]
    what = str((review.stale_reason or {}).get("what") or "")
    return list(dict.fromkeys([*fresh, *told, *([f"{AGAIN}{what}"] if what else [])]))


def _checked(backend: Backend, review: Review, refs: Mapping[str, int] | None) -> Redraft:
    """The same draft with current row versions.

    Raises:
        DataError: `review.redraft`: its actions are no longer valid.
    """
    present = refs if refs is not None else _present(backend, review)
    if backend.revalidate is not None:
        found = backend.revalidate(replace(review, refs=present), review.draft)
        if found.problems:
            raise DataError("review.redraft", f"the draft is no longer valid: {'; '.join(found.problems)}")
        present = {**found.refs, **present}
    return Redraft(
        draft=review.draft, refs=present, evidence=review.evidence, reasons=review.reasons, readiness=review.readiness
    )


def _present(backend: Backend, review: Review) -> Mapping[str, int]:
    if backend.probe is None or not review.refs:
        return review.refs
    now = backend.probe.current(review.refs)
    return {ref: now[ref] for ref in review.refs if ref in now}


def amend(backend: Backend, review: Review, again: Redraft, *, user: str) -> ConflictError:
    """Replace the draft with the one that an edit led to; returns the error for the caller to raise.

    Raises:
        ConflictError: `review.version`, `review.decided`: another user was first.
    """
    now = backend.clock()
    with backend.store.write() as db:
        seq = next_draft_seq(db, review.review_id)
        insert_draft(db, review.review_id, seq, user, again.draft, now=now)
        held = review.status is Status.IN_REVIEW and review.lease_user == user
        shown = move(
            db,
            review,
            Event.AMEND,
            now=now,
            draft_seq=seq,
            evidence=dict(again.evidence),
            evidence_sha256=digest(again.evidence),
            reasons=list(dict.fromkeys([*again.reasons, *review.reasons, f"{AGAIN}{user} changed it"])),
            refs={**again.refs, **review.refs},
            first_approver=None,
            **({} if held else {"lease_user": None, "lease_until": None}),
        )
        record(
            db,
            "review.drafted-again",
            review.review_id,
            now=now,
            actor=user,
            details={"draft_sha256": shown.draft_sha256, "evidence_sha256": shown.evidence_sha256},
        )
    name = review.review_id[:10]
    return ConflictError(
        "review.drafted-again",
        f"not decided yet: the text was drafted again for your change, "
        f"and review {review.review_id} shows it as version {shown.version}",
        fix=f"read it: compound review show {name}; then: compound review approve {name} --version {shown.version}",
    )
