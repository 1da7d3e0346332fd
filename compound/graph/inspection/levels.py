"""A graph for the checks: its levels (the top, the inside of each block), and the known facts in each.

A node that runs implies facts: its condition held, the nodes it needs have run, and so on backwards. These facts
determine whether a value may be missing or null where it is used.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from compound.graph.inspection.satisfiable import can_hold, conjuncts, implies, key_of
from compound.graph.wiring.known_types import or_null
from compound.graph.wiring.order import Wiring, topological
from compound.graph.wiring.references import Use, uses
from compound.graph.wiring.value_types import Unknown, ValueTypes
from compound.language.conditions import parse_condition
from compound.language.references import Both, Coalesce, Constant, Expr, Not, Ref, refs_of
from compound.language.types import ANY, Type, is_optional, parse_type
from compound.spec.nodes import MapBlock, RepeatBlock, ReviewNode

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.graph.port.catalogue import Catalogue
    from compound.spec.graph_file import GraphSpec
    from compound.spec.nodes import AnyNode, BlockNode
    from compound.spec.yaml.reading import DataPath

_MAX_CONDITIONS: Final = 64
NEEDED: Final = frozenset({"in", "each"})
"""Roles of references that a node cannot run without; for a condition it depends on the condition."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Facts that certainly hold when a node runs.

    Attributes:
        here: Nodes of its level that have run, as bits.
        outside: Names of levels around it that have run.
        conditions: Parts of conditions that held.
    """

    here: int = 0
    outside: frozenset[str] = frozenset()
    conditions: tuple[Expr, ...] = ()

    def also(self, other: Facts) -> Facts:
        """Both together."""
        joined = tuple(dict.fromkeys((*other.conditions, *self.conditions)))
        return Facts(self.here | other.here, self.outside | other.outside, joined[-_MAX_CONDITIONS:])


NOTHING: Final = Facts()


class Level:
    """One level of a graph: its nodes, their places, and the names that they can see.

    Args:
        path: Data path of the block of the nodes; `()` at the top.
        owner: Name of the block around it, at the level above.
    """

    def __init__(  # noqa: PLR0913 - the relations of a level
        self,
        spec: GraphSpec,
        catalogue: Catalogue,
        nodes: Mapping[str, AnyNode],
        types: ValueTypes,
        *,
        path: DataPath = (),
        above: Level | None = None,
        owner: str = "",
    ) -> None:
        self.spec = spec
        self.catalogue = catalogue
        self.nodes = nodes
        self.types = types
        self.path = path
        self.above = above
        self.owner = owner
        self._bits = {name: 1 << index for index, name in enumerate(nodes)}

    def below(self, name: str, block: BlockNode) -> Level:
        """The inside of a block of this level."""
        return Level(
            self.spec,
            self.catalogue,
            block.nodes,
            self.types.below(block),
            path=(*self.path, "nodes", name),
            above=self,
            owner=name,
        )

    def place(self, name: str) -> DataPath:
        """Data path of a node."""
        return (*self.path, "nodes", name)

    def walk(self) -> Iterator[Level]:
        """This level and every one below it, in the order of the file."""
        yield self
        for name, node in self.nodes.items():
            if isinstance(node, RepeatBlock | MapBlock):
                yield from self.below(name, node).walk()

    def home(self, root: str) -> Level | None:
        """The level of a root's node; None for `input`, an item and the like."""
        if root in self.nodes:
            return self
        if self.above is None or self.types.node(root) is None:
            return None
        return self.above.home(root)

    @cached_property
    def own_uses(self) -> Mapping[str, tuple[Use, ...]]:
        """Node to its own references; for a block without those of its nodes."""
        depth = len(self.path) + 2
        return {
            name: tuple(
                use
                for use in uses(node, self.place(name))
                if not (isinstance(node, RepeatBlock | MapBlock) and use.path[depth] == "nodes")
            )
            for name, node in self.nodes.items()
        }

    @cached_property
    def wiring(self) -> Wiring:
        """The nodes that its nodes wait for."""
        return Wiring(self.nodes)

    @cached_property
    def around(self) -> Facts:
        """Facts about the levels above when anything here runs."""
        if self.above is None:
            return NOTHING
        known = self.above.facts[self.owner]
        names = {name for name, bit in self.above._bits.items() if known.here & bit}
        return Facts(0, known.outside | names, known.conditions)

    @cached_property
    def needs(self) -> Mapping[str, frozenset[str]]:
        """Node to the roots that must have a value for it to run."""
        return {
            name: frozenset(use.ref.root for use in own if use.role in NEEDED and not use.is_shielded)
            | self._asked_for(name)
            for name, own in self.own_uses.items()
        }

    @cached_property
    def facts(self) -> Mapping[str, Facts]:
        """Node to the facts that certainly hold when it runs."""
        found: dict[str, Facts] = {}
        order = topological(self.needs)[0]
        for name in [*order, *(name for name in self.nodes if name not in set(order))]:
            known = self.around.also(self._of_condition(name))
            for root in sorted(self.needs[name]):
                known = known.also(self._when_there(root, found))
            found[name] = known
        return found

    def _asked_for(self, name: str) -> frozenset[str]:
        """Roots that must have a value for a node's condition to hold."""
        when = self.nodes[name].when
        if when is None:
            return frozenset()
        expr = parse_condition(when)
        roots = {ref.root for ref in refs_of(expr)}
        return frozenset(one for one in roots if not can_hold([expr], self.kind_of, self.types.names, absent=one))

    def _of_condition(self, name: str) -> Facts:
        when = self.nodes[name].when
        return NOTHING if when is None else Facts(conditions=tuple(conjuncts(parse_condition(when))))

    def _when_there(self, root: str, known: Mapping[str, Facts]) -> Facts:
        """Facts implied by a root's having a value."""
        if root in self.nodes:
            told = known.get(root, NOTHING)
            return Facts(told.here | self._bits[root], told.outside, told.conditions)
        home = self.home(root)
        if home is None:
            return NOTHING
        told = home.facts[root]
        names = {name for name, bit in home._bits.items() if told.here & bit}
        return Facts(0, told.outside | names | {root}, told.conditions)

    @cached_property
    def meant(self) -> Mapping[str, Facts]:
        """Node to its explicit conditions: its own, and those of the blocks around it."""
        found: dict[str, Facts] = {}
        for name in self.nodes:
            known = self.around.also(self._of_condition(name))
            for root in sorted(self._asked_for(name)):
                known = known.also(self._when_there(root, self.facts))
            found[name] = known
        return found

    def kind_of(self, ref: Ref) -> Type:
        """Type of a reference in a condition, where a model's answer may be null."""
        try:
            found = self.types.reach(ref)
        except Unknown:
            return ANY
        may_lack = ref.is_optional and (found.holes or self.types.may_skip(ref.root))
        is_answer = self.types.may_abstain(ref.root) and (ref.is_optional or not ref.steps)
        return or_null(found.kind) if may_lack or is_answer else found.kind

    def is_there(self, root: str, known: Facts) -> bool:
        """Whether a root certainly has a value, given the known facts."""
        if not self.types.may_skip(root) or root in known.outside or known.here & self._bits.get(root, 0):
            return True
        home = self.home(root)
        if home is None:
            return False
        wanted = home.facts[root].conditions
        return bool(wanted) and all(implies(known.conditions, one, self.kind_of, self.types.names) for one in wanted)

    def is_null(self, ref: Ref, known: Facts) -> bool:
        """Whether the referenced value may be null, given the known facts."""
        near = _about(ref, known)
        if near and not can_hold(near, self.kind_of, self.types.names, {key_of(ref): [None]}):
            return False
        if self._is_carried(ref, known):
            return False
        if ref.steps and ref.steps[-1] in {0, -1}:
            around = Ref(ref.root, ref.steps[:-1])
            near = _about(around, known)
            return not near or can_hold(near, self.kind_of, self.types.names, {key_of(around): [None, []]})
        return True

    def _is_carried(self, ref: Ref, known: Facts) -> bool:
        """A field of a decision: every remaining action declares it, as a type without null."""
        review = self.types.node(ref.root)
        if not isinstance(review, ReviewNode) or len(ref.steps) != 1:
            return False
        action = Ref(ref.root, ("action",))
        near = _about(action, known)
        if not near:
            return False
        left = [
            one
            for one in review.decide
            if can_hold(near, self.kind_of, self.types.names, {(ref.root, ("action",)): [one]})
        ]
        kinds = [review.decide[one].get(str(ref.steps[0])) for one in left]
        return bool(kinds) and all(
            kind is not None and not is_optional(parse_type(kind), self.types.names) for kind in kinds
        )

    def can_be(self, ref: Ref, value: JsonValue, known: Facts) -> bool:
        """Whether the reference may have this value, given the known facts."""
        near = _about(ref, known)
        return not near or can_hold(near, self.kind_of, self.types.names, {key_of(ref): [value]})

    def lack(self, expr: Expr, known: Facts) -> Lack | None:
        """Why a required value may be missing; None if it is there, or may be null."""
        if isinstance(expr, Coalesce):
            return self._lack_of_all(expr.items, known)
        if not isinstance(expr, Ref) or expr.is_optional:
            return None
        if not self.is_there(expr.root, known):
            return Lack(expr, expr.root, self.why(expr.root))
        for hole in self._holes(expr):
            if not (hole.steps and isinstance(hole.steps[-1], int)) and self.is_null(hole, known):
                return Lack(expr, str(hole), "it may be null")
        return None

    def _holes(self, ref: Ref) -> Sequence[Ref]:
        try:
            return self.types.reach(ref).holes
        except Unknown:
            return ()

    def _lack_of_all(self, items: Sequence[Expr], known: Facts) -> Lack | None:
        last = items[-1]
        lack = self.lack(last, known)
        if lack is None or any(self._is_sure(item, known) for item in items[:-1]):
            return None
        return None if self._one_is_there(items, known) else lack

    def _is_sure(self, expr: Expr, known: Facts) -> bool:
        return self.lack(Ref(expr.root, expr.steps) if isinstance(expr, Ref) else expr, known) is None and not (
            self.may_be_null(expr, known)
        )

    def _one_is_there(self, items: Sequence[Expr], known: Facts) -> bool:
        """The conditions of several sides cover all cases: in `$a ?? $b` one always runs."""
        missing: list[Expr] = []
        for item in items:
            if not isinstance(item, Ref):
                continue
            home = self.home(item.root)
            wanted = () if home is None else home.facts[item.root].conditions
            own = Facts(known.here, known.outside | {item.root}, (*known.conditions, *wanted))
            if wanted and self._is_sure(item, own):
                missing.append(Not(_all(wanted)))
        if len(missing) < 2:
            return False
        return not can_hold([*missing, *known.conditions], self.kind_of, self.types.names)

    def may_be_null(self, expr: Expr, known: Facts) -> bool:
        """Whether a present value may be null."""
        match expr:
            case Constant(value):
                return value is None
            case Coalesce(items):
                if any(self._is_sure(item, known) for item in items) or self._one_is_there(items, known):
                    return False
                return self.may_be_null(items[-1], known)
            case Ref():
                return self._may_be_null(expr, known)
            case _:
                return False

    def _may_be_null(self, ref: Ref, known: Facts) -> bool:
        try:
            found = self.types.reach(ref)
        except Unknown:
            return False
        if ref.is_optional:
            if not self.is_there(ref.root, known) or self.types.may_abstain(ref.root):
                return self.is_null(ref, known)
            if any(self.is_null(hole, known) for hole in found.holes):
                return self.is_null(ref, known)
        return is_optional(found.kind, self.types.names) and self.is_null(ref, known)

    def why(self, root: str) -> str:
        """The condition that would skip a root."""
        if root == "previous":
            return "there is none in the first round"
        home = self.home(root)
        node = None if home is None else home.nodes[root]
        if home is None or node is None or node.when is None:
            return "a list item that it needs may not exist"
        return f"when: {node.when}"


@dataclass(frozen=True, slots=True)
class Lack:
    """A value that may be missing.

    Attributes:
        ref: The reference.
        what: The root, or the part of the path, that may be missing.
        why: The case in which it is missing.
    """

    ref: Ref
    what: str
    why: str


def _about(ref: Ref, known: Facts) -> list[Expr]:
    return [one for one in known.conditions if any(key_of(ref) == key_of(other) for other in refs_of(one))]


def _all(conditions: Sequence[Expr]) -> Expr:
    return conditions[0] if len(conditions) == 1 else Both(True, tuple(conditions))
