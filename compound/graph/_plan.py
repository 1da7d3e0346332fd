"""A checked graph -> steps with compiled references, and the segments between its boundaries.

Nodes are grouped by the set of boundaries (`review`, `effect`) that lie before them: each group is a segment
and runs as one dataflow. A segment waits for exactly the boundaries and segments its nodes use, so work that
does not depend on a review never waits for it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final, Literal

from compound.errors import ProjectError
from compound.graph._wiring import Inputs, compile_inputs, compile_lenient, dependencies
from compound.spec._conditions import parse_condition
from compound.spec._refs import Evaluate, Scope, compile_expr
from compound.spec._types import Names, Type, parse_type
from compound.spec.graph_file import (
    AnyNode,
    EffectNode,
    GraphSpec,
    RepeatBlock,
    RetrieveNode,
    ReviewNode,
    parse_duration,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import JsonValue

BOUNDARIES: Final = (ReviewNode, EffectNode)


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryRule:
    """Tries in all, and seconds before the second one (doubled before each next)."""

    attempts: int = 1
    wait_s: float = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A node, ready to run.

    Attributes:
        name: As its siblings see it; key of its value in the scope.
        path: As traces show it: `answer.draft`.
        deps: Siblings it waits for.
        when: Its condition; None to run always.
        inputs: Its `in`.
        out: Its declared type; None when not declared.
        program: The steps of a block; None for a node.
    """

    name: str
    path: str
    kind: str
    node: AnyNode
    deps: tuple[str, ...]
    when: Evaluate | None
    inputs: Inputs
    out: Type | None
    retry: RetryRule
    timeout_s: float | None
    config_hash: str
    program: Program | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """Steps that run as one dataflow, in topological order (ties: order of the file).

    Attributes:
        steps: The steps.
        waits: For each step, how many of its dependencies are steps of this program.
        dependents: For each step, the indexes of the steps that wait for it.
    """

    steps: tuple[Step, ...]
    waits: tuple[int, ...]
    dependents: tuple[tuple[int, ...], ...]
    until: Evaluate | None = None
    max_rounds: int = 1
    out: Callable[[Scope], dict[str, JsonValue]] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One unit that is durable on its own: a dataflow of free nodes, one review, or one effect.

    Attributes:
        name: Unique; of a boundary the node's name, of a flow `flow-1` and so on.
        steps: Names of its nodes, in the order of the plan.
        waits_for: Names of the segments before it.
    """

    name: str
    kind: Literal["flow", "review", "effect"]
    steps: tuple[str, ...]
    waits_for: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A graph that can be run.

    Attributes:
        spec: The graph.
        steps: Every top-level step by name, in topological order.
        segments: In an order in which each follows those it waits for.
        reviews_before: Effect to the reviews that lie before it, in the order of the plan.
        output: The graph's `output`; null for what is absent.
    """

    spec: GraphSpec
    steps: Mapping[str, Step]
    segments: tuple[Segment, ...]
    reviews_before: Mapping[str, tuple[str, ...]]
    output: Callable[[Scope], dict[str, JsonValue]]

    @property
    def names(self) -> Names:
        """Declared types."""
        return self.spec.type_names

    @property
    def has_boundaries(self) -> bool:
        """The graph has reviews or effects and needs a state store."""
        return any(segment.kind != "flow" for segment in self.segments)

    @cached_property
    def programs(self) -> Mapping[str, Program]:
        """Flow segment to its program."""
        return {
            segment.name: _program([self.steps[name] for name in segment.steps])
            for segment in self.segments
            if segment.kind == "flow"
        }


def plan(spec: GraphSpec) -> Plan:
    """Cut a graph into segments and compile its references.

    Raises:
        ProjectError: ``graph.cycle``: nodes wait for each other; ``graph.unknown-reference``.
            `check` names the places of these and of everything else that is wrong.
    """
    steps = {step.name: step for step in _steps(spec.nodes, spec, "")}
    before = _boundaries_before(steps)
    reviews = {
        name: tuple(other for other in steps if other in before[name] and steps[other].kind == "review")
        for name, step in steps.items()
        if step.kind == "effect"
    }
    return Plan(
        spec=spec,
        steps=steps,
        segments=_segments(steps, before),
        reviews_before=reviews,
        output=compile_lenient(spec.output),
    )


