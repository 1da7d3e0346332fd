"""`review`: a person, or the `auto` rule, decides. The queue owns the decision; this node only reads it."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, TypedDict, cast

from compound.graph.node.effect import in_run
from compound.graph.node.policy import DecidedBy
from compound.graph.port.services import AutoRuling, ReviewDecision, ReviewRequest
from compound.graph.port.versions import read_versions
from compound.graph.run.attempts import decide, record_early
from compound.graph.run.events import ReviewOpened
from compound.graph.run.items import source_of
from compound.graph.run.outcome import OVER_BUDGET, Outcome, as_node_error
from compound.graph.wiring.references import compile_lenient, compile_value, shown_names
from compound.language.conditions import parse_condition
from compound.language.json_schema import to_json_schema
from compound.language.references import ABSENT, EvaluationError, compile_expr
from compound.language.sha import sha
from compound.language.types import parse_type
from compound.spec.words import parse_duration

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.graph.node.consequences import Consequences
    from compound.graph.planning.steps import Step
    from compound.graph.port.services import Reviews
    from compound.graph.run.active import ActiveRun
    from compound.spec.nodes import ReviewNode


Pause = Callable[[str], Awaitable[None]]
"""Waits for the decision of a review: returns when the run is resumed, or raises langgraph's interrupt."""


class ReviewStep:
    """A review node with everything compiled; made once per engine."""

    def __init__(self, step: Step, graph_hash: str) -> None:
        node = cast("ReviewNode", step.node)
        self.step = step
        self._node = node
        self._graph_hash = graph_hash
        self._shown = compile_lenient(shown_names(node.show))
        self._versions = compile_value(node.versions)
        self._risk = compile_value(node.risk)
        self._auto = None if node.auto is None else compile_expr(parse_condition(node.auto.when))
        self._score = compile_value(None if node.auto is None else node.auto.score)
        self._key = compile_value(None if node.auto is None else node.auto.key)
        self._decide = {
            action: {name: to_json_schema(parse_type(kind), step.names) for name, kind in fields.items()}
            for action, fields in node.decide.items()
        }
        self.consequences: Consequences | None = None
        self._fields = sorted({name for fields in node.decide.values() for name in fields})

    async def run(self, run: ActiveRun, reviews: Reviews, pause: Pause) -> Outcome:
        """Open the review, wait for its decision, and return it as the node's value."""
        early = decide(self.step, run, run.scope, run.outcomes)
        if isinstance(early, Outcome):
            return record_early(self.step, run, early)
        with run.span(self.step) as span:
            try:
                request = placed(await self._allowed(run, self.request(run)), run)
                span.input(request.shown)
                is_anew = self.step.name in run.reopens
                opened = await (reviews.reopen(request) if is_anew else reviews.open(request))
            except Exception as error:  # noqa: BLE001 - as in every node, a failure is a value
                span.set(status_code="ERROR", error_type=type(error).__name__, status_message=str(error))
                return Outcome("failed", error=as_node_error(error, self.step, run.run_id))
            decision = opened.decision
            if decision is None and run.listener is not None:
                queue = request.queue
                await run.listener(ReviewOpened(node=run.at(self.step), review_id=opened.review_id, queue=queue))
            if opened.is_stale:
                run.stale_ids.append(opened.review_id)
            while decision is None:
                span.pause(f"waits for review {opened.review_id}")
                await pause(opened.review_id)
                # The resume value is not the decision; only the queue has it.
                decision = await reviews.decision(opened.review_id)
            if decision.is_closed:
                what = f"nobody decided review {decision.review_id} in time"
                error = self.step.error("graph.cancelled", what, run.run_id, fix="start a new run")
                span.set(status_code="ERROR", error_type=error.code, status_message=str(error))
                return Outcome("failed", error=error)
            for name, amended in decision.amends.items():
                run.amend(name, amended)
            value = self._value(decision)
            span.set(
                review_decision=decision.action,
                auto_approved=decision.is_automatic,
                reviewer_id_hash=sha(decision.actor, 16),
                review_wait_s=decision.waited_s,
            )
            span.output(value)
            return Outcome("ok", value)

    def ruling(self, run: ActiveRun) -> AutoRuling | None:
        """The present result of the `auto` rule; None if the node has none. With an absent value a person is asked."""
        rule = self._node.auto
        if rule is None or self._auto is None:
            return None
        try:
            holds = self._auto(self.step.view(run.scope))
        except EvaluationError as error:
            holds, why = False, str(error)
        else:
            why = "a value is absent" if holds is ABSENT else "" if holds else "the rule does not hold"
        if any(one.reason == OVER_BUDGET for one in run.outcomes.values()):
            holds, why = False, OVER_BUDGET
        digest = sha(f"{self._graph_hash}:{self.step.path}:{rule.when}")
        return AutoRuling(
            is_automatic=holds is not ABSENT and bool(holds),
            action=rule.action,
            actor=f"policy:{digest[:16]}",
            rule=rule.when,
            reason=why,
            score=_number(self._score(self.step.view(run.scope))),
            key=_text(self._key(self.step.view(run.scope))),
        )

    async def ruled(self, run: ActiveRun) -> AutoRuling | None:
        """The present result of the rule, checked against the policy; opens nothing."""
        return (await self._allowed(run, self.request(run))).auto

    async def _allowed(self, run: ActiveRun, request: ReviewRequest) -> ReviewRequest:
        """The request, without an automatic decision if the policy requires a person."""
        auto, behind = request.auto, self.consequences
        if auto is None or not auto.is_automatic or behind is None:
            return request
        if auto.action not in request.effects:
            against = next((one for one in request.remarks if one.startswith(f"{auto.action} ")), "not offered")
            return replace(request, auto=replace(auto, is_automatic=False, reason=against))
        decided = DecidedBy(actor=auto.actor)
        for name, effect in behind.effects.items():
            calls = [one for one in request.effects.get(auto.action, ()) if one.node == name]
            judgement = await effect.judged(calls, decided)
            if judgement is not None:
                objection = f"policy: {judgement.effect}: {judgement.why}"
                return replace(request, auto=replace(auto, is_automatic=False, reason=objection))
        return request

    @property
    def queue(self) -> str:
        """The queue of its reviews."""
        return self._node.queue

    def request(self, run: ActiveRun, edited: Mapping[str, JsonValue] | None = None) -> ReviewRequest:
        """The review that the run needs now; `edited` are fields that a person changed before."""
        node, behind = self._node, self.consequences
        expires = _expiry(node)
        auto = self.ruling(run)
        by_rule = auto.action if auto is not None and auto.is_automatic else ""
        effects, against = behind.all_of(run, edited or {}, by_rule=by_rule) if behind is not None else ({}, ())
        rules = behind.rules(effects) if behind is not None else {}
        return ReviewRequest(
            run_id=run.run_id,
            thread_id=run.thread_id,
            node=self.step.name,
            graph_name=run.graph_name,
            graph_hash=run.graph_hash,
            queue=node.queue,
            shown=self._shown(self.step.view(run.scope)),
            decide=self._decide,
            versions=read_versions(self._versions(self.step.view(run.scope))),
            input=run.input,
            context=run.context,
            due_s=None if node.due is None else parse_duration(node.due),
            expire_s=expires[0],
            on_expire=expires[1],
            escalate_to=None if node.on_expire is None else node.on_expire.escalate,
            risk=_whole(self._risk(self.step.view(run.scope))),
            second=tuple(action for action, own in rules.items() if any(rule.second for rule in own)),
            undo_s={
                action: longest
                for action, own in rules.items()
                if (longest := max((rule.undo_s for rule in own), default=0.0))
            },
            auto=auto,
            example_id=run.example_id,
            redraft=run.redraft,
            remarks=(
                *(
                    f"node {name} gave no value: {outcome.reason}"
                    for name, outcome in run.outcomes.items()
                    if outcome.status == "ok" and outcome.reason
                ),
                *against,
            ),
            effects=effects,
            covers=behind.covers if behind is not None else (),
            fields={**behind.present(run.scope), **(edited or {})} if behind is not None else {},
            held=_held(run) if run.is_elsewhere else None,
            **_roles(run),
        )

    def _value(self, decision: ReviewDecision) -> JsonValue:
        """All fields of all actions, null for those that this decision does not have."""
        known: dict[str, JsonValue] = dict.fromkeys(self._fields)
        return {
            **known,
            **{name: value for name, value in decision.fields.items() if name in known},
            "action": decision.action,
            "decided_by": decision.actor,
            "first_by": decision.first_by or None,
            "decision_id": decision.decision_id,
            "review_id": decision.review_id,
            "is_automatic": decision.is_automatic,
            "queue": self._node.queue,
            "versions": cast("JsonValue", dict(decision.versions)),
        }


