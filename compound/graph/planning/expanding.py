"""Converts the nodes of a graph file to steps.

Blocks become programs of their own. A subgraph with reviews or effects is expanded among the steps around it, so that
each of its boundaries is a boundary of the run: `refund` becomes `refund.input` (its inputs, checked), its nodes
`refund.<name>`, and `refund` (its outputs). One without boundaries runs as one step. A map with reviews or effects is
one step with the steps of an element, which are expanded like those of a graph.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias, cast

from compound.errors import ProjectError
from compound.graph.planning.steps import (
    BlockPlan,
    ElementsPlan,
    GraphPlan,
    MapPlan,
    Program,
    RepeatPlan,
    Rescue,
    RetryRule,
    Step,
)
from compound.graph.wiring.order import Wiring
from compound.graph.wiring.references import GIVEN, compile_inputs, compile_lenient, compile_value, inner_names, uses
from compound.language.conditions import parse_condition
from compound.language.references import ABSENT, Evaluate, Scope, compile_expr
from compound.language.sha import sha
from compound.language.types import parse_type
from compound.spec.graph_file import GraphSpec, blocks
from compound.spec.nodes import (
    AgentNode,
    AnyNode,
    BlockNode,
    GraphNode,
    MapBlock,
    RepeatBlock,
    RetrieveNode,
    ReviewNode,
)
from compound.spec.words import FallbackValue, parse_duration

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.graph.planning.steps import Build

LoadGraph: TypeAlias = "Callable[[str], GraphSpec]"
"""Name of a subgraph -> the graph. Raises `ProjectError` if it does not exist."""

ENTER: Final = "input"
MAPPED: Final = "map"
"""The step that runs the items of a map with `on_error: review`: `letters.map`."""


def no_graphs(name: str) -> GraphSpec:
    """A loader for places without other graphs.

    Raises:
        ProjectError: ``project.unknown-graph``, always.
    """
    raise ProjectError("project.unknown-graph", f"the sub-graph {name!r} cannot be loaded here", fix="open a project")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where steps are made.

    Attributes:
        spec: The graph of their nodes.
        prefix: Prefix of their names: `refund.` inside the subgraph `refund`.
        lead: What precedes their names in their paths: `letters.` inside the map `letters`.
        gate: The entry of that subgraph; None at the top.
        seen: Graphs around it, by their names and by their files' names.
    """

    spec: GraphSpec
    prefix: str = ""
    lead: str = ""
    gate: str | None = None
    seen: tuple[str, ...] = ()


