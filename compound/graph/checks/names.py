"""Family 1, names: types, tools, models, prompts, graphs, and names that hide each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from compound.errors import ProjectError, choices
from compound.graph.wiring.references import inner_names
from compound.graph.wiring.shown_names import FINAL, shown_to_model
from compound.language.findings import Finding
from compound.language.types import is_cyclic, named_types, parse_external, parse_type
from compound.spec.graph_file import GraphSpec, blocks
from compound.spec.nodes import AgentNode, GraphNode, MapBlock, RepeatBlock, ReviewNode
from compound.spec.words import RESERVED

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.graph.inspection.inspection import Inspection
    from compound.graph.inspection.levels import Level
    from compound.graph.port.catalogue import Catalogue
    from compound.language.types import Type
    from compound.spec.steps import Shelf
    from compound.spec.yaml.reading import DataPath

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
}

_NEW: Final[Mapping[Shelf, str]] = {
    "sql": "; a new one is tools/{name}.sql",
    "retriever": "; a new one is declared under `documents` in pyproject.toml",
    "model": "; a new one is declared under `models` in connectors/models.yaml",
    "prompt": "; a new one is graphs/{name}",
    "graph": "; a new one is graphs/{name}.yaml",
}
"""Where a missing part would be declared."""


def with_python_types(spec: GraphSpec, catalogue: Catalogue) -> tuple[GraphSpec, list[Finding]]:
    """The graph with its Python types, and those that do not exist (they stay `json`)."""
    found: dict[str, Type] = {}
    findings: list[Finding] = []
    for name, place in spec.external_types.items():
        try:
            found[name] = catalogue.python_type(place)
        except ProjectError as error:
            where = spec.source.value(("types", name, "from"))
            what = error.what if error.where is None else f"{error.where}: {error.what}"
            findings.append(Finding("graph.unknown-type", what, where, error.fix))
    return (spec.with_types(found) if found else spec), findings


def name_findings(inspection: Inspection) -> Iterator[Finding]:
    """Every unknown name, and every name that hides another one."""
    yield from _types(inspection.spec)
    yield from _names(inspection)
    for level in inspection.levels:
        for name, node in level.nodes.items():
            if isinstance(node, MapBlock):
                yield from _item(inspection, level, name, node)
    for _, _, path, node in inspection.nodes:
        if isinstance(node, AgentNode):
            yield from _hands(inspection, path, node)
        elif isinstance(node, GraphNode) and node.graph in inspection.around:
            what = f"the graph {node.graph!r} contains itself here"
            yield inspection.finding("graph.recursive-graph", what, (*path, "graph"), "use another graph, or `repeat:`")
        elif isinstance(node, GraphNode):
            yield from _ring(inspection, path, node)


def _types(spec: GraphSpec) -> Iterator[Finding]:
    for name in spec.types:
        if is_cyclic(name, spec.type_names):
            where = spec.source.key(("types", name))
            yield Finding("graph.cyclic-type", f"the type {name} has no definition but itself", where, "give it fields")
    for path, declared in declared_types(spec):
        for name in named_types(parse_type(declared)):
            if name not in spec.types and name not in spec.source.below(("types",)):
                fix = choices([*spec.types, "str", "int", "float", "bool", "date", "datetime", "json"], name, limit=30)
                yield Finding("graph.unknown-type", f"unknown type {name!r}", spec.source.value(path), fix)


def declared_types(spec: GraphSpec) -> Iterator[tuple[DataPath, JsonValue]]:
    """Every type that the file writes, field by field, with its place."""
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
        elif not isinstance(node, RepeatBlock | MapBlock) and node.out is not None:
            yield from _fields((*path, "out"), node.out)


def _fields(path: DataPath, declared: JsonValue) -> Iterator[tuple[DataPath, JsonValue]]:
    if isinstance(declared, dict):
        for name, kind in declared.items():
            yield from _fields((*path, str(name)), kind)
    else:
        yield path, declared


def _names(inspection: Inspection) -> Iterator[Finding]:
    for path, node in blocks(inspection.spec.nodes):
        for shelf, key, name in node.named():
            known = inspection.catalogue.names(shelf)
            if known is None or name in known or (shelf == "graph" and name in inspection.around):
                continue
            code, word = _CODES[shelf]
            fix = choices(list(known), name) + _NEW.get(shelf, "").format(name=name)
            yield inspection.finding(code, f"unknown {word} {name!r}", (*path, *key), fix)


def _item(inspection: Inspection, level: Level, name: str, node: MapBlock) -> Iterator[Finding]:
    item, path = node.map.item, (*level.place(name), "map", "as")
    if item in RESERVED and item != "item":
        what = f"{item!r} is a reserved name for an item: ${item} has another meaning"
        yield inspection.finding("graph.reserved-name", what, path, "choose another name")
    elif item in level.types.roots() and item != "item":
        what = f"the item {item!r} hides the same name outside of the block"
        yield inspection.finding("graph.duplicate-name", what, path, "choose another name")
    elif item in node.nodes or any(item in inner_names(inner) for inner in node.nodes.values()):
        what = f"the item {item!r} is hidden by the same name in the block"
        yield inspection.finding("graph.duplicate-name", what, path, "choose another name")


def _hands(inspection: Inspection, path: DataPath, node: AgentNode) -> Iterator[Finding]:
    """Names that are equal after conversion to a provider's format."""
    places: list[tuple[str, DataPath]] = [(one.tool, ("tools", at)) for at, one in enumerate(node.calls)]
    places += [(name, ("proposes", at)) for at, name in enumerate(node.proposes)]
    seen = {FINAL: "the tool that ends the work"}
    for name, key in places:
        shown = shown_to_model(name)
        if shown in seen:
            what = f"to a model {name!r} looks like {seen[shown]}: {shown}"
            yield inspection.finding("graph.tool-name", what, (*path, *key), "list it once, or rename one of them")
        seen.setdefault(shown, repr(name))


def _ring(inspection: Inspection, path: DataPath, node: GraphNode) -> Iterator[Finding]:
    """Whether the graph contains itself at some depth."""
    way = _way_back(inspection, node.graph, (node.graph,), {node.graph})
    if way:
        what = f"the graph {node.graph!r} contains itself: {' -> '.join(way)}"
        yield inspection.finding("graph.recursive-graph", what, (*path, "graph"), "use another graph, or `repeat:`")


def _way_back(inspection: Inspection, name: str, way: tuple[str, ...], seen: set[str]) -> tuple[str, ...]:
    spec = inspection.catalogue.graph(name)
    for _, node in blocks(spec.nodes) if spec is not None else ():
        if isinstance(node, GraphNode):
            if node.graph in {*way, inspection.spec.name}:
                return (*way, node.graph)
            if node.graph not in seen:
                seen.add(node.graph)
                if found := _way_back(inspection, node.graph, (*way, node.graph), seen):
                    return found
    return ()
