"""A checked graph -> steps with compiled references, and the segments between its boundaries.

Nodes are grouped by the set of boundaries (`review`, `effect`) before them: each group is a segment and runs as one
dataflow. A segment waits for exactly the boundaries and segments its nodes use, so work that does not depend on a
review never waits for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal, cast

from compound.graph.planning.behind import ancestors_of, let_reviews_wait
from compound.graph.planning.expanding import Expander, LoadGraph, Place, no_graphs, program
from compound.graph.planning.steps import Program, Segment, Step
from compound.graph.wiring.order import topological
from compound.graph.wiring.references import compile_lenient
from compound.language.sha import sha
from compound.spec.graph_file import GraphSpec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pydantic import JsonValue

    from compound.graph.planning.steps import ElementsPlan
    from compound.language.references import Scope


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A graph that can be run.

    Attributes:
        spec: The graph.
        hash: Hash of the graph and its subgraphs: the version that a paused run was started with.
        graphs: Its subgraphs, at any depth, by name.
        steps: Every step that has an outcome of its own, by name, in topological order.
        segments: Each one after those it waits for.
        reviews_before: Effect to the reviews before it, in the order of the plan.
        ancestors: Step to everything that it waits for, also indirectly.
        output: The graph's `output`; null for absent values.
        result: The declaration of the value: the graph's `output`; of an element the map's `out`.
        bodies: Map with reviews or effects to the plan of each of its elements.
        given: Names of the values that it is given as a whole: `input`, and the item of an element.
    """

    spec: GraphSpec
    hash: str
    graphs: Mapping[str, GraphSpec]
    steps: Mapping[str, Step]
    segments: tuple[Segment, ...]
    reviews_before: Mapping[str, tuple[str, ...]]
    ancestors: Mapping[str, frozenset[str]]
    output: Callable[[Scope], dict[str, JsonValue]]
    result: JsonValue
    bodies: Mapping[str, Plan]
    given: frozenset[str] = frozenset({"input"})

    @property
    def has_boundaries(self) -> bool:
        """Whether the graph has reviews or effects and needs a state store."""
        return any(segment.kind != "flow" for segment in self.segments)

    @cached_property
    def kinds(self) -> frozenset[str]:
        """Kinds of its segments, also of those of elements."""
        return frozenset(segment.kind for segment in self.segments).union(*(one.kinds for one in self.bodies.values()))

    @cached_property
    def paths(self) -> frozenset[str]:
        """Paths of its steps, also of those of elements."""
        own = frozenset(step.path for step in self.steps.values())
        return own.union(*(one.paths for one in self.bodies.values()))

    @cached_property
    def has_work_beside_a_review(self) -> bool:
        """Whether a review could hold back work that does not depend on it, because both run step by step."""
        if self.bodies:
            return True
        depth: dict[str, int] = {}
        behind: dict[str, set[str]] = {}
        for segment in self.segments:
            depth[segment.name] = 1 + max((depth[name] for name in segment.waits_for), default=0)
            behind[segment.name] = {segment.name}.union(*(behind[name] for name in segment.waits_for))
        reviews = [segment.name for segment in self.segments if segment.kind == "review"]
        return any(
            depth[segment.name] > depth[review] and review not in behind[segment.name]
            for review in reviews
            for segment in self.segments
        )

    @cached_property
    def programs(self) -> Mapping[str, Program]:
        """Flow segment to its program."""
        return {
            segment.name: program([self.steps[name] for name in segment.steps])
            for segment in self.segments
            if segment.kind == "flow"
        }


def plan(spec: GraphSpec, load: LoadGraph = no_graphs) -> Plan:
    """Cut a graph into segments and compile its references.

    Args:
        spec: The graph.
        load: Loads its subgraphs.

    Raises:
        ProjectError: ``graph.cycle``: nodes wait for each other; ``graph.unknown-reference``,
            ``graph.recursive-graph``. `check` reports these and all other mistakes with their places.
    """
    expander = Expander(load)
    made = expander.top(Place(spec=spec))
    whole = _Whole(spec, _hash(spec, {name: inner.hash for name, inner in expander.graphs.items()}), expander.graphs)
    return whole.plan(made, cast("JsonValue", spec.output), compile_lenient(spec.output))


@dataclass(frozen=True)
class _Whole:
    """What a plan and those of its elements have in common."""

    spec: GraphSpec
    hash: str
    graphs: Mapping[str, GraphSpec]

    def plan(self, made: Iterable[Step], result: JsonValue, output: Callable[[Scope], dict[str, JsonValue]]) -> Plan:
        steps = let_reviews_wait({step.name: step for step in made})
        before = _boundaries_before(steps)
        reviews = {
            name: tuple(other for other in steps if other in before[name] and steps[other].kind == "review")
            for name, step in steps.items()
            if step.kind == "effect"
        }
        return Plan(
            spec=self.spec,
            hash=self.hash,
            graphs=self.graphs,
            steps=steps,
            segments=_segments(steps, before),
            reviews_before=reviews,
            ancestors=ancestors_of(steps),
            output=output,
            result=result,
            bodies={name: self.body(step.elements) for name, step in steps.items() if step.elements is not None},
        )

    def body(self, elements: ElementsPlan) -> Plan:
        """The plan of each element of a map."""
        made = self.plan(elements.steps, elements.result, compile_lenient({}))
        return replace(made, given=frozenset({"input", elements.rules.item}))


def _hash(spec: GraphSpec, inner: Mapping[str, str]) -> str:
    if not inner:
        return spec.hash
    parts = [spec.hash, *(f"{name}:{inner[name]}" for name in sorted(inner))]
    return sha("\n".join(parts))


def _boundaries_before(steps: Mapping[str, Step]) -> dict[str, frozenset[str]]:
    before: dict[str, frozenset[str]] = {}
    for name, step in steps.items():
        names: set[str] = set()
        for dep in step.deps:
            names |= before[dep]
            if steps[dep].is_boundary:
                names.add(dep)
        before[name] = frozenset(names)
    return before


def _segments(steps: Mapping[str, Step], before: Mapping[str, frozenset[str]]) -> tuple[Segment, ...]:
    groups: dict[frozenset[str], list[str]] = {}
    home: dict[str, str] = {}
    for name, step in steps.items():
        if step.is_boundary:
            home[name] = name
        else:
            groups.setdefault(before[name], []).append(name)
    for number, names in enumerate(groups.values(), start=1):
        home.update(dict.fromkeys(names, f"flow-{number}"))
    members: dict[str, list[str]] = {}
    for name in steps:
        members.setdefault(home[name], []).append(name)
    waits = {
        segment: tuple(dict.fromkeys(home[dep] for name in names for dep in steps[name].deps if home[dep] != segment))
        for segment, names in members.items()
    }
    order, _ = topological(waits)
    return tuple(
        Segment(name=one, kind=_segment_kind(one, steps), steps=tuple(members[one]), waits_for=waits[one])
        for one in order
    )


def _segment_kind(segment: str, steps: Mapping[str, Step]) -> Literal["flow", "review", "effect", "elements"]:
    step = steps.get(segment)
    if step is None:
        return "flow"
    if step.elements is not None:
        return "elements"
    return "review" if step.kind == "review" else "effect"
