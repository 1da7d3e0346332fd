"""`effect`: pass decided effects to the outbox, once, and return their results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final, cast

from compound.connector.target import EffectCall, EffectGroup
from compound.errors import NodeError
from compound.graph.node.policy import DecidedBy, Judgement, PolicyGate
from compound.graph.port.versions import read_versions
from compound.graph.run.attempts import decide, record_early
from compound.graph.run.events import EffectSent
from compound.graph.run.outcome import Outcome, as_node_error
from compound.graph.wiring.references import compile_value, uses
from compound.language.decisions import APPROVING, REJECT
from compound.language.references import ABSENT

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.effect.types import EffectResult
    from compound.graph.planning.steps import Step
    from compound.graph.port.services import Outbox
    from compound.graph.run.active import ActiveRun
    from compound.spec.nodes import EffectNode
    from compound.spec.policy_file import EffectRule

_ACCEPTED: Final = frozenset({"sent", "scheduled"})
_ENDS: Final = {"refused": "was refused", "unknown": "has an unknown outcome", "cancelled": "was cancelled"}


class EffectStep:
    """An effect node with everything compiled; made once per engine."""

    def __init__(self, step: Step, reviews: Sequence[str], gate: PolicyGate | None = None) -> None:
        node = cast("EffectNode", step.node)
        self.step = step
        self._gate = gate
        self._node = node
        self._versions = compile_value(node.versions)
        # A custom action (`partly`) performs effects only if the condition requires that decision.
        asked = {use.ref.root for use in uses(node, ()) if use.role == "when"}
        self._reviews = (step.prefix + node.review,) if node.review is not None else tuple(reviews)
        self._asked = {step.prefix + name for name in asked}

    async def run(self, run: ActiveRun, outbox: Outbox) -> Outcome:
        """Enqueue and deliver; the value is the list of results in the order of the actions."""
        early = decide(self.step, run, run.scope, run.outcomes)
        if not isinstance(early, Outcome):
            refused = run.refused_by or self.refusal(self.decisions(run))
            early = early if refused is None else Outcome("skipped", reason=refused)
        if isinstance(early, Outcome):
            return record_early(self.step, run, early)
        try:
            with run.span(self.step) as span:
                span.input(early)
                value = await self._deliver(run, outbox, early)
                span.output(value)
                return Outcome("ok", value)
        except Exception as error:  # noqa: BLE001 - a failure is a value until the segment settles
            return Outcome("failed", error=as_node_error(error, self.step, run.run_id))

    def decisions(self, run: ActiveRun) -> list[tuple[str, Mapping[str, JsonValue]]]:
        """The decided reviews before it, with their decisions."""
        found: list[tuple[str, Mapping[str, JsonValue]]] = []
        for name in self._reviews:
            outcome = run.outcomes.get(name)
            if outcome is not None and outcome.status == "ok":
                found.append((name, cast("Mapping[str, JsonValue]", outcome.value)))
        return found

    def refusal(self, decisions: Sequence[tuple[str, Mapping[str, JsonValue]]]) -> str | None:
        """Why decisions do not allow it: a rejected draft has no effect, whatever `when` is."""
        for name, decision in decisions:
            action = str(decision["action"])
            if action == REJECT or (action not in APPROVING and name not in self._asked):
                return f"{name} decided {action}"
        return None

    async def _deliver(self, run: ActiveRun, outbox: Outbox, inputs: dict[str, JsonValue]) -> JsonValue:
        calls = self.calls(run, inputs)
        if not calls:
            return []
        decisions = self.decisions(run)
        if self._gate is not None:
            await self._gate.require(run, self.step, calls, self._decided(decisions))
        last: Mapping[str, JsonValue] = decisions[-1][1] if decisions else {}
        own = self._versions(self.step.view(run.scope))
        versions = last.get("versions") if own is None or own is ABSENT else own
        group = EffectGroup(
            decision_id=str(last.get("decision_id") or f"run:{run.run_id}"),
            run_id=run.run_id,
            node=run.at(self.step),
            effects=in_run(calls, run),
            expected_versions=read_versions(versions),
        )
        keys = await outbox.enqueue(group)
        await run.pass_gate()
        results = await outbox.deliver(keys)
        if run.listener is not None:
            for one in results:
                name, status = one.call.name, one.status.value
                await run.listener(EffectSent(node=run.at(self.step), effect=name, status=status, key=one.call.key))
        self._require_accepted(run, results)
        return [
            {"name": one.call.name, "status": one.status.value, "value": one.result, "key": one.call.key}
            for one in results
        ]

    def _decided(self, decisions: Sequence[tuple[str, Mapping[str, JsonValue]]]) -> DecidedBy:
        """The actor of the effects; one automatic decision among several does not hide a person of the others."""
        people = [value for _, value in decisions if not value.get("is_automatic")]
        if not people:
            return DecidedBy(actor=str(decisions[-1][1].get("decided_by")) if decisions else "")
        last = people[-1]
        return DecidedBy(
            actor=str(last.get("decided_by")),
            queue=str(last.get("queue") or ""),
            is_automatic=False,
            first_by=str(last.get("first_by") or ""),
        )

    def decides_last(self, review: str, run: ActiveRun) -> bool:
        """Whether the policy checks who decided this review: the last review before the effect."""
        left = [one for one in self._reviews if one == review or one not in run.outcomes]
        left += [one for one, _ in self.decisions(run)]
        return not left or max(left, key=self._reviews.index) == review

    @property
    def rules(self) -> Mapping[str, EffectRule]:
        """The policy's judgement of each effect; empty without one."""
        return {} if self._gate is None else self._gate.policy.effects

    async def judged(self, calls: Sequence[EffectCall], decided: DecidedBy) -> Judgement | None:
        """The policy's first objection to these effects under this decision; None if it has none."""
        if self._gate is None:
            return None
        return next((one for one in await self._gate.judge(calls, decided) if one.code), None)

    def calls(self, run: ActiveRun, inputs: dict[str, JsonValue]) -> list[EffectCall]:
        """The effects in resolved inputs.

        Raises:
            NodeError: ``graph.bad-actions``, ``graph.effect-not-allowed``.
        """
        node = self._node
        if node.tool is not None:
            return [EffectCall(name=node.tool, arguments=inputs, node=self.step.name)]
        actions = inputs["actions"]
        if actions is None:
            return []
        if not isinstance(actions, list):
            raise self._wrong(run, "graph.bad-actions", "`actions` is not a list")
        calls: list[EffectCall] = []
        for number, action in enumerate(actions, start=1):
            if not isinstance(action, dict) or not isinstance(action.get("arguments"), dict):
                raise self._wrong(run, "graph.bad-actions", f"action {number} has no name and arguments")
            name = str(action.get("name"))
            if name not in (node.tools or ()):
                what = f"action {number} is {name!r}, which this node may not perform"
                raise self._wrong(run, "graph.effect-not-allowed", what)
            arguments = cast("Mapping[str, JsonValue]", action["arguments"])
            calls.append(EffectCall(name=name, arguments=arguments, node=self.step.name))
        return calls

    def _require_accepted(self, run: ActiveRun, results: Sequence[EffectResult]) -> None:
        """Stop the run at a refused effect, so that nothing later tells a customer it was done."""
        for one in results:
            if one.status not in _ACCEPTED:
                code = one.of_error("code") or f"effect.{one.status}"
                what = (
                    f"{one.call.name} {_ENDS.get(one.status, one.status)}: {one.of_error('what') or 'no reason given'}"
                )
                raise self._wrong(run, code, what, one.of_error("fix"))

    def _wrong(self, run: ActiveRun, code: str, what: str, fix: str = "") -> NodeError:
        return self.step.error(code, what, run.run_id, fix=fix)


def in_run(calls: Sequence[EffectCall], run: ActiveRun) -> tuple[EffectCall, ...]:
    """Effects with the names that their nodes have in the whole run."""
    return tuple(replace(one, node=run.lead + one.node) for one in calls) if run.lead else tuple(calls)
