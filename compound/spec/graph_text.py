"""Parses a graph file into a `GraphSpec`, and finds every mistake of its shape in one run."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final, cast

from pydantic import BaseModel, JsonValue, ValidationError
from pydantic_core import ErrorDetails

from compound.errors import Location, ProjectError, choices
from compound.language.findings import Finding, InvalidFile, in_file_order
from compound.language.types import TYPE_WORDS
from compound.spec.graph_file import GraphSpec, ItemRole, ShowsRole, blocks
from compound.spec.nodes import NODE_KINDS, NODE_MODELS
from compound.spec.words import (
    RESERVED,
    AgentTool,
    AutoRule,
    Budget,
    Escalation,
    FallbackValue,
    Map,
    Migration,
    Repeat,
    Retry,
)
from compound.spec.yaml.mistakes import path_in, without_branches, without_misspelt
from compound.spec.yaml.reading import DataPath, SourceMap, read_yaml
from compound.spec.yaml.validated import meaning

_ROUNDS: Final = 6
_INNER: Final[dict[str, type[BaseModel]]] = {
    "item": ItemRole,
    "shows": ShowsRole,
    "retry": Retry, "repeat": Repeat, "map": Map, "budget": Budget, "auto": AutoRule, "on_expire": Escalation,
}  # fmt: skip
_OPTIONAL: Final = {
    "retry",
    "timeout",
    "out",
    "description",
    "on_change",
    "version",
    "due",
    "when",
    "cache",
    "budget",
    "policy",
    "fallback",
    "on_expire",
    "expire",
    "risk",
    "auto",
    "versions",
    "show",
    "decide",
}
_PARTS: Final = {"on_expire", "auto", "versions", "show", "decide", "risk"}  # fmt: skip
_FIXES: Final = {
    "graph.bad-reference": "write $node.field, $node.field? if null is acceptable, or $a ?? $b",
    "graph.bad-condition": "write a comparison of references without $: node.field == 'value'",
    "graph.bad-duration": "write 500ms, 30s, 5m, 4h or 2d",
    "graph.bad-type": "write str, list[str], enum(a, b), a name of `types`, or any of these with ? for null",
    "graph.on-expire": "write one of: escalate: QUEUE, remind: true, close: true",
    "graph.empty-budget": "write at least one of usd, calls and seconds; or drop `budget`",
    "graph.effect-tool": "write tool: NAME with its arguments in `in`, or tools: [NAME, ...] with in: {actions: ...}",
    "graph.effect-actions": "write in: {actions: $node.actions}",
}  # fmt: skip
_PLACEHOLDERS: Final[dict[str, JsonValue]] = {"compound": "graph/v1", "name": "unnamed", "nodes": {}}


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedGraph:
    """The readable part of a graph file.

    Attributes:
        spec: The graph without its broken parts; None if nothing usable is left.
        findings: Mistakes of its shape; empty for a well-formed file.
        broken: Names of nodes that were dropped; references to them are not reported again.
    """

    spec: GraphSpec | None
    findings: tuple[Finding, ...]
    broken: frozenset[str] = frozenset()


def load_graph(text: str | bytes, path: str) -> GraphSpec:
    """Read a graph file.

    Args:
        text: The file's content.
        path: Its name as the user would type it, for messages.

    Raises:
        InvalidFile: It has mistakes; `findings` has all of them. (A `ProjectError`.)
        ProjectError: ``yaml.*``: it is not YAML, or not the subset that is allowed.
    """
    parsed = parse_graph(text, path)
    if parsed.findings or parsed.spec is None:
        raise InvalidFile(parsed.findings)
    return parsed.spec


def parse_graph(text: str | bytes, path: str) -> ParsedGraph:
    """Read a graph file as far as possible; mistakes of its shape are returned as findings."""
    try:
        document = read_yaml(text, path)
    except ProjectError as error:
        where = error.where or Location(path)
        return ParsedGraph(spec=None, findings=(Finding(error.code, error.what, where, error.fix),))
    if not isinstance(document.data, dict):
        found = Finding(
            "graph.not-a-graph", "the file is empty or not a mapping", Location(path), "start with: compound: graph/v1"
        )
        return ParsedGraph(spec=None, findings=(found,))
    return _repair(copy.deepcopy(document.data), document.source)


def build_graph(data: Mapping[str, JsonValue], origin: str = "", *, source: SourceMap | None = None) -> GraphSpec:
    """A graph from plain data, as the Python builder makes it.

    Args:
        data: The graph in the file's own words.
        origin: Its origin, for messages.
        source: Place of each part.

    Raises:
        InvalidFile: The data has mistakes.
    """
    parsed = _repair(copy.deepcopy(dict(data)), source or SourceMap(origin))
    if parsed.findings or parsed.spec is None:
        raise InvalidFile(parsed.findings)
    return parsed.spec


def _repair(data: dict[str, JsonValue], source: SourceMap) -> ParsedGraph:
    """Validate, record the mistakes, drop the wrong parts, and repeat: so one run finds all mistakes."""
    findings: list[Finding] = []
    broken: set[str] = set()
    misspelt: set[DataPath] = set()
    for _ in range(_ROUNDS):
        try:
            spec = GraphSpec.model_validate(data).with_source(source)
        except ValidationError as error:
            details = error.errors(include_url=False)
            findings += [
                _finding(detail, data, source)
                for detail in _plain(details, data)
                if _data_path(detail) not in misspelt  # a node without the key that is misspelt in it
            ]
            misspelt |= {_data_path(one)[:-1] for one in details if one["type"] == "extra_forbidden"}
            paths = [_wrong_part(detail, data) for detail in details]
            if not all([_drop(detail, path, data, broken) for detail, path in zip(details, paths, strict=True)]):
                return ParsedGraph(spec=None, findings=tuple(in_file_order(findings)))
        else:
            findings += _names(spec)
            return ParsedGraph(spec=spec, findings=tuple(in_file_order(findings)), broken=frozenset(broken))
    return ParsedGraph(spec=None, findings=tuple(in_file_order(findings)))


def _data_path(detail: ErrorDetails) -> DataPath:
    """The error's place as a path in the file, without the union tags after node names."""
    out: list[str | int] = []
    skip = False
    is_container, is_name = True, False
    for step in detail["loc"]:
        if skip:
            skip, is_container = False, True
            continue
        out.append(step)
        if is_name:
            is_name, skip = False, True
        elif step == "fallback" or (isinstance(step, int) and out[-2:-1] == ["tools"]):
            skip = True  # the tag of a union comes next
        elif is_container and step == "nodes":
            is_name, is_container = True, False
        else:
            is_container = False
    if out and out[-1] == "[key]":
        out.pop()
    return tuple(out)


