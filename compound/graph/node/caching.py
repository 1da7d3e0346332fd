"""Work around a node's own: entry and exit of subgraphs, the end of a map, the cache."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import orjson

from compound.graph.planning.steps import GraphPlan
from compound.language.fill import filler
from compound.language.sha import sha
from compound.language.validate import validator
from compound.spec.nodes import AgentNode, GraphNode, LlmNode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import JsonValue

    from compound.graph.planning.steps import Step
    from compound.graph.port.services import Services
    from compound.graph.run.active import NodeCall, Runner


def bind_enter(step: Step, services: Services) -> Runner:
    """The entry of a subgraph: its inputs, checked against their declared types."""
    node = cast("GraphNode", step.node)
    spec = step.block.spec if isinstance(step.block, GraphPlan) else services.graph(node.graph)
    problems_of, fill = validator(spec.input_type, spec.type_names), filler(spec.input_type, spec.type_names)

    async def run(call: NodeCall, inputs: dict[str, JsonValue]) -> JsonValue:
        problems = problems_of(inputs)
        if problems:
            what = f"the input does not fit the graph {spec.name}: {'; '.join(problems[:5])}"
            raise step.error("graph.bad-input", what, call.run.run_id)
        return inputs if fill is None else fill(inputs)

    return run


def bind_leave(step: Step, services: Services) -> Runner:
    """The exit of a subgraph: its outputs, which are this step's inputs."""

    async def run(_call: NodeCall, inputs: dict[str, JsonValue]) -> JsonValue:
        return inputs

    return run


def bind_join(step: Step, services: Services) -> Runner:
    """The end of a map whose failed items a person was asked about."""

    async def run(call: NodeCall, inputs: dict[str, JsonValue]) -> JsonValue:
        mapped = cast("Mapping[str, list[JsonValue]]", inputs["map"])
        items = list(mapped["items"])
        failed = [cast("Mapping[str, JsonValue]", one) for one in mapped["failed"]]
        review = cast("Mapping[str, JsonValue] | None", inputs["review"])
        action = "" if review is None else str(review["action"])
        if action == "replace":
            given = None if review is None else review.get("values")
            if not isinstance(given, list) or len(given) != len(failed):
                what = f"`values` must be a list of {len(failed)}, one for each failed item"
                raise step.error("graph.bad-value", what, call.run.run_id)
            for one, value in zip(failed, given, strict=True):
                items[cast("int", one["index"])] = value
            return items
        if action == "reject":
            what = f"{len(failed)} items failed and were rejected; first: {failed[0]['what']}"
            raise step.error(str(failed[0]["code"]), what, call.run.run_id)
        lost = {cast("int", one["index"]) for one in failed}
        return [value for at, value in enumerate(items) if at not in lost]

    return run


def cached(step: Step, services: Services, runner: Runner, longest_s: float | None) -> Runner:
    """The runner with its value reused, if the node declares `cache`; for at most `longest_s`.

    The key includes everything the value depends on: the node's own definition, its inputs, and the version of every
    name it calls. A model's missing answer is not cached.
    """
    cache, ttl_s = services.cache, step.cache_s
    if cache is None or ttl_s is None:
        return runner
    if longest_s is not None:
        ttl_s = min(ttl_s, longest_s)
    taken = tuple(step.node.named())

    async def run(call: NodeCall, inputs: dict[str, JsonValue]) -> JsonValue:
        pins = [services.pin(shelf, name) for shelf, _, name in taken]
        text = orjson.dumps([step.kind, step.config_hash, pins, inputs], option=orjson.OPT_SORT_KEYS)
        key = sha(text)
        found = await cache.get(key)
        call.span.set(cached_result=found is not None)
        if found is not None:
            return found.value
        value = await runner(call, inputs)
        if value is not None or not isinstance(step.node, LlmNode | AgentNode):
            await cache.put(key, value, ttl_s=ttl_s)
        return value

    return run
