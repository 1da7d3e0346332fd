"""Staleness: a draft may only be sent while the rows it was made from are as they were."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from compound.connector.state import digest
from compound.errors import CompoundError, ConflictError, DataError
from compound.review.decision.commit import ESCALATED
from compound.review.decision.desk import Desk, need_person
from compound.review.item.machine import Event, Status, after
from compound.review.item.rows import (
    insert_draft,
    last_decision,
    load,
    lost,
    move,
    next_draft_seq,
    readiness_columns,
    record,
)
from compound.review.item.types import ContextProbe, Redraft, ReviewItem, TellingProbe

AGAIN: Final = "drafted again: "
"""How a reason begins that says why an item shows another draft than it was opened with."""
Changes = Mapping[str, tuple[int, int | None]]
"""Row to the version that was seen and the present one; None for a row that is gone."""


def changes_of(probe: ContextProbe | None, refs: Mapping[str, int]) -> Changes:
    """The rows whose version is not the one that was seen."""
    if probe is None or not refs:
        return {}
    now = probe.current(refs)
    return {ref: (seen, now.get(ref)) for ref, seen in refs.items() if now.get(ref) != seen}


def make_stale(desk: Desk, item: ReviewItem, changed: Changes, *, actor: str) -> ConflictError:
    """Write that the item is stale; gives the error that says what changed, for the caller to raise."""
    told = _told(desk, changed)
    what = "; ".join(
        f"{ref} is gone" if now is None else f"{ref} was at version {seen}, now {now}"
        for ref, (seen, now) in sorted(changed.items())
        if ref not in told
    )
    fix = f"draft it again, then decide: compound review redraft {item.item_id[:10]}"
    if told:
        came = "; ".join([*(told[ref] for ref in sorted(told)), *([f"rows changed: {what}"] if what else [])])
        error = ConflictError("review.stale", f"item {item.item_id} was drafted before {came}", fix=fix)
    else:
        what = f"item {item.item_id} was drafted from rows that changed since: {what}"
        error = ConflictError("review.stale", what, fix=fix)
    _write(desk, item, Event.CHANGE, error, actor=actor)
    return error


def _told(desk: Desk, changed: Changes) -> dict[str, str]:
    """What happened to that which is no row, in words."""
    if not isinstance(desk.probe, TellingProbe):
        return {}
    return {ref: said for ref, (seen, _) in changed.items() if (said := desk.probe.told(ref, seen))}


def check(desk: Desk, item_id: str) -> ReviewItem:
    """Look whether an open item has become stale, and write it when it has."""
    with desk.store.read() as db:
        item = load(db, item_id)
    if after(item.status, Event.CHANGE) is None:
        return item
    if changed := changes_of(desk.probe, item.refs):
        make_stale(desk, item, changed, actor="probe")
        with desk.store.read() as db:
            return load(db, item_id)
    return item


def reopen(desk: Desk, item_id: str, error: CompoundError, *, actor: str) -> ReviewItem:
    """An effect of the decision was refused: nothing was done, the item is stale and says why."""
    with desk.store.read() as db:
        item = load(db, item_id)
        decision = last_decision(db, item_id)
    if item.status is Status.DECIDED and decision is not None and not decision.final:
        raise ConflictError("review.transition", f"item {item_id} was escalated: its decision is another item's")
    return _write(desk, item, Event.REFUSE, error, actor=actor)


def outdate(desk: Desk, item_id: str, error: CompoundError, *, actor: str) -> ReviewItem:
    """Mark an open item stale because what it was drafted by changed: its graph."""
    with desk.store.read() as db:
        item = load(db, item_id)
    return _write(desk, item, Event.CHANGE, error, actor=actor)


def _write(desk: Desk, item: ReviewItem, event: Event, error: CompoundError, *, actor: str) -> ReviewItem:
    now = desk.clock()
    reason = {"code": error.code, "what": error.what, "fix": error.fix}
    with desk.store.write() as db:
        stale = move(
            db,
            item,
            event,
            now=now,
            stale_reason=reason,
            lease_user=None,
            lease_until=None,
            first_approver=None,
        )
        record(db, "review.stale", item.item_id, now=now, actor=actor, details={"code": error.code})
    return stale


def redraft(
    desk: Desk, item_id: str, *, user: str, version: int, fresh: Redraft | None, refs: Mapping[str, int] | None
) -> ReviewItem:
    """Bring a stale item back, with the graph's new draft or with the old one checked again."""
    with desk.store.read() as db:
        item = load(db, item_id)
    if fresh is None:
        need_person(user)
        fresh = _checked(desk, item, refs)
    now = desk.clock()
    with desk.store.write() as db:
        if item.version != version:
            raise lost(db, item, version=version)
        seq = item.draft_seq
        if fresh.draft != item.draft:
            seq = next_draft_seq(db, item_id)
            insert_draft(db, item_id, seq, user, fresh.draft, now=now)
        opened = move(
            db,
            item,
            Event.REDRAFT,
            now=now,
            draft_seq=seq,
            refs=dict(fresh.refs),
            evidence=dict(fresh.evidence),
            evidence_sha256=digest(fresh.evidence),
            reasons=_with_history(item, fresh.reasons),
            stale_reason=None,
            **({} if fresh.decide is None else {"decide": fresh.decide}),
            **readiness_columns(fresh.readiness),
            second=item.second or fresh.second,
            undo_s=max(item.undo_s, fresh.undo_s),
            risk=item.risk if fresh.risk is None else fresh.risk + item.level,
        )
        record(
            db,
            "review.redrafted",
            item_id,
            now=now,
            actor=user,
            details={"draft_sha256": opened.draft_sha256, "evidence_sha256": opened.evidence_sha256},
        )
    return opened


