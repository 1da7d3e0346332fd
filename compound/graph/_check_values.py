"""Checks on references: do they lead somewhere, may they be absent, can what is compared ever be equal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from compound.errors import choices
from compound.graph._skips import Skips
from compound.graph._value_types import Unknown, ValueTypes
from compound.graph._wiring import Use, iter_bindings, uses
from compound.spec._conditions import parse_condition
from compound.spec._findings import Finding
from compound.spec._refs import Both, Coalesce, Compare, Constant, Expr, ListOf, Not, Ref, references
from compound.spec._types import Enum, Scalar, Type, bare, show_type
from compound.spec.graph_file import AnyNode, EffectNode, GraphSpec, MapBlock, RepeatBlock, ReviewNode
from compound.spec.yaml_file import DataPath

if TYPE_CHECKING:
    pass


def value_findings(spec: GraphSpec, types: ValueTypes, broken: frozenset[str]) -> list[Finding]:
    """Everything that is wrong with references and conditions."""
    findings = list(_level(spec, spec.nodes, (), types, broken))
    for name, value in spec.output.items():
        for expr, path in iter_bindings(value, ("output", name)):
            for ref, is_shielded in references(expr):
                use = Use(ref=ref, is_shielded=is_shielded, path=path, role="out")
                findings += _use(spec, use, types, broken)
    findings += _skipped_outputs(spec)
    return findings


def _level(
    spec: GraphSpec, nodes: Mapping[str, AnyNode], lead: DataPath, types: ValueTypes, broken: frozenset[str]
) -> Iterator[Finding]:
    skips = Skips(nodes)
    for name, node in nodes.items():
        path = (*lead, "nodes", name)
        inner = types.below(node) if isinstance(node, RepeatBlock | MapBlock) else types
        for use in _own_uses(node, path):
            scope = inner if use.role in {"until", "out"} else types
            yield from _use(spec, use, scope, broken)
            if use.role in {"in", "when", "each"} and not use.is_shielded and skips.is_surprise(name, use.ref.root):
                yield _may_be_skipped(spec, use, name, skips)
        for index, other in enumerate(node.after):
            if other not in nodes and other not in broken:
                where = spec.source.value((*path, "after", index))
                yield Finding("graph.unknown-node", f"unknown node {other!r}", where, choices(list(nodes), other))
        for key, condition in _conditions(node, path):
            scope = inner if key[-1] == "until" else types
            yield from _comparisons(spec, parse_condition(condition), key, scope)
        yield from _rules(spec, node, path, nodes)
        if isinstance(node, RepeatBlock | MapBlock):
            yield from _level(spec, node.nodes, path, inner, broken)


def _own_uses(node: AnyNode, path: DataPath) -> Iterator[Use]:
    """References of the node itself, without those of the nodes inside a block."""
    depth = len(path)
    for use in uses(node, path):
        if not (isinstance(node, RepeatBlock | MapBlock) and use.path[depth] == "nodes"):
            yield use


def _use(spec: GraphSpec, use: Use, types: ValueTypes, broken: frozenset[str]) -> Iterator[Finding]:
    if use.ref.root in broken:
        return
    try:
        types.of_ref(use.ref)
    except Unknown as unknown:
        where = spec.source.value(use.path)
        if unknown.step is None:
            what = f"${use.ref}: there is no node {use.ref.root!r}"
            yield Finding("graph.unknown-reference", what, where, choices(unknown.choices, use.ref.root))
            return
        what = f"${use.ref}: there is no field {unknown.step!r}"
        fix = choices(unknown.choices, str(unknown.step)) if unknown.choices else "the value has no fields"
        yield Finding("graph.unknown-field", what, where, fix)


def _may_be_skipped(spec: GraphSpec, use: Use, name: str, skips: Skips) -> Finding:
    root = use.ref.root
    what = f"{name} needs ${use.ref}, but {root} may be skipped ({skips.why(root)})"
    fix = f"write ${use.ref}? to take null instead, or give {name} a `when` that asks for {root}"
    return Finding("graph.may-be-skipped", what, spec.source.value(use.path), fix)


def _skipped_outputs(spec: GraphSpec) -> Iterator[Finding]:
    skips = Skips(spec.nodes)
    for name, value in spec.output.items():
        for expr, path in iter_bindings(value, ("output", name)):
            for ref, is_shielded in references(expr):
                if not is_shielded and skips.may_skip(ref.root):
                    why = skips.why(ref.root)
                    what = f"the output {name} needs ${ref}, but {ref.root} may be skipped ({why})"
                    fix = f"write ${ref}? where null is a good answer"
                    yield Finding("graph.may-be-skipped", what, spec.source.value(path), fix)


def _conditions(node: AnyNode, path: DataPath) -> Iterator[tuple[DataPath, str]]:
    if node.when is not None:
        yield (*path, "when"), node.when
    if isinstance(node, RepeatBlock) and node.repeat.until is not None:
        yield (*path, "repeat", "until"), node.repeat.until
    if isinstance(node, ReviewNode) and node.auto is not None:
        yield (*path, "auto", "when"), node.auto.when


def _comparisons(spec: GraphSpec, expr: Expr, path: DataPath, types: ValueTypes) -> Iterator[Finding]:
    match expr:
        case Compare(first, rest):
            left = first
            for op, right in rest:
                if op in {"==", "!="}:
                    yield from _pair(spec, (left, right), path, types)
                elif op in {"in", "not in"} and isinstance(right, ListOf):
                    for item in right.items:
                        yield from _pair(spec, (left, item), path, types)
                left = right
        case Both(_, items) | Coalesce(items) | ListOf(items):
            for item in items:
                yield from _comparisons(spec, item, path, types)
        case Not(item):
            yield from _comparisons(spec, item, path, types)
        case _:
            return


def _pair(spec: GraphSpec, pair: tuple[Expr, Expr], path: DataPath, types: ValueTypes) -> Iterator[Finding]:
    left, right = pair
    if isinstance(left, Constant):
        left, right = right, left
    if not isinstance(left, Ref | Coalesce) or not isinstance(right, Constant) or right.value is None:
        return
    kind = bare(types.of_expr(left), types.names)
    if _can_equal(kind, right.value):
        return
    shown = f"${left}" if isinstance(left, Ref) else "the left side"
    what = f"{shown} is never {right.value!r}: it is {show_type(kind)}"
    fix = choices(kind.values, str(right.value)) if isinstance(kind, Enum) else "compare values of one type"
    yield Finding("graph.impossible-comparison", what, spec.source.value(path), fix)


def _can_equal(kind: Type, value: str | float | bool) -> bool:
    match kind:
        case Enum(values):
            return value in values
        case Scalar("str" | "datetime"):
            return isinstance(value, str)
        case Scalar("bool"):
            return isinstance(value, bool)
        case Scalar("int" | "float"):
            return isinstance(value, int | float) and not isinstance(value, bool)
        case Scalar():
            return True
        case _:
            return False


def _rules(spec: GraphSpec, node: AnyNode, path: DataPath, nodes: Mapping[str, AnyNode]) -> Iterator[Finding]:
    if isinstance(node, ReviewNode):
        if node.auto is not None and node.auto.action not in node.decide:
            where = spec.source.value((*path, "auto", "action"))
            what = f"the rule decides {node.auto.action!r}, which is no action of this review"
            yield Finding("graph.unknown-action", what, where, choices(list(node.decide), node.auto.action))
    elif isinstance(node, EffectNode):
        known = [name for name, other in nodes.items() if isinstance(other, ReviewNode)]
        if node.review is not None and node.review not in known:
            what = f"{node.review!r} is no review of this graph"
            where = spec.source.value((*path, "review"))
            yield Finding("graph.unknown-node", what, where, choices(known, node.review))
    if len(path) > 2 and isinstance(node, ReviewNode | EffectNode):
        what = f"{path[-1]} is a {node.kind} inside a block; it must be durable on its own"
        yield Finding("graph.boundary-in-repeat", what, spec.source.key(path), "move it behind the block")