def _plain(details: list[ErrorDetails], data: dict[str, JsonValue]) -> list[ErrorDetails]:
    """One line per mistake: without missing keys that are misspelt, and without union branches that were not meant."""
    return without_branches(without_misspelt(details), lambda one: path_in(data, _data_path(one)))


def _finding(detail: ErrorDetails, data: dict[str, JsonValue], source: SourceMap) -> Finding:
    path = _data_path(detail)
    last = str(path[-1]) if path else ""
    kind = detail["type"]
    if kind == "extra_forbidden":
        known = _known_keys(path[:-1], data)
        what = f"unknown key {last!r}"
        return Finding("graph.unknown-key", what, source.key(path), choices(known, last, limit=30))
    if kind == "missing":
        return Finding("graph.missing-key", f"the key {last!r} is missing", source.key(path[:-1]), f"add {last}: ...")
    if kind in {"union_tag_invalid", "union_tag_not_found"}:
        return _unknown_kind(path, data, source)
    if kind != "missing" and detail["loc"][-1:] != ("[key]",):
        path = path_in(data, path)
    if kind.startswith("graph."):
        return Finding(kind, detail["msg"], source.value(path), _FIXES.get(kind) or meaning(GraphSpec, path))
    shown = repr(detail["input"])
    shown = shown if len(shown) <= 60 else shown[:57] + "..."
    message = f"{path[-1] if path else last}: {shown}: {detail['msg'][:1].lower()}{detail['msg'][1:]}"
    where = source.key(path) if detail["loc"][-1:] == ("[key]",) else source.value(path)
    return Finding("graph.bad-value", message, where, meaning(GraphSpec, path))


