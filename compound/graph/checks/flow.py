"""Family 3, shape: cycles, rounds that change nothing, items that are all treated the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from compound.graph.inspection.satisfiable import Trial
from compound.graph.wiring.order import topological
from compound.graph.wiring.references import uses
from compound.language.conditions import parse_condition
from compound.language.findings import Finding
from compound.language.references import Constant, refs_of
from compound.spec.nodes import MapBlock, RepeatBlock

if TYPE_CHECKING:
    from compound.graph.inspection.inspection import Inspection
    from compound.graph.inspection.levels import Level


def flow_findings(inspection: Inspection) -> Iterator[Finding]:
    """All findings in the graph's shape."""
    if not inspection.spec.nodes and not inspection.broken:
        yield inspection.finding("graph.empty", "the graph has no nodes", ("nodes",), "add one", at="key")
    for level in inspection.levels:
        yield from _cycles(inspection, level)
        for name, node in level.nodes.items():
            if isinstance(node, RepeatBlock):
                yield from _rounds(inspection, level, name, node)
            elif isinstance(node, MapBlock):
                yield from _items(inspection, level, name, node)


def _cycles(inspection: Inspection, level: Level) -> Iterator[Finding]:
    deps = dict(level.wiring.deps)
    while cycle := topological(deps)[1]:
        what = f"nodes wait for each other: {' -> '.join([*cycle, cycle[0]])}"
        fix = "put them into a `repeat:` block and use $previous"
        yield inspection.finding("graph.cycle", what, level.place(cycle[0]), fix, at="key")
        for name in cycle:
            del deps[name]


def _rounds(inspection: Inspection, level: Level, name: str, node: RepeatBlock) -> Iterator[Finding]:
    path = (*level.place(name), "repeat")
    inner = level.below(name, node)
    if any(inspection.is_boundary(one) for one in node.nodes.values()) or inspection.broken & set(node.nodes):
        return
    told = any(use.ref.root == "previous" for use in uses(node, ()))
    if node.repeat.max == 1:
        what, fix = "one round is not a repetition", "write max: 2 or more, or drop the block"
        yield inspection.finding("graph.useless-repeat", what, (*path, "max"), fix, severity="warning")
        return
    what = ""
    if node.repeat.until is not None:
        path = (*path, "until")
        what = _until(node, inner, node.repeat.until)
        if not what and not told and not inspection.is_model(node):
            what = "every round does the same: nothing uses $previous, and it has no model"
    elif not told:
        what = "every round does the same: it has no `until`, and nothing uses $previous"
    else:
        what = f"all {node.repeat.max} rounds always run: nothing checks whether one was good enough"
        fix = "add `until:`; `until: false` means that all rounds are needed"
        yield inspection.finding("graph.no-until", what, path, fix, severity="warning")
        return
    if what:
        fix = "use a value of the round in `until`, use $previous, or drop the block"
        yield inspection.finding("graph.useless-repeat", what, path, fix)


def _until(node: RepeatBlock, inner: Level, text: str) -> str:
    """Why a condition does not end rounds as it should; empty if it may."""
    expr = parse_condition(text)
    if expr == Constant(False):
        return ""  # explicitly declared: all rounds are needed
    refs = list(refs_of(expr))
    if any(inner.types.root(ref.root) is None for ref in refs):
        return ""
    match Trial([expr], inner.kind_of, inner.types.names).verdict():
        case "always":
            return f"it ends after the first round: {text} always holds"
        case "never":
            return f"`until` never holds: {text}"
        case "open" | "absent":
            is_told = any(ref.root in node.nodes for ref in refs)
            return "" if is_told else f"no round changes the values in `until`: {text}"


def _is_missed(inner: Level) -> bool:
    """Something in a block is misspelt: it may be the item."""
    return any(inner.types.root(use.ref.root) is None for own in inner.own_uses.values() for use in own)


def _items(inspection: Inspection, level: Level, name: str, node: MapBlock) -> Iterator[Finding]:
    item = node.map.item
    if any(use.ref.root == item for use in uses(node, ()) if use.path[0] != "map"):
        return
    if inspection.broken or item in node.nodes or _is_missed(level.below(name, node)):
        return
    what = f"every item is treated the same: nothing in {name} uses ${item}"
    path = (*level.place(name), "map", "each")
    yield inspection.finding("graph.unused-item", what, path, f"use ${item} in the block, or drop the block")
