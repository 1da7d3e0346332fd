"""The effect of a changed graph on its paused runs, from the two graphs alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from compound.graph.wiring.order import Wiring
from compound.language.types import (
    ANY,
    Enum,
    Many,
    Named,
    Names,
    Nullable,
    Record,
    Type,
    bare,
    mismatch,
    resolve,
)
from compound.spec.graph_file import blocks
from compound.spec.nodes import AnyNode, EffectNode, GraphNode, MapBlock

if TYPE_CHECKING:
    from compound.spec.graph_file import GraphSpec

MoveVerdict = Literal["move", "redo", "stay"]
_MAX_DEPTH: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseImpact:
    """The options under the new graph of a run that waits at a node of the old one.

    A waiting run has certainly computed the nodes before this node, and perhaps nodes that are neither before nor
    after it; the names below include both.

    Attributes:
        node: The node it waits at.
        kind: Kind of that node: `review`, `effect`, `graph`, `map`. Runs inside a subgraph wait at its node.
        verdict: `move`: it can continue in the new graph at once. `redo`: it can continue there after `redoes` were
            computed again. `stay`: it must end on its old graph. A run that moves takes the values of `keeps` along
            and no others.
        keeps: Nodes whose values are valid in the new graph.
        redoes: Nodes whose values are invalid, or that the node newly needs, in the order of the new graph. It
            includes the node itself if its item must be opened again.
        why: Reasons against moving; empty for `move`.
    """

    node: str
    kind: str
    verdict: MoveVerdict
    keeps: tuple[str, ...] = ()
    redoes: tuple[str, ...] = ()
    why: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the two graphs.

    Attributes:
        lineage: Node to digest, see `lineages`.
        before: Node to everything that it waits for, also indirectly.
        acting: Nodes that write to the outside world, or whose subgraph may.
        pausing: Nodes that a run can wait at, including all of `acting`.
    """

    spec: GraphSpec
    lineage: Mapping[str, str]
    before: Mapping[str, frozenset[str]]
    acting: frozenset[str]
    pausing: frozenset[str]

    @classmethod
    def of(cls, spec: GraphSpec, lineage: Mapping[str, str], can_pause: Callable[[str], bool]) -> Side:
        """A graph with the properties needed here; one with cycles is read as far as possible.

        Args:
            spec: The graph.
            lineage: See `lineages`.
            can_pause: Whether the named subgraph has reviews or effects.
        """
        inside = {
            name: [one for _, one in blocks({name: node})] if isinstance(node, MapBlock) else [node]
            for name, node in spec.nodes.items()
        }

        def acts(node: AnyNode) -> bool:
            return isinstance(node, EffectNode) or (isinstance(node, GraphNode) and can_pause(node.graph))

        acting = frozenset(name for name, nodes in inside.items() if any(acts(one) for one in nodes))
        asking = frozenset(name for name, nodes in inside.items() if any(one.is_boundary for one in nodes))
        wiring = Wiring(spec.nodes)
        return cls(
            spec=spec,
            lineage=lineage,
            before={name: frozenset(wiring.before(name)) for name in dict.fromkeys((*wiring.order, *spec.nodes))},
            acting=acting,
            pausing=acting | asking,
        )


def pause_impact(old: Side, new: Side, node: str) -> PauseImpact:
    """The options of a run that waits at `node` of the old graph; see `PauseImpact`."""
    kind = old.spec.nodes[node].kind
    computed = [name for name in old.before if name != node and node not in old.before[name]]
    keeps = tuple(name for name in computed if old.lineage[name] == new.lineage.get(name))
    against = _obstacles(old, new, node, computed)
    if against:
        return PauseImpact(node=node, kind=kind, verdict="stay", keeps=keeps, why=tuple(against))
    redoes = tuple(
        name
        for name in new.before
        if name not in keeps
        and not (name == node and old.lineage[name] == new.lineage[name])
        and (name == node or name in computed or name in new.before[node])
        and node not in new.before[name]
    )
    why = tuple(_reason(old, new, name) for name in redoes)
    return PauseImpact(node=node, kind=kind, verdict="redo" if redoes else "move", keeps=keeps, redoes=redoes, why=why)


