"""Nodes that call a part of the project with JSON: `tool`, `check`, `sql`, `specialist`, `retrieve`."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from compound.graph.port.services import KeyedCall, RetrieveRequest
from compound.language.validate import validator
from compound.model.call.types import CallKey

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pydantic import JsonValue

    from compound.graph.planning.steps import Step
    from compound.graph.port.services import JsonCall, Services
    from compound.graph.run.active import NodeCall, Runner
    from compound.spec.nodes import RetrieveNode


def calling(look_up: Callable[[Services], Callable[[str], JsonCall | KeyedCall]]) -> Callable[[Step, Services], Runner]:
    """The binder of nodes that pass their inputs to one function, which this look-up finds."""

    def bind(step: Step, services: Services) -> Runner:
        _, name = step.node.callee or ("", "")
        function = look_up(services)(name)
        return typed(step, _keyed(function) if isinstance(function, KeyedCall) else _plain(function))

    return bind


def _plain(function: JsonCall) -> Runner:
    async def run(_call: NodeCall, inputs: dict[str, JsonValue]) -> JsonValue:
        return await function(inputs)

    return run


def _keyed(function: KeyedCall) -> Runner:
    async def run(call: NodeCall, inputs: dict[str, JsonValue]) -> JsonValue:
        return await function.keyed(inputs, call=CallKey(run_id=call.run.run_id, node=call.key, attempt=call.attempt))

    return run


def bind_retrieve(step: Step, services: Services) -> Runner:
    """The runner of a `retrieve` node."""
    node = cast("RetrieveNode", step.node)
    search = services.retriever(node.on)

    async def run(call: NodeCall, inputs: dict[str, JsonValue]) -> JsonValue:
        query = inputs.get("query")
        if not isinstance(query, str):
            what = f"the query is {type(query).__name__}, not text"
            raise step.error("graph.bad-query", what, call.run.run_id)
        filters = cast("Mapping[str, JsonValue] | None", inputs.get("where"))
        return await search(RetrieveRequest(query=query, top_k=node.top_k, mode=node.mode, where=filters))

    return typed(step, run)


def typed(step: Step, runner: Runner) -> Runner:
    """The runner with its value checked, if the node declares `out`."""
    if step.out is None:
        return runner
    validate = validator(step.out, step.names)

    async def run(call: NodeCall, inputs: dict[str, JsonValue]) -> JsonValue:
        value = await runner(call, inputs)
        problems = validate(value)
        if problems:
            what = f"its value does not fit `out`: {'; '.join(problems[:5])}"
            raise step.error("graph.bad-value", what, call.run.run_id)
        return value

    return run