def topological(nodes: Mapping[str, tuple[str, ...]]) -> tuple[list[str], list[str]]:
    """Names in an order in which each follows what it waits for, ties in the given order; and one cycle."""
    order: list[str] = []
    done: set[str] = set()
    waiting = dict(nodes)
    while waiting:
        ready = [name for name, deps in waiting.items() if all(dep in done or dep not in nodes for dep in deps)]
        if not ready:
            return order, _cycle(waiting)
        for name in ready:
            del waiting[name]
        order += ready
        done |= set(ready)
    return order, []


def _cycle(waiting: Mapping[str, tuple[str, ...]]) -> list[str]:
    name = next(iter(waiting))
    path: list[str] = []
    while name not in path:
        path.append(name)
        name = next(dep for dep in waiting[name] if dep in waiting)
    return path[path.index(name) :]


def _steps(nodes: Mapping[str, AnyNode], spec: GraphSpec, lead: str) -> list[Step]:
    wanted = {name: tuple(dependencies(node)) for name, node in nodes.items()}
    order, cycle = topological(wanted)
    if cycle:
        what = f"nodes wait for each other: {' -> '.join([*cycle, cycle[0]])}"
        raise ProjectError("graph.cycle", what, fix="repeat needs a `repeat:` block")
    if not lead:
        for name, deps in wanted.items():
            for dep in deps:
                if dep not in nodes:
                    where = spec.source.key(("nodes", name))
                    raise ProjectError("graph.unknown-reference", f"{name} uses ${dep}, which is no node", where=where)
    return [_step(name, nodes[name], tuple(dep for dep in wanted[name] if dep in nodes), spec, lead) for name in order]


def _step(name: str, node: AnyNode, deps: tuple[str, ...], spec: GraphSpec, lead: str) -> Step:
    retry, timeout, out = (
        getattr(node, "retry", None),
        getattr(node, "timeout", None),
        getattr(node, "out", None),
    )
    is_block = isinstance(node, RepeatBlock)
    bindings = dict(getattr(node, "inputs", {}))
    if isinstance(node, RetrieveNode) and node.where is not None:
        # An absent part of a filter must skip the node, never widen the search.
        bindings["where"] = node.where
    config = json.dumps(node.model_dump(mode="json", by_alias=True), sort_keys=True)
    return Step(
        name=name,
        path=lead + name,
        kind=node.kind,
        node=node,
        deps=deps,
        when=None if node.when is None else compile_expr(parse_condition(node.when)),
        inputs=compile_inputs(bindings),
        out=None if out is None or is_block else parse_type(out),
        retry=RetryRule() if retry is None else RetryRule(attempts=retry.attempts, wait_s=parse_duration(retry.wait)),
        timeout_s=None if timeout is None else parse_duration(timeout),
        config_hash=hashlib.sha256(config.encode()).hexdigest()[:16],
        program=_block(node, spec, f"{lead}{name}.") if is_block else None,
    )


def _block(node: RepeatBlock, spec: GraphSpec, lead: str) -> Program:
    flow = _program(_steps(node.nodes, spec, lead))
    until = None if node.repeat.until is None else compile_expr(parse_condition(node.repeat.until))
    return Program(
        steps=flow.steps,
        waits=flow.waits,
        dependents=flow.dependents,
        until=until,
        max_rounds=node.repeat.max,
        out=None if node.out is None else compile_lenient(node.out),
    )


def _program(steps: list[Step]) -> Program:
    index = {step.name: at for at, step in enumerate(steps)}
    dependents: list[list[int]] = [[] for _ in steps]
    waits: list[int] = []
    for at, step in enumerate(steps):
        inside = [index[dep] for dep in step.deps if dep in index]
        waits.append(len(inside))
        for other in inside:
            dependents[other].append(at)
    return Program(steps=tuple(steps), waits=tuple(waits), dependents=tuple(tuple(one) for one in dependents))


def _boundaries_before(steps: Mapping[str, Step]) -> dict[str, frozenset[str]]:
    before: dict[str, frozenset[str]] = {}
    for name, step in steps.items():
        names: set[str] = set()
        for dep in step.deps:
            names |= before[dep]
            if isinstance(steps[dep].node, BOUNDARIES):
                names.add(dep)
        before[name] = frozenset(names)
    return before


def _segments(steps: Mapping[str, Step], before: Mapping[str, frozenset[str]]) -> tuple[Segment, ...]:
    groups: dict[frozenset[str], list[str]] = {}
    home: dict[str, str] = {}
    for name, step in steps.items():
        if isinstance(step.node, BOUNDARIES):
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


def _segment_kind(segment: str, steps: Mapping[str, Step]) -> Literal["flow", "review", "effect"]:
    step = steps.get(segment)
    if step is None:
        return "flow"
    return "review" if step.kind == "review" else "effect"