class Expander:
    """Makes the steps of one graph and of its subgraphs.

    Attributes:
        graphs: Every loaded subgraph, by name.
    """

    def __init__(self, load: LoadGraph) -> None:
        self._load = load
        self.graphs: dict[str, GraphSpec] = {}

    def top(self, place: Place) -> list[Step]:
        """The steps of a graph whose boundaries are boundaries of the run, in topological order."""
        return self._all(place.spec.nodes, place, is_top=True)

    def _all(self, nodes: Mapping[str, AnyNode], place: Place, *, is_top: bool) -> list[Step]:
        steps: list[Step] = []
        gate = () if place.gate is None else (place.gate,)
        for name, node, deps in ordered(nodes, place.spec, is_top=is_top):
            full = (*(place.prefix + dep for dep in deps), *gate)
            steps += self._spread(place.prefix + name, node, full, place)
        return steps

    def _spread(self, name: str, node: AnyNode, deps: tuple[str, ...], place: Place) -> list[Step]:
        if isinstance(node, GraphNode):
            inner = self.graph(node, place.seen, place.spec, name)
            if self.has_boundaries(inner.nodes, inner, (*place.seen, place.spec.name, node.graph)):
                return self._graph_steps(name, node, deps, place, inner)
        if isinstance(node, MapBlock) and node.is_boundary:
            return self._asking_map(name, node, deps, place)
        return [self._step(name, node, deps, place)]

    def _graph_steps(
        self, name: str, node: GraphNode, deps: tuple[str, ...], place: Place, inner: GraphSpec
    ) -> list[Step]:
        way_in = f"{name}.{ENTER}"
        enter = self._step(way_in, node, deps, place, kind="enter")
        seen = (*place.seen, place.spec.name, node.graph)
        inside = self.top(Place(spec=inner, prefix=f"{name}.", lead=place.lead, gate=way_in, seen=seen))
        leave = Step(
            name=name,
            path=place.lead + name,
            kind="graph",
            node=node,
            deps=(way_in, *(step.name for step in inside)),
            when=None,
            inputs=_as_inputs(compile_lenient(inner.output)),
            out=None,
            spec=inner,
            config_hash=enter.config_hash,
            prefix=f"{name}.",
            gate=way_in,
        )
        return [enter, *inside, leave]

    def _asking_map(self, name: str, node: MapBlock, deps: tuple[str, ...], place: Place) -> list[Step]:
        """Run the items, ask a person about the failed ones, combine the list."""
        run, ask = f"{name}.{MAPPED}", f"{name}.review"
        mapped = self._step(run, node, deps, place)
        review = ReviewNode(
            use="review",
            when="map.failed != []",
            queue=node.map.queue,
            show={"failed": "$map.failed"},
            decide={"skip": {}, "replace": {"values": "json"}, "reject": {}},
            description=f"items of {name} that failed",
        )
        inside = Place(spec=place.spec, prefix=f"{name}.", lead=place.lead, gate=run, seen=place.seen)
        asked = self._step(ask, review, (run,), inside)
        joined = Step(
            name=name,
            path=place.lead + name,
            kind="map-join",
            node=node,
            deps=(run, ask),
            when=None,
            inputs=compile_inputs({"map": "$map", "review": "$review?"}),
            out=None,
            spec=place.spec,
            config_hash=mapped.config_hash,
            prefix=f"{name}.",
            gate=run,
        )
        return [mapped, asked, joined]

    def graph(self, node: GraphNode, seen: tuple[str, ...], spec: GraphSpec, name: str) -> GraphSpec:
        """The graph a node names.

        Raises:
            ProjectError: ``graph.recursive-graph``; ``project.unknown-graph``.
        """
        if node.graph in (*seen, spec.name):
            ring = " -> ".join((*seen, spec.name, node.graph))
            what = f"{name} uses the graph {node.graph!r}, which contains it: {ring}"
            where = spec.source.key(("nodes", name.rpartition(".")[2]))
            raise ProjectError("graph.recursive-graph", what, fix="a graph cannot contain itself", where=where)
        inner = self._load(node.graph)
        self.graphs[node.graph] = inner
        return inner

    def has_boundaries(self, nodes: Mapping[str, AnyNode], spec: GraphSpec, seen: tuple[str, ...]) -> bool:
        """Whether some of these nodes of a graph, or their subgraphs, are reviews or effects."""
        for path, node in blocks(nodes):
            if node.is_boundary:
                return True
            if isinstance(node, GraphNode):
                inner = self.graph(node, seen, spec, path[-1])
                if self.has_boundaries(inner.nodes, inner, (*seen, spec.name, node.graph)):
                    return True
        return False

    def _elements(self, node: AnyNode, path: str, place: Place) -> ElementsPlan | None:
        """The elements of a map with reviews or effects; None for everything else."""
        if not isinstance(node, MapBlock) or not self.has_boundaries(node.nodes, place.spec, place.seen):
            return None
        inside = Place(spec=place.spec, lead=f"{path}.", seen=place.seen)
        own = inner_names(node) | GIVEN
        inner = (use.ref.root for one in node.nodes.values() for use in uses(one, ()))
        return ElementsPlan(
            rules=_rules(node, program([])),
            steps=tuple(self._all(node.nodes, inside, is_top=False)),
            reads=tuple(dict.fromkeys(root for root in inner if root not in own)),
            result=node.out,
        )

    def inside(self, nodes: Mapping[str, AnyNode], spec: GraphSpec, lead: str, seen: tuple[str, ...]) -> Program:
        """The program of a block, or of a subgraph without boundaries.

        Raises:
            ProjectError: ``graph.boundary-in-repeat``.
        """
        for name, node in nodes.items():
            if node.is_boundary:
                what = f"{lead}{name} pauses the run or acts, inside a `repeat`; it must be durable on its own"
                raise ProjectError("graph.boundary-in-repeat", what, fix="move it behind the block")
        made = ordered(nodes, spec, is_top=nodes is spec.nodes)
        place = Place(spec=spec, lead=lead, seen=seen)
        return program([self._step(name, node, deps, place, is_free=False) for name, node, deps in made])

    def _step(
        self,
        name: str,
        node: AnyNode,
        deps: tuple[str, ...],
        place: Place,
        *,
        kind: str | None = None,
        is_free: bool = True,
    ) -> Step:
        """One node as a step; not free inside a `repeat`, where nothing can be durable on its own."""
        spec, seen, path = place.spec, place.seen, place.lead + name
        elements = self._elements(node, path, place) if is_free else None
        retry, timeout, cache = node.retry, node.timeout, node.cache
        out = None if isinstance(node, RepeatBlock | MapBlock) else node.out
        config = json.dumps(node.model_dump(mode="json", by_alias=True, exclude_defaults=True), sort_keys=True)
        return Step(
            name=name,
            path=path,
            kind=kind or node.kind,
            node=node,
            deps=deps,
            when=None if node.when is None else compile_expr(parse_condition(node.when)),
            inputs=compile_inputs(bindings_of(node)),
            out=None if out is None else parse_type(out),
            spec=spec,
            config_hash=sha(config, 16),
            retry=RetryRule()
            if retry is None
            else RetryRule(attempts=retry.attempts, wait_s=parse_duration(retry.wait), on=retry.on),
            timeout_s=None if timeout is None else parse_duration(timeout),
            cache_s=None if cache is None else parse_duration(cache),
            rescue=self._rescue(name, path, node, spec, seen),
            prefix=place.prefix,
            gate=place.gate,
            block=None if kind == "enter" or elements is not None else self._block(node, spec, path, seen),
            elements=elements,
        )

    def _rescue(self, name: str, path: str, node: AnyNode, spec: GraphSpec, seen: tuple[str, ...]) -> Rescue | None:
        other = node.fallback
        if other is None:
            return None
        if isinstance(other, FallbackValue):
            return Rescue(value=compile_value(other.value), on=other.on)
        lead = path.removesuffix(name)
        return Rescue(step=self._step(f"{name}.fallback", other, (), Place(spec=spec, lead=lead, seen=seen)))

    def _block(self, node: AnyNode, spec: GraphSpec, path: str, seen: tuple[str, ...]) -> BlockPlan | None:
        if isinstance(node, RepeatBlock | MapBlock):
            return self._inner(node, self.inside(node.nodes, spec, f"{path}.", seen))
        if isinstance(node, GraphNode):
            inner = self.graph(node, seen, spec, path)
            below = self.inside(inner.nodes, inner, f"{path}.", (*seen, spec.name, node.graph))
            return GraphPlan(program=below, spec=inner, output=cast("Build", compile_lenient(inner.output)))
        return None

    def _inner(self, node: BlockNode, flow: Program) -> BlockPlan:
        if isinstance(node, RepeatBlock):
            until = None if node.repeat.until is None else compile_expr(parse_condition(node.repeat.until))
            out = None if node.out is None else cast("Build", compile_lenient(node.out))
            return RepeatPlan(program=flow, max_rounds=node.repeat.max, until=until, out=out)
        return _rules(node, flow)


