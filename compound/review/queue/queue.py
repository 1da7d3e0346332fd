"""The review queue: it owns every decision; the graph only waits for one."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from compound.connector.state import StateStore
from compound.connector.state._audit import AuditReport, verify_audit
from compound.errors import CompoundError
from compound.review.decision import claims as _claims
from compound.review.decision import decide as _decide
from compound.review.decision import resume as _resume
from compound.review.decision import stale as _stale
from compound.review.decision import upkeep as _upkeep
from compound.review.decision.desk import LEASE_S, Desk
from compound.review.decision.rehearsal import Rehearse
from compound.review.item.lists import ItemEvent, ItemFilter, ItemSummary, Sweep
from compound.review.item.machine import Status
from compound.review.item.rows import find, insert_item, item_id_of, load
from compound.review.item.types import (
    Action,
    Clock,
    ContextProbe,
    Decision,
    Draft,
    DraftVersion,
    Edit,
    NewItem,
    Redraft,
    ResumeClaim,
    Revalidate,
    ReviewItem,
)
from compound.review.queue import listing as _listing

if TYPE_CHECKING:
    from pydantic import JsonValue


class ReviewQueue:
    """Items, claims, decisions. Any number of processes may use one store.

    Every write names the version it saw and happens in one transaction; who comes second gets a
    `ConflictError` that says who was first, what they did and when. `DataError` `review.unknown-item` can
    come from every method that takes an item's id.

    Args:
        store: The state store.
        clock: UTC seconds; for tests.
        probe: Knows the present row versions; None means that nothing outside can make an item stale.
        revalidate: Checks changed arguments; None means that arguments may not be changed.
        rehearse: Tries a decision out on the graph before it is stored; None where items belong to no graph.
    """

    def __init__(
        self,
        store: StateStore,
        *,
        clock: Clock = time.time,
        probe: ContextProbe | None = None,
        revalidate: Revalidate | None = None,
        rehearse: Rehearse | None = None,
    ) -> None:
        self._store = store
        self._desk = Desk(store=store, clock=clock, probe=probe, revalidate=revalidate, rehearse=rehearse)

    def now(self) -> float:
        """The queue's clock, UTC seconds."""
        return self._desk.clock()

    def open_item(self, new: NewItem) -> ReviewItem:
        """Ask a person. Idempotent on (run_id, node, round): the second call returns the same item."""
        item_id = item_id_of(new.run_id, new.node, new.round, 0)
        with self._store.read() as db:  # a resumed run asks again; only the first time is worth the lock of a writer
            known = find(db, item_id)
        if known is not None:
            return known
        # A power cut may take an item back that nobody has decided yet; its run then opens it again.
        with self._store.write(durable=False) as db:
            return find(db, item_id) or insert_item(db, new, now=self._desk.clock())

    def show(self, item_id: str) -> ReviewItem:
        """The item with its ticket, draft and evidence."""
        with self._store.read() as db:
            return load(db, item_id)

    def list(self, where: ItemFilter | None = None) -> Sequence[ItemSummary]:
        """Items by urgency: due first, then the riskiest, then the oldest."""
        return _listing.items(self._desk, where or ItemFilter())

    def resolve(self, named: str, *, limit: int = 6) -> Sequence[tuple[str, Status]]:
        """Ids and statuses of the items whose id begins so, or whose ticket is called so; the newest first."""
        return _listing.resolve(self._desk, named, limit)

    def counts(self, *, queue: str | None = None) -> Mapping[Status, int]:
        """Number of items by status."""
        return _listing.counts(self._desk, queue)

    def decisions(self, item_id: str) -> Sequence[Decision]:
        """Everything that was decided about an item, oldest first."""
        return _listing.decisions(self._desk, item_id)

    def decision_ids(self, run_id: str, node: str) -> Sequence[str]:
        """Ids of all decisions about a review node of a run, of whichever item, oldest first."""
        return _listing.decision_ids(self._desk, run_id, node)

    def item_of(self, decision_id: str) -> str | None:
        """The item of a decision; None for an id that is no decision's."""
        return _listing.item_of(self._desk, decision_id)

    def events(self, item_id: str) -> Sequence[ItemEvent]:
        """What happened to an item, as the audit log tells it, oldest first."""
        return _listing.events(self._desk, item_id)

    def drafts(self, item_id: str) -> Sequence[DraftVersion]:
        """Every saved draft, oldest first: the graph's and people's."""
        return _listing.drafts(self._desk, item_id)

    def claim(self, item_id: str, user: str, *, lease_s: float = LEASE_S, takeover: bool = False) -> ReviewItem:
        """Take an item to look at; its version grows.

        Args:
            item_id: The item.
            user: A person.
            lease_s: How long without a sign of life (`extend`).
            takeover: Take it also from somebody who holds it; the audit log tells.

        Raises:
            ConflictError: `review.claimed` naming the holder, `review.decided`, `review.transition`,
                `review.actor`.
        """
        return _claims.claim(self._desk, item_id, user, lease_s=lease_s, takeover=takeover)

    def claim_next(self, user: str, *, queue: str | None = None, lease_s: float = LEASE_S) -> ReviewItem | None:
        """Take the most urgent item that nobody holds; None when there is none. Askers get distinct items."""
        return _claims.claim_next(self._desk, user, queue=queue, lease_s=lease_s)

    def extend(self, item_id: str, user: str, *, lease_s: float = LEASE_S) -> ReviewItem:
        """A sign of life of who holds the item, also after the lease lapsed if nobody else took it.

        Raises:
            ConflictError: `review.lease-lost`.
        """
        return _claims.extend(self._desk, item_id, user, lease_s=lease_s)

    def release(self, item_id: str, user: str) -> ReviewItem:
        """Give an item back to the queue.

        Raises:
            ConflictError: `review.lease-lost`.
        """
        return _claims.release(self._desk, item_id, user)

    def wake(self, item_id: str, user: str) -> bool:
        """Bring a snoozed item back before its time; false when it is not snoozed."""
        return _claims.wake(self._desk, item_id, user=user)

    def snooze(self, item_id: str, user: str, *, version: int, until: float) -> ReviewItem:
        """Put an item aside until a time, UTC seconds; `sweep` brings it back."""
        return _claims.snooze(self._desk, item_id, user, version=version, until=until)

    def save_draft(self, item_id: str, user: str, draft: Draft) -> int:
        """Keep the holder's unfinished text beside the graph's draft; gives the number of the version."""
        return _claims.save_draft(self._desk, item_id, user, draft)

    def decide(  # noqa: PLR0913  # a decision is one act: what, who, on which version, why
        self,
        item_id: str,
        action: Action,
        *,
        user: str,
        version: int,
        fields: Mapping[str, JsonValue] | None = None,
        edits: Edit | None = None,
        reason: str = "",
        note: str = "",
        idempotency_key: str | None = None,
    ) -> Decision:
        """Decide; the decision, its audit row and the row that resumes the run are one transaction.

        A free item is claimed in the same transaction. Nothing is sent by this.

        Args:
            item_id: The item.
            action: One that the item's review offers (`show(...).decide`), or `return` (with `reason`), `escalate`.
            user: A person; `policy:`, `agent:` and `graph` may not decide.
            version: The version that was shown to the person.
            fields: Fields that the action declares, by name. One that is shown already may be left out.
            edits: The fields `text` and `actions`. An action may be dropped, never added or renamed.
            reason: The field `reason`.
            note: Free text.
            idempotency_key: The same key with the same request gives the same decision again.

        Returns:
            The decision; `final` is false when a second person or the next level has to decide.

        Raises:
            ConflictError: `review.decided` (who won), `review.version`, `review.claimed`, `review.stale`
                (what changed; the item is stale now), `review.second-approver`, `review.reason`,
                `review.returns`, `review.idempotency`, `review.transition`, `review.actor`;
                `review.drafted-again`: the change needs another draft, which the item shows now.
            DataError: `review.not-offered`, `review.missing-field`; `review.edit`, `review.text-needed`: the edit
                may not be done.
        """
        given = {**(edits.to_fields() if edits else {}), **({"reason": reason} if reason else {}), **(fields or {})}
        wish = _decide.Wish(
            item_id=item_id,
            action=action,
            user=user,
            version=version,
            given=given,
            note=note,
            key=idempotency_key,
        )
        return _decide.decide(self._desk, wish)

    def auto_decide(
        self, item_id: str, *, policy: str, action: Literal["approve", "reject"] = "approve", note: str = ""
    ) -> Decision:
        """Approve or reject as the policy with this hash (actor `policy:<hash>`), only an item that nobody touched.

        Args:
            item_id: The item.
            policy: Hash of the rule that decides.
            action: What it decides.
            note: By what right: the certificate.

        Raises:
            ConflictError: `review.transition`, `review.stale`, `review.decided`.
        """
        return _decide.auto_decide(self._desk, item_id, policy=policy, action=action, note=note)

    def check_stale(self, item_id: str) -> ReviewItem:
        """Ask the probe; an undecided item whose rows changed becomes stale."""
        return _stale.check(self._desk, item_id)

    def reopen(self, item_id: str, error: CompoundError, *, actor: str = "outbox") -> ReviewItem:
        """An effect of the decision was refused, so nothing was done: the item is stale and says why."""
        return _stale.reopen(self._desk, item_id, error, actor=actor)

    def outdate(self, item_id: str, error: CompoundError, *, actor: str) -> ReviewItem:
        """Mark an open item stale because its graph changed; `redraft` brings it back."""
        return _stale.outdate(self._desk, item_id, error, actor=actor)

    def redraft(
        self,
        item_id: str,
        *,
        user: str,
        version: int,
        fresh: Redraft | None = None,
        refs: Mapping[str, int] | None = None,
    ) -> ReviewItem:
        """Bring a stale item back to the queue. What people wrote stays among its drafts.

        Args:
            item_id: The item.
            user: A person; `graph` with a new draft.
            version: The version that was seen.
            fresh: The graph's new draft with its evidence. None keeps the old one, checked again where the
                queue can.
            refs: Row versions for the old draft; None takes the present ones.

        Raises:
            ConflictError: `review.version`, `review.transition`.
            DataError: `review.redraft`: the old draft may not be done any more.
        """
        return _stale.redraft(self._desk, item_id, user=user, version=version, fresh=fresh, refs=refs)

    def undo(self, item_id: str, *, user: str) -> ReviewItem:
        """Take a decision back while its run has not gone on.

        Raises:
            ConflictError: `review.too-late`, `review.transition`.
        """
        return _upkeep.undo(self._desk, item_id, user=user)

    def withdraw(self, item_id: str, *, actor: str, reason: str) -> ReviewItem:
        """The run was cancelled: nobody has to decide any more."""
        return _upkeep.withdraw(self._desk, item_id, actor=actor, reason=reason)

    def expire(self) -> Sweep:
        """End, escalate or remind of what nobody decided in time. Never approves."""
        return _upkeep.expire(self._desk)

    def sweep(self) -> Sweep:
        """All that the clock does: lapsed leases, snoozed items, `expire`."""
        return _upkeep.sweep(self._desk)

    def decision_for(self, run_id: str, node: str, *, round: int = 0) -> Decision | None:
        """The decision a waiting run goes on with; None while there is none, or it was reopened or undone."""
        return _resume.decision_for(self._desk, run_id, node, round)

    def claim_resume(
        self, item_id: str, *, owner: str | None = None, lease_s: float = _resume.RESUME_LEASE_S
    ) -> ResumeClaim:
        """Take the right to resume the item's run; a process that died holding it has lost it.

        `lease_s` is how long another machine believes it without a sign of life (`renew_resume`).

        Raises:
            ConflictError: `review.undecided`, `review.undo-open`, `review.resume-running`, `review.resume-over`.
        """
        return _resume.claim_resume(self._desk, item_id, owner=owner, lease_s=lease_s)

    def renew_resume(self, claim: ResumeClaim, *, lease_s: float = _resume.RESUME_LEASE_S) -> bool:
        """A sign of life of who resumes a run; false when another process has taken it over."""
        return _resume.renew_resume(self._desk, claim, lease_s=lease_s)

    def undo_until(self, decision_id: str) -> float | None:
        """Until when a decision can be taken back, UTC seconds; None when its run may go on, or has."""
        return _resume.undo_until(self._desk, decision_id)

    def returns(self, run_id: str) -> Sequence[Decision]:
        """Decisions that gave drafts of a run back to its graph, oldest first."""
        return _resume.returns(self._desk, run_id)

    def finish_resume(
        self, claim: ResumeClaim, *, error: Mapping[str, JsonValue] | None = None, retry: bool = False
    ) -> None:
        """Say how the resumed run ended: done, to be tried again, or (an error, no retry) a dead letter.

        Raises:
            ConflictError: `review.resume-lost`.
        """
        _resume.finish_resume(self._desk, claim, error=error, retry=retry)

    def open_resumes(self) -> Sequence[str]:
        """Ids of items whose decided run has to go on, oldest first."""
        return _resume.open_resumes(self._desk)

    def verify_audit(self, *, expected_head: str | None = None) -> AuditReport:
        """Check the audit log's chain, row by row."""
        return verify_audit(self._store, expected_head=expected_head)
