"""The door from a node's kind to its runner."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compound.graph._nodes_call import bind_call, bind_retrieve
from compound.graph._nodes_llm import bind_llm

if TYPE_CHECKING:
    from collections.abc import Iterable

    from compound.graph._active import Runner
    from compound.graph._plan import Step
    from compound.graph.services import Services
    from compound.spec._types import Names

_BINDERS = {
    "tool": bind_call,
    "check": bind_call,
    "sql": bind_call,
    "specialist": bind_call,
    "retrieve": bind_retrieve,
    "llm": bind_llm,
}


def bind_all(steps: Iterable[Step], services: Services, names: Names) -> dict[str, Runner]:
    """Node path to runner, blocks included; every name of the project is looked up here, once.

    Raises:
        ProjectError: A name is unknown or a prompt is broken.
    """
    runners: dict[str, Runner] = {}
    for step in steps:
        if step.program is not None:
            runners.update(bind_all(step.program.steps, services, names))
        elif step.kind in _BINDERS:
            runners[step.path] = _BINDERS[step.kind](step, services, names)
    return runners
