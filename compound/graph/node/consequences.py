"""The effects of each possible decision of a review, evaluated as if it were made.

Reviews show them, rules are checked against them, and a stored decision allows exactly them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, cast

from compound.connector.target import EffectCall
from compound.errors import NodeError
from compound.graph.inspection.leading import leads
from compound.graph.planning.behind import is_made_by_a_map, lacking
from compound.graph.planning.steps import Namespace
from compound.graph.wiring.references import iter_bindings, uses
from compound.language.conditions import parse_condition
from compound.language.fill import filler
from compound.language.references import ABSENT, Coalesce, EvaluationError, Expr, Ref, compile_expr, parts
from compound.language.types import ANY
from compound.spec.nodes import EffectNode, GraphNode

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.graph.node.effect import EffectStep
    from compound.graph.planning.planning import Plan
    from compound.graph.planning.steps import Step
    from compound.graph.run.active import ActiveRun
    from compound.language.references import Maybe, Scope
    from compound.spec.nodes import ReviewNode
    from compound.spec.policy_file import EffectRule

APPROVE: Final = "approve"
_NEEDED: Final = frozenset({"in", "each"})
_OF_THE_QUEUE: Final = ("decided_by", "first_by", "decision_id", "review_id", "is_automatic", "queue", "versions")
"""Fields of a decision other than its action and fields; known only once it is stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fallback:
    """The alternatives to a field that a decision omits: the right sides of `$review.text ?? ...`.

    Attributes:
        prefix: Prefix of the names that they mean.
        items: In order; the first with a value is used.
    """

    prefix: str
    items: tuple[Expr, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Source of a field's present value: a step's value, and the path in it."""

    step: str
    path: tuple[str | int, ...]


class Consequences:
    """The effects behind one review.

    Attributes:
        effects: Those whose arguments are known when the review is shown, in the order of the plan.
        covers: Those of them that a decision binds: their arguments contain nothing that only the queue knows.
        fields: Field of `decide:` to its alternatives.
    """

    def __init__(self, plan: Plan, review: str, effects: Mapping[str, EffectStep]) -> None:
        self._plan = plan
        self._policy = next((one.rules for one in effects.values() if one.rules), {})
        self._steps = plan.steps
        self._review = plan.steps[review]
        self._behind = {name for name in plan.steps if review in plan.ancestors[name]}
        known = {
            name: effect
            for name, effect in effects.items()
            if review in plan.ancestors[name]
            and not is_made_by_a_map(plan.steps, review)
            and lacking(plan.steps, plan.ancestors, name, review) is None
        }
        self._all = effects
        self.effects = known
        self.covers = tuple(name for name in known if not self._asks_queue(plan.steps[name]))
        self._decide = cast("ReviewNode", self._review.node).decide
        names = {field for fields in self._decide.values() for field in fields}
        self.fields = {name: found for name in sorted(names) if (found := self._fallback(name)) is not None}

    def present(self, scope: Scope) -> dict[str, JsonValue]:
        """Fields that have a value in the shown item."""
        found: dict[str, JsonValue] = {}
        for name, fallback in self.fields.items():
            value = self._first(fallback, scope)[1]
            if value is not ABSENT and value is not None:
                found[name] = cast("JsonValue", value)
        return found

    def rules(self, effects: Mapping[str, Sequence[EffectCall]]) -> dict[str, list[EffectRule]]:
        """Action to the policy's requirements for the effects that it starts.

        For the shown effects; if these are unknown before the decision, for all that a node may perform.
        """
        return {action: self._rules(action, effects.get(action)) for action in self._decide}

    def _rules(self, action: str, calls: Sequence[EffectCall] | None) -> list[EffectRule]:
        names: set[str] = set()
        for call in calls or ():
            own = cast("EffectNode", self._steps[call.node].node).names
            names |= {call.name} if call.name in own else set(own)
        for name, effect in self._all.items():
            is_known = name in self.effects and calls is not None
            if name in self._behind and not is_known and self._may_start(effect, action):
                names |= set(cast("EffectNode", effect.step.node).names)
        return [rule for name in sorted(names) if (rule := self._policy.get(name)) is not None]

    def _may_start(self, effect: EffectStep, action: str) -> bool:
        """Whether an effect may follow a decision: no condition on the way to it excludes the decision."""
        if effect.refusal([(self._review.name, {"action": action})]) is not None:
            return False
        return all(self._may_run(self._steps[name], action) for name in self._on_the_way(effect.step.name))

    def _may_run(self, step: Step, action: str) -> bool:
        review = self._review.name.removeprefix(step.prefix)
        if step.node.when is None or step.prefix + review != self._review.name:
            return True
        return leads([parse_condition(step.node.when)], review, action, lambda _: ANY, self._plan.spec.type_names)

    def _on_the_way(self, effect: str) -> Iterator[str]:
        """The steps behind the review without which an effect cannot happen, itself included."""
        waiting, seen = [effect], set[str]()
        while waiting:
            step = self._steps[waiting.pop(0)]
            if step.name in seen or step.name not in self._behind:
                continue
            seen.add(step.name)
            yield step.name
            needed = [use.ref.root for use in uses(step.node, ()) if use.role in _NEEDED and not use.is_shielded]
            waiting += [step.prefix + root for root in needed if step.prefix + root in self._steps]
            waiting += [] if step.gate is None else [step.gate]

    def source(self, name: str, scope: Scope) -> Source | None:
        """Source of a field's present value; None if it is not part of a step's value."""
        fallback = self.fields.get(name)
        item = None if fallback is None else self._first(fallback, scope)[0]
        if fallback is None or not isinstance(item, Ref):
            return None
        step = fallback.prefix + item.root
        if step in self._behind or step == self._review.name or step not in {*self._steps, *self._plan.given}:
            return None
        return Source(step=step, path=item.steps)

    def all_of(
        self, run: ActiveRun, edited: Mapping[str, JsonValue], *, by_rule: str = ""
    ) -> tuple[dict[str, tuple[EffectCall, ...]], tuple[str, ...]]:
        """Action to its effects for the shown item, and reasons why they cannot be shown.

        Args:
            run: The run.
            edited: Fields that a person changed in the draft; an approval includes them.
            by_rule: The action that a rule takes now, without any field; empty for none.
        """
        present = {**self.present(run.scope), **edited}
        found: dict[str, tuple[EffectCall, ...]] = {}
        remarks: dict[str, None] = {}
        for action, declared in self._decide.items():
            fields = {name: present.get(name, None if action == by_rule else _open(name)) for name in declared}
            if action == APPROVE:
                fields = {**edited, **fields}
            open_ones = {name for name, value in fields.items() if value == _open(name)}
            try:
                found[action] = tuple(self.of(run, action, fields, run.scope, open_ones=frozenset(open_ones)))
            except (EvaluationError, NodeError) as error:
                remarks[f"{action} cannot be performed: {error}"] = None
        return found, tuple(remarks)

    def of(
        self,
        run: ActiveRun,
        action: str,
        fields: Mapping[str, JsonValue],
        scope: Scope,
        *,
        open_ones: frozenset[str] = frozenset(),
        **known: JsonValue,
    ) -> Iterator[EffectCall]:
        """The effects of a decision.

        Args:
            run: The run, for its outcomes.
            action: The decision.
            fields: Its fields.
            scope: Values of the steps before it.
            open_ones: Fields that are not known yet; their values are placeholders.
            known: What the queue already knows of the decision: `decided_by`.

        Raises:
            NodeError: ``graph.bad-actions``, ``graph.effect-not-allowed``.
            EvaluationError: A condition cannot be evaluated.
        """
        value = {**self.value(action, fields), **known}
        assumed: dict[str, Maybe] = {**scope, self._review.name: cast("JsonValue", value)}
        for name, effect in self.effects.items():
            yield from self._of_effect(run, name, effect, value, assumed, open_ones)

    def value(self, action: str, fields: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
        """The decision as references see it."""
        names = {name for declared in self._decide.values() for name in declared}
        return {
            **dict.fromkeys(sorted(names)),
            **{name: value for name, value in fields.items() if name in names},
            **{name: _open(name) for name in _OF_THE_QUEUE},
            "action": action,
        }

    def _of_effect(
        self,
        run: ActiveRun,
        name: str,
        effect: EffectStep,
        value: Mapping[str, JsonValue],
        scope: dict[str, Maybe],
        open_ones: frozenset[str],
    ) -> Iterator[EffectCall]:
        step = effect.step
        decisions = [*self._others(effect, run), (self._review.name, value)]
        if run.refused_by or not self._is_entered(step, run, scope) or effect.refusal(decisions) is not None:
            return
        node = cast("EffectNode", step.node)
        later = self._is_later(step, run, open_ones)
        seen = step.view(scope)
        if step.when is not None and not later:
            holds = step.when(seen)
            if holds is ABSENT or not holds:
                return
        inputs = step.inputs(seen)
        if isinstance(inputs, str):
            return
        if node.tools is not None and isinstance(inputs.get("actions"), str) and open_ones:
            yield EffectCall(node=name, name=" or ".join(node.tools), arguments=inputs, when=node.when or "")
            return
        for call in effect.calls(run, inputs):
            yield replace(call, when=(node.when or "") if later else "")

    def _others(self, effect: EffectStep, run: ActiveRun) -> list[tuple[str, Mapping[str, JsonValue]]]:
        return [one for one in effect.decisions(run) if one[0] != self._review.name]

    def _is_entered(self, step: Step, run: ActiveRun, scope: dict[str, Maybe]) -> bool:
        """The subgraphs around a step are entered; those behind the review are evaluated."""
        if step.gate is None:
            return True
        gate = self._steps[step.gate]
        if gate.name not in self._behind:
            outcome = run.outcomes.get(gate.name)
            return outcome is None or outcome.status != "skipped"
        if not self._is_entered(gate, run, scope):
            return False
        if gate.name not in scope:
            scope[gate.name] = self._enter(gate, scope)
        return scope[gate.name] is not ABSENT

    def _is_later(self, step: Step, run: ActiveRun, open_ones: frozenset[str]) -> bool:
        """Whether its condition depends on facts after the decision, or on another undecided review."""
        for use in uses(step.node, ()):
            if use.role != "when":
                continue
            name = step.prefix + use.ref.root
            if name == self._review.name:
                if use.ref.steps and (use.ref.steps[0] in open_ones or use.ref.steps[0] in _OF_THE_QUEUE):
                    return True
            elif name in self._steps and self._steps[name].kind != "enter":
                is_open = name in self._behind or name not in run.outcomes
                if is_open:
                    return True
        return False

    def _asks_queue(self, step: Step) -> bool:
        return any(
            step.prefix + use.ref.root == self._review.name and (not use.ref.steps or use.ref.steps[0] in _OF_THE_QUEUE)
            for use in uses(step.node, ())
            if use.role == "in"
        )

    def _fallback(self, name: str) -> Fallback | None:
        for prefix, expr in self._expressions():
            for one in parts(expr):
                if isinstance(one, Coalesce) and self._is_field(one.items[0], prefix, name):
                    return Fallback(prefix=prefix, items=one.items[1:])
        return None

    def _is_field(self, expr: Expr, prefix: str, name: str) -> bool:
        return isinstance(expr, Ref) and prefix + expr.root == self._review.name and expr.steps == (name,)

    def _expressions(self) -> Iterator[tuple[str, Expr]]:
        """Every reference behind the review, those of effects first."""
        behind = [self._steps[name] for name in self._steps if name in self._behind]
        for step in sorted(behind, key=lambda one: one.name not in self.effects):
            for key in ("inputs", "show", "where"):
                value = getattr(step.node, key, None)
                for expr, _ in iter_bindings(cast("JsonValue", value), ()):
                    yield step.prefix, expr
            if step.node.when is not None:
                yield step.prefix, parse_condition(step.node.when)
        for expr, _ in iter_bindings(self._plan.result, ()):
            yield "", expr

    def _first(self, fallback: Fallback, scope: Scope) -> tuple[Expr | None, Maybe]:
        view = Namespace(scope, fallback.prefix) if fallback.prefix else scope
        for item in fallback.items:
            try:
                value = compile_expr(item)(view)
            except EvaluationError:
                continue
            if value is not ABSENT and value is not None:
                return item, value
        return None, None

    def _enter(self, gate: Step, scope: Scope) -> Maybe:
        """The inputs of a subgraph behind the review for this decision; absent if it is not entered."""
        seen = gate.view(scope)
        if gate.when is not None and not gate.when(seen):
            return ABSENT
        inputs = gate.inputs(seen)
        if isinstance(inputs, str):
            return ABSENT
        spec = self._plan.graphs[cast("GraphNode", gate.node).graph]
        fill = filler(spec.input_type, spec.type_names)
        return cast("JsonValue", inputs if fill is None else fill(inputs))


def _open(name: str) -> str:
    """A placeholder for a value that is unknown before the decision."""
    return f"<{name}>"