def _unknown_kind(path: DataPath, data: dict[str, JsonValue], source: SourceMap) -> Finding:
    node = _at(data, path)
    use = node.get("use") if isinstance(node, dict) else None
    is_fallback = path[-1] == "fallback"
    kinds = [kind for kind in NODE_KINDS if not is_fallback or kind not in {"review", "effect", "graph"}]
    if use is None:
        what = f"the {'fallback' if is_fallback else f'node {path[-1]!r}'} has no `use`"
        more = " or value: ..." if is_fallback else ""
        return Finding("graph.missing-key", what, source.key(path), f"add use: ...{more}; {choices(kinds, limit=20)}")
    fix = choices(kinds, str(use), limit=20)
    return Finding("graph.unknown-kind", f"unknown kind {use!r}", source.value((*path, "use")), fix)


def _known_keys(path: DataPath, data: dict[str, JsonValue]) -> Sequence[str]:
    model: type[BaseModel] = GraphSpec
    if path and (path[-2:-1] == ("nodes",) or path[-1] == "fallback"):
        node = cast("dict[str, JsonValue]", _at(data, path))
        model = NODE_MODELS.get(str(node.get("use") or _block_kind(node)), FallbackValue)
    elif path[-2:-1] == ("migrations",):
        model = Migration
    elif path[-2:-1] == ("tools",):
        model = AgentTool
    elif path:
        model = _INNER.get(str(path[-1]), GraphSpec)
    return [field.alias or name for name, field in model.model_fields.items()]


def _block_kind(node: Mapping[str, JsonValue]) -> str:
    return next((key for key in ("map", "repeat", "nodes") if key in node), "value").replace("nodes", "repeat")


def _at(data: JsonValue, path: DataPath) -> Any:  # noqa: ANN401 - any value
    value: Any = data
    for step in path:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def _wrong_part(detail: ErrorDetails, data: dict[str, JsonValue]) -> DataPath:
    path = _data_path(detail)
    return path if detail["type"] == "missing" else _whole_part(path_in(data, path) or path)


def _drop(detail: ErrorDetails, path: DataPath, data: dict[str, JsonValue], broken: set[str]) -> bool:
    """Remove the wrong part from the data; returns False if nothing can be removed."""
    if "fallback" in path and detail["type"] != "extra_forbidden":
        path = path[: path.index("fallback") + 1]
    if len(path) == 1 and path[0] in _PLACEHOLDERS:
        data[str(path[0])] = _PLACEHOLDERS[str(path[0])]
        return True
    is_optional = detail["type"] == "extra_forbidden" or (
        path and path[-1] in _OPTIONAL and (detail["type"] != "missing" or path[-1] == "fallback")
    )
    if not is_optional:
        node = _node_path(path)
        if node is not None:
            path = node
            broken.add(str(node[-1]))
        elif len(path) < 2 or detail["type"] == "missing":
            return False
    parent = _at(data, path[:-1])
    if isinstance(parent, dict):
        cast("dict[str, JsonValue]", parent).pop(str(path[-1]), None)
    # Without a parent it was removed already, with a mistake of the node around it.
    return parent is None or isinstance(parent, dict)


def _whole_part(path: DataPath) -> DataPath:
    """The optional part of a node that the path points into, if any."""
    node = _node_path(path)
    if node is None or len(path) <= len(node) or path[len(node)] not in _PARTS:
        return path
    return path[: len(node) + 1]


def _node_path(path: DataPath) -> DataPath | None:
    for index in range(len(path) - 1, 0, -1):
        if path[index - 1] == "nodes" and index % 2 == 1:
            return path[: index + 1]
    return None


def _names(spec: GraphSpec) -> list[Finding]:
    findings: list[Finding] = []
    seen: dict[str, tuple[str, ...]] = {}
    for path, _ in blocks(spec.nodes):
        name, where = path[-1], spec.source.key(path)
        if name in RESERVED:
            what = f"{name!r} is a reserved name: ${name} has another meaning"
            findings.append(Finding("graph.reserved-name", what, where, "choose another name"))
        elif name in seen and name in {p for p in path[1:-1:2]} | set(spec.nodes):
            what = f"the name {name!r} is used twice, and one would hide the other"
            findings.append(Finding("graph.duplicate-name", what, where, "choose another name"))
        seen[name] = path
    for name in spec.types:
        if name in TYPE_WORDS:
            what = f"{name!r} is a reserved name: it is a word of the language"
            findings.append(Finding("graph.reserved-name", what, spec.source.key(("types", name)), "rename it"))
    return findings


def nearest(name: str, known: Sequence[str]) -> str | None:
    """The most similar known name; None if none is similar."""
    near = get_close_matches(name, known, n=1, cutoff=0.6)
    return near[0] if near else None
