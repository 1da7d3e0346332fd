"""The compiled reviews and effects of a plan, connected with each other; made once per engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compound.graph.node.consequences import Consequences
from compound.graph.node.effect import EffectStep
from compound.graph.node.policy import PolicyGate
from compound.graph.node.review import ReviewStep

if TYPE_CHECKING:
    from collections.abc import Mapping

    from compound.graph.planning.planning import Plan
    from compound.graph.port.services import Services


def bind_boundaries(plan: Plan, services: Services) -> Mapping[str, ReviewStep | EffectStep]:
    """Review and effect steps by name; effects get the policy, reviews get the effects behind them.

    Raises:
        ProjectError: The policy is unknown or broken.
    """
    gate = None if plan.spec.policy is None else PolicyGate(services.policy(plan.spec.policy), services)
    effects = {
        name: EffectStep(step, plan.reviews_before[name], gate)
        for name, step in plan.steps.items()
        if step.kind == "effect"
    }
    reviews: dict[str, ReviewStep] = {}
    for name, step in plan.steps.items():
        if step.kind == "review":
            reviews[name] = ReviewStep(step, plan.hash)
            reviews[name].consequences = Consequences(plan, name, effects)
    return {**reviews, **effects}
