"""Checks on what a node gives: arguments against the tool's parameters, prompts against `in`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final, cast

from compound.errors import ProjectError, choices
from compound.graph._nodes_llm import placeholders
from compound.graph._value_types import ValueTypes
from compound.spec._findings import Finding
from compound.spec._json_schema import from_json_schema
from compound.spec._types import Record, mismatch, parse_type
from compound.spec._words import FallbackValue
from compound.spec.graph_file import (
    AgentNode,
    AnyNode,
    CheckNode,
    EffectNode,
    GraphNode,
    GraphSpec,
    LlmNode,
    MapBlock,
    RepeatBlock,
    RetrieveNode,
    SpecialistNode,
    SqlNode,
    ToolNode,
)
from compound.spec.yaml_file import DataPath

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.graph.catalogue import Catalogue, Shelf

_RETRIEVE: Final = Record({"query": parse_type("str")})


def call_findings(spec: GraphSpec, types: ValueTypes, catalogue: Catalogue) -> list[Finding]:
    """Everything that is wrong with what nodes are given."""
    return list(_level(spec, spec.nodes, (), types, catalogue))


def _level(
    spec: GraphSpec, nodes: Mapping[str, AnyNode], lead: DataPath, types: ValueTypes, catalogue: Catalogue
) -> Iterator[Finding]:
    for name, node in nodes.items():
        path = (*lead, "nodes", name)
        if isinstance(node, RepeatBlock | MapBlock):
            yield from _level(spec, node.nodes, path, types.below(node), catalogue)
        yield from _node(spec, node, path, types, catalogue)


def _node(spec: GraphSpec, node: AnyNode, path: DataPath, types: ValueTypes, catalogue: Catalogue) -> Iterator[Finding]:
    wanted = _parameters(node, catalogue)
    if wanted is not None:
        yield from _arguments(spec, node, path, types, wanted)
    if isinstance(node, LlmNode | AgentNode):
        yield from _prompt(spec, node, path, catalogue)
    other = getattr(node, "fallback", None)
    if other is not None and not isinstance(other, FallbackValue):
        yield from _node(spec, other, (*path, "fallback"), types, catalogue)


def _parameters(node: AnyNode, catalogue: Catalogue) -> Record | None:
    """What a node must be given; None when unknown."""
    called: tuple[Shelf, str]
    match node:
        case RetrieveNode():
            return _RETRIEVE
        case ToolNode(tool=name):
            called = ("tool", name)
        case SqlNode(tool=name):
            called = ("sql", name)
        case CheckNode(check=name):
            called = ("check", name)
        case SpecialistNode(ref=name):
            called = ("specialist", name)
        case GraphNode(graph=name):
            called = ("graph", name)
        case EffectNode(tool=str() as name):
            called = ("effect", name)
        case _:
            return None
    signature = catalogue.signature(*called)
    if signature is None or signature.params is None:
        return None
    kind = from_json_schema(signature.params)
    return kind if isinstance(kind, Record) else None


def _arguments(spec: GraphSpec, node: AnyNode, path: DataPath, types: ValueTypes, wanted: Record) -> Iterator[Finding]:
    given = cast("Mapping[str, JsonValue]", getattr(node, "inputs", {}))
    for name, value in given.items():
        place = (*path, "in", name)
        if name not in wanted.fields:
            if not wanted.is_open:
                fix = choices(list(wanted.fields), name)
                yield Finding("graph.unknown-argument", f"unknown argument {name!r}", spec.source.key(place), fix)
            continue
        why = mismatch(types.of_value(value), wanted.fields[name], types.names)
        if why:
            where = spec.source.value(place)
            yield Finding("graph.type-mismatch", f"{name}: {why}", where, "give a value of that type")
    for name in sorted(wanted.must_have() - set(given)):
        where = spec.source.key((*path, "in")) if given else spec.source.key(path)
        yield Finding("graph.missing-argument", f"the argument {name!r} is missing", where, f"add {name}: $...")


def _prompt(spec: GraphSpec, node: LlmNode | AgentNode, path: DataPath, catalogue: Catalogue) -> Iterator[Finding]:
    wanted: frozenset[str] = frozenset()
    is_known = True
    for key, file in (("prompt", node.prompt), ("system", node.system)):
        text = None if file is None else catalogue.prompt(file)
        if file is None or text is None:
            is_known = is_known and file is None
            continue
        try:
            names = placeholders(text, file)
        except ProjectError as error:
            where = spec.source.value((*path, key))
            yield Finding(error.code, f"{error.where}: {error.what}", where, "mend the template")
            continue
        for name in sorted(names - set(node.inputs)):
            what = f"{file} uses {{{{ {name} }}}}, which is not in `in`"
            where = spec.source.value((*path, key))
            fix = f"add {name}: $... to `in`, or take it out; {choices(list(node.inputs), name)}"
            yield Finding("graph.missing-placeholder", what, where, fix)
        wanted |= names
    if not is_known:
        return
    for name in node.inputs:
        if name not in wanted:
            what = f"the prompt never uses {name!r}"
            where = spec.source.key((*path, "in", name))
            yield Finding("graph.unused-input", what, where, f"use {{{{ {name} }}}}, or drop it", "warning")
