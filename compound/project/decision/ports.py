"""Implements the graph engine's ports over the review queue and the outbox."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from compound.effect import Effect, EffectGroup, EffectTarget
from compound.effect.outbox import Outbox
from compound.effect.types import EffectResult, EffectStatus
from compound.errors import ConflictError, DataError, ProjectError, choices
from compound.graph.port.services import (
    AutoRuling,
    OpenedReview,
    ReviewDecision,
    ReviewRequest,
)
from compound.project.decision.done import canonical_of
from compound.project.decision.drafts import draft_of
from compound.project.open.conversation import rows_only
from compound.review import ReviewFilter, Status
from compound.review.queue.queue import ReviewQueue
from compound.review.stored.elements import lead_of
from compound.review.stored.machine import UNDECIDED
from compound.review.stored.offer import WITHOUT_EFFECTS
from compound.review.stored.types import Decision, NewReview, Readiness, Redraft, Review

if TYPE_CHECKING:
    from pydantic import JsonValue

_OPEN = frozenset({"pending", "in_review", "awaiting_second", "snoozed"})
RETURN = "return"


class RuleGuard(Protocol):
    """Decides whether an `auto` rule may fire; implemented by `compound.project.decision.automatic.Gatekeeper`."""

    def said(self, request: ReviewRequest) -> tuple[Readiness | None, tuple[str, ...]]:
        """The result of the rule for a draft and, if it holds but a person must decide, why."""
        ...


class Conversed(Protocol):
    """Finds the conversation of a run; implemented by `compound.project.decision.conversations.Conversations`."""

    def refs(self, run_id: str) -> Mapping[str, int]:
        """The run's conversation and its number of messages when the run was drafted; empty if it has none."""
        ...


