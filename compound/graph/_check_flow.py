"""Checks on the shape: cycles, unused nodes, conditions that never hold, effects nobody decides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from compound.graph._expand import topological
from compound.graph._skips import Skips
from compound.graph._wiring import dependencies, iter_bindings, uses
from compound.spec._conditions import parse_condition
from compound.spec._findings import Finding
from compound.spec._refs import Both, Compare, Constant, Expr, references
from compound.spec.graph_file import AnyNode, CheckNode, EffectNode, GraphSpec, MapBlock, RepeatBlock, ReviewNode
from compound.spec.yaml_file import DataPath


def flow_findings(spec: GraphSpec, broken: frozenset[str]) -> list[Finding]:
    """Everything that is wrong with the graph's shape."""
    findings = list(_levels(spec, spec.nodes, ()))
    findings += _unused(spec, broken)
    findings += _unguarded(spec)
    if not spec.nodes and not broken:
        findings.append(Finding("graph.empty", "the graph has no nodes", spec.source.key(("nodes",)), "add one"))
    return findings


def _levels(spec: GraphSpec, nodes: Mapping[str, AnyNode], lead: DataPath) -> Iterator[Finding]:
    wiring = {name: tuple(dependencies(node)) for name, node in nodes.items()}
    while cycle := topological(wiring)[1]:
        where = spec.source.key((*lead, "nodes", cycle[0]))
        what = f"nodes wait for each other: {' -> '.join([*cycle, cycle[0]])}"
        yield Finding("graph.cycle", what, where, "put them into a `repeat:` block and use $previous")
        for name in cycle:
            del wiring[name]
    for name, node in nodes.items():
        path = (*lead, "nodes", name)
        if node.when is not None and _truth(parse_condition(node.when)) is False:
            where = spec.source.value((*path, "when"))
            yield Finding("graph.unreachable", f"{name} never runs: {node.when}", where, "drop the node or its `when`")
        if isinstance(node, RepeatBlock | MapBlock):
            yield from _levels(spec, node.nodes, path)


def _truth(expr: Expr) -> bool | None:
    """What a condition without references comes to; None when it has some."""
    match expr:
        case Constant(value):
            return bool(value)
        case Both(is_all, items):
            known = [_truth(item) for item in items]
            if is_all:
                return False if False in known else (None if None in known else True)
            return True if True in known else (None if None in known else False)
        case Compare(Constant(left), ((op, Constant(right)),)) if op in {"==", "!="}:
            return (left == right) is (op == "==")
        case _:
            return None


def _unused(spec: GraphSpec, broken: frozenset[str]) -> Iterator[Finding]:
    if broken:
        return
    used = {
        ref.root
        for value in spec.output.values()
        for expr, _ in iter_bindings(value, ())
        for ref, _ in references(expr)
    }
    yield from _unused_in(spec, spec.nodes, (), used)


def _unused_in(spec: GraphSpec, nodes: Mapping[str, AnyNode], lead: DataPath, used: set[str]) -> Iterator[Finding]:
    mentioned = set(used)
    for node in nodes.values():
        mentioned |= {use.ref.root for use in uses(node, ())} | set(node.after)
    for name, node in nodes.items():
        path = (*lead, "nodes", name)
        if isinstance(node, RepeatBlock | MapBlock):
            own = {use.ref.root for use in uses(node, ()) if use.path[0] != "nodes"}
            through_previous = {
                str(use.ref.steps[0]) for use in uses(node, ()) if use.ref.root == "previous" and use.ref.steps
            }
            everything = set(node.nodes) if node.out is None else set[str]()
            yield from _unused_in(spec, node.nodes, path, own | through_previous | everything)
        if name not in mentioned and not isinstance(node, EffectNode | ReviewNode):
            what = f"nothing uses the value of {name}"
            fix = "refer to it, name it in `output`, or drop the node"
            yield Finding("graph.unused-node", what, spec.source.key(path), fix, "warning")


def _unguarded(spec: GraphSpec) -> Iterator[Finding]:
    """Effects that can happen without a decision: no review must have run, and no check is asked."""
    skips = Skips(spec.nodes)
    for name, node in spec.nodes.items():
        if isinstance(node, EffectNode) and not _is_guarded(name, spec, skips):
            what = f"{name} can take effect without a review or an accepted check"
            fix = "let it need a review (when: review.action != 'reject'), or a check (when: verdict.ok)"
            yield Finding("graph.unguarded-effect", what, spec.source.key(("nodes", name)), fix)


def _is_guarded(name: str, spec: GraphSpec, skips: Skips) -> bool:
    chain = {name, *skips.all_needs[name]}
    if any(isinstance(spec.nodes[one], ReviewNode) for one in chain):
        return True
    for one in chain:
        for use in uses(spec.nodes[one], ()):
            is_check = isinstance(spec.nodes.get(use.ref.root), CheckNode)
            if use.role == "when" and is_check and not use.is_shielded and use.ref.steps:
                return True
    return False
