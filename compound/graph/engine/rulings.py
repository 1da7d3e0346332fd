"""Results of the `auto` rules of a graph in a run that stops before its first reviews and effects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compound.graph.node.boundaries import bind_boundaries
from compound.graph.node.review import ReviewStep
from compound.graph.planning.expanding import EACH
from compound.graph.run.attempts import decide
from compound.graph.run.dataflow import run_program
from compound.graph.run.items import element_of, items_of
from compound.graph.run.outcome import LOST, Outcome

if TYPE_CHECKING:
    from compound.graph.planning.planning import Plan
    from compound.graph.port.services import AutoRuling, Services
    from compound.graph.run.active import ActiveRun


async def first_rulings(plan: Plan, services: Services, active: ActiveRun) -> dict[str, AutoRuling | None]:
    """Run the nodes before the first reviews and effects, also in each element of a map.

    Returns:
        Review node to its ruling, for every review with known values; None if the node has no rule.
    """
    for segment in plan.segments:
        if segment.kind == "flow" and not segment.waits_for:
            await run_program(
                plan.programs[segment.name], active, scope=active.scope, outcomes=active.outcomes, lead=active.lead
            )
    found: dict[str, AutoRuling | None] = {}
    for name, step in bind_boundaries(plan, services).items():
        if isinstance(step, ReviewStep) and _is_known(plan, name, active):
            found[active.lead + name] = await step.ruled(active)
    for name, body in plan.bodies.items():
        step = plan.steps[name]
        inputs = decide(step, active, active.scope, active.outcomes) if _is_known(plan, name, active) else None
        if step.elements is None or inputs is None or isinstance(inputs, Outcome):
            continue
        for at, value in enumerate(items_of(step, step.elements.rules, inputs[EACH], active.run_id)):
            found |= await first_rulings(body, services, element_of(step, active, at, value))
    return found


def _is_known(plan: Plan, name: str, active: ActiveRun) -> bool:
    deps = plan.steps[name].deps
    return all(dep in active.outcomes and active.outcomes[dep].status not in LOST for dep in deps)
