"""Results of the `auto` rules of a graph in a run that stopped before its first review."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compound.graph.node.boundaries import bind_boundaries
from compound.graph.node.review import ReviewStep
from compound.graph.run.outcome import LOST

if TYPE_CHECKING:
    from compound.graph.planning.planning import Plan
    from compound.graph.port.services import AutoRuling, Services
    from compound.graph.run.active import ActiveRun


async def rulings(plan: Plan, services: Services, active: ActiveRun) -> dict[str, AutoRuling | None]:
    """Review node to its ruling, for every review with known values; None if the node has no rule."""
    found: dict[str, AutoRuling | None] = {}
    for name, step in bind_boundaries(plan, services).items():
        deps = plan.steps[name].deps
        known = all(dep in active.outcomes and active.outcomes[dep].status not in LOST for dep in deps)
        if isinstance(step, ReviewStep) and known:
            found[name] = await step.ruled(active)
    return found
