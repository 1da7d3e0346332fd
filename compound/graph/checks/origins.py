"""Family 7, origins of values that select whose data is read or who gets a message, or that run as SQL.

The origin of a value is followed backwards, field by field, through tools, blocks and graphs, up to trusted values:
the run's context, a person's decision, rows of a customer-bound SQL tool, proven results of a tool. In a graph's
input, texts are not trusted; numbers, enums and keys (`id`, `..._id`, `..._key`) are: the system that starts the
run sets them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, cast

from compound.graph.wiring.references import parse_binding
from compound.language.marks import meaning_of
from compound.language.references import Coalesce, Expr, ListOf, Ref
from compound.language.schema import SchemaPart
from compound.language.types import ANY, Enum, Many, Record, Scalar, Type, bare
from compound.spec.nodes import (
    AgentNode,
    AnyNode,
    CheckNode,
    EffectNode,
    GraphNode,
    LlmNode,
    MapBlock,
    RepeatBlock,
    RetrieveNode,
    ReviewNode,
    SpecialistNode,
    SqlNode,
    ToolNode,
)
from compound.spec.words import FallbackValue

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.graph.inspection.inspection import Inspection
    from compound.graph.inspection.levels import Level
    from compound.spec.yaml.reading import DataPath

Steps = tuple[str | int, ...]
_KEY: Final = re.compile(r"(?:.*_)?(?:id|ids|key|keys|tenant)|.*[a-z](?:Id|Ids|Key)")


@dataclass(frozen=True, slots=True)
class Origin:
    """An untrusted origin of a value.

    Attributes:
        kind: `input` is not judged yet: it depends on who runs the graph.
        name: The node; for an input its path.
    """

    kind: Literal["input", "model", "retrieved"]
    name: str
    steps: Steps = ()

    def __str__(self) -> str:
        match self.kind:
            case "input":
                return f"${Ref('input', self.steps)}, a text from outside"
            case "model":
                return f"what a model said ({self.name})"
            case "retrieved":
                return f"retrieved text ({self.name})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sink:
    """A parameter that must not be of unknown origin.

    Attributes:
        value: Its value; None if a model chooses it.
        is_hand: Whether it belongs to a tool of an agent.
    """

    level: Level
    path: DataPath
    param: str
    of: str
    meaning: str
    value: JsonValue = None
    is_chosen: bool = False
    is_hand: bool = False


def kind_of(level: Level, value: JsonValue) -> Type:
    """The type of a value of the graph file."""
    return bare(level.types.of_value(value), level.types.names)


def is_plain(kind: Type, sink: Sink) -> bool:
    """Whether a value has few possibilities, so that it cannot be free text."""
    if isinstance(kind, Enum) or kind == Scalar("bool"):
        return True
    return sink.meaning == "sql" and kind in {Scalar("int"), Scalar("float"), Scalar("date"), Scalar("datetime")}


class Origins:
    """Follows values backwards; each field of each node once."""

    def __init__(self, inspection: Inspection) -> None:
        self._inspection = inspection
        self._known: dict[tuple[int, str, Steps], frozenset[Origin]] = {}

    def judged(self, sink: Sink, steps: Steps = ()) -> list[Origin]:
        """The untrusted origins of a parameter's value, in a fixed order."""
        if not steps and is_plain(kind_of(sink.level, sink.value), sink):
            return []
        found = self.of_value(sink.level, sink.value, steps)
        return sorted((one for one in found if one.kind != "input" or self._is_text(one.steps)), key=str)

    def _is_text(self, steps: Steps) -> bool:
        """Whether this path of the graph's input is, or contains, a text that is not a key."""
        top = self._inspection.top
        kind = top.types.of_expr(Ref("input", steps))
        return _holds_text(kind, steps[-1] if steps else "", top, 0)

    def of_value(self, level: Level, value: JsonValue, steps: Steps = ()) -> frozenset[Origin]:
        """Origin of a value, or of a field of it."""
        expr = parse_binding(value)
        if expr is not None:
            return self._of_expr(level, expr, steps)
        if isinstance(value, dict):
            if steps and steps[0] in value:
                return self.of_value(level, value[str(steps[0])], steps[1:])
            return frozenset[Origin]().union(*(self.of_value(level, item) for item in value.values()))
        if isinstance(value, list):
            below = steps[1:] if steps and isinstance(steps[0], int) else ()
            return frozenset[Origin]().union(*(self.of_value(level, item, below) for item in value))
        return frozenset()

    def _of_expr(self, level: Level, expr: Expr, steps: Steps) -> frozenset[Origin]:
        match expr:
            case Ref(root, own):
                return self._of_ref(level, root, (*own, *steps))
            case Coalesce(items) | ListOf(items):
                return frozenset[Origin]().union(*(self._of_expr(level, item, steps) for item in items))
            case _:
                return frozenset()

    def _of_ref(self, level: Level, root: str, steps: Steps) -> frozenset[Origin]:
        home = level.home(root)
        if home is not None:
            return self._of_node(home, root, steps)
        if root == "input":
            return frozenset({Origin("input", "input", steps)})
        around = level
        while around.above is not None:
            block = around.above.nodes[around.owner]
            if isinstance(block, MapBlock) and block.map.item == root:
                return self.of_value(around.above, block.map.each, (0, *steps))
            if isinstance(block, RepeatBlock) and root == "previous":
                names = [str(steps[0])] if steps else list(around.nodes)
                return frozenset[Origin]().union(
                    *(self._of_node(around, name, steps[1:]) for name in names if name in around.nodes)
                )
            around = around.above
        return frozenset()

    def _of_node(self, level: Level, name: str, steps: Steps) -> frozenset[Origin]:
        key = (id(level), name, steps)
        if key not in self._known:
            self._known[key] = frozenset()  # A cycle ends here; it is a finding of its own.
            node = level.nodes[name]
            found = self._made(level, name, node, steps)
            other = node.fallback
            if isinstance(other, FallbackValue):
                found |= self.of_value(level, other.value, steps)
            elif other is not None:
                found |= self._made(level, name, other, steps)
            self._known[key] = found
        return self._known[key]

    def _made(self, level: Level, name: str, node: AnyNode, steps: Steps) -> frozenset[Origin]:  # noqa: PLR0911
        match node:
            case ReviewNode() | EffectNode():
                return frozenset()
            case LlmNode() | AgentNode() | SpecialistNode():
                return frozenset({Origin("model", name)})
            case RetrieveNode():
                return frozenset({Origin("retrieved", name)})
            case RepeatBlock() | MapBlock():
                return self._of_block(level, name, node, steps)
            case GraphNode():
                return self._of_graph(level, node, steps)
            case ToolNode() | CheckNode() | SqlNode():
                signature = None if node.callee is None else self._inspection.catalogue.signature(*node.callee)
                if signature is not None and is_proven(signature.output, steps):
                    return frozenset()
                if is_plain_output(level, name, steps):
                    return frozenset()
                if signature is not None and signature.tells_texts:
                    return frozenset({Origin("retrieved", name)})
                return self.of_value(level, cast("JsonValue", node.inputs))

    def _of_block(self, level: Level, name: str, node: RepeatBlock | MapBlock, steps: Steps) -> frozenset[Origin]:
        inner = self._level_of(level, name)
        if isinstance(node, MapBlock) and node.map.on_error == "report":
            if not steps or steps[0] != "items":
                # A failed item is passed on as it was.
                given = self.of_value(level, node.map.each)
                return given if steps else given | self._of_block(level, name, node, ("items",))
            steps = steps[1:]
        if isinstance(node, MapBlock) and steps and isinstance(steps[0], int):
            steps = steps[1:]
        if node.out is not None:
            return self.of_value(inner, cast("JsonValue", node.out), steps)
        names = [str(steps[0])] if steps else list(node.nodes)
        return frozenset[Origin]().union(*(self._of_node(inner, one, steps[1:]) for one in names if one in node.nodes))

    def _level_of(self, level: Level, name: str) -> Level:
        return next(one for one in self._inspection.levels if one.path == level.place(name))

    def _of_graph(self, level: Level, node: GraphNode, steps: Steps) -> frozenset[Origin]:
        inner = self._inspection.inner(node.graph)
        if inner is None:
            return frozenset({Origin("model", node.graph)})
        below = Origins(inner).of_value(inner.top, cast("JsonValue", inner.spec.output), steps)
        found: set[Origin] = set()
        for origin in below:
            if origin.kind == "input" and origin.steps:
                found |= self.of_value(level, node.inputs.get(str(origin.steps[0])), origin.steps[1:])
            elif origin.kind != "input":
                found.add(Origin(origin.kind, f"{origin.name} of {node.graph}"))
        return frozenset(found)