def _with_history(item: ReviewItem, fresh: Sequence[str]) -> list[str]:
    """Why a person is asked: by the new draft, by what happened to the item before, and why it was drafted again."""
    told = [one for one in item.reasons if one == ESCALATED or one.startswith(AGAIN)]
    what = str((item.stale_reason or {}).get("what") or "")
    return list(dict.fromkeys([*fresh, *told, *([f"{AGAIN}{what}"] if what else [])]))


def _checked(desk: Desk, item: ReviewItem, refs: Mapping[str, int] | None) -> Redraft:
    """The same draft, on the rows of now.

    Raises:
        DataError: `review.redraft`: it may not be done any more.
    """
    present = refs if refs is not None else _present(desk, item)
    if desk.revalidate is not None:
        found = desk.revalidate(replace(item, refs=present), item.draft)
        if found.problems:
            raise DataError("review.redraft", f"the draft may not be done any more: {'; '.join(found.problems)}")
        present = {**found.refs, **present}
    return Redraft(
        draft=item.draft, refs=present, evidence=item.evidence, reasons=item.reasons, readiness=item.readiness
    )


def _present(desk: Desk, item: ReviewItem) -> Mapping[str, int]:
    if desk.probe is None or not item.refs:
        return item.refs
    now = desk.probe.current(item.refs)
    return {ref: now[ref] for ref in item.refs if ref in now}


def amend(desk: Desk, item: ReviewItem, again: Redraft, *, user: str) -> ConflictError:
    """Show the draft that a person's change led to, in place of the one before; gives the error that says so.

    Raises:
        ConflictError: `review.version`, `review.decided`: somebody else was first.
    """
    now = desk.clock()
    with desk.store.write() as db:
        seq = next_draft_seq(db, item.item_id)
        insert_draft(db, item.item_id, seq, user, again.draft, now=now)
        held = item.status is Status.IN_REVIEW and item.lease_user == user
        shown = move(
            db,
            item,
            Event.AMEND,
            now=now,
            draft_seq=seq,
            evidence=dict(again.evidence),
            evidence_sha256=digest(again.evidence),
            reasons=list(dict.fromkeys([*again.reasons, *item.reasons, f"{AGAIN}{user} changed it"])),
            refs={**again.refs, **item.refs},
            first_approver=None,
            **({} if held else {"lease_user": None, "lease_until": None}),
        )
        record(
            db,
            "review.drafted-again",
            item.item_id,
            now=now,
            actor=user,
            details={"draft_sha256": shown.draft_sha256, "evidence_sha256": shown.evidence_sha256},
        )
    name = item.item_id[:10]
    return ConflictError(
        "review.drafted-again",
        f"nothing is decided yet: what was written for the draft before was written again for your change, "
        f"and item {item.item_id} shows it as version {shown.version}",
        fix=f"read it: compound review show {name}; then: compound review approve {name} --version {shown.version}",
    )