class QueuedReviews:
    """`compound.graph.port.services.Reviews` over the review queue.

    A review proposes the effects that follow it; the reasons for asking come from the graph's
    `shows.reasons`.

    Args:
        queue: The queue.
        effects: The project's effects: their changes and recipients.
        gatekeeper: Decides whether a rule may fire; None: no rule fires.
        conversations: Finds which message of which conversation a run answers; None: no conversations are stored.
    """

    def __init__(
        self,
        queue: ReviewQueue,
        effects: Mapping[str, Effect] | None = None,
        gatekeeper: RuleGuard | None = None,
        conversations: Conversed | None = None,
    ) -> None:
        self.queue = queue
        self._conversations = conversations
        self._gatekeeper = gatekeeper
        self._effects = effects or {}

    async def open(self, request: ReviewRequest) -> OpenedReview:
        """Open or find the review. A rule that holds decides an untouched review if a certificate covers it."""
        new, review, decision = self._opened(self._ruled(request))
        if review.status is Status.STALE and request.redraft != "no":
            review = self.queue.redraft(review.review_id, user="graph", version=review.version, fresh=_fresh(new))
        if decision is None and self._refs(new.run_id):
            review = self._checked(review)  # a message may have arrived while the run came to this review
        # Every decision changes the version of its review.
        if decision is None and review.version > 1 and review.status is not Status.DECIDED:
            decision = self._standing(review)
        # a returned draft is shown to a person again
        auto = request.auto if request.redraft != "ask" and new.returns == 0 else None
        by = _certified(new, review)
        if decision is None and auto is not None and by and review.status is Status.PENDING:
            decision = self._decide(review.review_id, auto, by)
            review = self.queue.show(review.review_id) if decision is None else review
        return OpenedReview(
            review_id=review.review_id,
            decision=self._told(decision, review) if decision else _closed(review),
            is_stale=review.status is Status.STALE,
        )

    def _refs(self, run_id: str) -> Mapping[str, int]:
        return {} if self._conversations is None else self._conversations.refs(run_id)

    def _checked(self, review: Review) -> Review:
        """The review, marked stale if a message arrived that its draft does not include."""
        with suppress(ConflictError):  # it is being decided or claimed; a decision makes its own check
            return self.queue.check_stale(review.review_id)
        return self.queue.show(review.review_id)

    def _ruled(self, request: ReviewRequest) -> NewReview:
        new = self._new_item(request)
        if request.auto is None:
            return new
        if self._gatekeeper is None:
            ready = request.auto.is_automatic
            why = ("not certified",) if ready else ()
            readiness = Readiness(ready=ready, action=request.auto.action)
            return replace(new, readiness=readiness, reasons=(*why, *new.reasons))
        readiness, why = self._gatekeeper.said(request)
        if readiness is not None and request.redraft == "ask":
            readiness = replace(readiness, certificate="")  # the person who requested the new draft decides it
        return replace(new, readiness=readiness, reasons=(*why, *new.reasons))

    def _opened(self, new: NewReview) -> tuple[NewReview, Review, Decision | None]:
        """The newest review (each return of a draft opens one) and its decision."""
        review = self.queue.open_review(new)
        standing: Decision | None = None
        while review.status is Status.DECIDED:
            standing = self.queue.decision_for(review.run_id, review.node, returns=review.returns)
            if standing is None or standing.action != RETURN:
                break
            why = f"returned by {standing.actor}: {standing.note or standing.reason}"
            new = replace(new, returns=review.returns + 1, reasons=(*new.reasons, why))
            review, standing = self.queue.open_review(new), None
        return new, review, standing

    def _standing(self, review: Review) -> Decision | None:
        """The decision that resumes the run; a returned draft has none."""
        found = self.queue.decision_for(review.run_id, review.node, returns=review.returns)
        return None if found is None or found.action == RETURN else found

    def _told(self, decision: Decision, review: Review) -> ReviewDecision:
        """The decision as the run sees it; an escalated review's decision replaces that of the first review."""
        decided = review if decision.review_id == review.review_id else self.queue.show(decision.review_id)
        return _decided(decision, review, decided.first_approver or "")

    async def withdraw(self, run_id: str, elements: str, *, kept: int) -> None:
        """Withdraw the undecided items of elements that a map no longer has."""
        for one in self.queue.list(ReviewFilter(run_id=run_id, statuses=tuple(UNDECIDED), limit=10_000)):
            index = one.node.removeprefix(elements).partition("]")[0]
            if one.node.startswith(elements) and int(index) >= kept:
                why = f"the list of {elements.removesuffix('[')} no longer has this item"
                self.queue.withdraw(one.review_id, actor="graph", reason=why)

    async def instruction(self, run_id: str, lead: str = "") -> str:
        """The changes that the person who last returned a draft of this run, or of an element of it, asked for."""
        returned = [one for one in self.queue.returns(run_id) if lead_of(one.node) == lead]
        return (returned[-1].note or returned[-1].reason or "") if returned else ""

    def _decide(self, review_id: str, auto: AutoRuling, certificate: str) -> Decision | None:
        if auto.action not in {"approve", "reject"}:
            return None  # the queue has no such decision of a rule; a person decides
        action = "reject" if auto.action == "reject" else "approve"
        try:
            policy = auto.actor.removeprefix("policy:")
            return self.queue.auto_decide(review_id, policy=policy, action=action, certificate=certificate)
        except (ConflictError, DataError):
            # A row changed, a person decided first, the certificate was withdrawn, or the review does not offer this
            # decision: a person decides.
            return None

    async def reopen(self, request: ReviewRequest) -> OpenedReview:
        """Store the run's current draft in an undecided review."""
        new, review, _ = self._opened(self._ruled(request))
        then = review.draft, dict(review.refs), review.decide, review.title
        if review.status in _OPEN and then != (new.draft, dict(new.refs), new.decide, new.title):
            what = f"the graph of run {request.run_id} changed, and with it the draft"
            stale = self.queue.outdate(review.review_id, ConflictError("graph.changed", what), actor="graph")
            self.queue.redraft(review.review_id, user="graph", version=stale.version, fresh=_fresh(new))
        return await self.open(request)

    def _new_item(self, request: ReviewRequest) -> NewReview:
        shown = request.shown
        now = self.queue.now()
        held: dict[str, JsonValue] | None = None
        if request.held is not None:
            held = {**request.held, "graph": request.graph_name, "graph_hash": request.graph_hash}
        return NewReview(
            run_id=request.run_id,
            node=request.node,
            thread_id=request.thread_id,
            queue=request.queue,
            item_id=request.item_name or None,
            item=request.item,
            title=request.title,
            draft=draft_of(request, self._effects),
            evidence=shown,
            reasons=reasons_of(request),
            refs={**request.versions, **self._refs(request.run_id)},
            decide=request.decide,
            held=held,
            graph_name=request.graph_name,
            risk=request.risk,
            second=request.second,
            undo_s=request.undo_s,
            due_at=None if request.due_s is None else now + request.due_s,
            expire_at=None if request.expire_s is None else now + request.expire_s,
            on_expire=request.on_expire,
            escalate_to=request.escalate_to,
        )

    async def decision(self, review_id: str) -> ReviewDecision | None:
        """The final decision of an review; None while it waits."""
        review = self.queue.recall(review_id)
        decision = self._standing(review)
        return self._told(decision, review) if decision else _closed(review)


