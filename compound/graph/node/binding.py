"""Maps a node's kind to its runner."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compound.graph.node.agent import bind_agent
from compound.graph.node.caching import bind_enter, bind_join, bind_leave, cached
from compound.graph.node.call import bind_retrieve, calling
from compound.graph.node.llm import bind_llm
from compound.graph.planning.steps import GraphPlan
from compound.graph.run.blocks import bind_block

if TYPE_CHECKING:
    from collections.abc import Iterable

    from compound.graph.planning.steps import Step
    from compound.graph.port.services import Services
    from compound.graph.run.active import Runner

BINDERS = {
    "tool": calling(lambda services: services.function),
    "check": calling(lambda services: services.check),
    "sql": calling(lambda services: services.sql_tool),
    "specialist": calling(lambda services: services.specialist),
    "retrieve": bind_retrieve,
    "llm": bind_llm,
    "agent": bind_agent,
    "enter": bind_enter,
    "graph": bind_leave,
    "map-join": bind_join,
}


def bind_all(steps: Iterable[Step], services: Services, *, longest_s: float | None = None) -> dict[str, Runner]:
    """Node path to runner, including blocks and fallbacks; looks up every name of the project, once.

    Args:
        steps: The steps of a plan.
        services: The project's look-ups.
        longest_s: Maximum time of cached values, overriding nodes; None for no limit.

    Raises:
        ProjectError: A name is unknown or a prompt is broken.
    """
    runners: dict[str, Runner] = {}
    for step in steps:
        if step.elements is not None:
            runners.update(bind_all(step.elements.steps, services, longest_s=longest_s))
        elif step.block is not None:
            runners.update(bind_all(step.block.program.steps, services, longest_s=longest_s))
            enter = bind_enter(step, services) if isinstance(step.block, GraphPlan) else None
            runners[step.path] = bind_block(step, enter)
        elif step.kind in BINDERS:
            runners[step.path] = cached(step, services, BINDERS[step.kind](step, services), longest_s)
        if step.rescue is not None and step.rescue.step is not None:
            runners.update(bind_all((step.rescue.step,), services, longest_s=longest_s))
    return runners