def placed(request: ReviewRequest, run: ActiveRun) -> ReviewRequest:
    """A request with the names that its nodes have in the whole run: `letters[3].review` in an element of a map."""
    if not run.lead:
        return request
    return replace(
        request,
        node=run.lead + request.node,
        effects={action: in_run(calls, run) for action, calls in request.effects.items()},
        covers=tuple(run.lead + name for name in request.covers),
    )


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


def _text(value: object) -> str | None:
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) and value != "" else None


def _expiry(node: ReviewNode) -> tuple[float | None, Literal["escalate", "remind", "close"]]:
    """Seconds until an undecided review expires, and what happens then."""
    then = node.on_expire
    after = node.expire or node.due
    if then is None or after is None:
        return None, "remind"
    return parse_duration(after), "escalate" if then.escalate is not None else "close" if then.close else "remind"


def _whole(value: object) -> int:
    """A risk as a whole number; 0 if absent."""
    return round(value) if isinstance(value, int | float) and math.isfinite(value) else 0


class _Roles(TypedDict, total=False):
    item_name: str
    item: Mapping[str, JsonValue]
    title: str
    reasons: tuple[str, ...]


def _roles(run: ActiveRun) -> _Roles:
    roles = run.roles
    if roles is None:
        return {}
    item, title = source_of(run, roles.value(run.input), roles.title(run.input))
    return {
        "item_name": roles.id(run.input),
        "item": item,
        "title": title,
        "reasons": roles.reasons(run.scope),
    }


def _held(run: ActiveRun) -> dict[str, JsonValue]:
    outcomes: dict[str, JsonValue] = {name: outcome.to_json() for name, outcome in run.outcomes.items()}
    return {"input": dict(run.input), "context": dict(run.context), "outcomes": outcomes}