def reasons_of(request: ReviewRequest) -> tuple[str, ...]:
    """Why a person is asked."""
    reasons = request.reasons
    if not reasons and request.auto is not None and request.auto.reason:
        reasons = (request.auto.reason,)
    return reasons + request.remarks


def _closed(review: Review) -> ReviewDecision | None:
    """The end of an review of a map that nobody decided in time; a run's own review ends with the run."""
    if review.status is not Status.EXPIRED or review.on_expire != "close" or not lead_of(review.node):
        return None
    return ReviewDecision(
        decision_id="",
        review_id=review.review_id,
        action="",
        actor="clock",
        versions=rows_only(review.refs),
        is_closed=True,
    )


def _certified(now: NewReview, review: Review) -> str:
    """The certificate under which the review may be decided automatically; empty if there is none.

    It must cover the review both when it was opened and now: a review that waits for a person keeps waiting for one.
    """
    then = "" if review.readiness is None else review.readiness.certificate
    return then and ("" if now.readiness is None else now.readiness.certificate)


def _fresh(new: NewReview) -> Redraft:
    return Redraft(
        readiness=new.readiness,
        draft=new.draft,
        evidence=new.evidence,
        reasons=new.reasons,
        refs=new.refs,
        risk=new.risk,
        second=new.second,
        undo_s=new.undo_s,
        decide=new.decide,
        source=(new.item, new.title),
    )


def _decided(decision: Decision, review: Review, first_by: str) -> ReviewDecision:
    return ReviewDecision(
        decision_id=decision.decision_id,
        review_id=decision.review_id,
        action=decision.action,
        actor=decision.actor,
        fields=decision.fields,
        versions=rows_only(decision.refs),
        is_automatic=decision.actor.startswith("policy:"),
        waited_s=max(0.0, decision.decided_at - review.created_at),
        first_by=first_by,
        amends=decision.draft.amends if decision.action not in WITHOUT_EFFECTS else {},
    )


class TargetedOutbox:
    """`compound.graph.port.services.Outbox` over the outbox and the targets of the project."""

    def __init__(self, outbox: Outbox, effects: Mapping[str, Effect], targets: Mapping[str, EffectTarget]) -> None:
        self.outbox = outbox
        self._effects = effects
        self._targets = targets

    async def enqueue(self, group: EffectGroup) -> Sequence[str]:
        """Write the effects of a decision, exactly once."""
        calls = [replace(call, target=self._target(call.name)) for call in group.effects]
        return self.outbox.enqueue(replace(group, effects=calls), canonical=canonical_of(self._effects))

    async def deliver(self, keys: Sequence[str]) -> Sequence[EffectResult]:
        """Perform the effects; each target performs its own in one transaction.

        An effect that another process performs counts as failed: this run is checked again later.
        """
        results = await self.outbox.deliver(keys, self._targets)
        return [
            replace(one, status=EffectStatus.FAILED) if one.status is EffectStatus.SENDING else one for one in results
        ]

    def _target(self, name: str) -> str:
        found = self._effects.get(name)
        if found is None:
            raise ProjectError(
                "project.unknown-effect",
                f"no effect is named {name!r}",
                fix=f"declare it with @effect in tools/; {choices(list(self._effects), name)}",
            )
        return found.target