def is_plain_output(level: Level, name: str, steps: Steps) -> bool:
    """A field with few possibilities: an enum, true or false."""
    kind = bare(level.types.of_expr(Ref(name, steps)), level.types.names) if steps else ANY
    return isinstance(kind, Enum) or kind == Scalar("bool")


def is_proven(schema: Mapping[str, JsonValue] | None, steps: Steps) -> bool:
    """Whether a result, or the field of it that the steps lead to, is marked as proven."""
    here: SchemaPart | None = SchemaPart.of(schema)
    for step in (*steps, None):
        here = None if here is None else _opened(here)
        if here is None:
            return False
        if meaning_of(here.body) == "proven":
            return True
        here = here.one("items") if isinstance(step, int) else here.properties.get(str(step))
    return False


def _opened(part: SchemaPart) -> SchemaPart:
    """The schema that a reference points to, without null."""
    for _ in range(8):
        part = part.resolved()
        real = [one for one in part.choices if not one.is_null]
        if not real or meaning_of(part.body):
            return part
        part = real[0]
    return part


def _holds_text(kind: Type, name: str | int, level: Level, depth: int) -> bool:
    kind = bare(kind, level.types.names)
    match kind:
        case Enum():
            return False
        case Many(item):
            return _holds_text(item, name, level, depth + 1)
        case Record(fields):
            return depth > 8 or any(_holds_text(item, key, level, depth + 1) for key, item in fields.items())
        case Scalar("str" | "any"):
            return not (isinstance(name, str) and _KEY.fullmatch(name))
        case _:
            return False
