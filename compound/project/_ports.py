"""The review queue and the outbox, as the graph engine sees them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol, cast

from compound.effect import Effect, EffectStatus, EffectTarget, NewEffect, Outbox
from compound.errors import ConflictError, ProjectError, choices
from compound.graph.services import (
    AutoRuling,
    EffectGroup,
    EffectOutcome,
    OpenedReview,
    ReviewDecision,
    ReviewRequest,
)
from compound.review import (
    Decision,
    Draft,
    NewItem,
    ProposedAction,
    Readiness,
    Redraft,
    ReviewItem,
    ReviewQueue,
    Status,
)

if TYPE_CHECKING:
    from typing import Literal

    from pydantic import JsonValue

# What a review node shows under these names is what its item is about; everything it shows is evidence.
_OPEN = frozenset({"pending", "in_review", "awaiting_second", "snoozed"})
DRAFT, PLAN, LANE, TICKET = "draft", "plan", "lane", "ticket"


class Gate(Protocol):
    """Says whether an `auto` rule may fire; `compound.project._automatic.Gatekeeper` is one."""

    def said(self, request: ReviewRequest) -> tuple[Readiness | None, tuple[str, ...]]:
        """What the rule says of a draft, and why a person is asked though it holds."""
        ...


class QueuedReviews:
    """`compound.graph.services.Reviews` over the review queue.

    A review node that shows `draft` ({text}), `plan` ({actions}) and `lane` ({reasons}) gives its item a
    reply, proposed actions and the reasons why a person is asked.

    Args:
        queue: Where items wait.
        gatekeeper: Without one no rule ever fires.
    """

    def __init__(self, queue: ReviewQueue, gatekeeper: Gate | None = None) -> None:
        self.queue = queue
        self._gatekeeper = gatekeeper

    async def open(self, request: ReviewRequest) -> OpenedReview:
        """Open the item or find it; a rule that holds decides what nobody touched, where a certificate covers it."""
        new = self._new(request)
        item = self.queue.open_item(new)
        if item.status is Status.STALE and request.redraft != "no":
            item = self.queue.redraft(item.item_id, user="graph", version=item.version, fresh=_fresh(new))
        # Every decision moves its item to another version.
        decision = self.queue.decision_for(request.run_id, request.node) if item.version > 1 else None
        auto = request.auto if request.redraft != "ask" else None
        by = _certified(new, item)
        if decision is None and auto is not None and by and item.status is Status.PENDING:
            decision = self._decide(item.item_id, auto, by)
            item = self.queue.show(item.item_id) if decision is None else item
        return OpenedReview(
            item_id=item.item_id,
            decision=_decided(decision, item) if decision else None,
            is_stale=item.status is Status.STALE,
        )

    def _new(self, request: ReviewRequest) -> NewItem:
        new = _new_item(request)
        if request.auto is None:
            return new
        if self._gatekeeper is None:
            ready = request.auto.is_automatic
            why = ("not certified",) if ready else ()
            readiness = Readiness(ready=ready, action=request.auto.action)
            return replace(new, readiness=readiness, reasons=(*why, *new.reasons))
        readiness, why = self._gatekeeper.said(request)
        if readiness is not None and request.redraft == "ask":
            readiness = replace(readiness, certificate="")  # whoever had it drafted again decides it
        return replace(new, readiness=readiness, reasons=(*why, *new.reasons))

    def _decide(self, item_id: str, auto: AutoRuling, certificate: str) -> Decision | None:
        if auto.action not in {"approve", "reject"}:
            return None  # the queue knows no such decision of a rule; a person makes it
        action = "reject" if auto.action == "reject" else "approve"
        try:
            policy, note = auto.actor.removeprefix("policy:"), f"certificate {certificate}"
            return self.queue.auto_decide(item_id, policy=policy, action=action, note=note)
        except ConflictError:
            # A row changed since the draft, or a person was quicker: then it is a person's.
            return None

    async def reopen(self, request: ReviewRequest) -> OpenedReview:
        """Give an undecided item the draft that its run holds now."""
        new = self._new(request)
        item = self.queue.open_item(new)
        if item.status in _OPEN and (item.draft != new.draft or dict(item.refs) != dict(new.refs)):
            what = f"the graph of run {request.run_id} changed, and the draft with it"
            stale = self.queue.outdate(item.item_id, ConflictError("graph.changed", what), actor="graph")
            self.queue.redraft(item.item_id, user="graph", version=stale.version, fresh=_fresh(new))
        return await self.open(request)

    async def decision(self, item_id: str) -> ReviewDecision | None:
        """The final decision of an item; None while it waits."""
        item = self.queue.show(item_id)
        decision = self.queue.decision_for(item.run_id, item.node, round=item.round)
        return _decided(decision, item) if decision else None


def _new_item(request: ReviewRequest) -> NewItem:
    shown = request.shown
    ticket = _record(request.input.get(TICKET))
    lane = _record(shown.get(LANE))
    reasons = tuple(str(reason) for reason in _list(lane.get("reasons")))
    if not reasons and request.auto is not None and request.auto.reason:
        reasons = (request.auto.reason,)
    reasons += request.remarks
    return NewItem(
        run_id=request.run_id,
        node=request.node,
        thread_id=request.thread_id,
        queue=request.queue,
        ticket_id=str(ticket["id"]) if ticket.get("id") is not None else None,
        ticket=ticket,
        draft=draft_of(shown),
        evidence=shown,
        reasons=reasons,
        refs=request.versions,
    )


def draft_of(shown: Mapping[str, JsonValue]) -> Draft:
    """The reply and the actions that a review node shows."""
    text = _record(shown.get(DRAFT)).get("text")
    return Draft(
        text=str(text or ""),
        actions=tuple(proposed(action) for action in _list(_record(shown.get(PLAN)).get("actions"))),
    )


def proposed(action: JsonValue) -> ProposedAction:
    """One action record of a plan."""
    record = _record(action)
    return ProposedAction(
        name=str(record.get("name", "")),
        arguments=_record(record.get("arguments")),
        details={key: value for key, value in record.items() if key not in {"name", "arguments"}},
    )


def action_record(action: ProposedAction) -> dict[str, JsonValue]:
    """The action as plans, effects and people's edits write it."""
    return {**action.details, "name": action.name, "arguments": dict(action.arguments)}