def _rules(node: MapBlock, flow: Program) -> MapPlan:
    return MapPlan(
        program=flow,
        item=node.map.item,
        parallel=node.map.parallel,
        limit=node.map.max,
        on_error="collect" if node.map.on_error == "review" else node.map.on_error,
        out=None if node.out is None else _or_null(_lenient(node.out)),
    )


def bindings_of(node: AnyNode) -> dict[str, JsonValue]:
    """Everything a node needs resolved before it runs, by name; values outside of its `in` have reserved names."""
    bindings = dict(node.inputs)
    if isinstance(node, RetrieveNode) and node.where is not None:
        # An absent part of a filter must skip the node, never widen the search.
        bindings["where"] = cast("JsonValue", node.where)
    if isinstance(node, MapBlock):
        bindings[EACH] = node.map.each
    if isinstance(node, AgentNode):
        for index, tool in enumerate(node.calls):
            if tool.given:
                bindings[f"{GIVEN_TO}{index}"] = cast("JsonValue", tool.given)
    return bindings


EACH: Final = "each"
GIVEN_TO: Final = "with:"
"""Prefix of the fixed arguments of an agent's n-th tool among its inputs; `:` cannot be part of a name."""


def ordered(
    nodes: Mapping[str, AnyNode], spec: GraphSpec, *, is_top: bool
) -> list[tuple[str, AnyNode, tuple[str, ...]]]:
    """Nodes in topological order with the siblings they wait for.

    Raises:
        ProjectError: ``graph.cycle``, ``graph.unknown-reference``.
    """
    wiring = Wiring(nodes)
    order = wiring.in_order()
    if is_top:
        for name, deps in wiring.mentioned.items():
            for dep in deps:
                if dep not in nodes:
                    where = spec.source.key(("nodes", name))
                    raise ProjectError("graph.unknown-reference", f"{name} uses ${dep}, not a node", where=where)
    return [(name, nodes[name], wiring.deps[name]) for name in order]


def program(steps: list[Step]) -> Program:
    """Steps as one dataflow; their outside dependencies have run before."""
    index = {step.name: at for at, step in enumerate(steps)}
    dependents: list[list[int]] = [[] for _ in steps]
    waits: list[int] = []
    for at, step in enumerate(steps):
        inside = {index[dep] for dep in step.deps if dep in index}
        waits.append(len(inside))
        for other in sorted(inside):
            dependents[other].append(at)
    return Program(steps=tuple(steps), waits=tuple(waits), dependents=tuple(tuple(one) for one in dependents))


def _as_inputs(build: Callable[[Scope], dict[str, JsonValue]]) -> Callable[[Scope], dict[str, JsonValue] | str]:
    return build


def _lenient(value: JsonValue) -> Evaluate:
    if isinstance(value, dict):
        return cast("Evaluate", compile_lenient(value))
    return compile_value(value)


def _or_null(evaluate: Evaluate) -> Build:
    def build(scope: Scope) -> JsonValue:
        value = evaluate(scope)
        return None if value is ABSENT else cast("JsonValue", value)

    return build
