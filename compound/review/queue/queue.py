"""The review queue: it owns every decision; the graph waits for one."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from compound.connector.state import StateStore
from compound.connector.state.audit import AuditReport, verify_audit
from compound.errors import CompoundError
from compound.review.decision import decide as _decide
from compound.review.decision import leases as _leases
from compound.review.decision import stale as _stale
from compound.review.decision import upkeep as _upkeep
from compound.review.decision.backend import LEASE_S, Backend
from compound.review.decision.rehearsal import Rehearse, Rehearsed
from compound.review.desk.desk import ReviewDesk
from compound.review.queue import listing as _listing
from compound.review.queue.counting import SOON_S, Counted, Counting
from compound.review.queue.resumes import Resumes
from compound.review.stored.lists import ReviewEvent, ReviewFilter, ReviewSummary, Sweep
from compound.review.stored.machine import Status
from compound.review.stored.rows import find, insert_review, load, review_id_of
from compound.review.stored.types import (
    Action,
    Clock,
    Decision,
    DraftVersion,
    Edit,
    NewReview,
    Redraft,
    Revalidate,
    Review,
    VersionProbe,
)

if TYPE_CHECKING:
    from pydantic import JsonValue


class ReviewQueue(Resumes):
    """Reviews, claims, decisions. Any number of processes may use one store.

    Every write names the version it saw and is one transaction; the loser of a race gets a `ConflictError` that says
    who was first, what they did and when. Every method that takes a review's id can raise `DataError`
    `review.unknown`.

    Args:
        store: The state store.
        clock: UTC seconds; for tests.
        probe: Reads current row versions; None: rows never make a review stale.
        revalidate: Checks edited arguments; None: arguments cannot be edited.
        rehearse: Rehearses a decision on the graph before it is stored; None for reviews without a graph.
        share_of: Graph to the share of its decisions that is drawn for a blind second look; None: none is.
    """

    def __init__(
        self,
        store: StateStore,
        *,
        clock: Clock = time.time,
        probe: VersionProbe | None = None,
        revalidate: Revalidate | None = None,
        rehearse: Rehearse | None = None,
        share_of: Callable[[str], float] | None = None,
    ) -> None:
        self._store = store
        self._backend = Backend(
            store=store, clock=clock, probe=probe, revalidate=revalidate, rehearse=rehearse, share_of=share_of
        )
        self._counting = Counting(self._backend, SOON_S)

    @property
    def desk(self) -> ReviewDesk:
        """Comments, assignments and unfinished text of people."""
        return ReviewDesk(self._backend)

    def now(self) -> float:
        """The queue's clock, UTC seconds."""
        return self._backend.clock()

    def open_review(self, new: NewReview) -> Review:
        """Open a review. Idempotent on (run_id, node, returns): a second call returns the same review."""
        review_id = review_id_of(new.run_id, new.node, new.returns, 0)
        with self._store.read() as db:  # a resumed run asks again; only the first call needs the write lock
            known = find(db, review_id)
        if known is not None:
            return known
        # A power failure may lose an undecided review; its run then opens it again.
        with self._store.write(durable=False) as db:
            return find(db, review_id) or insert_review(db, new, now=self._backend.clock())

    def show(self, review_id: str) -> Review:
        """The review with its fields, draft and evidence."""
        with self._store.read() as db:
            return load(db, review_id)

    def find(self, review_id: str) -> Review | None:
        """Internal: the review with exactly this id; None if there is none."""
        with self._store.read() as db:
            return find(db, review_id)

    def list(self, where: ReviewFilter | None = None) -> Sequence[ReviewSummary]:
        """Reviews by urgency: due first, then by risk, then oldest first."""
        return _listing.reviews(self._backend, where or ReviewFilter())

    def tally(self, wheres: Mapping[str, ReviewFilter]) -> dict[str, int]:
        """How many reviews each of several filters finds, in one query; their limits do not count."""
        return _listing.tally(self._backend, wheres)

    def counted(self) -> Counted:
        """Internal: the numbers of reviews of every kind; where counting takes long, those of a moment ago."""
        return self._counting.now()

    def resolve(self, named: str, *, limit: int = 6) -> Sequence[tuple[str, Status]]:
        """Ids and statuses of the reviews with this id prefix or of this source item; newest first."""
        return _listing.resolve(self._backend, named, limit)

    def counts(self, *, queue: str | None = None) -> Mapping[Status, int]:
        """Number of reviews by status."""
        return _listing.counts(self._backend, queue)

    def decisions(self, review_id: str) -> Sequence[Decision]:
        """All decisions about a review, oldest first."""
        return _listing.decisions(self._backend, review_id)

    def decision_ids(self, run_id: str, node: str) -> Sequence[str]:
        """Ids of all decisions about a review node of a run, across its reviews, oldest first."""
        return _listing.decision_ids(self._backend, run_id, node)

    def decision_with(self, key: str) -> Decision | None:
        """The decision that a request with this idempotency key made; None if none did."""
        return _listing.decision_with(self._backend, key)

    def review_of(self, decision_id: str) -> str | None:
        """The review of a decision; None for an unknown decision."""
        return _listing.review_of(self._backend, decision_id)

    def events(self, review_id: str) -> Sequence[ReviewEvent]:
        """Audit events of a review, oldest first."""
        return _listing.events(self._backend, review_id)

    def drafts(self, review_id: str) -> Sequence[DraftVersion]:
        """Every saved draft, oldest first: the graph's and people's."""
        return _listing.drafts(self._backend, review_id)

    def claim(self, review_id: str, user: str, *, lease_s: float = LEASE_S, takeover: bool = False) -> Review:
        """Claim a review; increments its version.

        Args:
            review_id: The review.
            user: A person.
            lease_s: Lease in seconds, renewed by `extend`.
            takeover: Take over another user's lease; recorded in the audit log.

        Raises:
            ConflictError: `review.claimed` naming the holder, `review.decided`, `review.transition`,
                `review.actor`.
        """
        return _leases.claim(self._backend, review_id, user, lease_s=lease_s, takeover=takeover)

    def claim_next(self, user: str, *, queue: str | None = None, lease_s: float = LEASE_S) -> Review | None:
        """Claim the most urgent unclaimed review; None if there is none. Concurrent callers get distinct reviews."""
        return _leases.claim_next(self._backend, user, queue=queue, lease_s=lease_s)

    def extend(self, review_id: str, user: str, *, lease_s: float = LEASE_S) -> Review:
        """Extend the holder's lease, even an expired one if nobody else has claimed the review.

        Raises:
            ConflictError: `review.lease-lost`.
        """
        return _leases.extend(self._backend, review_id, user, lease_s=lease_s)

    def release(self, review_id: str, user: str) -> Review:
        """Release a review to the queue.

        Raises:
            ConflictError: `review.lease-lost`.
        """
        return _leases.release(self._backend, review_id, user)

    def wake(self, review_id: str, user: str) -> bool:
        """Wake a snoozed review early; returns False if it is not snoozed."""
        return _leases.wake(self._backend, review_id, user=user)

    def snooze(self, review_id: str, user: str, *, version: int, until: float) -> Review:
        """Snooze a review until a time, UTC seconds; `sweep` wakes it."""
        return _leases.snooze(self._backend, review_id, user, version=version, until=until)

    def decide(  # noqa: PLR0913  # one call: what, who, which version, why
        self,
        review_id: str,
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
        """Decide; the decision, its audit row and its resume row are one transaction.

        An unclaimed review is claimed in the same transaction. No effect runs yet.

        Args:
            review_id: The review.
            action: An action of the review's offer (`show(...).decide`), `return` (with `reason`) or `escalate`.
            user: A person; `policy:`, `agent:` and `graph` cannot decide.
            version: The version that was shown to the person.
            fields: Declared fields of the action, by name. Fields with a shown value may be left out.
            edits: The fields `text` and `actions`. An action may be dropped, never added or renamed.
            reason: The field `reason`.
            note: Free text.
            idempotency_key: The same key with the same request returns the same decision.

        Returns:
            The decision; `final` is False if a second person or the next level must decide.

        Raises:
            ConflictError: `review.decided` (who won), `review.version`, `review.claimed`, `review.stale`
                (the review is now stale), `review.second-approver`, `review.reason`,
                `review.returns`, `review.idempotency`, `review.transition`, `review.actor`;
                `review.drafted-again`: the change led to a new draft, which the review now shows.
            DataError: `review.not-offered`, `review.missing-field`; `review.edit`, `review.text-needed`: the edit is
                not valid.
        """
        given = {**(edits.to_fields() if edits else {}), **({"reason": reason} if reason else {}), **(fields or {})}
        wish = _decide.Wish(
            review_id=review_id,
            action=action,
            user=user,
            version=version,
            given=given,
            note=note,
            key=idempotency_key,
        )
        return _decide.decide(self._backend, wish)

    def rehearse(self, review_id: str, action: Action, *, user: str, fields: Mapping[str, JsonValue]) -> Rehearsed:
        """What a decision would lead to: its draft, effects and row versions; the decision is not stored.

        Args:
            review_id: The review.
            action: An action of the review's offer.
            user: The person who would decide.
            fields: Declared fields of the action that the person changes.

        Raises:
            DataError: As `decide`: the fields are not valid.
            ConflictError: `review.drafted-again`: the graph changed, and the review shows a new draft.
        """
        return _decide.rehearsed(self._backend, review_id, action, user=user, given=fields)

    def next_open(
        self,
        user: str,
        *,
        queues: Sequence[str] = (),
        but: str = "",
        ready: bool | None = None,
        without: Collection[str] = (),
    ) -> str | None:
        """Id of the next review that a person may decide, or holds; nothing is claimed.

        Args:
            user: The person.
            queues: Only of these queues; empty: of all.
            but: The review that the person looks at: the one behind it follows.
            ready: Only drafts whose `auto` rule holds, or does not hold; None: both.
            without: Ids of reviews to leave out.
        """
        return _leases.next_open(self._backend, user, queues=queues, but=but, ready=ready, without=without)

    def auto_decide(
        self, review_id: str, *, policy: str, action: Literal["approve", "reject"] = "approve", certificate: str = ""
    ) -> Decision:
        """Approve or reject as a policy (actor `policy:<hash>`); only untouched reviews.

        Args:
            review_id: The review.
            policy: Hash of the rule that decides.
            action: Action to decide.
            certificate: The certificate that allows it; refused if it is withdrawn.

        Raises:
            ConflictError: `review.transition`, `review.stale`, `review.decided`; `certify.revoked`.
        """
        return _decide.auto_decide(self._backend, review_id, policy=policy, action=action, certificate=certificate)

    def check_stale(self, review_id: str) -> Review:
        """Probe row versions; an undecided review whose rows changed becomes stale."""
        return _stale.check_stale(self._backend, review_id)

    def recall(self, review_id: str) -> Review:
        """Take back a decision whose draft is out of date before its run resumes: the review becomes stale.

        Returns the review; unchanged if its draft is up to date or its run has resumed.
        """
        return _stale.recall(self._backend, review_id)

    def reopen(self, review_id: str, error: CompoundError, *, actor: str = "outbox") -> Review:
        """Mark a review stale because an effect of its decision was refused; no effect ran."""
        return _stale.reopen(self._backend, review_id, error, actor=actor)

    def outdate(self, review_id: str, error: CompoundError, *, actor: str) -> Review:
        """Mark an open review stale because its graph changed; `redraft` reopens it."""
        return _stale.outdate(self._backend, review_id, error, actor=actor)

    def redraft(
        self,
        review_id: str,
        *,
        user: str,
        version: int,
        fresh: Redraft | None = None,
        refs: Mapping[str, int] | None = None,
    ) -> Review:
        """Reopen a stale review. Drafts that people wrote are kept.

        Args:
            review_id: The review.
            user: A person, or `graph` with a new draft.
            version: The version that was seen.
            fresh: The graph's new draft with its evidence. None keeps the old draft, revalidated if the queue can.
            refs: Row versions for the old draft; None: the current ones.

        Raises:
            ConflictError: `review.version`, `review.transition`.
            DataError: `review.redraft`: the old draft is no longer valid.
        """
        return _stale.redraft(self._backend, review_id, user=user, version=version, fresh=fresh, refs=refs)

    def undo(self, review_id: str, *, user: str) -> Review:
        """Undo a decision while its run is not resumed.

        Raises:
            ConflictError: `review.too-late`, `review.transition`.
        """
        return _upkeep.undo(self._backend, review_id, user=user)

    def withdraw(self, review_id: str, *, actor: str, reason: str) -> Review:
        """Withdraw a review because its run was cancelled."""
        return _upkeep.withdraw(self._backend, review_id, actor=actor, reason=reason)

    def expire(self) -> Sweep:
        """Close, escalate or remind of expired reviews. Never approves."""
        return _upkeep.expire(self._backend)

    def sweep(self) -> Sweep:
        """Process everything that is due: expired leases, snoozed reviews, `expire`."""
        return _upkeep.sweep(self._backend)

    def still_running(self) -> Sequence[str]:
        """Ids of reviews that expired with `on_expire: close` while their run still waits."""
        return _upkeep.still_running(self._backend)

    def verify_audit(self, *, expected_head: str | None = None) -> AuditReport:
        """Verify the hash chain of the audit log."""
        return verify_audit(self._store, expected_head=expected_head)
