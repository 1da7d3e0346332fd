"""Family 2, calls: inputs of nodes against parameters, and values against declared types."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from compound.errors import choices
from compound.graph.inspection.levels import Facts, Level
from compound.graph.wiring.known_types import NULL
from compound.graph.wiring.references import parse_binding
from compound.language.findings import Finding
from compound.language.json_schema import from_json_schema
from compound.language.references import Coalesce, Ref
from compound.language.types import (
    ANY,
    Enum,
    Many,
    Nullable,
    Record,
    Scalar,
    Type,
    bare,
    is_optional,
    mismatch,
    parse_type,
    show_type,
)
from compound.spec.nodes import (
    AgentNode,
    AnyNode,
    EffectNode,
    GraphNode,
    LlmNode,
    MapBlock,
    RepeatBlock,
    RetrieveNode,
    ReviewNode,
)
from compound.spec.steps import tool_shelf
from compound.spec.words import FallbackValue

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.graph.inspection.inspection import Inspection
    from compound.graph.port.catalogue import Catalogue
    from compound.spec.steps import Shelf
    from compound.spec.yaml.reading import DataPath

_RETRIEVE: Final = Record({"query": parse_type("str")})
_VERSIONS: Final = Record({}, is_open=True)
_NUMBER: Final = Nullable(Scalar("float"))


def call_findings(inspection: Inspection) -> Iterator[Finding]:
    """All findings in the inputs and values of nodes."""
    for level, name, path, node in inspection.nodes:
        known = level.facts[name] if path == level.place(name) else level.around
        call = _Call(inspection, level, path, known)
        wanted = _parameters(node, inspection.catalogue)
        if wanted is not None:
            yield from call.arguments(node.inputs, (*path, "in"), wanted, path[-1])
        if isinstance(node, AgentNode):
            yield from call.hands(node)
        if isinstance(node, GraphNode):
            yield from call.context(node)
        yield from call.shapes(node)
        yield from call.value(node)


def _parameters(node: AnyNode, catalogue: Catalogue) -> Record | None:
    """The parameters of a node; None if unknown."""
    if isinstance(node, RetrieveNode):
        return _RETRIEVE
    return None if node.callee is None else parameters(catalogue, *node.callee)


def parameters(catalogue: Catalogue, shelf: Shelf, name: str) -> Record | None:
    """The parameters of a part that nodes call; None if unknown."""
    signature = catalogue.signature(shelf, name)
    if signature is None or signature.params is None:
        return None
    kind = from_json_schema(signature.params)
    return kind if isinstance(kind, Record) else None


class _Call:
    """One node that has inputs."""

    def __init__(self, inspection: Inspection, level: Level, path: DataPath, known: Facts) -> None:
        self._inspection = inspection
        self._level = level
        self._names = level.types.names
        self._path = path
        self._known = known

    def _say(self, code: str, what: str, path: DataPath, fix: str) -> Finding:
        return self._inspection.finding(code, what, path, fix)

    def arguments(
        self, given: Mapping[str, JsonValue], lead: DataPath, wanted: Record, who: object, *, is_whole: bool = True
    ) -> Iterator[Finding]:
        """Checks inputs against the parameters; `is_whole`: every required one must be present."""
        for name, value in given.items():
            path = (*lead, name)
            if name in wanted.fields:
                yield from self._argument(name, value, path, wanted.fields[name], who)
            elif not wanted.is_open:
                what, fix = f"unknown argument {name!r}", choices(list(wanted.fields), name)
                yield self._inspection.finding("graph.unknown-argument", what, path, fix, at="key")
        # A misspelt argument is not also missing.
        spare = [name for name in given if name not in wanted.fields and not wanted.is_open]
        for name in sorted(wanted.must_have() - set(given)) if is_whole else ():
            if spare:
                spare.pop()
                continue
            what, fix = f"the argument {name!r} is missing", f"add {name}: $..."
            yield self._inspection.finding("graph.missing-argument", what, lead if given else self._path, fix, at="key")

    def _argument(self, name: str, value: JsonValue, path: DataPath, wanted: Type, who: object) -> Iterator[Finding]:
        inside = bare(wanted, self._names)
        if isinstance(value, list) and isinstance(inside, Many):
            for index, item in enumerate(value):
                yield from self._argument(name, item, (*path, index), inside.item, who)
            return
        why = self._misfit(value, wanted)
        if why:
            yield self._say("graph.type-mismatch", f"{name}: {why}", path, "give a value of that type")
        elif not (is_optional(wanted, self._names) or bare(wanted, self._names) == ANY) and self._may_be_null(value):
            what = f"{name}: {_shown(value)} may be null, but {who} needs a value"
            yield self._say("graph.may-be-null", what, path, _otherwise(value, who))
        elif isinstance(value, dict) and isinstance(inside, Record):
            for key, item in value.items():
                if key in inside.fields:
                    yield from self._argument(key, item, (*path, key), inside.fields[key], who)

    def _misfit(self, value: JsonValue, wanted: Type) -> str | None:
        """Why a value does not fit; both sides of `$a ?? $b` are checked, because either may be the value."""
        kinds = [self._narrowed(value), *self._sides(value)]
        return next((why for kind in kinds if (why := mismatch(kind, wanted, self._names, is_exact=True))), None)

    def _sides(self, value: JsonValue) -> list[Type]:
        expr = parse_binding(value)
        if not isinstance(expr, Coalesce):
            return []
        return [bare(self._level.types.of_expr(side), self._names) for side in expr.items]

    def _narrowed(self, value: JsonValue) -> Type:
        """The type of a value, without the values of its enum that a condition excludes."""
        kind, expr = self._level.types.of_value(value), parse_binding(value)
        known = bare(kind, self._names)
        if not isinstance(expr, Ref) or not isinstance(known, Enum):
            return kind
        left = tuple(one for one in known.values if self._level.can_be(expr, one, self._known))
        return Enum(left or known.values)

    def _may_be_null(self, value: JsonValue) -> bool:
        expr = parse_binding(value)
        if expr is None:
            return value is None
        return self._level.may_be_null(expr, self._known)

    def hands(self, node: AgentNode) -> Iterator[Finding]:
        """Arguments that the graph passes to an agent's tools, and tools that a model may not call."""
        for index, tool in enumerate(node.calls):
            shelf, name = tool_shelf(tool.tool)
            offered = None if shelf == "retriever" else self._inspection.catalogue.signature(shelf, name)
            if offered is not None and offered.is_wide:
                what = f"{tool.tool} reads rows of all customers, and a model would call it"
                fix = "give the agent a query of scope: customer, or call this one in a sql node before it"
                yield self._say("sql.customer", what, (*self._path, "tools", index), fix)
            wanted = _RETRIEVE if shelf == "retriever" else parameters(self._inspection.catalogue, shelf, name)
            if wanted is not None and tool.given:
                lead = (*self._path, "tools", index, "with")
                yield from self.arguments(tool.given, lead, wanted, tool.tool, is_whole=False)

    def context(self, node: GraphNode) -> Iterator[Finding]:
        """The context of a subgraph is that of this graph: it must be declared here, with a type that fits."""
        inner = self._inspection.inner(node.graph)
        if inner is None:
            return
        here, names = self._inspection.spec.context, {**inner.spec.type_names, **self._names}
        for name, declared in inner.spec.context.items():
            wanted, path = parse_type(declared), (*self._path, "graph")
            if name in here:
                why = mismatch(parse_type(here[name]), wanted, names)
                if is_optional(parse_type(here[name]), names) and not is_optional(wanted, names):
                    why = why or f"it may be null here, but {node.graph} needs a value"
                if why:
                    what = f"context {name} of {node.graph}: {why}"
                    yield self._say("graph.type-mismatch", what, path, f"declare context: {{{name}: {declared}}}")
            elif not is_optional(wanted, names):
                what = f"{node.graph} reads $context.{name}, which this graph does not declare"
                fix = f"add context: {{{name}: {declared}}}"
                yield self._say("graph.missing-context", what, path, fix)

    def shapes(self, node: AnyNode) -> Iterator[Finding]:
        """Places that accept one shape only: a map's list, an effect's actions, row versions."""
        path = self._path
        if isinstance(node, MapBlock):
            yield from self._list(node.map.each, (*path, "map", "each"))
        if isinstance(node, EffectNode) and node.tools is not None:
            yield from self._actions(node, node.tools)
        if isinstance(node, ReviewNode) and node.risk is not None:
            why = mismatch(self._level.types.of_value(node.risk), _NUMBER, self._names)
            if why is not None:
                fix = "refer to a number: the higher it is, the earlier the item is listed"
                yield self._say("graph.type-mismatch", f"risk: {why}", (*path, "risk"), fix)
        if isinstance(node, ReviewNode | EffectNode) and node.versions is not None:
            kind = bare(self._level.types.of_value(node.versions), self._names)
            why = mismatch(kind.item if isinstance(kind, Many) else kind, _VERSIONS, self._names)
            if why:
                fix = "refer to a record of row key to version, or to a list of such records"
                yield self._say("graph.type-mismatch", f"versions: {why}", (*path, "versions"), fix)

    def _list(self, value: JsonValue, path: DataPath) -> Iterator[Finding]:
        kind = bare(self._level.types.of_value(value), self._names)
        if kind != ANY and not isinstance(kind, Many):
            what = f"map.each must be a list; {_shown(value)} is {show_type(kind)}"
            yield self._say("graph.type-mismatch", what, path, "refer to a list")

    def _actions(self, node: EffectNode, allowed: tuple[str, ...]) -> Iterator[Finding]:
        value, path = node.inputs["actions"], (*self._path, "in", "actions")
        for kind in (bare(self._level.types.of_value(value), self._names), *self._sides(value)):
            found = list(self._of_actions(kind, path, allowed))
            if found:
                yield from found
                return

    def _of_actions(self, kind: Type, path: DataPath, allowed: tuple[str, ...]) -> Iterator[Finding]:
        item = bare(kind.item, self._names) if isinstance(kind, Many) else ANY
        if kind != ANY and not isinstance(kind, Many):
            what = f"actions: got {show_type(kind)}, expected a list of actions"
            yield self._say("graph.type-mismatch", what, path, "pass a list of {name, arguments}")
        elif isinstance(item, Record):
            lost = [name for name in ("name", "arguments") if name not in item.fields and not item.is_open]
            names = bare(item.fields.get("name", ANY), self._names)
            other = [one for one in names.values if one not in allowed] if isinstance(names, Enum) else []
            if lost:
                what = f"actions: {show_type(item)} has no field {lost[0]!r}"
                yield self._say("graph.type-mismatch", what, path, "pass a list of {name, arguments}")
            elif other:
                what = f"it may get {other[0]!r}, which is not in its `tools`"
                yield self._say("graph.effect-not-allowed", what, path, choices(list(allowed), other[0]))
        elif item != ANY:
            what = f"actions: {show_type(item)} is not an action"
            yield self._say("graph.type-mismatch", what, path, "pass a list of {name, arguments}")

    def value(self, node: AnyNode) -> Iterator[Finding]:
        """A node's value against its declared type, and its fallback against both."""
        types = self._level.types
        if node.out is not None and not isinstance(node, RepeatBlock | MapBlock | AgentNode | LlmNode):
            made, declared = types.of_callee(node), parse_type(node.out)
            why = mismatch(made, declared, self._names, is_exact=True)
            if is_optional(made, self._names) and made != NULL and not is_optional(declared, self._names):
                why = why or f"got {show_type(made)}, expected {show_type(declared)}"
            if why:
                fix = "declare the type of its value, or drop `out`"
                yield self._say("graph.type-mismatch", f"out: {why}", (*self._path, "out"), fix)
        other = node.fallback
        if other is None:
            return
        is_value = isinstance(other, FallbackValue)
        given = types.of_value(other.value) if is_value else types.of_node(other)
        why = mismatch(given, types.of_attempt(node), self._names, is_exact=is_value)
        if why:
            place = (*self._path, "fallback", "value") if is_value else (*self._path, "fallback")
            yield self._say("graph.type-mismatch", f"fallback: {why}", place, "use the type of the node's value")


def _shown(value: JsonValue) -> str:
    return value if isinstance(value, str) else "null" if value is None else str(value)


def _otherwise(value: JsonValue, who: object) -> str:
    if not isinstance(value, str):
        return "pass a value"
    last = value.rpartition("??")[2].strip()
    return f"write {value} ?? ..., or give {who} a `when` that requires {last.lstrip('$').rstrip('?')} != null"