def _reason(old: Side, new: Side, name: str) -> str:
    if name not in old.spec.nodes:
        return f"{name} is new"
    earlier = [dep for dep in new.before[name] if old.lineage.get(dep) != new.lineage[dep]]
    return f"{name} comes after a change" if earlier else f"{name} changed"


def _obstacles(old: Side, new: Side, node: str, computed: list[str]) -> list[str]:
    """Reasons why a run must stay on its graph."""
    kind = old.spec.nodes[node].kind
    found: list[str] = []
    if node not in new.spec.nodes:
        found.append(f"{node}, where it waits, was deleted")
    elif new.spec.nodes[node].kind != kind:
        found.append(f"{node}, where it waits, is no longer of kind {kind}")
    elif isinstance(block := old.spec.nodes[node], MapBlock) and any(
        one.is_boundary or isinstance(one, GraphNode) for _, one in blocks(block.nodes)
    ):
        found.append(f"it waits inside {node}")
    for name in (one for one in (*computed, node) if one in old.acting):
        # It may have happened already; under another graph it would happen a second time, or unseen.
        if name in new.lineage and old.lineage[name] != new.lineage[name]:
            found.append(f"the {old.spec.nodes[name].kind} {name} may have acted, and it changed")
        elif name not in new.lineage and name != node:
            found.append(f"the {old.spec.nodes[name].kind} {name} may have acted, and was deleted")
    for section in ("input", "context"):
        why = _misfit(old.spec, new.spec, section)
        if why:
            found.append(f"its {section} does not fit: {why}")
    return found


def _misfit(old: GraphSpec, new: GraphSpec, section: Literal["input", "context"]) -> str | None:
    """Why values of the old declaration may not fit the new one."""
    marked = {_MARK + name: _mark(kind) for name, kind in old.type_names.items()}
    names = {**new.type_names, **marked}
    given, wanted = (one.input_type if section == "input" else one.context_type for one in (old, new))
    return _refused(_mark(given), wanted, names, 0)


_MARK: Final = "old "


def _mark(kind: Type) -> Type:
    """The type with its names resolved in the old graph."""
    match kind:
        case Named(name):
            return Named(_MARK + name)
        case Many(item):
            return Many(_mark(item))
        case Nullable(item):
            return Nullable(_mark(item))
        case Record(fields):
            return Record({name: _mark(item) for name, item in fields.items()}, kind.is_open, kind.required)
        case _:
            return kind


def _refused(given: Type, wanted: Type, names: Names, depth: int) -> str | None:
    """Like `mismatch`, but null does not fit a type without `?`, a text no `enum`, and an unknown type nothing."""
    is_maybe = isinstance(resolve(given, names), Nullable)
    if is_maybe and not isinstance(resolve(wanted, names), Nullable) and bare(wanted, names) != ANY:
        return "it may be null"
    given, wanted = bare(given, names), bare(wanted, names)
    why: str | None
    match given, wanted:
        case _ if wanted == ANY or depth > _MAX_DEPTH:
            why = None
        case Record(), Record():
            why = _refused_record(given, wanted, names, depth)
        case Many(item), Many(other):
            why = _refused(item, other, names, depth + 1)
        case Enum(values), Enum(others):
            gone = sorted(set(values) - set(others))
            why = f"{gone[0]!r} is no longer a value" if gone else None
        case _, Enum():
            why = "not every text is a value"
        case _ if given == ANY:
            why = "it may be anything"
        case _:
            why = mismatch(given, wanted, names)
    return why


def _refused_record(given: Record, wanted: Record, names: Names, depth: int) -> str | None:
    for name, kind in wanted.fields.items():
        why = _refused(given.fields[name], kind, names, depth + 1) if name in given.fields else None
        if name not in given.fields and name in wanted.must_have():
            why = "it is missing"
        if why:
            return f"{name}: {why}"
    gone = [name for name in given.fields if name not in wanted.fields and not wanted.is_open]
    return f"the field {gone[0]} no longer exists" if gone else None
