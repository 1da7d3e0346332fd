"""The type of each node's value, as far as the graph and the catalogue determine it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from compound.graph.port.catalogue import Signature
from compound.graph.wiring.known_types import (
    EFFECT_RESULT,
    FAILED,
    PASSAGE,
    RUN,
    VERDICT,
    of_agent,
    of_constant,
    of_review,
    or_null,
    union,
)
from compound.graph.wiring.references import parse_binding, uses
from compound.language.json_schema import from_json_schema, to_json_schema
from compound.language.references import Both, Calc, Coalesce, Compare, Constant, Expr, Length, ListOf, Not, Ref
from compound.language.types import (
    ANY,
    STR,
    Many,
    Names,
    Nullable,
    Record,
    Scalar,
    Type,
    bare,
    field_type,
    is_optional,
    parse_type,
)
from compound.spec.graph_file import GraphSpec
from compound.spec.nodes import (
    AgentNode,
    AnyNode,
    BlockNode,
    EffectNode,
    GraphNode,
    LlmNode,
    MapBlock,
    RepeatBlock,
    ReviewNode,
)
from compound.spec.words import FallbackValue

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.graph.port.catalogue import Catalogue
    from compound.spec.steps import Shelf

_OUTPUTS: Final[Mapping[Shelf, Type]] = {"check": VERDICT, "retriever": Many(PASSAGE)}
"""Types of calls that the project does not describe further."""


class Unknown(Exception):
    """A reference to an unknown name or field.

    Attributes:
        step: The unknown field; None if the root is unknown.
        choices: The existing names.
        kind: The type that has no such field; None if the root is unknown.
    """

    def __init__(self, step: str | int | None, choices: list[str], kind: Type | None = None) -> None:
        super().__init__(str(step))
        self.step = step
        self.choices = choices
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Reach:
    """The target of a reference.

    Attributes:
        kind: Type of the value.
        holes: The parts of the path that may be null: if one is null, the value is missing.
    """

    kind: Type
    holes: tuple[Ref, ...] = ()


class ValueTypes:
    """Types of everything a node can refer to; one for the graph, one below it for each block.

    Args:
        parent: Types around the block; None at the top.
        around: Names of the graphs around this one.
    """

    def __init__(
        self,
        spec: GraphSpec,
        catalogue: Catalogue,
        nodes: Mapping[str, AnyNode],
        parent: ValueTypes | None = None,
        block: BlockNode | None = None,
        around: tuple[str, ...] = (),
    ) -> None:
        self._spec = spec
        self._catalogue = catalogue
        self._nodes = nodes
        self._parent = parent
        self._block = block
        self._around = (*around, spec.name)
        self._known: dict[str, Type] = {}
        self._skips: dict[str, bool] = {}
        self.names: Names = spec.type_names

    def below(self, block: BlockNode) -> ValueTypes:
        """Types as a block's nodes see them."""
        return ValueTypes(self._spec, self._catalogue, block.nodes, self, block, self._around[:-1])

    def roots(self) -> list[str]:
        """Every name that a reference may start with here."""
        given = [] if self._block is None else [_given_in(self._block)]
        own = [*self._nodes, *given]
        return [*own, *(self._parent.roots() if self._parent is not None else ["input", "context", "run"])]

    def node(self, name: str) -> AnyNode | None:
        """The node of a root, here or around; None for `input`, an item and the like."""
        if name in self._nodes:
            return self._nodes[name]
        if self._parent is None or (self._block is not None and name == _given_in(self._block)):
            return None
        return self._parent.node(name)

    def root(self, name: str) -> Type | None:
        """Type of a root; None if the name is unknown."""
        if name in self._nodes:
            if name not in self._known:
                self._known[name] = ANY  # a cycle ends here; it is a finding of its own
                self._known[name] = self.of_node(self._nodes[name])
            return self._known[name]
        if self._parent is not None:
            if self._block is not None and name == _given_in(self._block):
                return self._of_given(self._block, self._parent)
            return self._parent.root(name)
        given = {"input": self._spec.input_type, "context": self._spec.context_type, "run": RUN}
        return given.get(name)

    def _of_given(self, block: BlockNode, around: ValueTypes) -> Type:
        """The type of `$previous` of a repeat, or of the item of a map."""
        if isinstance(block, RepeatBlock):
            return Record({inner: or_null(self.root(inner) or ANY) for inner in self._nodes})
        listed = bare(around.of_value(block.map.each), self.names)
        return listed.item if isinstance(listed, Many) else ANY

    def may_skip(self, name: str) -> bool:
        """Whether the root may have no value: a condition, a missing list item, the first round of a repeat."""
        if name in self._nodes:
            if name not in self._skips:
                self._skips[name] = _may_skip(self._nodes[name])
            return self._skips[name]
        if self._parent is None:
            return False
        if self._block is not None and name == _given_in(self._block):
            return name == "previous"
        return self._parent.may_skip(name)

    def may_abstain(self, name: str) -> bool:
        """Whether the root is a model's answer, which is null if no answer fits."""
        return isinstance(self.node(name), LlmNode)

    def reach(self, ref: Ref) -> Reach:
        """The target of a reference.

        Raises:
            Unknown: The root or a field does not exist.
        """
        kind = self.root(ref.root)
        if kind is None:
            raise Unknown(None, self.roots())
        holes: list[Ref] = []
        for index, step in enumerate(ref.steps):
            below = field_type(kind, step, self.names)
            if below is None:
                record = bare(kind, self.names)
                raise Unknown(step, list(record.fields) if isinstance(record, Record) else [], record)
            if is_optional(kind, self.names):
                holes.append(Ref(ref.root, ref.steps[:index]))
            kind = below
        return Reach(kind, tuple(holes))

    def of_ref(self, ref: Ref) -> Type:
        """Type of a reference; one with `?` is optional if something on its path may be missing.

        Raises:
            Unknown: The root or a field does not exist.
        """
        found = self.reach(ref)
        if ref.is_optional and (found.holes or self.may_skip(ref.root) or self.may_abstain(ref.root)):
            return or_null(found.kind)
        return found.kind

    def of_expr(self, expr: Expr) -> Type:  # noqa: PLR0911 - one branch per kind of tree
        """Type of an expression; `any` if unknown."""
        match expr:
            case Ref():
                try:
                    return self.of_ref(expr)
                except Unknown:
                    return ANY
            case Constant(value):
                return of_constant(value)
            case ListOf(items):
                return Many(union([self.of_expr(item) for item in items], self.names))
            case Coalesce(items):
                kinds = [self.of_expr(item) for item in items]
                first = [bare(kind, self.names) if is_optional(kind, self.names) else kind for kind in kinds[:-1]]
                return union([*first, kinds[-1]], self.names)
            case Compare() | Both() | Not():
                return Scalar("bool")
            case Calc(op, left, right):
                sides = {bare(self.of_expr(side), self.names) for side in (left, right)}
                return _of_calc(op, sides)
            case Length():
                return Scalar("int")

    def of_value(self, value: JsonValue) -> Type:
        """Type of a binding: a literal, a reference, or a list or record of them."""
        expr = parse_binding(value)
        if expr is not None:
            return self.of_expr(expr)
        if isinstance(value, list):
            return Many(union([self.of_value(item) for item in value], self.names))
        if isinstance(value, dict):
            return Record({name: self.of_value(item) for name, item in value.items()})
        return of_constant(value)

    def of_lenient(self, value: JsonValue) -> Type:
        """Like `of_value`, with null for absent values: outputs of blocks and graphs."""
        expr = parse_binding(value)
        if expr is None:
            if isinstance(value, dict):
                return Record({name: self.of_lenient(item) for name, item in value.items()})
            return self.of_value(value)
        kind = self.of_expr(expr)
        last = expr.items[-1] if isinstance(expr, Coalesce) else expr
        return or_null(kind) if isinstance(last, Ref) and self._may_lack(last) else kind

    def _may_lack(self, ref: Ref) -> bool:
        try:
            return self.may_skip(ref.root) or bool(self.reach(ref).holes)
        except Unknown:
            return False

    def of_node(self, node: AnyNode) -> Type:
        """Type of a node's value, including that of its fallback."""
        kind = self.of_attempt(node)
        other = node.fallback
        may_lack = isinstance(other, FallbackValue) and is_optional(self.of_value(other.value), self.names)
        return or_null(kind) if may_lack else kind

    def of_attempt(self, node: AnyNode) -> Type:  # noqa: PLR0911 - one branch per kind of node
        """Type of the value that a node makes itself."""
        match node:
            case ReviewNode():
                return of_review(node)
            case EffectNode():
                return Many(EFFECT_RESULT)
            case MapBlock() | RepeatBlock():
                return self._of_block(node)
            case AgentNode():
                return of_agent(node)
            case GraphNode(graph=name):
                return self._of_graph(name)
            case _:
                pass
        if node.out is not None:
            return parse_type(cast("JsonValue", node.out))
        return self.of_callee(node)

    def _of_block(self, node: BlockNode) -> Type:
        inner = self.below(node)
        if node.out is None:
            kinds = {name: (inner.root(name) or ANY, inner.may_skip(name)) for name in node.nodes}
            kind: Type = Record({name: or_null(one) if may_skip else one for name, (one, may_skip) in kinds.items()})
        elif isinstance(node, RepeatBlock):
            kind = Record({name: inner.of_lenient(value) for name, value in node.out.items()})
        else:
            kind = inner.of_lenient(node.out)
        if not isinstance(node, MapBlock):
            return kind
        return Record({"items": Many(kind), "failed": FAILED}) if node.map.on_error == "report" else Many(kind)

    def of_callee(self, node: AnyNode) -> Type:
        """Type of the value of a node's tool, index or model, ignoring the node's declaration."""
        if isinstance(node, LlmNode):
            return Nullable(STR)
        return ANY if node.callee is None else self._output(*node.callee)

    def _output(self, shelf: Shelf, name: str) -> Type:
        signature = self._catalogue.signature(shelf, name)
        if signature is None or signature.output is None:
            return _OUTPUTS.get(shelf, ANY)
        return from_json_schema(signature.output)

    def _of_graph(self, name: str) -> Type:
        spec = None if name in self._around else self._catalogue.graph(name)
        if spec is None:
            return ANY
        made, names = _outputs(spec, self._catalogue, (*self._around, name))
        return from_json_schema(to_json_schema(made, names))


