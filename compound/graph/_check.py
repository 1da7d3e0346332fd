"""What can be proved about a graph before anything runs: every mistake, in one run, with its place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final, cast

from compound.errors import choices
from compound.graph._check_calls import call_findings
from compound.graph._check_flow import flow_findings
from compound.graph._check_policy import policy_findings
from compound.graph._check_values import value_findings
from compound.graph._value_types import ValueTypes
from compound.graph._wiring import named
from compound.spec._findings import Finding, in_file_order
from compound.spec._parse import parse_graph
from compound.spec._types import is_cyclic, named_types, parse_external, parse_type
from compound.spec.graph_file import EffectNode, GraphSpec, MapBlock, RepeatBlock, ReviewNode, blocks
from compound.spec.yaml_file import DataPath

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.graph.catalogue import Catalogue, Shelf

_CODES: Final[Mapping[Shelf, tuple[str, str]]] = {
    "tool": ("graph.unknown-tool", "tool"),
    "check": ("graph.unknown-check", "check"),
    "sql": ("graph.unknown-sql-tool", "SQL tool"),
    "effect": ("graph.unknown-effect", "effect"),
    "retriever": ("graph.unknown-index", "document index"),
    "specialist": ("graph.unknown-specialist", "specialist"),
    "model": ("graph.unknown-model", "model"),
    "prompt": ("graph.unknown-prompt", "prompt file"),
    "graph": ("graph.unknown-graph", "graph"),
    "policy": ("graph.unknown-policy", "policy"),
}


def check_file(text: str | bytes, path: str, catalogue: Catalogue) -> list[Finding]:
    """Check a graph file: its shape, and whatever of it can be read."""
    parsed = parse_graph(text, path)
    if parsed.spec is None:
        return list(parsed.findings)
    return in_file_order([*parsed.findings, *check(parsed.spec, catalogue, broken=parsed.broken)])


def check(spec: GraphSpec, catalogue: Catalogue, *, broken: Iterable[str] = ()) -> list[Finding]:
    """Everything that is wrong with a graph, in the order of the file.

    Args:
        spec: A graph whose shape is right; its source map gives the places.
        catalogue: What the project offers. A shelf that it does not know is not checked.
        broken: Nodes that the file has, but that could not be read: references to them are no mistakes.

    Returns:
        Findings; the graph may run when none is an `error`.

    Cost: linear in the nodes and references; about 2 ms for the support desk's graph.
    """
    types = ValueTypes(spec, catalogue, spec.nodes)
    gone = frozenset(broken)
    findings = [*_unknown_types(spec), *_unknown_names(spec, catalogue)]
    findings += value_findings(spec, types, gone)
    findings += call_findings(spec, types, catalogue)
    findings += flow_findings(spec, gone)
    findings += policy_findings(spec, catalogue)
    if not catalogue.has_state:
        findings += _without_state(spec)
    return in_file_order(findings)


def _unknown_types(spec: GraphSpec) -> list[Finding]:
    findings = [
        Finding(
            "graph.cyclic-type",
            f"the type {name} is only itself",
            spec.source.key(("types", name)),
            "give it fields",
        )
        for name in spec.types
        if is_cyclic(name, spec.type_names)
    ]
    for path, declared in _declared_types(spec):
        for name in named_types(parse_type(declared)):
            if name not in spec.types:
                what = f"unknown type {name!r}"
                fix = choices([*spec.types, "str", "int", "float", "bool", "datetime", "json"], name, limit=30)
                findings.append(Finding("graph.unknown-type", what, spec.source.value(path), fix))
    return findings


def _declared_types(spec: GraphSpec) -> Iterable[tuple[DataPath, JsonValue]]:
    for section in ("types", "input", "context"):
        for name, declared in getattr(spec, section).items():
            if section == "types" and parse_external(declared) is not None:
                continue
            yield from _fields((section, name), declared)
    for path, node in blocks(spec.nodes):
        if isinstance(node, ReviewNode):
            for action, fields in node.decide.items():
                for name, declared in fields.items():
                    yield from _fields((*path, "decide", action, name), declared)
        elif not isinstance(node, RepeatBlock | MapBlock) and getattr(node, "out", None) is not None:
            yield from _fields((*path, "out"), cast("JsonValue", getattr(node, "out", None)))


def _fields(path: DataPath, declared: JsonValue) -> Iterable[tuple[DataPath, JsonValue]]:
    if isinstance(declared, dict):
        for name, kind in declared.items():
            yield from _fields((*path, str(name)), kind)
    else:
        yield path, declared


def _unknown_names(spec: GraphSpec, catalogue: Catalogue) -> list[Finding]:
    findings: list[Finding] = []
    for path, node in blocks(spec.nodes):
        for shelf, key, name in named(node):
            known = catalogue.names(shelf)
            if known is None or name in known:
                continue
            code, word = _CODES[shelf]
            where = spec.source.value((*path, *key))
            findings.append(Finding(code, f"unknown {word} {name!r}", where, choices(list(known), name)))
    return findings


def _without_state(spec: GraphSpec) -> list[Finding]:
    findings: list[Finding] = []
    for path, node in blocks(spec.nodes):
        if isinstance(node, ReviewNode | EffectNode):
            what = f"{path[-1]} is a {node.kind}, but the project has no state store"
            fix = "configure `state` in the profile"
            findings.append(Finding("graph.no-state", what, spec.source.key(path), fix))
    return findings
