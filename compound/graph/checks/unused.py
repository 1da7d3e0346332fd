"""Family 3, waste: unused nodes, outputs, inputs, types and decisions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, cast

from compound.graph.checks.names import declared_types
from compound.graph.wiring.references import iter_bindings, uses
from compound.graph.wiring.value_types import Unknown
from compound.language.findings import Finding
from compound.language.references import Ref, references
from compound.language.types import named_types, parse_type
from compound.spec.graph_text import nearest
from compound.spec.nodes import AgentNode, MapBlock, RepeatBlock, ReviewNode

if TYPE_CHECKING:
    from compound.graph.inspection.inspection import Inspection
    from compound.graph.inspection.levels import Level
    from compound.spec.nodes import AnyNode
    from compound.spec.yaml.reading import DataPath

_REFUSING: Final = frozenset({"reject"})


def unused_findings(inspection: Inspection) -> Iterator[Finding]:
    """Everything that is unused; empty if parts of the file could not be read."""
    if inspection.broken:
        return
    seen = _seen_in(inspection)
    for level in inspection.levels:
        refs: dict[str, list[Ref]] = {}
        for ref in _all_of(level, seen.outputs):
            refs.setdefault(ref.root, []).append(ref)
        ordered = {other for node in level.nodes.values() for other in node.after}
        for name, node in level.nodes.items():
            if name in refs or isinstance(node, ReviewNode):
                yield from _parts(inspection, level, name, node, refs.get(name, []), seen)
            elif name not in ordered and not inspection.acts(node):
                yield from _node(inspection, level, name, seen)
    yield from _inputs(inspection, seen)
    mentioned = {name for _, declared in declared_types(inspection.spec) for name in named_types(parse_type(declared))}
    known = set(inspection.spec.types)
    for name in inspection.spec.types:
        if name not in mentioned and nearest(name, sorted(mentioned - known)) is None:
            what, path = f"nothing uses the type {name}", ("types", name)
            yield _warning(inspection, "graph.unused-type", what, path)


def _warning(inspection: Inspection, code: str, what: str, path: DataPath, fix: str = "use it, or drop it") -> Finding:
    return inspection.finding(code, what, path, fix, at="key", severity="warning")


@dataclass(slots=True)
class _Seen:
    """References of a graph.

    Attributes:
        outputs: References of its output.
        typos: Names that do not exist: similar names are probably meant, and not unused.
        missed: Roots of which an unknown field is used: any of their fields may be meant.
    """

    outputs: list[Ref]
    typos: set[str] = field(default_factory=set[str])
    missed: set[str] = field(default_factory=set[str])

    def is_meant(self, name: str) -> bool:
        return nearest(name, sorted(self.typos)) is not None


def _seen_in(inspection: Inspection) -> _Seen:
    shows = {} if inspection.spec.shows is None else inspection.spec.shows.model_dump(exclude_none=True)
    ends = (*inspection.spec.output.values(), *shows.values())
    bindings = [expr for value in ends for expr, _ in iter_bindings(value, ())]
    seen = _Seen([ref for expr in bindings for ref, _ in references(expr)])
    for level in inspection.levels:
        for name, node in level.nodes.items():
            inner = level.below(name, node) if isinstance(node, RepeatBlock | MapBlock) else level
            for use in level.own_uses[name]:
                _note(inner if use.role in {"until", "out"} else level, use.ref, seen)
            seen.typos |= {other for other in node.after if other not in level.nodes}
    for ref in seen.outputs:
        _note(inspection.top, ref, seen)
    return seen


def _note(level: Level, ref: Ref, seen: _Seen) -> None:
    try:
        level.types.reach(ref)
    except Unknown as unknown:
        if unknown.step is None:
            seen.typos.add(ref.root)
        else:
            seen.missed.add(ref.root)


def _node(inspection: Inspection, level: Level, name: str, seen: _Seen) -> Iterator[Finding]:
    if not seen.is_meant(name):
        fix = "refer to it, name it in `output`, or drop the node"
        what = f"nothing uses the value of {name}"
        yield _warning(inspection, "graph.unused-node", what, level.place(name), fix)


def _all_of(level: Level, outputs: list[Ref]) -> list[Ref]:
    """Every reference that can mean a node of the level."""
    found = [use.ref for node in level.nodes.values() for use in uses(node, ())]
    if level.above is None:
        return [*found, *outputs]
    block = cast("RepeatBlock | MapBlock", level.above.nodes[level.owner])
    found += [use.ref for use in uses(block, ()) if use.path[0] != "nodes"]
    found += [Ref(str(ref.steps[0]), ref.steps[1:]) for ref in found if ref.root == "previous" and ref.steps]
    if any(ref.root == "previous" and not ref.steps for ref in found) or block.out is None:
        found += [Ref(name) for name in level.nodes]
    return found


def _parts(
    inspection: Inspection, level: Level, name: str, node: AnyNode, refs: list[Ref], seen: _Seen
) -> Iterator[Finding]:
    """Unused parts of a value: outputs of a block, a reviewer's fields, an agent's proposals."""
    if name in seen.missed or any(not ref.steps for ref in refs):
        return
    used, path = {str(ref.steps[0]) for ref in refs}, level.place(name)
    if isinstance(node, RepeatBlock) and node.out is not None:
        for key in node.out:
            if key not in used:
                yield _warning(inspection, "graph.unused-output", f"nothing uses ${name}.{key}", (*path, "out", key))
    if isinstance(node, ReviewNode):
        yield from _decisions(inspection, name, node, used, path)
    if isinstance(node, AgentNode) and node.proposes and "proposals" not in used:
        what = f"the proposals of {name} are lost: nothing uses ${name}.proposals"
        fix = "let a review show them and an effect perform them, or drop `proposes`"
        yield inspection.finding("graph.unused-proposals", what, (*path, "proposes"), fix, at="key")


def _decisions(
    inspection: Inspection, name: str, node: ReviewNode, used: set[str], path: DataPath
) -> Iterator[Finding]:
    for action, fields in node.decide.items():
        for key in fields if action not in _REFUSING else ():
            if key not in used:
                what = f"a reviewer's text is lost: nothing uses ${name}.{key} of the decision {action!r}"
                fix = f"write ${name}.{key} ?? ... where the value is used, or drop the field"
                place = (*path, "decide", action, key)
                yield inspection.finding("graph.unused-decision", what, place, fix, at="key")


def _inputs(inspection: Inspection, seen: _Seen) -> Iterator[Finding]:
    found = [*seen.outputs, *(use.ref for node in inspection.spec.nodes.values() for use in uses(node, ()))]
    used = {ref.steps[:1] for ref in found if ref.root == "input"}
    for name in inspection.spec.input:
        if (name,) not in used and () not in used and "input" not in seen.missed and not seen.is_meant("input"):
            what, fix = f"nothing uses the input {name!r}", f"use $input.{name}, or drop it"
            yield _warning(inspection, "graph.unused-input", what, ("input", name), fix)
