"""What type each node's value has, as far as the graph and the catalogue tell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, cast

from compound.graph._wiring import parse_binding
from compound.graph.catalogue import Signature
from compound.spec._json_schema import from_json_schema, to_json_schema
from compound.spec._refs import Both, Calc, Coalesce, Compare, Constant, Expr, Length, ListOf, Not, Ref
from compound.spec._types import (
    ANY,
    STR,
    Enum,
    Many,
    Maybe,
    Names,
    Record,
    Scalar,
    Type,
    bare,
    field_type,
    mismatch,
    parse_type,
)
from compound.spec.graph_file import (
    AgentNode,
    AnyNode,
    Block,
    CheckNode,
    EffectNode,
    GraphNode,
    GraphSpec,
    LlmNode,
    MapBlock,
    RepeatBlock,
    RetrieveNode,
    ReviewNode,
    SpecialistNode,
    SqlNode,
    ToolNode,
)

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.graph.catalogue import Catalogue, Shelf

VERDICT: Final = Record({"ok": Scalar("bool"), "score": Maybe(Scalar("float")), "problems": Many(STR), "details": ANY})
PASSAGE: Final = Record({"id": STR, "text": STR, "score": Scalar("float")}, is_open=True)
EFFECT_RESULT: Final = Record({"name": STR, "status": STR, "value": ANY, "key": STR})
RUN: Final = Record({"id": STR, "thread_id": STR, "example_id": Maybe(STR)})


class Unknown(Exception):
    """A reference that leads nowhere.

    Attributes:
        step: The field that is not there; None when the root is unknown.
        choices: What is there.
    """

    def __init__(self, step: str | int | None, choices: list[str]) -> None:
        super().__init__(str(step))
        self.step = step
        self.choices = choices


class ValueTypes:
    """Types of everything a node can refer to; one for the graph, one below it for each block."""

    def __init__(
        self,
        spec: GraphSpec,
        catalogue: Catalogue,
        nodes: Mapping[str, AnyNode],
        parent: ValueTypes | None = None,
        block: Block | None = None,
    ) -> None:
        self._spec = spec
        self._catalogue = catalogue
        self._nodes = nodes
        self._parent = parent
        self._block = block
        self._known: dict[str, Type] = {}
        self.names: Names = spec.type_names

    def below(self, block: Block) -> ValueTypes:
        """Types as a block's nodes see them."""
        return ValueTypes(self._spec, self._catalogue, block.nodes, self, block)

    def roots(self) -> list[str]:
        """Every name a reference may begin with here."""
        given = [] if self._block is None else [_given_in(self._block)]
        own = [*self._nodes, *given]
        return [*own, *(self._parent.roots() if self._parent is not None else ["input", "context", "run"])]

    def root(self, name: str) -> Type | None:
        """Type of a root; None when there is no such name."""
        if name in self._nodes:
            if name not in self._known:
                self._known[name] = ANY  # a cycle ends here; it is a finding of its own
                self._known[name] = self.of_node(self._nodes[name])
            return self._known[name]
        if self._parent is not None:
            if self._block is not None and name == _given_in(self._block):
                return self._of_given(self._block, self._parent)
            return self._parent.root(name)
        given = {"input": self._spec.input, "context": self._spec.context}
        if name in given:
            return Record({key: parse_type(kind) for key, kind in given[name].items()})
        return RUN if name == "run" else None

    def _of_given(self, block: Block, around: ValueTypes) -> Type:
        """What `$previous` of a repeat, or the item of a map, is."""
        if isinstance(block, RepeatBlock):
            return Record({inner: Maybe(ANY) for inner in self._nodes})
        listed = bare(around.of_value(block.map.each), self.names)
        return listed.item if isinstance(listed, Many) else ANY

    def of_ref(self, ref: Ref) -> Type:
        """Type of a reference.

        Raises:
            Unknown: The root or a field is not there.
        """
        kind = self.root(ref.root)
        if kind is None:
            raise Unknown(None, self.roots())
        for step in ref.steps:
            below = field_type(kind, step, self.names)
            if below is None:
                record = bare(kind, self.names)
                raise Unknown(step, list(record.fields) if isinstance(record, Record) else [])
            kind = below
        return kind

    def of_expr(self, expr: Expr) -> Type:  # noqa: PLR0911 - one arm per kind of tree
        """Type of an expression; `any` where it cannot be told."""
        match expr:
            case Ref():
                try:
                    return self.of_ref(expr)
                except Unknown:
                    return ANY
            case Constant(value):
                return _of_constant(value)
            case ListOf(items):
                return Many(self._common([self.of_expr(item) for item in items]))
            case Coalesce(items):
                return self._common([self.of_expr(item) for item in items])
            case Compare() | Both() | Not():
                return Scalar("bool")
            case Calc():
                return ANY
            case Length():
                return Scalar("int")

    def of_value(self, value: JsonValue) -> Type:
        """Type of a binding: a literal, a reference, or a list or record of them."""
        expr = parse_binding(value)
        if expr is not None:
            return self.of_expr(expr)
        if isinstance(value, list):
            return Many(self._common([self.of_value(item) for item in value]))
        if isinstance(value, dict):
            return Record({name: self.of_value(item) for name, item in value.items()})
        return _of_constant(value)

    def of_node(self, node: AnyNode) -> Type:  # noqa: C901, PLR0911, PLR0912 - one arm per kind of node
        """Type of a node's value."""
        match node:
            case ReviewNode():
                return _of_review(node)
            case EffectNode():
                return Many(EFFECT_RESULT)
            case MapBlock():
                inner = self.below(node)
                if node.out is None:
                    return Many(Record({name: Maybe(inner.root(name) or ANY) for name in node.nodes}))
                return Many(inner.of_value(node.out))
            case AgentNode():
                return _of_agent(node)
            case GraphNode(graph=name):
                return self._output("graph", name, ANY)
            case RepeatBlock():
                inner = self.below(node)
                if node.out is None:
                    return Record({name: Maybe(inner.root(name) or ANY) for name in node.nodes})
                return Record({name: inner.of_value(value) for name, value in node.out.items()})
            case _:
                pass
        if node.out is not None:
            return parse_type(cast("JsonValue", node.out))
        match node:
            case ToolNode(tool=name):
                return self._output("tool", name, ANY)
            case SqlNode(tool=name):
                return self._output("sql", name, ANY)
            case SpecialistNode(ref=name):
                return self._output("specialist", name, ANY)
            case CheckNode(check=name):
                return self._output("check", name, VERDICT)
            case RetrieveNode(on=name):
                return self._output("retriever", name, Many(PASSAGE))
            case LlmNode():
                return Maybe(STR)

    def _output(self, shelf: Shelf, name: str, default: Type) -> Type:
        signature = self._catalogue.signature(shelf, name)
        return default if signature is None or signature.output is None else from_json_schema(signature.output)

    def _common(self, kinds: list[Type]) -> Type:
        if not kinds:
            return ANY
        known = [kind for kind in kinds if kind != Maybe(ANY)]
        first = known[0] if known else ANY
        return first if all(mismatch(kind, first, self.names) is None for kind in known) and not _mixed(known) else ANY


