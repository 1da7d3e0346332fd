"""What the `auto` rules of a graph say of a run that stopped before its first review."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compound.graph._nodes_effect import EffectStep
from compound.graph._nodes_review import ReviewStep
from compound.graph._outcome import LOST
from compound.graph._policy import PolicyGate

if TYPE_CHECKING:
    from compound.graph._active import ActiveRun
    from compound.graph._plan import Plan
    from compound.graph.services import AutoRuling, Services


async def rulings(plan: Plan, services: Services, active: ActiveRun) -> dict[str, AutoRuling | None]:
    """Review node to its ruling, of every review whose values are known; None when the node has no rule."""
    found: dict[str, AutoRuling | None] = {}
    gate = None if plan.spec.policy is None else PolicyGate(services.policy(plan.spec.policy), services)
    for name, step in plan.steps.items():
        known = all(dep in active.outcomes and active.outcomes[dep].status not in LOST for dep in step.deps)
        if step.kind == "review" and known:
            review = ReviewStep(step, plan.hash)
            review.guards += [
                EffectStep(plan.steps[effect], reviews, gate)
                for effect, reviews in plan.reviews_before.items()
                if name in reviews
            ]
            found[name] = (await review.request(active)).auto
    return found