def _of_calc(op: str, sides: set[Type]) -> Type:
    if op == "+" and all(kind == STR or str(type(kind).__name__) == "Enum" for kind in sides):
        return STR
    if sides == {Scalar("int")} and op != "/":
        return Scalar("int")
    return Scalar("float") if sides <= {Scalar("int"), Scalar("float")} else ANY


def _may_skip(node: AnyNode) -> bool:
    """Whether it has a condition, or needs a field of a list item that may not exist."""
    if node.when is not None:
        return True
    for use in uses(node, ()):
        inner = any(isinstance(step, int) for step in use.ref.steps[:-1])
        if inner and not use.is_shielded and use.role in {"in", "each"} and use.path[0] != "nodes":
            return True
    return False


def _given_in(block: BlockNode) -> str:
    return block.map.item if isinstance(block, MapBlock) else "previous"


def _outputs(spec: GraphSpec, catalogue: Catalogue, around: tuple[str, ...]) -> tuple[Type, Names]:
    types = ValueTypes(spec, catalogue, spec.nodes, around=around)
    return Record({name: types.of_lenient(value) for name, value in spec.output.items()}), spec.type_names


def graph_signature(spec: GraphSpec, catalogue: Catalogue) -> Signature:
    """The interface of a graph as a node of another one: its inputs, and the record of its outputs."""
    made, names = _outputs(spec, catalogue, ())
    return Signature(params=to_json_schema(spec.input_type, names), output=to_json_schema(made, names))