def _mixed(kinds: list[Type]) -> bool:
    """Enums of different values have no common type that says more than text."""
    return any(isinstance(kind, Enum) for kind in kinds) and len(set(map(repr, kinds))) > 1


def _of_constant(value: object) -> Type:
    match value:
        case None:
            return Maybe(ANY)
        case bool():
            return Scalar("bool")
        case int():
            return Scalar("int")
        case float():
            return Scalar("float")
        case str():
            return Enum((value,))
        case _:
            return ANY


def _given_in(block: Block) -> str:
    return block.map.item if isinstance(block, MapBlock) else "previous"


def _of_agent(node: AgentNode) -> Type:
    answer = STR if node.out is None else parse_type(node.out)
    return Record(
        {
            "answer": answer if isinstance(answer, Maybe) else Maybe(answer),
            "proposals": Many(Record({"name": STR, "arguments": ANY})),
            "turns": Scalar("int"),
            "stopped": Enum(("answer", "max_turns", "budget", "abstained")),
        }
    )


def _of_review(node: ReviewNode) -> Type:
    fields: dict[str, Type] = {}
    for carried in node.decide.values():
        fields.update({name: Maybe(parse_type(kind)) for name, kind in carried.items()})
    fields["action"] = Enum(tuple(node.decide))
    fields |= {
        "decided_by": STR,
        "queue": STR,
        "decision_id": STR,
        "item_id": STR,
        "is_automatic": Scalar("bool"),
        "versions": ANY,
    }
    return Record(fields)


def graph_signature(spec: GraphSpec, catalogue: Catalogue) -> Signature:
    """The two sides of a graph as a node of another one: its inputs, and the record of its outputs."""
    types = ValueTypes(spec, catalogue, spec.nodes)
    given = Record({name: parse_type(kind) for name, kind in spec.input.items()})
    # What an output refers to may be absent; the graph then gives null.
    made = Record({name: or_absent(types.of_value(value)) for name, value in spec.output.items()})
    return Signature(params=to_json_schema(given, spec.type_names), output=to_json_schema(made, spec.type_names))


def or_absent(kind: Type) -> Type:
    """The type of what may also be null."""
    return kind if isinstance(kind, Maybe) or kind == ANY else Maybe(kind)