def _fresh(new: NewItem) -> Redraft:
    return Redraft(draft=new.draft, evidence=new.evidence, reasons=new.reasons, refs=new.refs, readiness=new.readiness)


def _certified(now: NewItem, item: ReviewItem) -> str:
    """The certificate under which the item may be decided with no person; empty when under none.

    Both when the item was opened and now: what waits for a person goes on waiting for one.
    """
    then = "" if item.readiness is None else item.readiness.certificate
    return then and ("" if now.readiness is None else now.readiness.certificate)


def _decided(decision: Decision, item: ReviewItem) -> ReviewDecision:
    fields: dict[str, JsonValue] = {"reason": decision.reason} if decision.reason else {}
    if decision.action in ("approve", "edit"):
        # What was decided is what was shown, whatever the run has computed since.
        if DRAFT in item.evidence or decision.action == "edit":
            fields["text"] = decision.draft.text
        if PLAN in item.evidence or decision.action == "edit":
            fields["actions"] = [action_record(action) for action in decision.draft.actions]
    return ReviewDecision(
        decision_id=decision.decision_id,
        item_id=decision.item_id,
        action=decision.action,
        actor=decision.actor,
        fields=fields,
        versions=decision.refs,
        is_automatic=decision.actor.startswith("policy:"),
        waited_s=max(0.0, decision.decided_at - item.created_at),
    )


class TargetedOutbox:
    """`compound.graph.services.Outbox` over the outbox and the targets of the project."""

    def __init__(self, outbox: Outbox, effects: Mapping[str, Effect], targets: Mapping[str, EffectTarget]) -> None:
        self.outbox = outbox
        self._effects = effects
        self._targets = targets

    async def enqueue(self, group: EffectGroup) -> Sequence[str]:
        """Write the effects of a decision, once."""
        return self.outbox.enqueue(
            group.decision_id,
            [NewEffect(effect=call.name, target=self._target(call.name), args=call.args) for call in group.calls],
            run_id=group.run_id,
            node=group.node,
            expected_versions=group.versions,
        )

    async def deliver(self, keys: Sequence[str]) -> Sequence[EffectOutcome]:
        """Let them happen; each target does its own in one transaction."""
        results = await self.outbox.deliver(keys, self._targets)
        return [
            EffectOutcome(
                name=result.effect,
                status=_status(result.status),
                key=result.effect_key,
                value=result.result,
                code=str((result.error or {}).get("code") or ""),
                error=str((result.error or {}).get("what") or ""),
                fix=str((result.error or {}).get("fix") or ""),
            )
            for result in results
        ]

    def _target(self, name: str) -> str:
        found = self._effects.get(name)
        if found is None:
            raise ProjectError(
                "project.unknown-effect",
                f"no effect is called {name!r}",
                fix=f"declare it with @effect in tools/; {choices(list(self._effects), name)}",
            )
        return found.target


def _status(
    status: EffectStatus,
) -> Literal["sent", "refused", "failed", "unknown", "cancelled", "scheduled"]:
    if status is EffectStatus.SENDING:
        # Another process performs it; this run is asked again later.
        return "failed"
    return status.value


def _record(value: JsonValue) -> Mapping[str, JsonValue]:
    return value if isinstance(value, dict) else {}


def _list(value: JsonValue) -> Sequence[JsonValue]:
    return cast("Sequence[JsonValue]", value) if isinstance(value, list) else ()
