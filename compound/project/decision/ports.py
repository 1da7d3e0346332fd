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
from compound.review.item.elements import lead_of
from compound.review.item.machine import UNDECIDED
from compound.review.item.offer import WITHOUT_EFFECTS
from compound.review.item.types import Decision, NewReview, Readiness, Redraft, ReviewItem
from compound.review.queue.queue import ReviewQueue

if TYPE_CHECKING:
    from pydantic import JsonValue

_OPEN = frozenset({"pending", "in_review", "awaiting_second", "snoozed"})
RETURN = "return"


class Gate(Protocol):
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

    An item proposes the effects that follow its review; the reasons for asking come from the graph's
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
        gatekeeper: Gate | None = None,
        conversations: Conversed | None = None,
    ) -> None:
        self.queue = queue
        self._conversations = conversations
        self._gatekeeper = gatekeeper
        self._effects = effects or {}

    async def open(self, request: ReviewRequest) -> OpenedReview:
        """Open or find the item. A rule that holds decides an untouched item if a certificate covers it."""
        new, item, decision = self._opened(self._ruled(request))
        if item.status is Status.STALE and request.redraft != "no":
            item = self.queue.redraft(item.review_id, user="graph", version=item.version, fresh=_fresh(new))
        if decision is None and self._refs(new.run_id):
            item = self._checked(item)  # a message may have arrived while the run came to this review
        # Every decision changes the version of its item.
        if decision is None and item.version > 1 and item.status is not Status.DECIDED:
            decision = self._standing(item)
        # a returned draft is shown to a person again
        auto = request.auto if request.redraft != "ask" and new.round == 0 else None
        by = _certified(new, item)
        if decision is None and auto is not None and by and item.status is Status.PENDING:
            decision = self._decide(item.review_id, auto, by)
            item = self.queue.show(item.review_id) if decision is None else item
        return OpenedReview(
            review_id=item.review_id,
            decision=self._told(decision, item) if decision else _closed(item),
            is_stale=item.status is Status.STALE,
        )

    def _refs(self, run_id: str) -> Mapping[str, int]:
        return {} if self._conversations is None else self._conversations.refs(run_id)

    def _checked(self, item: ReviewItem) -> ReviewItem:
        """The item, marked stale if a message arrived that its draft does not include."""
        with suppress(ConflictError):  # it is being decided or claimed; a decision makes its own check
            return self.queue.check_stale(item.review_id)
        return self.queue.show(item.review_id)

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

    def _opened(self, new: NewReview) -> tuple[NewReview, ReviewItem, Decision | None]:
        """The item of the newest round (each return of a draft opens one) and its decision."""
        item = self.queue.open_item(new)
        standing: Decision | None = None
        while item.status is Status.DECIDED:
            standing = self.queue.decision_for(item.run_id, item.node, round=item.round)
            if standing is None or standing.action != RETURN:
                break
            why = f"returned by {standing.actor}: {standing.note or standing.reason}"
            new = replace(new, round=item.round + 1, reasons=(*new.reasons, why))
            item, standing = self.queue.open_item(new), None
        return new, item, standing

    def _standing(self, item: ReviewItem) -> Decision | None:
        """The decision that resumes the run; a returned draft has none."""
        found = self.queue.decision_for(item.run_id, item.node, round=item.round)
        return None if found is None or found.action == RETURN else found

    def _told(self, decision: Decision, item: ReviewItem) -> ReviewDecision:
        """The decision as the run sees it; an escalated item's decision replaces that of the first item."""
        decided = item if decision.review_id == item.review_id else self.queue.show(decision.review_id)
        return _decided(decision, item, decided.first_approver or "")

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
            policy, note = auto.actor.removeprefix("policy:"), f"certificate {certificate}"
            return self.queue.auto_decide(review_id, policy=policy, action=action, note=note)
        except (ConflictError, DataError):
            # A row changed, a person decided first, or the review does not offer this decision: a person decides.
            return None

    async def reopen(self, request: ReviewRequest) -> OpenedReview:
        """Store the run's current draft in an undecided item."""
        new, item, _ = self._opened(self._ruled(request))
        then = item.draft, dict(item.refs), item.decide, item.title
        if item.status in _OPEN and then != (new.draft, dict(new.refs), new.decide, new.title):
            what = f"the graph of run {request.run_id} changed, and with it the draft"
            stale = self.queue.outdate(item.review_id, ConflictError("graph.changed", what), actor="graph")
            self.queue.redraft(item.review_id, user="graph", version=stale.version, fresh=_fresh(new))
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
        """The final decision of an item; None while it waits."""
        item = self.queue.recall(review_id)
        decision = self._standing(item)
        return self._told(decision, item) if decision else _closed(item)


def reasons_of(request: ReviewRequest) -> tuple[str, ...]:
    """Why a person is asked."""
    reasons = request.reasons
    if not reasons and request.auto is not None and request.auto.reason:
        reasons = (request.auto.reason,)
    return reasons + request.remarks


def _closed(item: ReviewItem) -> ReviewDecision | None:
    """The end of an item of a map that nobody decided in time; a run's own item ends with the run."""
    if item.status is not Status.EXPIRED or item.on_expire != "close" or not lead_of(item.node):
        return None
    return ReviewDecision(
        decision_id="",
        review_id=item.review_id,
        action="",
        actor="clock",
        versions=rows_only(item.refs),
        is_closed=True,
    )


def _certified(now: NewReview, item: ReviewItem) -> str:
    """The certificate under which the item may be decided automatically; empty if there is none.

    It must cover the item both when it was opened and now: an item that waits for a person keeps waiting for one.
    """
    then = "" if item.readiness is None else item.readiness.certificate
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


def _decided(decision: Decision, item: ReviewItem, first_by: str) -> ReviewDecision:
    return ReviewDecision(
        decision_id=decision.decision_id,
        review_id=decision.review_id,
        action=decision.action,
        actor=decision.actor,
        fields=decision.fields,
        versions=rows_only(decision.refs),
        is_automatic=decision.actor.startswith("policy:"),
        waited_s=max(0.0, decision.decided_at - item.created_at),
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
